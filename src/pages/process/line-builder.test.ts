import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LineBuilder } from './line-builder.ts';

/** Lines of text whose characters are 10 wide and 20 high, on a page of 200 by 100 seen upside down. */
function build(text: string, left = 0): readonly (readonly string[])[] {
  return linesOf(text, left).map((line) => line.map((word) => word.text));
}

function linesOf(text: string, left = 0): ReturnType<LineBuilder['finish']> {
  const builder = new LineBuilder(([x, y]) => [x / 200, 1 - y / 100]);
  let at = left;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (!builder.isBreak(code))
      builder.add(code, { left: at, right: at + 10, bottom: 40, top: 60 });
    at += 10;
  }
  return builder.finish();
}

describe('line builder', () => {
  test('spaces of every sort end words, breaks end lines', () => {
    assert.deepEqual(build('ab c\u00a0d\r\n\u3000e'), [['ab', 'c', 'd'], ['e']]);
  });

  test('the box of a word spans its characters, from the top', () => {
    const [[word] = []] = linesOf('abc');
    assert.deepEqual(
      [word?.x, word?.y, word?.width, word?.height].map((one) => Number(one?.toFixed(6))),
      [0, 0.4, 0.15, 0.2],
    );
  });

  test('a hyphen at the end of a line stays with the first half', () => {
    assert.deepEqual(build('popu\ufffelation dis\u0002ease'), [
      ['popu-'],
      ['lation', 'dis-'],
      ['ease'],
    ]);
  });

  test('ligatures are letters, and halves of a pair one character', () => {
    assert.deepEqual(build('o\ufb03ce 𝒻'), [['office', '𝒻']]);
  });

  test('half a pair alone becomes a replacement character', () => {
    assert.deepEqual(build('a\ud835'), [['a\ufffd']]);
  });

  test('words beside the page are left out, and those at its edge cut', () => {
    assert.deepEqual(build('out', 200), []);
    const [[word] = []] = linesOf('half', 180);
    assert.deepEqual([word?.x, Number(word?.width.toFixed(6))], [0.9, 0.1]);
  });

  test('characters without a box give no word', () => {
    const builder = new LineBuilder((point) => point);
    builder.add(0x41, { left: Number.NaN, right: Number.NaN, bottom: 0, top: 0 });
    assert.deepEqual(builder.finish(), []);
  });
});
