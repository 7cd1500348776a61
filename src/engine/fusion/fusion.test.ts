import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FusedHit, FusionLeg, LegHit } from './legs.ts';
import { fuseRanked } from './ranked.ts';
import { fuseRelativeScore } from './relative-score.ts';

/** Hits as key and score; the key orders ties too. */
function leg(
  name: 'keyword' | 'vector',
  weight: number,
  hits: readonly (readonly [string, number])[],
): FusionLeg<string> {
  return {
    leg: name,
    weight,
    hits: hits.map(([key, score]): LegHit<string> => ({ key, score, tie: key })),
  };
}

const keyword = [
  ['d1', 5.0767946],
  ['d3', 2.1454182],
  ['d4', 0.40475747],
] as const;
/** -distance; the recordings show 1 more. */
const vector = [
  ['d4', 1.8],
  ['d1', 1.6],
  ['d3', 1.08],
  ['d2', 0.8],
] as const;

function legs(alpha: number): FusionLeg<string>[] {
  return [leg('keyword', 1 - alpha, keyword), leg('vector', alpha, vector)];
}

function assertScores(
  hits: readonly FusedHit<string>[],
  wanted: readonly (readonly [string, number])[],
): void {
  assert.deepEqual(
    hits.map(({ key }) => key),
    wanted.map(([key]) => key),
  );
  for (let i = 0; i < hits.length; i++) {
    assert.ok(
      Math.abs(hits[i]!.score - wanted[i]![1]) < 1e-6,
      `${hits[i]!.key}: ${hits[i]!.score}`,
    );
  }
}

test('relative scores are those of the reference', () => {
  assertScores(fuseRelativeScore(legs(0.75)), [
    ['d1', 0.84999996],
    ['d4', 0.75],
    ['d3', 0.30314246],
    ['d2', 0],
  ]);
  assertScores(fuseRelativeScore(legs(0.25)), [
    ['d1', 0.95],
    ['d3', 0.34942746],
    ['d4', 0.25],
    ['d2', 0],
  ]);
  assertScores(fuseRelativeScore([leg('vector', 1, vector)]), [
    ['d4', 1],
    ['d1', 0.79999995],
    ['d3', 0.27999997],
    ['d2', 0],
  ]);
});

test('ranked scores are those of the reference', () => {
  assertScores(fuseRanked(legs(0.75)), [
    ['d4', 0.016532257],
    ['d1', 0.016461749],
    ['d3', 0.016195133],
    ['d2', 0.011904762],
  ]);
  assertScores(fuseRanked([leg('keyword', 1, keyword)]), [
    ['d1', 0.016666668],
    ['d3', 0.016393442],
    ['d4', 0.016129032],
  ]);
});

test('a hit says what each leg gave, and only the legs that found it', () => {
  const hits = fuseRelativeScore(legs(0.75));
  const [first] = hits;
  assert.deepEqual(
    first!.legs.map(({ leg: name, score }) => [name, score]),
    [
      ['keyword', 5.0767946],
      ['vector', 1.6],
    ],
  );
  assert.ok(Math.abs(first!.legs[0]!.contribution - 0.25) < 1e-6);
  assert.ok(Math.abs(first!.legs[1]!.contribution - 0.6) < 1e-6);
  assert.deepEqual(
    hits.at(-1)!.legs.map(({ leg: name }) => name),
    ['vector'],
  );
});

test('a single hit and equal scores count as the whole weight', () => {
  assertScores(fuseRelativeScore([leg('keyword', 0.25, [['a', 7]]), leg('vector', 0.75, [])]), [
    ['a', 0.25],
  ]);
  const equal = [
    ['a', -2],
    ['b', -2],
  ] as const;
  assertScores(fuseRelativeScore([leg('vector', 0.75, equal)]), [
    ['a', 0.75],
    ['b', 0.75],
  ]);
});

test('a constant added to a leg changes no relative score', () => {
  const shifted = vector.map(([key, score]) => [key, score + 4] as const);
  const [plain, moved] = [vector, shifted].map((hits) =>
    fuseRelativeScore([leg('keyword', 0.5, keyword), leg('vector', 0.5, hits)]),
  );
  assertScores(
    moved!,
    plain!.map(({ key, score }) => [key, score]),
  );
});

test('equal fused scores are ordered by raw score, then by uuid', () => {
  const hits = fuseRelativeScore([
    leg('keyword', 0.5, [
      ['z', 1],
      ['y', 0],
    ]),
    leg('vector', 0.5, [
      ['b', 3],
      ['x', 1],
      ['a', 1],
    ]),
  ]);
  assert.deepEqual(
    hits.map(({ key }) => key),
    ['b', 'z', 'a', 'x', 'y'],
  );
});

test('no hits fuse to no hits', () => {
  assert.deepEqual(fuseRelativeScore([leg('keyword', 1, []), leg('vector', 1, [])]), []);
  assert.deepEqual(fuseRanked([]), []);
});

/** A hit for each letter, the first the best. */
function lettered(name: 'keyword' | 'vector', keys: string): FusionLeg<string> {
  const hits = Array.from(keys, (key, i): readonly [string, number] => [key, 10 - i]);
  return leg(name, 0.5, hits);
}

function begin(whole: FusionLeg<string>, count: number): FusionLeg<string> {
  return { ...whole, hits: whole.hits.slice(0, count) };
}

test('only the first hits of each leg are fused; the rest follow in the order of their better place', () => {
  const keyword = lettered('keyword', 'abcdef');
  const vector = lettered('vector', 'cxyeb');
  for (const fuse of [fuseRelativeScore, fuseRanked]) {
    const all = fuse([keyword, vector], 2);
    assert.deepEqual(
      all.slice(0, 4).map(({ key }) => key),
      fuse([begin(keyword, 2), begin(vector, 2)]).map(({ key }) => key),
    );
    assert.deepEqual(
      all.slice(4).map(({ key, score }) => [key, score]),
      [
        ['y', 0],
        ['d', 0],
        ['e', 0],
        ['f', 0],
      ],
    );
  }
});

test('longer lists of the same legs begin with the same fused hits', () => {
  const keyword = lettered('keyword', 'abcdef');
  const vector = lettered('vector', 'fedxaz');
  for (const fuse of [fuseRelativeScore, fuseRanked]) {
    const long = fuse([keyword, vector], 3).map(({ key }) => key);
    for (const length of [3, 4, 5]) {
      const short = fuse([begin(keyword, length), begin(vector, length)], 3);
      assert.deepEqual(short.map(({ key }) => key).slice(0, length), long.slice(0, length));
    }
  }
});
