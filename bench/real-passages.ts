// Token vectors of real passages for benchmarks: the test collections beside the project, embedded by the
// local model and projected to 128 dims, kept in the user's cache directory after the first time.

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readBeirFolder } from '../src/cli/beir-folder.ts';
import type { VectorValue } from '../src/engine/document.ts';
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

const dims = 128;
const dataFolder = join(import.meta.dirname, '..', '..', 'shared', 'data');
/** Words of a passage that is cut from a longer text: about 70 tokens. */
const passageWords = 52;
const batchTexts = 256;

/** Undefined where the collections are not beside the project. The first call takes minutes. */
export async function loadRealPassages(): Promise<RealPassages | undefined> {
  if (!existsSync(join(dataFolder, 'npl')) || !existsSync(join(dataFolder, 'cranfield'))) {
    return undefined;
  }
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tesserae');
  const folder = join(cache, 'bench');
  const file = join(folder, `passages-${dims}.bin`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    await writeFile(`${file}.part`, await embedAll());
    await rename(`${file}.part`, file);
  }
  return decode(await readFile(file));
}

/** u32 passages, questions; u32 tokens of each; then half floats of all. */
async function embedAll(): Promise<Uint8Array[]> {
  const { passages, questions } = await readTexts();
  await using models = new LocalModels({ directory: join(await ensureModel('minilm'), '..') });
  const encoder = await models.encoder('minilm');
  const embedded: Float32Array[] = [];
  let axes: Float32Array | undefined;
  const texts = [...passages, ...questions];
  for (let from = 0; from < texts.length; from += batchTexts) {
    const batch = await encodeBatch(encoder, texts.slice(from, from + batchTexts));
    axes ??= principalAxes(batch, 384, dims);
    for (const values of batch) embedded.push(project(values, 384, axes, dims));
  }
  const head = Uint32Array.of(passages.length, questions.length);
  const counts = Uint32Array.from(embedded, (values) => values.length / dims);
  const bytes = (array: Uint32Array | Float16Array): Uint8Array => new Uint8Array(array.buffer);
  return [
    bytes(head),
    bytes(counts),
    ...embedded.map((values) => bytes(Float16Array.from(values))),
  ];
}

async function encodeBatch(encoder: TokenEncoder, texts: string[]): Promise<Float32Array[]> {
  return (await encoder.encode(texts)).map(({ vectors }) => vectors);
}

async function readTexts(): Promise<{ passages: string[]; questions: string[] }> {
  const npl = await readBeirFolder(join(dataFolder, 'npl'));
  const cranfield = await readBeirFolder(join(dataFolder, 'cranfield'));
  const pieces = cranfield.documents.flatMap(({ text }) => cut(text));
  const passages = mixed([...npl.documents.map(({ text }) => text), ...pieces]);
  const questions = mixed([...npl.queries, ...cranfield.queries].map(({ text }) => text));
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
function mixed(texts: readonly string[]): string[] {
  const kept = texts.filter((text) => text.trim() !== '');
  let state = 12345;
  for (let i = kept.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [kept[i], kept[j]] = [kept[j]!, kept[i]!];
  }
  return kept;
}

function decode(bytes: Buffer): RealPassages {
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
