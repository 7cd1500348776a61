// Every float must come back the same, and no shorter decimal may do so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vectorJson } from './float32-json.ts';

function jsonOf(values: readonly number[]): string {
  return vectorJson({ kind: 'single', dims: values.length, values: Float32Array.from(values) });
}

/** A repeatable stream of 32-bit numbers. */
function* bits(seed: number): Generator<number> {
  let state = seed >>> 0;
  while (true) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state ^ (state >>> 13);
  }
}

/** Significant digits of a decimal number's text. */
function digitCount(text: string): number {
  const digits = text.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '');
  return text.includes('.') ? digits.length : digits.replace(/0+$/, '').length;
}

/** Digits of the shortest decimals, by trial of all lengths and both neighbours. */
function fewestDigits(size: number): number {
  for (let count = 1; count < 9; count += 1) {
    const [mantissa = '', exponent = ''] = size.toExponential(count - 1).split('e');
    const whole = Number(mantissa.replace('.', ''));
    for (const near of [whole - 1, whole, whole + 1]) {
      if (Math.fround(Number(`${near}e${Number(exponent) - count + 1}`)) === size) return count;
    }
  }
  return 9;
}

function checkShortest(value: number): void {
  const text = jsonOf([value]).slice(1, -1);
  assert.ok(Object.is(Math.fround(JSON.parse(text)), value), `${value} came back from ${text}`);
  if (value === 0) return;
  assert.equal(digitCount(text), fewestDigits(Math.abs(value)), `${value} as ${text}`);
}

test('known floats print as people write them', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-2, '-2'],
    [0.6, '0.6'],
    [0.1, '0.1'],
    [0.01, '0.01'],
    [1.1, '1.1'],
    [-0.152414, '-0.152414'],
    [2.71819, '2.71819'],
    [16_777_216, '16777216'],
    [123_456_784, '123456780'],
    [100, '100'],
    [1e-6, '0.000001'],
    [1e-7, '1e-7'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.401298464324817e-45, '1e-45'],
    [1e21, '1e+21'],
    [1e20, '100000000000000000000'],
  ];
  for (const [value, text] of cases) assert.equal(jsonOf([value]), `[${text}]`);
});

test('floats of unit vectors round-trip through the shortest decimal', () => {
  const random = bits(7);
  for (let round = 0; round < 40_000; round += 1) {
    checkShortest(
      Math.fround(((random.next().value as number) / 2 ** 31 - 1) * 10 ** -(round % 7)),
    );
  }
});

test('any finite bit pattern round-trips through the shortest decimal', () => {
  const random = bits(11);
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  for (let round = 0; round < 20_000; round += 1) {
    word[0] = random.next().value as number;
    if (Number.isFinite(float[0])) checkShortest(float[0] as number);
  }
});

test('powers of two and of ten, and their neighbours, print shortest', () => {
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  for (let exponent = 1; exponent < 255; exponent += 1) {
    for (const step of [-1, 0, 1]) {
      word[0] = (exponent << 23) + step;
      checkShortest(float[0] as number);
    }
  }
  for (let exponent = -44; exponent <= 38; exponent += 1) {
    float[0] = Number(`1e${exponent}`);
    const middle = word[0] as number;
    for (const step of [-1, 0, 1]) {
      word[0] = middle + step;
      checkShortest(float[0] as number);
    }
  }
});

test('a multi-vector is a list of lists', () => {
  const values = Float32Array.from([1, 0, 0.5, -0.25, 0, 3]);
  assert.equal(vectorJson({ kind: 'multi', dims: 2, values }), '[[1,0],[0.5,-0.25],[0,3]]');
  assert.equal(vectorJson({ kind: 'multi', dims: 6, values }), '[[1,0,0.5,-0.25,0,3]]');
  assert.equal(vectorJson({ kind: 'single', dims: 6, values }), '[1,0,0.5,-0.25,0,3]');
});
