// A codebook: centroids that more than one segment may use. It knows how many vectors it was trained on
// and how far vectors that it has never seen lie from it, so that a later segment can tell whether it fits.

import type { Kernels } from '../kernels/kernels.ts';
import { orderTokenVectors } from '../multivector/ordered-token-vectors.ts';
import { planeZero } from '../multivector/quantize.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { Assigner } from './assigner.ts';
import { type Centroids, finalProbes, floatsOf } from './centroids.ts';
import { type TrainingOptions, trainCentroids } from './train-centroids.ts';

/** Centroids with what is known of their training. */
export interface Codebook extends Centroids {
  /** Made of everything else here: equal codebooks have the same, 16 hexadecimal digits. */
  readonly id: string;
  /** Vectors that it was trained on. */
  readonly trainedCount: number;
  /**
   * Mean squared distance between a vector that took no part in the training and its centroid, as a part
   * of the mean squared length of such vectors. Of few documents, those of the training count instead.
   */
  readonly error: number;
}

/** Documents that take no part in the training: so many, but at most one of so many. */
const heldOutDocuments = 64;
const heldOutShare = 16;
/** Vectors that an error is measured on. */
const sampleVectors = 4096;
/** A codebook serves segments of up to so many times the vectors that it was trained on. */
const servedFactor = 8;
/** It fits vectors that lie at most so much further from it than its own held-out ones. */
const errorFactorMax = 1.15;
/** A codebook that says next to nothing of its own vectors, as of noise, would fit any others. */
const errorMax = 0.9;

/**
 * Trains a codebook on the vectors, which must be at least one. The same vectors, seed and options give
 * the same one with every kernel.
 */
export function trainCodebook(
  kernels: Kernels,
  vectors: TokenVectors,
  options: TrainingOptions,
): Codebook {
  const { trained, heldOut } = holdOut(vectors);
  const centroids = trainCentroids(kernels, trained, options);
  const error = codebookError(kernels, heldOut, centroids);
  const facts = { trainedCount: trained.vectorCount, error };
  return { ...centroids, ...facts, id: codebookId(centroids, facts) };
}

/** Documents for the training and, evenly spread, for the measurement afterwards. */
function holdOut(vectors: TokenVectors): { trained: TokenVectors; heldOut: TokenVectors } {
  const { documentCount } = vectors;
  const count = Math.min(heldOutDocuments, Math.floor(documentCount / heldOutShare));
  const heldOut = new Uint32Array(count);
  const trained = new Uint32Array(documentCount - count);
  for (let doc = 0, held = 0; doc < documentCount; doc++) {
    const isNext = held < count && doc === Math.floor(((held + 0.5) * documentCount) / count);
    if (isNext) heldOut[held++] = doc;
    else trained[doc - held] = doc;
  }
  const apart = {
    trained: orderTokenVectors(vectors, trained),
    heldOut: orderTokenVectors(vectors, heldOut),
  };
  const isEnough = apart.heldOut.vectorCount > 0 && apart.trained.vectorCount > 0;
  return isEnough ? apart : { trained: vectors, heldOut: vectors };
}

/** Whether the codebook was trained on enough vectors for a segment of so many. */
export function serves({ trainedCount }: Codebook, vectorCount: number): boolean {
  return vectorCount <= trainedCount * servedFactor;
}

/**
 * The codebook to which the vectors are nearest, of those that were trained on enough vectors, that fit
 * nearly as well as their own and say something of both; undefined when there is none.
 */
export function chooseCodebook(
  kernels: Kernels,
  vectors: TokenVectors,
  codebooks: readonly Codebook[],
): Codebook | undefined {
  let best: Codebook | undefined;
  let leastError = Infinity;
  for (const codebook of codebooks) {
    const { dims, normalized } = codebook;
    if (dims !== vectors.dims || normalized !== vectors.normalized) continue;
    if (!serves(codebook, vectors.vectorCount)) continue;
    const error = codebookError(kernels, vectors, codebook);
    const fits = error <= Math.min(errorMax, codebook.error * errorFactorMax);
    if (!fits || error >= leastError) continue;
    best = codebook;
    leastError = error;
  }
  return best;
}

/** Codebook.error of a sample of these vectors. */
function codebookError(kernels: Kernels, vectors: TokenVectors, centroids: Centroids): number {
  const memory = kernels.spare.take();
  const { dims, stride, normalized, cellCount } = centroids;
  const probes = Math.min(finalProbes, cellCount);
  const assigner = new Assigner(kernels.createApproximate(memory), memory, {
    ...{ dims, stride, normalized, cellCountMax: cellCount, probesMax: probes },
  });
  const values = floatsOf(centroids.centroids, dims, stride);
  assigner.setCells(floatsOf(centroids.cells, dims, stride));
  assigner.setCentroids(values, centroids.cellStarts);
  const count = Math.min(sampleVectors, vectors.vectorCount);
  const rowsAt = memory.allocate(count * stride);
  const scalesAt = memory.allocate(count * 4);
  const winnersAt = memory.allocate(count * 4);
  const rows = memory.u8(rowsAt, count * stride);
  const scales = memory.f32(scalesAt, count);
  for (let i = 0; i < count; i++) {
    vectors.readPlane(Math.floor((i * vectors.vectorCount) / count), 1, rows, scales, i);
  }
  const { blockVectors } = assigner;
  for (let from = 0; from < count; from += blockVectors) {
    const part = Math.min(blockVectors, count - from);
    const to = winnersAt + from * 4;
    assigner.assign(rowsAt + from * stride, scalesAt + from * 4, part, probes, to);
  }
  const winners = memory.u32(winnersAt, count);
  let distances = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dims; j++) {
      const component = (rows[i * stride + j]! - planeZero) * scales[i]!;
      const difference = component - values[winners[i]! * dims + j]!;
      distances += difference * difference;
      squares += component * component;
    }
  }
  kernels.spare.giveBack(memory);
  return squares === 0 ? 0 : distances / squares;
}

/** Names a codebook by what is in it. */
function codebookId(
  centroids: Centroids,
  { trainedCount, error }: Pick<Codebook, 'trainedCount' | 'error'>,
): string {
  const { dims, normalized, cellStarts, cells, cellShares } = centroids;
  const mixer = new Mixer();
  mixer.add(Uint32Array.of(dims, normalized ? 1 : 0));
  mixer.add(wordsOf(Float64Array.of(trainedCount, error)));
  for (const { rows, scales } of [centroids.centroids, cells]) {
    mixer.add(wordsOf(rows));
    mixer.add(wordsOf(scales));
  }
  mixer.add(cellStarts);
  mixer.add(wordsOf(cellShares));
  return mixer.digits();
}

/** The bytes as 32-bit words; rows are a multiple of 16 long. */
function wordsOf(array: Uint8Array | Float32Array | Float64Array): Uint32Array {
  const { buffer, byteOffset, byteLength } = array;
  return byteOffset % 4 === 0
    ? new Uint32Array(buffer, byteOffset, byteLength / 4)
    : new Uint32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer);
}

/** 64 bits of many words, in two halves that multiply differently. */
class Mixer {
  #low = 0x6c07_8965;
  #high = 0x1f12_3bb5;

  add(words: Uint32Array): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < words.length; i++) {
      low = Math.imul(low ^ words[i]!, 0x9e37_79b1);
      low ^= low >>> 15;
      high = Math.imul(high ^ words[i]!, 0x85eb_ca77);
      high = ((high << 13) | (high >>> 19)) + 0x165_667b1;
    }
    this.#low = low ^ words.length;
    this.#high = high ^ words.length;
  }

  digits(): string {
    return [this.#high, this.#low].map((half) => digitsOf(half)).join('');
  }
}

/** 8 hexadecimal digits. */
export function digitsOf(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
