// Which segments are merged, and that neither writing nor idling rewrites too much.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  chooseMerge,
  chooseQuietMerge,
  type MergeCandidate,
  mergedBytesMax,
  mergedDocumentsMax,
} from './merge-choice.ts';

const mib = 2 ** 20;
const gib = 2 ** 30;
const flushBytes = 64 * mib;

function segment(bytes: number, others: Partial<MergeCandidate> = {}): MergeCandidate {
  return { bytes, documentCount: 1000, liveCount: 1000, isUntrained: false, ...others };
}

function sizes(chosen: readonly MergeCandidate[]): number[] {
  return chosen.map(({ bytes }) => bytes / mib);
}

describe('merges while there is writing', () => {
  test('four segments of a tier become one', () => {
    const parts = [segment(300 * mib), ...[50, 70, 90].map((size) => segment(size * mib))];
    assert.deepEqual(chooseMerge(parts, flushBytes), []);
    assert.deepEqual(sizes(chooseMerge([...parts, segment(mib)], flushBytes)), [50, 70, 90, 1]);
  });

  test('sixteen of a tier become one of the tier after the next', () => {
    const parts = Array.from({ length: 20 }, (_, i) => segment((50 + i) * mib));
    assert.deepEqual(chooseMerge(parts, flushBytes), parts.slice(0, 16));
    assert.deepEqual(chooseMerge(parts.slice(0, 15), flushBytes), parts.slice(0, 4));
  });

  test('empty segments are left to be forgotten', () => {
    const parts = [1, 2, 3, 4].map((size) =>
      segment(size * mib, { liveCount: size === 2 ? 0 : 9 }),
    );
    assert.deepEqual(sizes(chooseMerge(parts, flushBytes)), [1]);
    assert.deepEqual(sizes(chooseMerge([parts[1]!], flushBytes)), []);
  });

  test('one that is mostly deleted, or untrained, is written again alone', () => {
    const rotten = segment(9 * gib, { liveCount: 499 });
    const untrained = segment(9 * gib, { isUntrained: true });
    assert.deepEqual(chooseMerge([untrained, segment(mib), rotten], flushBytes), [rotten]);
    assert.deepEqual(chooseMerge([segment(mib), untrained], flushBytes), [untrained]);
    assert.deepEqual(chooseMerge([segment(9 * gib, { liveCount: 500 })], flushBytes), []);
  });

  test('no merge makes more bytes or documents than it may', () => {
    const large = [7, 6, 5, 4].map((size) => segment(size * gib));
    assert.deepEqual(sizes(chooseMerge(large, flushBytes)), [7 * 1024, 6 * 1024]);
    const half = Array.from({ length: 4 }, () => segment(mergedBytesMax / 2 + 1));
    assert.deepEqual(chooseMerge(half, flushBytes), []);
    const many = [1, 2, 3, 4].map((size) =>
      segment(size * mib, { documentCount: mergedDocumentsMax * 0.4, liveCount: 1e6 }),
    );
    assert.deepEqual(sizes(chooseMerge(many, flushBytes)), [1, 2]);
  });

  test('every byte is written a few times only', () => {
    const { segments, written } = grow(1000, flushBytes, () => []);
    assert.ok(segments.length <= 16, `${segments.length} segments`);
    assert.ok(written < 6 * 1000, `${written} flushes written`);
  });
});

describe('merges when it is quiet', () => {
  test('leftovers of all tiers come together', () => {
    const parts = [2048, 1024, 300, 64, 256, 64, 10].map((size) => segment(size * mib));
    assert.deepEqual(sizes(chooseQuietMerge(parts)), [10, 64, 64, 256, 300, 1024, 2048]);
  });

  test('a huge segment is not written again for a tiny one', () => {
    assert.deepEqual(chooseQuietMerge([segment(8 * gib), segment(mib)]), []);
    assert.deepEqual(chooseQuietMerge([segment(129 * mib), segment(64 * mib)]), []);
    assert.deepEqual(sizes(chooseQuietMerge([segment(128 * mib), segment(64 * mib)])), [64, 128]);
  });

  test('a tiny one may come along with large ones that are merged anyway', () => {
    const parts = [100, 1, 110].map((size) => segment(size * mib));
    assert.deepEqual(sizes(chooseQuietMerge(parts)), [1, 100, 110]);
  });

  test('one segment, empty ones and those that are large enough stay', () => {
    assert.deepEqual(chooseQuietMerge([]), []);
    assert.deepEqual(chooseQuietMerge([segment(mib)]), []);
    assert.deepEqual(chooseQuietMerge([segment(mib), segment(mib, { liveCount: 0 })]), []);
    assert.deepEqual(chooseQuietMerge([segment(9 * gib), segment(9 * gib)]), []);
    const large = [8, 8, 8].map((size) => segment(size * gib));
    assert.deepEqual(sizes(chooseQuietMerge(large)), [8 * 1024, 8 * 1024]);
  });

  test('few segments are left, and resting after every flush writes each byte a few times', () => {
    const { segments, written } = grow(1000, flushBytes, chooseQuietMerge);
    assert.ok(segments.length <= 14, `${segments.length} segments`);
    assert.ok(written < 10 * 1000, `${written} flushes written`);
    assert.deepEqual(chooseQuietMerge(segments), []);
  });
});

/** Flushes one segment after another, merging as the database does; sizes written in flushes. */
function grow(
  flushes: number,
  bytes: number,
  quiet: (segments: readonly MergeCandidate[]) => MergeCandidate[],
): { readonly segments: readonly MergeCandidate[]; readonly written: number } {
  let segments: MergeCandidate[] = [];
  let written = 0;
  for (let flush = 0; flush < flushes; flush += 1) {
    segments.push(segment(bytes));
    written += 1;
    for (;;) {
      const due = chooseMerge(segments, flushBytes);
      const chosen = due.length > 0 ? due : quiet(segments);
      if (chosen.length === 0) break;
      const merged = chosen.reduce((sum, one) => sum + one.bytes, 0);
      written += merged / bytes;
      segments = [...segments.filter((one) => !chosen.includes(one)), segment(merged)];
    }
  }
  return { segments, written };
}
