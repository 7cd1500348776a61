// Rows of lists: what a vector has beyond the centroid of its list, as half bytes behind a head of scale, bias
// and document.

import { halfZero, listRowHead, listRowStep } from '../kernels/single-kernel.ts';
import { lengthOf, planeZero } from '../multivector/quantize.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import type { QuantizedRows } from './centroids.ts';

/** Parts of the rows are about this long. */
const partBytesMax = 1024 * 1024;

/** Bytes of a row of a list. */
export function listRowBytes(dims: number): number {
  return listRowHead + Math.ceil(dims / listRowStep) * (listRowStep / 2);
}

/** A vector as it is compared: of unit length where `normalized`. */
export function readCompared(vectors: TokenVectors, doc: number, into: Float32Array): void {
  vectors.readOriginals(doc, into);
  if (!vectors.normalized) return;
  const length = lengthOf(into, 0, into.length);
  for (let i = 0; i < into.length && length > 0; i++) into[i]! /= length;
}

/** What a search knows of each list beside its centroid. */
export class ListFacts {
  /** Root of the mean squared distance of a vector from the centroid. */
  readonly spreads: Float32Array;
  /** Mean squared distance from the centre. */
  readonly squares: Float32Array;
  /** Root of the mean squared distance of a vector from what its row says. */
  readonly errors: Float32Array;

  constructor(listCount: number) {
    this.spreads = new Float32Array(listCount);
    this.squares = new Float32Array(listCount);
    this.errors = new Float32Array(listCount);
  }
}

/** Makes the rows of all lists, list after list. */
export class ListRows {
  readonly #vectors: TokenVectors;
  readonly #isDistance: boolean;
  readonly #centre: Float32Array;
  readonly #centroids: QuantizedRows;
  readonly #facts: ListFacts;
  readonly #rest: Float32Array;
  readonly #rowBytes: number;

  constructor(
    vectors: TokenVectors,
    isDistance: boolean,
    centre: Float32Array,
    centroids: QuantizedRows,
    facts: ListFacts,
  ) {
    this.#vectors = vectors;
    this.#isDistance = isDistance;
    this.#centre = centre;
    this.#centroids = centroids;
    this.#facts = facts;
    this.#rest = new Float32Array(vectors.dims);
    this.#rowBytes = listRowBytes(vectors.dims);
  }

  /** Fills the facts on the way. */
  *parts(starts: Uint32Array, docs: Uint32Array): Generator<Uint8Array> {
    const listCount = starts.length - 1;
    let from = 0;
    while (from < listCount) {
      let to = from + 1;
      const rowsMax = partBytesMax / this.#rowBytes;
      while (to < listCount && starts[to + 1]! - starts[from]! <= rowsMax) to++;
      const part = new Uint8Array((starts[to]! - starts[from]!) * this.#rowBytes);
      for (let list = from; list < to; list++) {
        this.#list(list, docs.subarray(starts[list]!, starts[list + 1]!), {
          part,
          at: (starts[list]! - starts[from]!) * this.#rowBytes,
        });
      }
      yield part;
      from = to;
    }
  }

  #list(list: number, docs: Uint32Array, { part, at }: { part: Uint8Array; at: number }): void {
    const { dims, stride } = this.#vectors;
    const rest = this.#rest;
    const head = new DataView(part.buffer);
    const { rows, scales } = this.#centroids;
    const centroid = new Float64Array(dims);
    for (let j = 0; j < dims; j++) {
      centroid[j] = (rows[list * stride + j]! - planeZero) * scales[list]!;
    }
    let [spread, squares, errors] = [0, 0, 0];
    for (const [i, doc] of docs.entries()) {
      readCompared(this.#vectors, doc, rest);
      let fromCentre = 0;
      let fromCentroid = 0;
      for (let j = 0; j < dims; j++) {
        const centred = rest[j]! - this.#centre[j]!;
        const left = centred - centroid[j]!;
        fromCentre += centred * centred;
        fromCentroid += left * left;
        rest[j] = left;
      }
      const row = at + i * this.#rowBytes;
      const { scale, error } = packHalves(rest, part, row + listRowHead);
      head.setFloat32(row, scale, true);
      head.setFloat32(row + 4, fromCentre, true);
      head.setUint32(row + 8, doc, true);
      spread += fromCentroid;
      squares += fromCentre;
      errors += error;
    }
    this.#facts.spreads[list] = Math.sqrt(spread / docs.length);
    this.#facts.squares[list] = squares / docs.length;
    this.#facts.errors[list] = Math.sqrt(errors / docs.length);
    // The bias of a distance is what a row's squared distance from the centre lacks of the mean.
    for (let row = at, left = docs.length; left > 0; left--, row += this.#rowBytes) {
      const square = head.getFloat32(row + 4, true);
      head.setFloat32(row + 4, this.#isDistance ? this.#facts.squares[list]! - square : 0, true);
    }
  }
}

/** Half bytes (2 h - 15) × scale of the values at `bytes[at]`, and the squared error. */
function packHalves(
  values: Float32Array,
  bytes: Uint8Array,
  at: number,
): { scale: number; error: number } {
  let largest = 0;
  for (let j = 0; j < values.length; j++) largest = Math.max(largest, Math.abs(values[j]!));
  const scale = Math.fround(largest / halfZero);
  const toHalves = scale === 0 ? 0 : 0.5 / scale;
  let error = 0;
  for (let j = 0; j < values.length; j++) {
    const value = values[j]!;
    const half = Math.max(0, Math.min(15, Math.floor(value * toHalves + 8)));
    const lost = value - (2 * half - halfZero) * scale;
    error += lost * lost;
    const place = at + (j >> 5) * 16 + (j & 15);
    bytes[place]! |= (j & 16) === 0 ? half : half << 4;
  }
  return { scale, error };
}
