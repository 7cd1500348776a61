// Pages over a search that misses hits when little is asked of it, and finds them when more is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../multivector/vectors-for-tests.ts';
import { findInStages } from './stages.ts';
import type { FoundPlace, VectorsFound } from './vector-search.ts';

/** Documents score 100, 99 … with some ties; each is missed by searches for fewer than `foundFrom`. */
function careless(seed: number, count: number, steady: boolean) {
  const random = randomFrom(seed);
  const documents = Array.from({ length: count }, (_, doc) => ({
    place: { segment: doc % 3, doc, score: 100 - Math.floor(doc / (1 + (seed % 3))) },
    foundFrom: !steady && random() < 0.2 ? Math.floor(random() * 3 * count) : 0,
  }));
  return (limit: number): VectorsFound => {
    const found = documents.filter(({ foundFrom }) => foundFrom <= limit);
    const places = found.map(({ place }) => place);
    const last = places[limit - 1]?.score ?? Number.NEGATIVE_INFINITY;
    return { places: places.filter(({ score }) => score >= last), profile: undefined, steady };
  };
}

function ranked(places: readonly FoundPlace[]): number[] {
  return [...places]
    .sort((a, b) => (a.stage ?? 0) - (b.stage ?? 0) || b.score - a.score || a.doc - b.doc)
    .map(({ doc }) => doc);
}

test('every page begins where the one before ended, whatever a search misses', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const find = careless(seed, 90, false);
    for (const size of [1, 7, 25]) {
      const walked: number[] = [];
      for (let limit = size; walked.length === limit - size; limit += size) {
        const { places } = findInStages(find, { limit, limitFirst: size });
        const hits = ranked(places).slice(0, limit);
        assert.deepEqual(hits.slice(0, walked.length), walked, `seed ${seed}, pages of ${size}`);
        walked.push(...hits.slice(walked.length));
      }
      assert.equal(new Set(walked).size, walked.length);
      assert.ok(walked.length > 70, `${walked.length} of 90 hits`);
    }
  }
});

test('the first page is one search for what it shows', () => {
  const asked: number[] = [];
  const find = careless(2, 90, false);
  const counted = (limit: number): VectorsFound => {
    asked.push(limit);
    return find(limit);
  };
  findInStages(counted, { limit: 7, limitFirst: 7 });
  assert.deepEqual(asked.splice(0), [7]);
  findInStages(counted, { limit: 14, limitFirst: 7 });
  assert.deepEqual(asked.splice(0), [28, 7]);
});

test('a search that misses nothing is asked once', () => {
  const asked: number[] = [];
  const find = careless(2, 90, true);
  const { places } = findInStages(
    (limit) => {
      asked.push(limit);
      return find(limit);
    },
    { limit: 60, limitFirst: 7 },
  );
  assert.deepEqual(asked, [112]);
  assert.deepEqual(
    ranked(places).slice(0, 60),
    Array.from({ length: 60 }, (_, doc) => doc),
  );
});
