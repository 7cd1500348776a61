// Token vectors of real passages for benchmarks: the test collections beside the project, embedded by the
// local model, as it makes them (384 dims) or projected to 128, kept in the user's cache directory after
// the first time.

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { VectorValue } from '../src/engine/document.ts';
import { readBeirFolder } from '../src/ingest/formats/beir-folder.ts';
import { LocalModels } from '../src/vectorizers/local/local-models.ts';
import { ensureModel } from '../src/vectorizers/local/model-store.ts';
import type { TokenEncoder } from '../src/vectorizers/local/token-encoder.ts';
import { principalAxes, project } from './projection.ts';

/** Passages and questions in a fixed mixed order, of `dims` components each token. */
export interface RealPassages {
  readonly dims: number;
  readonly passages: readonly VectorValue[];
  readonly questions: readonly VectorValue[];
}

/** Where a text comes from: abstracts of electrical engineering (npl), of aerodynamics (cranfield). */
export type Domain = 'npl' | 'cranfield';

export interface DomainText {
  readonly text: string;
  readonly domain: Domain;
}

/** Token vectors and, in the same order, their texts. */
export interface LabelledPassages extends RealPassages {
  readonly passageTexts: readonly DomainText[];
  readonly questionTexts: readonly DomainText[];
}

/** Components of a token vector of the model. */
const modelDims = 384;
const dataFolder = join(import.meta.dirname, '..', '..', 'shared', 'data');
/** Words of a passage that is cut from a longer text: about 70 tokens. */
const passageWords = 52;
const batchTexts = 256;

/** Where benchmarks keep what is dear to make. */
export const benchCache: string = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'tesserae',
  'bench',
);

/**
 * Undefined where the collections are not beside the project. The first call of a width takes some ten
 * minutes; its file has 210 MB for 128 dims, 640 for 384.
 */
export async function loadRealPassages(
  dims: 128 | 384 = 128,
): Promise<LabelledPassages | undefined> {
  if (!existsSync(join(dataFolder, 'npl')) || !existsSync(join(dataFolder, 'cranfield'))) {
    return undefined;
  }
  const { passages: passageTexts, questions: questionTexts } = await readTexts();
  const file = join(benchCache, `passages-${dims}.bin`);
  if (!existsSync(file)) {
    await mkdir(benchCache, { recursive: true });
    await embedAll(`${file}.part`, [passageTexts, questionTexts], dims);
    await rename(`${file}.part`, file);
  }
  const decoded = decode(await readFile(file), dims);
  if (
    decoded.passages.length !== passageTexts.length ||
    decoded.questions.length !== questionTexts.length
  ) {
    throw new Error(`${file} was made of other texts; remove it and it is made again`);
  }
  return { ...decoded, passageTexts, questionTexts };
}

/** u32 passages, questions; u32 tokens of each; then half floats of all. */
async function embedAll(
  path: string,
  [passages, questions]: readonly [readonly DomainText[], readonly DomainText[]],
  dims: number,
): Promise<void> {
  await using models = new LocalModels({ directory: join(await ensureModel('minilm'), '..') });
  const encoder = await models.encoder('minilm');
  const texts = [...passages, ...questions].map(({ text }) => text);
  const head = Uint32Array.of(passages.length, questions.length);
  const counts = new Uint32Array(texts.length);
  await using file = await open(path, 'w');
  await file.write(new Uint8Array(head.buffer));
  let at = head.byteLength + counts.byteLength;
  let axes: Float32Array | undefined;
  for (let from = 0; from < texts.length; from += batchTexts) {
    const batch = await encodeBatch(encoder, texts.slice(from, from + batchTexts));
    if (dims < modelDims) axes ??= principalAxes(batch, modelDims, dims);
    for (const [i, values] of batch.entries()) {
      counts[from + i] = values.length / modelDims;
      const kept = axes === undefined ? values : project(values, modelDims, axes, dims);
      const halves = new Uint8Array(Float16Array.from(kept).buffer);
      await file.write(halves, 0, halves.length, at);
      at += halves.length;
    }
  }
  await file.write(new Uint8Array(counts.buffer), 0, counts.byteLength, head.byteLength);
}

async function encodeBatch(encoder: TokenEncoder, texts: string[]): Promise<Float32Array[]> {
  return (await encoder.encode(texts)).map(({ vectors }) => vectors);
}

async function readTexts(): Promise<{ passages: DomainText[]; questions: DomainText[] }> {
  const npl = await readBeirFolder(join(dataFolder, 'npl'));
  const cranfield = await readBeirFolder(join(dataFolder, 'cranfield'));
  const from = (domain: Domain) => (text: string) => ({ text, domain });
  const textOf = ({ text }: { readonly text: string }): string => text;
  const pieces = cranfield.documents.flatMap(({ text }) => cut(text));
  const passages = mixed([
    ...npl.documents.map(textOf).map(from('npl')),
    ...pieces.map(from('cranfield')),
  ]);
  const questions = mixed([
    ...npl.queries.map(textOf).map(from('npl')),
    ...cranfield.queries.map(textOf).map(from('cranfield')),
  ]);
  return { passages, questions };
}

function cut(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const pieces: string[] = [];
  for (let from = 0; from < words.length; from += passageWords) {
    const piece = words.slice(from, from + passageWords);
    if (piece.length >= passageWords / 2) pieces.push(piece.join(' '));
  }
  return pieces;
}

/** The same shuffle every time. */
function mixed(texts: readonly DomainText[]): DomainText[] {
  const kept = texts.filter(({ text }) => text.trim() !== '');
  let state = 12345;
  for (let i = kept.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [kept[i], kept[j]] = [kept[j]!, kept[i]!];
  }
  return kept;
}

function decode(bytes: Buffer, dims: number): RealPassages {
  const { buffer, byteOffset } = bytes;
  const [passageCount, questionCount] = new Uint32Array(buffer, byteOffset, 2);
  const counts = new Uint32Array(buffer, byteOffset + 8, passageCount! + questionCount!);
  let at = byteOffset + 8 + counts.byteLength;
  const all = Array.from(counts, (count): VectorValue => {
    const halves = new Float16Array(buffer, at, count * dims);
    at += halves.byteLength;
    return { kind: 'multi', dims, values: Float32Array.from(halves) };
  });
  return { dims, passages: all.slice(0, passageCount), questions: all.slice(passageCount) };
}
