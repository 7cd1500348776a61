// What a folder says of its page model: the image settings of preprocessor_config.json and the counts of
// the other configuration files. A value that is not there has the one that ColModernVBERT is shipped with.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError } from '../../../engine/errors.ts';
import type { GridSettings } from './page-grid.ts';
import type { PixelScale } from './page-tiles.ts';

/** Everything that a page model's steps need to know. */
export interface PageModelSettings {
  readonly grid: GridSettings;
  readonly scale: PixelScale;
}

type Fields = Readonly<Record<string, unknown>>;

const preprocessorFile = 'preprocessor_config.json';
/** LANCZOS as Pillow numbers its filters. */
const lanczosFilter = 1;

/**
 * The settings of a folder. Throws DatabaseError 'vectorizer-failed' that names the file and the value
 * where one is out of range or asks for something else than this code does.
 */
export function readPageModelSettings(directory: string): PageModelSettings {
  const path = join(directory, preprocessorFile);
  const image = readFields(path);
  const model = readFields(join(directory, 'config.json'));
  const processor = readFields(join(directory, 'processor_config.json'));
  const longestEdge = whole(fields(image['size'])['longest_edge'] ?? 2048, 'size', path);
  const tileEdge = whole(
    fields(image['max_image_size'])['longest_edge'] ??
      fields(model['vision_config'])['image_size'] ??
      512,
    'max_image_size',
    path,
  );
  const tokens = whole(processor['image_seq_len'] ?? 64, 'image_seq_len', path);
  const settings: PageModelSettings = {
    grid: {
      longestEdge,
      tileEdge,
      tokensPerEdge: whole(Math.sqrt(tokens), 'image_seq_len (a square)', path),
      isSplit: image['do_image_splitting'] !== false,
    },
    scale: readScale(image, path),
  };
  if ((image['resample'] ?? lanczosFilter) !== lanczosFilter) {
    throw unfit(path, 'resample', image['resample'], `${lanczosFilter} (LANCZOS)`);
  }
  return settings;
}

function readScale(image: Fields, path: string): PixelScale {
  const isCentred = image['do_normalize'] !== false;
  const rescaleFactor = image['do_rescale'] === false ? 1 : (image['rescale_factor'] ?? 1 / 255);
  if (typeof rescaleFactor !== 'number' || !(rescaleFactor > 0)) {
    throw unfit(path, 'rescale_factor', rescaleFactor, 'a number above 0');
  }
  return {
    factor: rescaleFactor,
    mean: isCentred ? channels(image['image_mean'], 'image_mean', path) : [0, 0, 0],
    std: isCentred ? channels(image['image_std'], 'image_std', path) : [1, 1, 1],
  };
}

function channels(value: unknown, name: string, path: string): readonly number[] {
  const list = value ?? [0.5, 0.5, 0.5];
  const isGood =
    Array.isArray(list) &&
    list.length === 3 &&
    list.every((item) => Number.isFinite(item) && (name !== 'image_std' || item > 0));
  if (!isGood) throw unfit(path, name, value, 'three numbers');
  return list;
}

/** Sides and counts: whole, above 0 and small enough that a page of them fits in memory. */
const wholeMax = 8_192;

function whole(value: unknown, name: string, path: string): number {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= wholeMax) {
    return Number(value);
  }
  throw unfit(path, name, value, `a whole number from 1 to ${wholeMax}`);
}

function unfit(path: string, name: string, seen: unknown, wanted: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', {
    message: `${path}: ${name} is ${JSON.stringify(seen)}, expected ${wanted}`,
  });
}

/** The fields of a JSON file; none when there is no such file. Throws for one that is no JSON object. */
function readFields(path: string): Fields {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return fields(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseError(
      'vectorizer-failed',
      { message: `${path} is no JSON: ${reason}` },
      { cause },
    );
  }
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
