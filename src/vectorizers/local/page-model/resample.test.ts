import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { RgbImage } from '../../../pages/page.ts';
import { lanczosTaps, resizeImage } from './resample.ts';

/** A busy image that Python makes by the same formula. */
function pattern(width: number, height: number): RgbImage {
  const rgb = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        rgb[at] = x * 37 + y * 91 + channel * 53 + ((x * y) % 29) * 7;
        at += 1;
      }
    }
  }
  return { width, height, rgb };
}

function flat(width: number, height: number, colour: readonly number[]): RgbImage {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => colour[at % 3]!);
  return { width, height, rgb };
}

/** What Pillow 11.3 makes of the pattern with LANCZOS. */
const recorded = [
  {
    from: [17, 13],
    to: [40, 9],
    crc32: 2133382296,
    first: [20, 67, 143, 23, 79, 156, 35, 101, 177],
    sum: 138651,
  },
  {
    from: [100, 3],
    to: [3, 100],
    crc32: 2397964586,
    first: [108, 136, 119, 134, 123, 129, 132, 121, 136],
    sum: 114677,
  },
  {
    from: [5, 7],
    to: [8, 11],
    crc32: 2586117846,
    first: [0, 44, 90, 5, 55, 100, 33, 78, 133],
    sum: 34281,
  },
  {
    from: [64, 90],
    to: [20, 28],
    crc32: 400893030,
    first: [113, 130, 141, 133, 138, 140, 118, 125, 133],
    sum: 213656,
  },
  {
    from: [1, 1],
    to: [3, 2],
    crc32: 863207032,
    first: [0, 53, 106, 0, 53, 106, 0, 53, 106],
    sum: 954,
  },
  {
    from: [200, 300],
    to: [342, 512],
    crc32: 2278149489,
    first: [0, 44, 89, 2, 53, 96, 28, 72, 124],
    sum: 66924799,
  },
] as const;

test('images come out as from Pillow, to the last bit', () => {
  for (const { from, to, crc32: expected, first, sum } of recorded) {
    const image = resizeImage(pattern(from[0], from[1]), { width: to[0], height: to[1] });
    const what = `${from} to ${to}`;
    assert.deepEqual([...image.rgb.subarray(0, first.length)], [...first], what);
    assert.equal(
      image.rgb.reduce((total, value) => total + value, 0),
      sum,
      what,
    );
    assert.equal(crc32(image.rgb), expected, what);
  }
});

/** The same filter in plain numbers, both directions at once, rounded only at the end. */
function resizeExactly(image: RgbImage, width: number, height: number): Float64Array {
  const weights = (from: number, to: number, target: number): number[] => {
    const scale = from / to;
    const stretch = Math.max(1, scale);
    const centre = (target + 0.5) * scale - 0.5;
    const raw = Array.from({ length: from }, (_, sample) => {
      const x = ((sample - centre) / stretch) * Math.PI;
      if (Math.abs(x) >= 3 * Math.PI) return 0;
      return x === 0 ? 1 : (3 * Math.sin(x) * Math.sin(x / 3)) / x ** 2;
    });
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return raw.map((weight) => weight / sum);
  };
  const columns = Array.from({ length: width }, (_, x) => weights(image.width, width, x));
  const out = new Float64Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const down = weights(image.height, height, y);
    for (let x = 0; x < width; x += 1) {
      const across = columns[x]!;
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 0;
        for (const [row, a] of down.entries()) {
          for (const [column, b] of across.entries()) {
            if (a * b !== 0) sum += a * b * image.rgb[(row * image.width + column) * 3 + channel]!;
          }
        }
        out[(y * width + x) * 3 + channel] = sum;
      }
    }
  }
  return out;
}

test('the rounded steps stay within two of the exact filter', () => {
  // Softened, so that no intermediate value leaves the range of a byte and is cut off.
  const soft = resizeImage(pattern(40, 30), { width: 13, height: 11 });
  const image = { ...soft, rgb: soft.rgb.map((value) => 64 + value / 2) };
  for (const [width, height] of [
    [29, 24],
    [5, 4],
    [13, 30],
    [40, 11],
  ] as const) {
    const exact = resizeExactly(image, width, height);
    const found = resizeImage(image, { width, height });
    for (const [at, value] of exact.entries()) {
      assert.ok(Math.abs(value - found.rgb[at]!) < 2, `${width} × ${height}, at ${at}`);
    }
  }
});

test('a flat colour stays that colour in every size', () => {
  const colour = [3, 128, 255];
  for (const [width, height] of [
    [1, 1],
    [7, 200],
    [301, 5],
  ] as const) {
    const found = resizeImage(flat(50, 41, colour), { width, height });
    assert.deepEqual(found, flat(width, height, colour));
  }
});

test('the same size gives an equal image in memory of its own', () => {
  const image = pattern(9, 5);
  const found = resizeImage(image, { width: 9, height: 5 });
  assert.deepEqual(found, image);
  assert.notEqual(found.rgb, image.rgb);
});

test('weights of one sample sum to one and reach three lobes, wider when shrinking', () => {
  for (const [from, to, widest] of [
    [10, 40, 7],
    [40, 10, 25],
    [2339, 2048, 9],
  ] as const) {
    const { weights, counts, starts, stride } = lanczosTaps(from, to);
    assert.equal(stride, widest);
    for (let target = 0; target < to; target += 1) {
      const row = weights.subarray(target * stride, target * stride + counts[target]!);
      const sum = row.reduce((total, weight) => total + weight, 0);
      assert.ok(Math.abs(sum / 2 ** 22 - 1) < 1e-5);
      assert.ok(starts[target]! + counts[target]! <= from);
    }
  }
});

test('an array that is no such image is refused', () => {
  const short = { width: 4, height: 4, rgb: new Uint8Array(47) };
  assert.throws(() => resizeImage(short, { width: 2, height: 2 }), /three bytes a pixel/);
});
