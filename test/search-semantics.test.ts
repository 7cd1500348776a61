// What a search promises, on a collection whose objects lie in a trained segment, in one that is not
// trained, and in memory, against scoring every object: before and after updates, deletes and merges.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Filter } from '../src/engine/filter/filter.ts';
import { autocut } from '../src/engine/fusion/autocut.ts';
import { combinations, type Query } from '../src/engine/query/query.ts';
import {
  assertOrder,
  assertRanking,
  type ModelObject,
  type ModelTarget,
  numberBelow,
  ranked,
  recallOf,
  type Scored,
  SemanticsWorld,
  type VectorName,
  vectorNames,
  vectorQuery,
} from './search-semantics-world.ts';

const sizes = [2500, 400, 150] as const;
let world: SemanticsWorld;
before(async () => {
  world = await SemanticsWorld.open(5, { objects: sizes });
});
after(() => world.database.close());

function target(name: VectorName, weight = 1): ModelTarget {
  return { name, query: world.query(name, 12), weight };
}

/** A query for the vectors that some object has: those of twins are shared by others. */
function targetOf(object: ModelObject, name: VectorName): ModelTarget {
  return { name, query: object.vectors.get(name)!, weight: 1 };
}

/** An object that has every vector, whose vectors others have too, in other segments. */
function someTwin(): ModelObject {
  const owners = new Map<unknown, ModelObject[]>();
  for (const object of world.model.objects.values()) {
    const vector = object.vectors.get('words');
    if (vector) owners.set(vector, [...(owners.get(vector) ?? []), object]);
  }
  const shared = [...owners.values()].filter((objects) => {
    const segments = objects.map(({ uuid }) => world.collection.segments.find(uuid)!.segment);
    return objects.length > 8 && new Set(segments).size > 1;
  });
  assert.ok(shared.length > 0, 'some objects share their vectors');
  return shared[world.words.below(shared.length)]![0]!;
}

function below(value: number): (object: ModelObject) => boolean {
  return ({ properties }) => properties.number < value;
}

/** All pages of a query until one is empty, or so many. */
async function walk(
  query: Query,
  pagesMax: number,
  between: (page: number) => Promise<void> = async () => undefined,
): Promise<Scored[]> {
  const walked: Scored[] = [];
  for (let page = 0; page < pagesMax; page += 1) {
    const { hits } = await world.search({ ...query, offset: page * query.limit });
    if (hits.length === 0) break;
    walked.push(...hits);
    await between(page);
  }
  return walked;
}

function assertOnce(walked: readonly Scored[], what: string): void {
  assert.equal(new Set(walked.map(({ uuid }) => uuid)).size, walked.length, `${what}: no repeats`);
}

describe('the collection', () => {
  test('has a trained segment, one with codes of the same codebook, and a memory segment', () => {
    const segments = world.collection.segments.all();
    assert.deepEqual(
      segments.map(({ documentCount }) => documentCount),
      sizes,
    );
    const [first, second, last] = segments.map((segment) => segment.codes('words'));
    assert.ok(first !== undefined && last === undefined);
    assert.equal(second?.codebook.id, first.codebook.id);
  });
});

// Run on the collection as it was imported, and again after it was changed and merged.
for (const state of ['imported', 'changed and merged'] as const) {
  describe(`a search, ${state}`, () => {
    before(async () => {
      if (state === 'changed and merged') await change();
    });

    test('that is exact gives the ranking of scoring everything, at any selectivity', async () => {
      for (const name of vectorNames) {
        const one = target(name);
        for (const part of [1, 10, 100, 1000]) {
          const wanted = world.model.scores(name, one.query, below(part));
          const asked = { limit: 25, offset: 3, filter: numberBelow(part) };
          const { hits } = await world.search(vectorQuery([one], asked), true);
          const all = ranked(wanted);
          const rest = new Map(all.slice(3).map(({ uuid, score }) => [uuid, score]));
          assertRanking(hits, rest, 25, `${name}, ${part / 10} %`);
        }
      }
    });

    test('by candidates keeps the recall, at any selectivity', async () => {
      const names: readonly VectorName[] = ['words', 'patches', 'words', 'patches', 'words'];
      const targets = names.map((name) => target(name));
      for (const part of [1, 10, 100, 500, 1000]) {
        let recall = 0;
        let planned = 0;
        for (const one of targets) {
          const { name, query: asked } = one;
          const wanted = world.model.scores(name, asked, below(part));
          const query = vectorQuery([one], part < 1000 ? { filter: numberBelow(part) } : {});
          const { hits, result } = await world.search(query);
          recall += recallOf(hits, wanted, 10);
          if (result.profile?.vector?.plan) planned += 1;
          assertOrder(hits, `${name}, ${part / 10} %`);
        }
        assert.ok(recall / names.length >= 0.98, `${part / 10} %: ${recall / names.length}`);
        if (part === 1000) assert.equal(planned, names.length, 'candidates were chosen');
      }
    });

    test('orders equal scores by uuid, wherever the objects lie', async () => {
      for (const name of vectorNames) {
        const twin = someTwin();
        const one = targetOf(twin, name);
        const { hits } = await world.search(vectorQuery([one], { limit: 40 }));
        assertOrder(hits, name);
        const equal = hits.filter(({ score }) => score === hits[0]!.score);
        const owners = [...world.model.objects.values()].filter(
          ({ vectors }) => vectors.get(name) === one.query,
        );
        assert.deepEqual(
          equal.map(({ uuid }) => uuid),
          owners.map(({ uuid }) => uuid).sort(),
          name,
        );
      }
    });

    test('shows every hit on one page of seven, ties included', async () => {
      const twin = someTwin();
      for (const [name, part] of [
        ['words', 60],
        ['gist', 40],
        ['patches', 50],
      ] as const) {
        const one = targetOf(twin, name);
        const wanted = world.model.scores(name, one.query, below(part));
        const query = vectorQuery([one], { limit: 7, filter: numberBelow(part) });
        const walked = await walk(query, 1000);
        assertRanking(walked, wanted, wanted.size, `${name} by sevens`);
      }
    });

    test('by candidates shows nothing twice and leaves nothing out over many pages', async () => {
      for (const name of ['words', 'patches'] as const) {
        const one = target(name);
        const wanted = world.model.scores(name, one.query);
        const walked = await walk(vectorQuery([one], { limit: 400 }), 1000);
        assertOnce(walked, name);
        assert.equal(walked.length, wanted.size);
        const some = await walk(vectorQuery([target(name)], { limit: 7 }), 12);
        assert.equal(some.length, 84);
        assertOnce(some, name);
      }
    });

    test('cuts at the least score asked for, itself included', async () => {
      for (const name of vectorNames) {
        const one = target(name);
        const { hits } = await world.search(vectorQuery([one], { limit: 30 }), true);
        for (const place of [0, 11, 29]) {
          const scoreMin = hits[place]!.score;
          const cut = await world.search(vectorQuery([one], { limit: 500, scoreMin }), true);
          const kept = hits.filter(({ score }) => score >= scoreMin);
          assert.deepEqual(cut.hits.slice(0, kept.length), kept);
          if (place < 29) assert.equal(cut.hits.length, kept.length, `${name} at ${place}`);
        }
      }
    });

    test('with autocut keeps what stands before the jump, on every page of the list', async () => {
      let cut = 0;
      for (let i = 0; i < 6; i += 1) {
        const one = target(i % 2 === 0 ? 'words' : 'gist');
        const whole = (await world.search(vectorQuery([one], { limit: 20 }), true)).hits;
        for (const jumps of [1, 2]) {
          const kept = autocut(
            whole.map(({ score }) => score),
            jumps,
          );
          const asked = { limit: 20, autocut: jumps };
          const { hits } = await world.search(vectorQuery([one], asked), true);
          assert.deepEqual(hits, whole.slice(0, kept));
          const later = { limit: 15, offset: 5, autocut: jumps };
          const page = await world.search(vectorQuery([one], later), true);
          assert.deepEqual(page.hits, whole.slice(5, Math.max(5, kept)));
          if (kept < 20) cut += 1;
        }
      }
      assert.ok(cut > 0, 'something was cut');
    });

    test('groups the hits of its page by a property, groups by their best hit', async () => {
      for (const property of ['group', 'tags'] as const) {
        const one = target('words');
        const query = vectorQuery([one], { limit: 60 });
        const { hits } = await world.search(query, true);
        const groupBy = { property, groupsMax: 3, objectsPerGroupMax: 4 };
        const { result } = await world.search({ ...query, groupBy }, true);
        const wanted = new Map<string, string[]>();
        for (const { uuid } of hits) {
          const value = world.model.objects.get(uuid)!.properties[property];
          for (const name of [value ?? []].flat() as string[]) {
            if (!wanted.has(name) && wanted.size === 3) continue;
            const own = wanted.get(name) ?? [];
            if (own.length < 4) own.push(uuid);
            wanted.set(name, own);
          }
        }
        assert.deepEqual(
          result.groups?.map((group) => [
            group.name,
            group.hits.map(({ document }) => document.uuid),
          ]),
          [...wanted],
        );
      }
    });

    test('over several targets gives the ranking of combining every score', async () => {
      for (const names of targetNames) {
        const targets = names.map((name, i) => target(name, 0.4 + i));
        for (const combination of combinations) {
          for (const part of [100, 1000]) {
            const wanted = world.model.combined(targets, combination, below(part));
            const asked = { limit: 20, filter: numberBelow(part) };
            const { hits } = await world.search(vectorQuery(targets, asked, combination), true);
            assertRanking(hits, wanted, 20, `${combination} of ${names}, ${part / 10} %`);
          }
        }
      }
    });

    test('over several targets keeps the recall by candidates, and its pages agree', async () => {
      const recalls: number[] = [];
      for (const [at, names] of targetNames.entries()) {
        const targets = names.map((name, i) => target(name, 0.4 + i));
        for (const [number, combination] of combinations.entries()) {
          const wanted = world.model.combined(targets, combination);
          const { hits } = await world.search(vectorQuery(targets, {}, combination));
          recalls.push(recallOf(hits, wanted, 10));
          if (number % targetNames.length !== at) continue;
          const walked = await walk(vectorQuery(targets, { limit: 7 }, combination), 4);
          assert.equal(walked.length, 28);
          assertOnce(walked, `${combination} of ${names}`);
        }
      }
      const mean = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
      assert.ok(mean >= 0.98, `recall ${mean}`);
    });

    test('over several targets cuts at a combined score', async () => {
      for (const combination of combinations) {
        const targets = [target('words'), target('place', 2)];
        const { hits } = await world.search(vectorQuery(targets, {}, combination), true);
        const scoreMin = hits[6]!.score;
        const asked = { limit: 10, scoreMin };
        const cut = await world.search(vectorQuery(targets, asked, combination), true);
        assert.deepEqual(
          cut.hits,
          hits.filter(({ score }) => score >= scoreMin),
        );
      }
    });

    test('that is hybrid fuses the keyword leg with that of several targets', async () => {
      for (const fusion of ['relativeScore', 'ranked'] as const) {
        const targets = [target('words'), target('gist', 3)];
        const search = { text: 'word7 word11', operator: { kind: 'or', matchesMin: 1 } } as const;
        const page = { offset: 0, autocut: 0, filter: numberBelow(700) };
        const vector = vectorQuery(targets, { limit: 100, filter: numberBelow(700) }, 'manual');
        const legs = await Promise.all([
          world.search({ kind: 'keyword', ...page, limit: 100, search }),
          world.search(vector, true),
        ]);
        const wanted = fuse(
          legs.map(({ hits }) => hits),
          [0.4, 0.6],
          fusion,
        );
        const query: Query = {
          ...{ kind: 'hybrid', ...page, limit: 12, alpha: 0.6, fusion, keyword: search },
          vector: vector.search,
        };
        const { hits } = await world.search(query, true);
        assertRanking(hits, wanted, 12, fusion);
        const walked = await walk(query, 15);
        assertOnce(walked, fusion);
        assert.equal(walked.length, 180);
      }
    });
  });
}

const targetNames: readonly (readonly VectorName[])[] = [
  ['words', 'patches'],
  ['patches', 'gist'],
  ['words', 'gist', 'place'],
];

/** Both fusions by their definitions, over whole legs. */
function fuse(
  legs: readonly (readonly Scored[])[],
  weights: readonly number[],
  fusion: 'relativeScore' | 'ranked',
): Map<string, number> {
  const fused = new Map<string, number>();
  for (const [i, hits] of legs.entries()) {
    const most = hits[0]!.score;
    const least = hits.at(-1)!.score;
    for (const [place, { uuid, score }] of hits.entries()) {
      const share = fusion === 'ranked' ? 1 / (60 + place) : (score - least) / (most - least);
      fused.set(uuid, (fused.get(uuid) ?? 0) + share * weights[i]!);
    }
  }
  return fused;
}

/** Updates, deletes and new objects in every segment, then a merge, then more of them. */
async function change(): Promise<void> {
  for (const round of [0, 1]) {
    const objects = [...world.model.objects.values()];
    const chosen = objects.filter((_, i) => i % 9 === round);
    for (const [i, { uuid }] of chosen.entries()) {
      if (i % 3 === 0) await world.delete(uuid);
    }
    const kept = chosen.filter((_, i) => i % 3 === 1);
    await world.put(kept.map(({ uuid }) => world.make(uuid)));
    await world.add(120);
    await world.seal();
  }
  await world.add(100);
}

describe('pages', () => {
  test('stay as they are while other objects are written', async () => {
    const others: Filter = { kind: 'not', operand: numberBelow(600) };
    for (const name of ['words', 'gist'] as const) {
      const one = target(name);
      const query = vectorQuery([one], { limit: 7, filter: numberBelow(600) });
      const undisturbed = await walk(query, 10);
      const walked = await walk(query, 10, async (page) => {
        const outside = [...world.model.objects.values()].filter((object) => !below(600)(object));
        await world.delete(outside[page * 3]!.uuid);
        const made = world.make(outside[page * 3 + 1]!.uuid);
        await world.put([{ ...made, properties: { ...made.properties, number: 900 + page } }]);
      });
      assert.deepEqual(walked, undisturbed);
      assert.equal(world.collection.count(others), world.model.objects.size - countBelow(600));
    }
  });
});

function countBelow(value: number): number {
  return [...world.model.objects.values()].filter(below(value)).length;
}
