// `tesserae add-vector`: a second way to find what a collection holds already. Adds a named vector to its
// configuration and embeds every object that lacks it; run again, it goes on where it was interrupted.

import type { BackfillProgress, BackfillReport } from '../../database/backfill/backfill.ts';
import { pageVector, textVector } from '../../ingest/page-collection.ts';
import {
  batchProblem,
  expectedOne,
  parseArguments,
  readDataPlace,
  runCommand,
} from '../arguments.ts';
import { plain } from '../plain-text.ts';
import { duration, ProgressBar } from '../progress-bar.ts';
import { listenForStop } from '../stop-signal.ts';
import { addInDirectory } from './directory-vector.ts';
import { addOnServer } from './server-vector.ts';
import type { WantedVector } from './wanted-vector.ts';

/** One line for the list of commands. */
export const summary = 'add a named vector to a filled collection and embed what it holds';

const usage = `Usage: tesserae add-vector COLLECTION [--model NAME | --page-model NAME] [options]

Adds a vector to a collection and embeds every object that lacks it. Objects are searched by it as soon as
they have it. Stopped or killed, it goes on where it was when it is run again, also without a model's name;
on a server it goes on by itself.

  --model NAME       local text model (default minilm); the vector is named text
  --page-model NAME  instead: local page model, of the pictures of imported pages; the vector is named page
  --name NAME        name of the vector
  --property NAME    text property that is embedded, may be given several times (default text of pages,
                     else all text)
  --batch N          objects embedded and written together (default 32, of pictures 4)
  --data DIR         directory of the data; PERSISTENCE_DATA_PATH; default data
  --url URL          instead: a running server, as http://127.0.0.1:8080, which embeds with its own models
  --key KEY          its key; TESSERAE_API_KEY

Ends with status 0 when every object has the vector, 1 when some could not be embedded, 2 when the arguments
are wrong, 130 when it was stopped.
`;

interface Settings extends WantedVector {
  readonly data: string;
  readonly url: string | undefined;
  readonly key: string | undefined;
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export function run(args: readonly string[]): Promise<number> {
  return runCommand({ name: 'add-vector', usage, read: readSettings, act: embedAll }, args);
}

async function embedAll(settings: Settings): Promise<number> {
  using stop = listenForStop();
  const { collection, name, data, url, key } = settings;
  let bar: ProgressBar | undefined;
  let before = 0;
  const follow = ({ total, done }: BackfillProgress): void => {
    bar ??= new ProgressBar({
      stream: process.stderr,
      clock: () => performance.now(),
      label: `embedding ${collection} as ${name}`,
      itemCount: total,
      workTotal: total,
    });
    bar.advance(done - before, done - before);
    before = done;
  };
  const start = performance.now();
  try {
    const report =
      url === undefined
        ? await addInDirectory(data, settings, follow, stop.signal)
        : await addOnServer({ url, key }, settings, follow, stop.signal);
    bar?.end();
    process.stderr.write(`${duration(performance.now() - start)}\n`);
    return tell(report, url === undefined ? 'run it again' : 'the server goes on');
  } finally {
    bar?.end();
  }
}

/** Failures that are shown at the end. */
const shownMax = 10;

/** Says what came of it; the exit status. */
function tell(
  { collection, vector, total, done, ...counts }: BackfillReport,
  whatNow: string,
): number {
  const { stored, empty, failed, gone, failures } = counts;
  const parts = [
    `${stored} objects embedded`,
    ...(empty > 0 ? [`${empty} have nothing to embed`] : []),
    ...(gone > 0 ? [`${gone} changed or deleted meanwhile`] : []),
    ...(done < total ? [`${total - done} left: ${whatNow}`] : []),
  ];
  process.stderr.write(`${collection}, vector ${vector}: ${parts.join(', ')}\n`);
  const lines = failures.slice(0, shownMax).map((one) => `  ${one.uuid}: ${plain(one.message)}\n`);
  if (failed > 0) process.stderr.write(`${failed} failed:\n${lines.join('')}`);
  if (done < total) return 130;
  return failed > 0 ? 1 : 0;
}

/** The settings, or what is wrong with the arguments. */
function readSettings(args: readonly string[]): Settings | string {
  const parsed = parseArguments(args, options);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const [collection, ...rest] = positionals;
  if (collection === undefined || rest.length > 0) {
    return expectedOne('collection', positionals);
  }
  const { model, batch, property } = values;
  const pageModel = values['page-model'];
  if (model !== undefined && pageModel !== undefined) return 'either --model or --page-model';
  if (pageModel !== undefined && property) return '--property goes with --model, not --page-model';
  const problem = batchProblem(batch);
  if (problem !== undefined) return problem;
  const place = readDataPlace(values);
  if (typeof place === 'string') return place;
  const isPageModel = pageModel !== undefined;
  return {
    collection,
    name: values.name ?? (isPageModel ? pageVector : textVector),
    model: pageModel ?? model,
    isPageModel,
    properties: property,
    batch: batch === undefined ? undefined : Number(batch),
    ...place,
  };
}

const options = {
  model: { type: 'string' },
  'page-model': { type: 'string' },
  name: { type: 'string' },
  property: { type: 'string', multiple: true },
  batch: { type: 'string' },
  data: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
} as const;
