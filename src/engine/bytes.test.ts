import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ByteReader, ByteWriter } from './bytes.ts';
import { DatabaseError } from './errors.ts';

/** Short and long, with and without characters of more than one byte, at both sides of 32 units. */
const texts = [
  '',
  'a',
  'é',
  'ab€',
  'x'.repeat(32),
  'x'.repeat(33),
  `${'x'.repeat(31)}😀`,
  '東'.repeat(99),
];

describe('bytes', () => {
  test('what is written is read back, whatever grew in between', () => {
    for (const capacity of [0, 1, 4096]) {
      const into = new ByteWriter(capacity);
      for (const text of texts) {
        into.u8(7);
        into.text(text);
        into.u32(0xffff_fff0);
        into.f64(-1.5);
        into.floats(Float32Array.of(0.1, Infinity));
      }
      const from = new ByteReader(into.finish(), 'file');
      for (const text of texts) {
        assert.equal(from.u8(), 7);
        assert.equal(from.text(), text);
        assert.equal(from.u32(), 0xffff_fff0);
        assert.equal(from.f64(), -1.5);
        assert.deepEqual(from.floats(2), Float32Array.of(0.1, Infinity));
      }
      assert.equal(from.remaining, 0);
    }
  });

  test('characters are the bytes of UTF-8 alone', () => {
    for (const text of texts) {
      const into = new ByteWriter(0);
      into.u8(1);
      into.characters(text);
      assert.deepEqual(Buffer.from(into.finish().subarray(1)), Buffer.from(text));
    }
  });

  test('a writer that starts again forgets what it held and keeps or makes room', () => {
    const into = new ByteWriter(10);
    into.text('something long');
    const room = into.capacity;
    into.restart(5);
    assert.equal(into.length, 0);
    assert.equal(into.capacity, room);
    into.restart(1000);
    assert.equal(into.capacity, 1000);
    into.text('new');
    assert.equal(new ByteReader(into.finish(), 'file').text(), 'new');
  });

  test('reading past the end is corrupt and says where', () => {
    const from = new ByteReader(Uint8Array.of(9, 0, 0, 0, 65), 'a-file');
    assert.throws(
      () => from.text(),
      (error) =>
        error instanceof DatabaseError && /a-file.*9 more bytes, found 1/.test(error.message),
    );
  });
});
