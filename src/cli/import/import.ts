// `tesserae import`: files and folders into a collection, of a data directory or of a running server.
// What it promises: docs/IMPORT.md.

import type { ImportProgress, ImportSummary } from '../../ingest/import-run.ts';
import type { Problem } from '../../ingest/source-records.ts';
import { findSources, type Source } from '../../ingest/sources.ts';
import { defaultTextModel } from '../../vectorizers/local/models.ts';
import { batchProblem, parseArguments, readDataPlace, runCommand } from '../arguments.ts';
import { plain } from '../plain-text.ts';
import { ProblemReport } from '../problem-report.ts';
import { duration, ProgressBar } from '../progress-bar.ts';
import { listenForStop } from '../stop-signal.ts';
import { RefusedFile } from './import-server.ts';
import { type ImportSettings, type ImportTarget, openTarget } from './import-target.ts';

/** One line for the list of commands. */
export const summary = 'import PDFs, images, JSONL, CSV, Parquet and BEIR folders';

const usage = `Usage: tesserae import PATH… --collection NAME [options]

Imports files, and the files in folders: PDFs and images page by page, rows of JSONL, CSV, TSV and
Parquet, the corpus of a BEIR folder. Run again, it goes on where it was interrupted, passes over what has
not changed, and replaces what has.

  --collection NAME    where to; made when it is absent
  --tenant NAME        of a collection with tenants: whose objects they become
  --data DIR           directory of the data; PERSISTENCE_DATA_PATH; default data
  --url URL            instead: a running server, as http://127.0.0.1:8080
  --key KEY            its key; TESSERAE_API_KEY
  --model NAME         local text model of a collection that is made (default minilm); none: keywords only
  --page-model NAME    local page model that embeds the pictures of pages as well
  --text-column NAME   column whose text is embedded, may be given several times (default title and text,
                       else all text); it stays text whatever it looks like
  --id-column NAME     column that names the rows (default _id or id, else the whole row)
  --batch N            objects embedded and written together (default 8 pages or 64 rows)
  --again              import also what has not changed
  --dry-run            only say what would be imported
  --report FILE        write what failed as JSON lines

Ends with status 0 when everything is imported, 1 when something failed, 2 when the arguments are wrong, 130
when it was stopped.
`;

interface Settings extends ImportSettings {
  readonly paths: readonly string[];
  readonly report: string | undefined;
  readonly isDryRun: boolean;
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export function run(args: readonly string[]): Promise<number> {
  return runCommand({ name: 'import', usage, read: readSettings, act: importPaths }, args);
}

async function importPaths(settings: Settings): Promise<number> {
  using stop = listenForStop();
  await using report = await ProblemReport.open(settings.report, problemText);
  const { sources, problems } = await findSources(settings.paths);
  for (const problem of problems) report.add(problem);
  try {
    await using target = await openTarget(settings, process.stderr);
    if (settings.isDryRun) await showStates(target, sources, report);
    else await importAll(target, sources, report, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('stopped; run it again to go on\n');
    return 130;
  }
  report.show(process.stderr);
  return report.count > 0 ? 1 : 0;
}

async function importAll(
  target: ImportTarget,
  sources: readonly Source[],
  report: ProblemReport<Problem>,
  signal: AbortSignal,
): Promise<void> {
  const bar = new ProgressBar({
    stream: process.stderr,
    clock: () => performance.now(),
    label: `importing into ${target.collection}`,
    workTotal: sources.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  let [objects, bytes] = [0, 0];
  const onProgress = ({ written, kept, bytesDone }: ImportProgress): void => {
    bar.advance(written + kept - objects, bytesDone - bytes);
    [objects, bytes] = [written + kept, bytesDone];
  };
  const onProblem = (problem: Problem): void => report.add(problem);
  const found = await target
    .run(sources, { signal, onProgress, onProblem })
    .finally(() => bar.end());
  process.stderr.write(`${target.collection}: ${describe(found)} in ${duration(bar.end())}\n`);
}

function describe(found: ImportSummary): string {
  const { written, kept, removed, unchanged, sourcesTotal } = found;
  const parts = [
    `${written} objects written`,
    ...(kept > 0 ? [`${kept} there already`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
    ...(unchanged > 0 ? [`${unchanged} of ${sourcesTotal} files unchanged`] : []),
  ];
  return parts.join(', ');
}

async function showStates(
  target: ImportTarget,
  sources: readonly Source[],
  report: ProblemReport<Problem>,
): Promise<void> {
  for (const source of sources) {
    const state = await target.state(source).catch((error: unknown) => {
      if (!(error instanceof RefusedFile)) throw error;
      report.add({ source: source.name, message: error.message });
      return 'refused' as const;
    });
    const size = `${(source.bytes / 1e6).toFixed(1)} MB`;
    process.stdout.write(
      `${state.padEnd(11)}${source.format.padEnd(9)}${size.padStart(10)}  ${plain(source.name)}\n`,
    );
  }
}

/** The settings, or what is wrong with the arguments. */
function readSettings(args: readonly string[]): Settings | string {
  const parsed = parseArguments(args, options);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals: paths } = parsed;
  const { collection, batch } = values;
  if (paths.length === 0) return 'name at least one file or folder';
  if (collection === undefined) return 'name a collection with --collection';
  const place = readDataPlace(values);
  if (typeof place === 'string') return place;
  const problem = batchProblem(batch);
  if (problem !== undefined) return problem;
  return {
    paths,
    collection,
    tenant: values.tenant,
    ...place,
    textModel: values.model === 'none' ? undefined : (values.model ?? defaultTextModel),
    pageModel: values['page-model'],
    textColumns: values['text-column'],
    idColumn: values['id-column'],
    batchSize: batch === undefined ? undefined : Number(batch),
    unchanged: values.again ? 'import' : 'skip',
    report: values.report,
    isDryRun: values['dry-run'] ?? false,
  };
}

const options = {
  collection: { type: 'string' },
  tenant: { type: 'string' },
  data: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  model: { type: 'string' },
  'page-model': { type: 'string' },
  'text-column': { type: 'string', multiple: true },
  'id-column': { type: 'string' },
  batch: { type: 'string' },
  again: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  report: { type: 'string' },
} as const;

function problemText({ source, item, message }: Problem): string {
  return `${source}${item === undefined ? '' : `, ${item}`}: ${message}`;
}
