// Where a local model is that a setting names as `local:NAME`: a folder of the operator's own first,
// then those that were pulled.

import { availableParallelism, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseError } from '../../engine/errors.ts';
import { type FoundFolder, findModelFolders } from './model-folder.ts';
import type { LongText } from './model-settings.ts';
import { type ModelEntry, modelCatalogue } from './models.ts';

/** What an operator says about local models. */
export interface LocalModelSettings {
  /** Directory of the models that were pulled, a folder each. */
  readonly directory: string;
  /** A model folder, or a directory of such folders, of the operator's own (MODEL_DIR). */
  readonly ownDirectory?: string | undefined;
  /** Worker processes of one model; by default as the machine allows. */
  readonly workers?: number | undefined;
  /** What happens to documents that are too long for a model; `windows` unless told otherwise. */
  readonly longText?: LongText | undefined;
}

/** A model that a name stands for. */
export type LocatedModel =
  | ({ readonly from: 'folder' } & FoundFolder)
  | {
      readonly from: 'catalogue';
      readonly name: string;
      readonly kind: 'text' | 'page';
      readonly entry: ModelEntry;
    };

/** Every model that can be named, folders first; a folder hides a catalogue entry of the same name. */
export function locatedModels(settings: LocalModelSettings): readonly LocatedModel[] {
  const own = settings.ownDirectory === undefined ? [] : findModelFolders(settings.ownDirectory);
  const names = new Set(own.map(({ name }) => name));
  const known = modelCatalogue.filter(({ name }) => !names.has(name));
  return [
    ...own.map((folder) => ({ from: 'folder' as const, ...folder })),
    ...known.map((entry) => ({
      from: 'catalogue' as const,
      name: entry.name,
      kind: entry.kind,
      entry,
    })),
  ];
}

/**
 * The model that a name stands for; it need not have been pulled. Throws DatabaseError
 * 'invalid-argument' that lists what there is.
 */
export function locateModel(name: string, settings: LocalModelSettings): LocatedModel {
  const models = locatedModels(settings);
  const found = models.find((model) => model.name === name);
  if (found !== undefined) return found;
  const known = models.map((model) => model.name).join(', ');
  const where =
    settings.ownDirectory === undefined ? '' : ` (MODEL_DIR is ${settings.ownDirectory})`;
  throw new DatabaseError('invalid-argument', {
    message: `unknown local model "${name}"; known models: ${known}${where}`,
  });
}

/** A model's directory and, below it, its folder: where code that reads all files of a model looks. */
export function modelPath(model: LocatedModel, { directory }: LocalModelSettings): string {
  return model.from === 'folder'
    ? join(dirname(model.path), basename(model.path))
    : join(directory, model.name);
}

const workersMax = 4;
/** Share of the machine's memory that the copies of one model may take. */
const memoryShare = 0.25;
/** A loaded model is larger than its file (8-bit tables are unpacked), and every worker is a process. */
const loadedPerByte = 4;
const processBytes = 150 * 2 ** 20;

/** How many processes run a model, and how many threads each has. */
export function encoderSize(
  weightBytes: number,
  workers?: number,
): { readonly workers: number; readonly threads: number } {
  if (workers !== undefined) return { workers, threads: 1 };
  const wanted = Math.max(1, Math.min(workersMax, availableParallelism() - 1));
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const fitting = Math.floor((memory * memoryShare) / (weightBytes * loadedPerByte + processBytes));
  const count = Math.max(1, Math.min(wanted, fitting));
  // Where there is no room for more copies, the processors work on one together.
  return { workers: count, threads: Math.floor(wanted / count) };
}
