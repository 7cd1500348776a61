// Starts of texts sort as the texts do.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../quantize/seeded-random.ts';
import { compareTerms } from '../text/text-index.ts';
import { writeTextStart } from './text-start.ts';

function startOf(text: string): readonly number[] {
  const words = new Uint32Array(4);
  writeTextStart(text, words, 2);
  assert.deepEqual([words[0], words[1]], [0, 0], 'nothing before the place is written');
  return [...words.slice(2)];
}

/** The first eight bytes as the platform encodes them. */
function bytesOf(text: string): readonly number[] {
  const bytes = Buffer.alloc(8);
  Buffer.from(text.toLowerCase(), 'utf8').copy(bytes, 0, 0, 8);
  return [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
}

const letters = ['a', 'B', 'z', 'ß', 'É', 'ж', '漢', '🙂', '\u{10ffff}', '\uffff', ' ', '\0', 'İ'];

describe('the start of a text', () => {
  it('is that of its bytes, whatever the letters', () => {
    for (const text of [
      '',
      'a',
      'ABCDEFGH',
      'ABCDEFGHI',
      'é🙂漢字',
      '漢漢漢',
      '🙂🙂🙂',
      'İstanbul',
    ]) {
      assert.deepEqual(startOf(text), bytesOf(text), text);
    }
  });

  it('never sorts otherwise than the text in small letters', () => {
    const random = seededRandom(7);
    const text = () =>
      Array.from(
        { length: Math.floor(random() * 12) },
        () => letters[Math.floor(random() * letters.length)],
      ).join('');
    for (let each = 0; each < 5000; each += 1) {
      const [a, b] = [text(), text()];
      const [first, second] = [startOf(a), startOf(b)];
      const order = first[0]! - second[0]! || first[1]! - second[1]!;
      const wanted = compareTerms(a.toLowerCase(), b.toLowerCase());
      assert.ok(order === 0 || Math.sign(order) === Math.sign(wanted), JSON.stringify([a, b]));
    }
  });
});
