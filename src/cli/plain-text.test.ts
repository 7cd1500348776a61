import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, plainJson, plainLines } from './plain-text.ts';

const hostile = 'a\u001b[2Jb\u009b31mc\u202ed\u2028e\r\nf\u200fg é 漢 👍🏽';

test('nothing that a terminal obeys is left in a text', () => {
  assert.equal(plain(hostile), 'a [2Jb 31mc d e  f g é 漢 👍🏽');
  assert.equal(plainLines('one\u0007\ntwo'), 'one \ntwo');
});

test('JSON means the same and has nothing of it either', () => {
  const json = plainJson(JSON.stringify({ [hostile]: [hostile] }, null, 1));
  assert.deepEqual(JSON.parse(json), { [hostile]: [hostile] });
  assert.equal(/(?!\n)[\p{Cc}\p{Zl}\u200f\u202e]/u.test(json), false);
});
