// Clusters against a reference that looks at every pair each time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from './vectors-for-tests.ts';
import { WardClustering } from './ward-clustering.ts';

type Point = readonly number[];

/** Points with whole coordinates, whose products float32 numbers hold exactly. */
function randomPoints(random: () => number, count: number, dims: number): Point[] {
  const coordinate = (): number => Math.floor(random() * 2000) - 1000;
  return Array.from({ length: count }, () => Array.from({ length: dims }, coordinate));
}

function cut(clustering: WardClustering, points: readonly Point[], wanted: number): number[] {
  const width = points.length + 3;
  const products = new Float32Array(points.length * width);
  for (const [i, a] of points.entries()) {
    for (const [j, b] of points.entries()) {
      products[i * width + j] = a.reduce((sum, value, c) => sum + value * (b[c] ?? 0), 0);
    }
  }
  const groups = new Uint32Array(points.length);
  clustering.take(products, width, new Float32Array(points.length).fill(1));
  clustering.cut(wanted, groups);
  return [...groups];
}

function meanOf(members: readonly number[], points: readonly Point[]): number[] {
  return (points[0] ?? []).map(
    (_, c) => members.reduce((sum, i) => sum + (points[i]?.[c] ?? 0), 0) / members.length,
  );
}

/** Joins the pair with the lowest cost, from the definition, until so many clusters are left. */
function reference(points: readonly Point[], wanted: number): number[] {
  let clusters = points.map((_, i) => [i]);
  while (clusters.length > wanted) {
    let best = { cost: Infinity, a: 0, b: 0 };
    for (let a = 0; a < clusters.length; a++) {
      for (let b = a + 1; b < clusters.length; b++) {
        const [left = [], right = []] = [clusters[a], clusters[b]];
        const middle = meanOf(right, points);
        const square = meanOf(left, points).reduce((sum, v, c) => sum + (v - middle[c]!) ** 2, 0);
        const cost = (square * left.length * right.length) / (left.length + right.length);
        if (cost < best.cost) best = { cost, a, b };
      }
    }
    const joined = [...(clusters[best.a] ?? []), ...(clusters[best.b] ?? [])];
    clusters = [...clusters.filter((_, c) => c !== best.a && c !== best.b), joined];
  }
  clusters.sort((a, b) => Math.min(...a) - Math.min(...b));
  return points.map((_, i) => clusters.findIndex((cluster) => cluster.includes(i)));
}

test('clusters are those of joining the cheapest pair each time', () => {
  const random = randomFrom(7);
  const clustering = new WardClustering();
  for (const count of [2, 3, 4, 5, 9, 16, 33]) {
    for (const dims of [2, 3, 7]) {
      const points = randomPoints(random, count, dims);
      for (const wanted of new Set([1, 2, Math.ceil(count / 3), Math.ceil(count / 2), count])) {
        const what = `${count} points of ${dims} dims into ${wanted}`;
        assert.deepEqual(cut(clustering, points, wanted), reference(points, wanted), what);
      }
    }
  }
});

test('points that are the same are joined before all others', () => {
  const clustering = new WardClustering();
  const points = [
    [5, 5],
    [900, 1],
    [5, 5],
    [-700, 3],
    [900, 1],
    [5, 5],
  ];
  assert.deepEqual(cut(clustering, points, 3), [0, 1, 0, 2, 1, 0]);
});

test('any number of clusters is found among equal points and among points in rows', () => {
  const clustering = new WardClustering();
  const equal = Array.from({ length: 40 }, () => [3, 4]);
  const row = Array.from({ length: 40 }, (_, i) => [i, 0]);
  for (const points of [equal, row]) {
    for (let wanted = 1; wanted <= 40; wanted++) {
      const groups = cut(clustering, points, wanted);
      assert.deepEqual([...new Set(groups)], [...Array(wanted).keys()]);
    }
  }
});

test('a point with a scale lies where its product with the scale does', () => {
  const clustering = new WardClustering();
  // 4, 4, 1 and 1.25 as whole numbers with scales.
  const points = [4, 8, 1, 5];
  const scales = Float32Array.of(1, 0.5, 1, 0.25);
  const products = Float32Array.from(points.flatMap((a) => points.map((b) => a * b)));
  const groups = new Uint32Array(4);
  clustering.take(products, 4, scales);
  clustering.cut(2, groups);
  assert.deepEqual([...groups], [0, 0, 1, 1]);
});
