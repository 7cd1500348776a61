import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autocut } from './autocut.ts';

test('the list ends before the jump that is asked for', () => {
  const distances = [-1.8, -1.6, -1.08, -0.8];
  assert.equal(autocut(distances, 1), 2);
  assert.equal(autocut([0.85, 0.75, 0.303, 0], 1), 3);
  assert.equal(autocut([5.0767946, 2.1454182, 0.40475747], 1), 1);
});

test('scores are cut as distances are', () => {
  assert.equal(autocut([1.8, 1.6, 1.08, 0.8], 1), 2);
  assert.equal(autocut(Float32Array.of(1.8, 1.6, 1.08, 0.8), 1), 2);
});

test('each further jump keeps more', () => {
  const values = [10, 9.9, 9.8, 6, 5.9, 5.8, 1, 0.9, 0.8];
  assert.equal(autocut(values, 1), 3);
  assert.equal(autocut(values, 2), 6);
  assert.equal(autocut(values, 3), 9);
});

test('all is kept without a jump, without jumps asked for, and of at most one result', () => {
  assert.equal(autocut([3, 3, 3, 3], 1), 4);
  assert.equal(autocut([4, 3, 2, 1], 1), 4);
  assert.equal(autocut([10, 9.9, 1], 0), 3);
  assert.equal(autocut([10, 1], 1), 2);
  assert.equal(autocut([1], 1), 1);
  assert.equal(autocut([], 1), 0);
});

test('rounding of evenly spaced scores is no jump', () => {
  const even = Float32Array.from({ length: 1000 }, (_, i) => 0.1 * (1000 - i));
  assert.equal(autocut(even, 1), 1000);
});
