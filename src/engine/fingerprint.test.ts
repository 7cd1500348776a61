// Fingerprints: equal for equal texts, different for others, with both words doing their part.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeFingerprint } from './fingerprint.ts';

function fingerprint(text: string): readonly [number, number] {
  const words = new Uint32Array(2);
  writeFingerprint(text, words, 0);
  return [words[0]!, words[1]!];
}

/** Families of texts that differ in little: where weak mixing shows. */
function* similarTexts(): Generator<string> {
  for (let i = 0; i < 10_000; i += 1) {
    yield `item ${i}`;
    yield `${i} of a longer text that all have at their end`;
    yield String.fromCharCode(i & 0xff, 0x100 + (i >>> 8), i & 0x3f);
    yield 'ab'.repeat(i & 0x1f) + String.fromCharCode(0x4e00 + i);
  }
  for (let i = 0; i < 2_000; i += 1) yield '\0'.repeat(i);
}

describe('fingerprints', () => {
  test('different texts have different ones, and both words spread like chance', () => {
    const texts = new Set(similarTexts());
    const whole = new Set<bigint>();
    const halves = [new Set<number>(), new Set<number>()];
    for (const text of texts) {
      const [first, second] = fingerprint(text);
      whole.add((BigInt(first) << 32n) | BigInt(second));
      halves[0]!.add(first);
      halves[1]!.add(second);
    }
    assert.equal(whole.size, texts.size);
    // Of n random words of 32 bits, n² / 2^33 meet another: 0.2 of these 42,000.
    for (const half of halves) assert.ok(texts.size - half.size < 5, `${texts.size - half.size}`);
  });

  test('the numbers of a text are part of the format', () => {
    assert.deepEqual(fingerprint(''), [568_944_094, 1_337_856_712]);
    assert.deepEqual(fingerprint('Red Apple'), [1_209_479_844, 1_186_984_587]);
    assert.deepEqual(fingerprint('naïve 🍎'), [228_383_047, 1_632_089_941]);
  });

  test('a text of odd length differs from the one with a zero more', () => {
    assert.notDeepEqual(fingerprint('abc'), fingerprint('abc\0'));
  });
});
