// Folders with an exported text model, as PyLate's ONNX export writes them and NextPlaid reads them:
// model.onnx or model_int8.onnx, tokenizer.json and onnx_config.json.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DatabaseError } from '../../engine/errors.ts';
import { type LongText, readModelSettings, type TextModelSettings } from './model-settings.ts';

/** A model's files and what it wants done around them. */
export interface TextModelFiles {
  /** The weights that are run. */
  readonly model: string;
  readonly tokenizer: string;
  readonly settings: TextModelSettings;
  /** Size of the weights, those that are kept beside the model file included. */
  readonly weightBytes: number;
}

/** Where a model folder is. */
export interface FoundFolder {
  readonly name: string;
  readonly path: string;
  /** `page` for models of page images, which have no onnx_config.json. */
  readonly kind: 'text' | 'page';
}

/** Eight-bit weights first: half the time and a quarter of the memory of the others. */
const modelNames = ['model_int8.onnx', 'model.onnx'] as const;
const configNames = ['onnx_config.json', 'config_sentence_transformers.json'] as const;
const configBytesMax = 1 << 20;

/**
 * The model folders at `directory`: itself when it is one, else those right below it, by name; hidden
 * ones, as unfinished pulls are, do not count. Reads names only, at once, so that settings can be
 * checked where nothing can be waited for.
 */
export function findModelFolders(directory: string): readonly FoundFolder[] {
  const own = folderAt(directory);
  if (own !== undefined) return [own];
  return namesIn(directory)
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .flatMap((name) => folderAt(join(directory, name)) ?? []);
}

/** None where there is no directory, or none that may be read. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/**
 * Reads a model folder. Throws DatabaseError 'invalid-argument' for a missing file or a setting that
 * makes no sense.
 */
export async function openModelFolder(path: string, longText: LongText): Promise<TextModelFiles> {
  const model = await firstOf(path, modelNames);
  const tokenizer = await firstOf(path, ['tokenizer.json']);
  const configPath = await firstOf(path, configNames);
  const { size } = await stat(configPath);
  if (size > configBytesMax) {
    throw refused(`${configPath} has ${size} bytes, expected at most ${configBytesMax}`);
  }
  const config = parseConfig(await readFile(configPath, 'utf8'), configPath);
  const settings = readModelSettings(config, configPath, longText);
  return { model, tokenizer, settings, weightBytes: await weightBytes(model) };
}

/** Bytes of a model file and of the weights that exporters put beside it. */
export async function weightBytes(model: string): Promise<number> {
  const sizes = await Promise.all(
    [model, ...weightFiles(model)].map(
      async (path) => (await stat(path).catch(() => undefined))?.size ?? 0,
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Tells whether the files that make the vectors are others than before, without reading them. */
export function filesMark({ model, tokenizer }: TextModelFiles): string {
  const marks = [model, ...weightFiles(model), tokenizer].map((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && `${found.ino} ${found.size} ${found.mtimeMs}`;
  });
  return marks.join(', ');
}

/** Where exporters put weights that are not in the model file. */
function weightFiles(model: string): readonly string[] {
  return [`${model}_data`, `${model}.data`];
}

function folderAt(path: string): FoundFolder | undefined {
  const has = (name: string): boolean => existsSync(join(path, name));
  if (!modelNames.some(has)) return undefined;
  const isPage = has('preprocessor_config.json') && !has('onnx_config.json');
  return { name: basename(resolve(path)), path, kind: isPage ? 'page' : 'text' };
}

async function firstOf(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  const wanted = `${modelNames.join(' or ')}, tokenizer.json and ${configNames[0]}`;
  throw refused(
    `the model folder ${folder} has no ${names.join(' or ')}; a folder needs ${wanted}`,
  );
}

function parseConfig(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refused(`${path} is not JSON: ${reason}`);
  }
}

function refused(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
