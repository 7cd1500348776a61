// Words of a picture by recognition (OCR), English, with the language data of the installed package:
// nothing is fetched and nothing is written.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Worker } from 'tesseract.js';
import type { PageWord } from '../page.ts';
import { clippedWord } from './line-builder.ts';
import type { Line } from './page-text.ts';
import { MissingPackage } from './problem.ts';

/** Brightness of each pixel, in rows from the top. */
export interface GrayPicture {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array;
}

/** Of 100. On pages whose text is known, words below are wrong more often than right (decision 0022). */
const confidenceMin = 50;
/** Darkest and brightest pixel of an empty page are closer than this. */
const contrastMin = 24;

let loading: Promise<Worker> | undefined;

/** Lines in reading order; none for an empty page. Throws MissingPackage. */
export async function recognize(picture: GrayPicture): Promise<readonly Line[]> {
  if (!hasContrast(picture.gray)) return [];
  loading ??= load();
  const worker = await loading;
  const head = Buffer.from(`P5\n${picture.width} ${picture.height}\n255\n`, 'latin1');
  const image = Buffer.concat([head, picture.gray]);
  const { data } = await worker.recognize(image, {}, { text: false, blocks: true });
  const lines = (data.blocks ?? [])
    .flatMap(({ paragraphs }) => paragraphs)
    .flatMap((paragraph) => paragraph.lines);
  return lines
    .map(({ words }) => words.flatMap((word) => toWord(word, picture)))
    .filter((line) => line.length > 0);
}

async function load(): Promise<Worker> {
  const imported = await import('tesseract.js').catch((error: unknown) => {
    throw new MissingPackage('tesseract.js', error);
  });
  const { createWorker, OEM, PSM } = imported.default;
  const worker = await createWorker('eng', OEM.LSTM_ONLY, {
    langPath: languageFolder(),
    cacheMethod: 'none',
    gzip: true,
    // Its default throws where nobody catches; the failed call is rejected as well.
    errorHandler: () => undefined,
  });
  await worker.setParameters({ tessedit_pageseg_mode: PSM.AUTO, user_defined_dpi: '300' });
  return worker;
}

function languageFolder(): string {
  const name = '@tesseract.js-data/eng';
  try {
    const file = createRequire(import.meta.url).resolve(name);
    return join(dirname(file), '4.0.0_best_int');
  } catch (error) {
    throw new MissingPackage(name, error);
  }
}

interface Recognized {
  readonly text: string;
  readonly confidence: number;
  readonly bbox: { readonly x0: number; y0: number; x1: number; y1: number };
}

function toWord(
  { text, confidence, bbox }: Recognized,
  { width, height }: GrayPicture,
): PageWord[] {
  const clean = text.trim();
  if (clean === '' || confidence < confidenceMin) return [];
  const word = clippedWord(clean, {
    x1: bbox.x0 / width,
    y1: bbox.y0 / height,
    x2: bbox.x1 / width,
    y2: bbox.y1 / height,
  });
  return word === undefined ? [] : [word];
}

function hasContrast(gray: Uint8Array): boolean {
  let darkest = 255;
  let brightest = 0;
  for (const one of gray) {
    if (one < darkest) darkest = one;
    if (one > brightest) brightest = one;
  }
  return brightest - darkest >= contrastMin;
}
