import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopK } from './top-k.ts';
import { randomFrom } from './vectors-for-tests.ts';

test('keeps the same hits as sorting everything, whatever k and ties', () => {
  const random = randomFrom(1);
  for (const k of [0, 1, 2, 3, 10, 127, 128, 129, 500, 1000]) {
    const scores = Array.from({ length: 500 }, () => Math.floor(random() * 40) - 20);
    const docs = scores.map((_, doc) => doc).sort(() => random() - 0.5);
    const top = new TopK(k);
    for (const doc of docs) top.push(doc, scores[doc]!);
    const expected = [...docs].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, k);
    assert.equal(top.size, expected.length);
    const hits = top.take();
    assert.deepEqual([...hits.docs], expected);
    assert.deepEqual(
      [...hits.scores],
      expected.map((doc) => scores[doc]!),
    );
    assert.equal(top.size, 0);
  }
});

test('the threshold is the worst kept score once k are kept', () => {
  const top = new TopK(2);
  assert.equal(top.threshold, -Infinity);
  assert.equal(top.push(7, 1), true);
  assert.equal(top.threshold, -Infinity);
  assert.equal(top.push(3, 5), true);
  assert.equal(top.threshold, 1);
  assert.equal(top.push(8, 1), false, 'the same score with a higher document');
  assert.equal(top.push(6, 1), true, 'the same score with a lower document');
  assert.equal(top.push(9, 2), true);
  assert.equal(top.threshold, 2);
});

test('k of 0 keeps nothing and lets nothing in', () => {
  const top = new TopK(0);
  assert.equal(top.push(1, Infinity), false);
  assert.equal(top.threshold, Infinity);
  assert.equal(top.take().docs.length, 0);
});

test('is empty after clear and takes new entries', () => {
  const top = new TopK(3);
  for (let doc = 0; doc < 9; doc++) top.push(doc, doc);
  top.clear();
  top.push(4, -Infinity);
  assert.deepEqual([...top.take().docs], [4]);
});
