// Resizes RGB images with the Lanczos window of three lobes, antialiased, in 8-bit steps: columns first,
// rounded to bytes, then rows. The model was trained on images made this way, rounding included, so the
// results agree with Pillow's to the last bit (the test has values of it).

import { assert } from '../../../engine/assert.ts';
import type { RgbImage } from '../../../pages/page.ts';
import type { PixelSize } from './page-grid.ts';

const lobes = 3;
/** Fraction bits of a weight: 32 less 8 of the sample less 2 for weights outside 0…1 and their sum. */
const fractionBits = 22;
const half = 2 ** (fractionBits - 1);

/** Which samples make each sample of a line of another length, and with which weight. */
export interface Taps {
  /** First source sample of each target sample. */
  readonly starts: Int32Array;
  /** Samples of each. */
  readonly counts: Int32Array;
  /** [target samples × stride], fixed point with `fractionBits`. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/**
 * The image in another size. A side that keeps its length is not filtered. The result is never the same
 * array as the input.
 */
export function resizeImage(image: RgbImage, size: PixelSize): RgbImage {
  const { width, height, rgb } = image;
  assert(rgb.length === width * height * 3, `an RGB image has three bytes a pixel`);
  const across = size.width === width ? rgb : resizeRows(image, size.width);
  const down =
    size.height === height
      ? across
      : resizeColumns({ width: size.width, height, rgb: across }, size.height);
  return { ...size, rgb: down === rgb ? rgb.slice() : down };
}

/** Weights from `from` samples to `to`: the window is as wide as the coarser of both sides needs. */
export function lanczosTaps(from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = lobes * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const taps = {
    starts: new Int32Array(to),
    counts: new Int32Array(to),
    weights: new Int32Array(to * stride),
    stride,
  };
  const exact = new Float64Array(stride);
  for (let target = 0; target < to; target += 1) {
    const centre = (target + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let sample = start; sample < end; sample += 1) {
      const weight = lanczos((sample - centre + 0.5) / stretch);
      exact[sample - start] = weight;
      sum += weight;
    }
    taps.starts[target] = start;
    taps.counts[target] = end - start;
    for (let tap = 0; tap < end - start; tap += 1) {
      const share = ((exact[tap] ?? 0) / sum) * 2 ** fractionBits;
      taps.weights[target * stride + tap] = Math.trunc(share + (share < 0 ? -0.5 : 0.5));
    }
  }
  return taps;
}

function lanczos(x: number): number {
  return Math.abs(x) < lobes ? sinc(x) * sinc(x / lobes) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function resizeRows({ width, height, rgb }: RgbImage, to: number): Uint8Array<ArrayBuffer> {
  const { starts, counts, weights, stride } = lanczosTaps(width, to);
  const out = new Uint8Array(to * height * 3);
  let pixel = 0;
  for (let y = 0; y < height; y += 1) {
    for (let target = 0; target < to; target += 1) {
      const count = counts[target] as number;
      const row = target * stride;
      let at = (y * width + (starts[target] as number)) * 3;
      let red = half;
      let green = half;
      let blue = half;
      for (let tap = row; tap < row + count; tap += 1) {
        const weight = weights[tap] as number;
        red = (red + Math.imul(rgb[at] as number, weight)) | 0;
        green = (green + Math.imul(rgb[at + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(rgb[at + 2] as number, weight)) | 0;
        at += 3;
      }
      out[pixel] = toByte(red);
      out[pixel + 1] = toByte(green);
      out[pixel + 2] = toByte(blue);
      pixel += 3;
    }
  }
  return out;
}

function resizeColumns({ width, height, rgb }: RgbImage, to: number): Uint8Array<ArrayBuffer> {
  const { starts, counts, weights, stride } = lanczosTaps(height, to);
  const line = width * 3;
  const out = new Uint8Array(line * to);
  const sums = new Int32Array(line);
  for (let target = 0; target < to; target += 1) {
    sums.fill(half);
    for (let tap = 0; tap < (counts[target] as number); tap += 1) {
      const weight = weights[target * stride + tap] as number;
      const from = ((starts[target] as number) + tap) * line;
      for (let at = 0; at < line; at += 1) {
        sums[at] = (sums[at] as number) + Math.imul(rgb[from + at] as number, weight);
      }
    }
    for (let at = 0; at < line; at += 1) out[target * line + at] = toByte(sums[at] as number);
  }
  return out;
}

/** A fixed-point sum as a byte: the fraction cut off (half was added before), the range kept. */
function toByte(sum: number): number {
  const value = sum >> fractionBits;
  return value < 0 ? 0 : Math.min(value, 255);
}
