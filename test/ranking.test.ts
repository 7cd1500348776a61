// Boosts and diverse selections of whole searches, against the same rules written down plainly over scores
// of all objects: objects lie in a trained segment, in one that is not trained, and in memory.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { VectorValue } from '../src/engine/document.ts';
import type { Boost, BoostSignal, HybridQuery, KeywordQuery } from '../src/engine/query/query.ts';
import {
  type ModelTarget,
  numberBelow,
  ranked,
  SemanticsWorld,
  type VectorName,
  vectorQuery,
} from './search-semantics-world.ts';
import { noContext } from './simulation/world.ts';

let world: SemanticsWorld;
before(async () => {
  world = await SemanticsWorld.open(11, { objects: [1200, 200, 80] });
});
after(() => world.database.close());

function target(name: VectorName, weight = 1): ModelTarget {
  return { name, query: world.query(name, 12), weight };
}

const numberOf = (uuid: string): number => world.model.objects.get(uuid)!.properties.number;

const boost: Boost = {
  conditions: [
    { signal: { kind: 'filter', filter: numberBelow(300) }, weight: 2 },
    { signal: { kind: 'value', name: 'number', modifier: 'sqrt' }, weight: -1 },
    {
      signal: {
        ...{ kind: 'decay', of: { kind: 'number', name: 'number' }, origin: 500, scale: 100 },
        ...{ offset: 20, curve: 'gaussian', decay: 0.4 },
      },
      weight: 1,
    },
  ],
  weight: 0.6,
  depth: 120,
};

/** What the boost above makes of the best by score. */
function boosted(scores: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const head = ranked(scores).slice(0, boost.depth);
  const stretch = (values: readonly number[]) => (value: number) =>
    (value - Math.min(...values)) / (Math.max(...values) - Math.min(...values));
  const search = stretch(head.map(({ score }) => score));
  const root = stretch(head.map(({ uuid }) => Math.sqrt(numberOf(uuid))));
  return new Map(
    head.map(({ uuid, score }) => {
      const number = numberOf(uuid);
      const away = Math.max(0, Math.abs(number - 500) - 20) / 100;
      const wanted =
        (2 * Number(number < 300) - root(Math.sqrt(number)) + 0.4 ** (away * away)) / 4;
      return [uuid, 0.4 * search(score) + 0.6 * wanted];
    }),
  );
}

describe('a boost', () => {
  test('ranks the best of a search anew, the same on all pages', async () => {
    for (const targets of [
      [target('gist')],
      [target('words')],
      [target('gist'), target('words')],
    ]) {
      const combination = 'sum';
      const wanted = boosted(world.model.combined(targets, combination));
      const order = ranked(wanted);
      const plain = vectorQuery(targets, { limit: 300 }, combination);
      const distances = new Map(
        (await world.search(plain, true)).hits.map(({ uuid, score }) => [uuid, score]),
      );
      let place = 0;
      for (let offset = 0; offset < 120; offset += 30) {
        const query = { ...vectorQuery(targets, { limit: 30, offset }, combination), boost };
        const { result } = await world.search(query, true);
        assert.equal(result.hits.length, 30);
        for (const hit of result.hits) {
          const { uuid } = hit.document;
          assert.ok(Math.abs((hit.boosted ?? 0) - wanted.get(uuid)!) < 1e-3, uuid);
          assert.ok(Math.abs(hit.boosted! - order[place]!.score) < 1e-3, `place ${place}`);
          assert.equal(hit.score, distances.get(uuid), 'the score of the search stays');
          place += 1;
        }
      }
    }
  });

  test('what lies beyond its depth follows in the order of the search', async () => {
    const targets = [target('place')];
    const plain = await world.search(vectorQuery(targets, { limit: 200 }), true);
    const query = { ...vectorQuery(targets, { limit: 40, offset: 110 }), boost };
    const { hits } = await world.search(query, true);
    assert.deepEqual(
      hits.slice(10).map(({ uuid }) => uuid),
      plain.hits.slice(120, 150).map(({ uuid }) => uuid),
    );
  });

  test('by a filter alone puts what passes first, each part in the order of the search', async () => {
    const signal: BoostSignal = { kind: 'filter', filter: numberBelow(400) };
    const only: Boost = { conditions: [{ signal, weight: 1 }], weight: 1, depth: 100 };
    const common = { limit: 50, offset: 0, autocut: 0 };
    const search = { text: 'topic3 word1 word2', operator: { kind: 'or', matchesMin: 1 } } as const;
    const keyword: KeywordQuery = { kind: 'keyword', ...common, search };
    const asked = vectorQuery([target('gist')]).search;
    const hybrid: HybridQuery = {
      ...{ kind: 'hybrid', ...common, alpha: 0.5, fusion: 'relativeScore' },
      keyword: search,
      vector: { input: asked.input, targets: asked.targets },
    };
    for (const query of [keyword, hybrid]) {
      const before = (await world.search({ ...query, limit: 100 })).hits.map(({ uuid }) => uuid);
      const { hits } = await world.search({ ...query, boost: only });
      const passes = (uuid: string): boolean => numberOf(uuid) < 400;
      const expected = [...before.filter(passes), ...before.filter((uuid) => !passes(uuid))];
      assert.deepEqual(
        hits.map(({ uuid }) => uuid),
        expected.slice(0, 50),
      );
      const weightless = await world.search({ ...query, boost: { ...only, weight: 0 } });
      assert.deepEqual(
        weightless.hits.map(({ uuid }) => uuid),
        before.slice(0, 50),
      );
    }
  });

  test('is seen by autocut and told by explanations', async () => {
    const signal: BoostSignal = { kind: 'filter', filter: numberBelow(100) };
    const only: Boost = { conditions: [{ signal, weight: 1 }], weight: 1, depth: 100 };
    const query = { ...vectorQuery([target('gist')], { limit: 100, autocut: 1 }), boost: only };
    const options = { explain: true, exact: true };
    const { hits } = await world.collection.search(query, options, noContext);
    assert.ok(hits.length > 0 && hits.length < 100);
    assert.ok(hits.every(({ document }) => numberOf(document.uuid) < 100));
    const told = hits[0]?.explanation?.boost;
    assert.deepEqual(told?.signals, [1]);
    assert.ok(told.search >= 0 && told.search <= 1);
  });

  test('of nonsense is refused', async () => {
    const query = vectorQuery([target('gist')]);
    const refuses = async (change: Partial<Boost>, message: RegExp): Promise<void> => {
      const asked = world.search({ ...query, boost: { ...boost, ...change } });
      await assert.rejects(asked, message);
    };
    const signal = (change: object): Partial<Boost> => ({
      conditions: [{ signal: { ...boost.conditions[2]!.signal, ...change } as never, weight: 1 }],
    });
    await refuses({ weight: 1.5 }, /boost: weight is 1.5; allowed: numbers from 0 to 1/);
    await refuses({ depth: 0 }, /depth is 0; allowed: whole numbers from 1 to 10000/);
    await refuses({ conditions: [] }, /it has 0 conditions; allowed: 1 to 20/);
    await refuses(signal({ scale: 0 }), /condition 0: scale is 0; allowed: finite numbers above 0/);
    await refuses(signal({ decay: 0 }), /decay is 0; allowed: numbers above 0 up to 1/);
    await refuses(
      signal({ of: { kind: 'date', name: 'number' } }),
      /'number' is int; allowed: date/,
    );
    await refuses(signal({ of: { kind: 'number', name: 'nope' } }), /nope/);
  });
});

/** As many rows as a query has, evenly spread. */
function sampled({ dims, kind, values }: VectorValue, rows: number): VectorValue {
  const count = values.length / dims;
  const taken = Array.from({ length: rows }, (_, at) => Math.floor((at * count) / rows) * dims);
  return {
    ...{ kind, dims },
    values: Float32Array.from(taken.flatMap((from) => [...values.subarray(from, from + dims)])),
  };
}

describe('diversity', () => {
  /** What the model says of one object against the others. */
  const likeness = (uuid: string, targets: readonly ModelTarget[]): ReadonlyMap<string, number> => {
    const { vectors } = world.model.objects.get(uuid)!;
    const own = targets.flatMap((each): ModelTarget[] => {
      const vector = vectors.get(each.name);
      const rows = each.query.values.length / each.query.dims;
      return vector ? [{ ...each, query: sampled(vector, rows) }] : [];
    });
    return world.model.combined(own, 'sum');
  };

  test('takes one after another what is close to the query and unlike what was taken', async () => {
    for (const targets of [
      [target('gist')],
      [target('words')],
      [target('place'), target('gist')],
    ]) {
      for (const balance of [0, 0.3, 0.7]) {
        const diversity = { count: 8, candidates: 40, balance };
        const query = { ...vectorQuery(targets, { limit: 8 }, 'sum'), diversity };
        const { hits } = await world.search(query, true);
        assert.equal(new Set(hits.map(({ uuid }) => uuid)).size, 8);
        const scores = world.model.combined(targets, 'sum');
        const candidates = ranked(scores).slice(0, 40);
        assert.equal(hits[0]?.uuid, candidates[0]?.uuid);
        const alike = new Map<string, number>();
        const value = (uuid: string): number =>
          balance * scores.get(uuid)! - (1 - balance) * alike.get(uuid)!;
        for (const [step, { uuid }] of hits.entries()) {
          const rest = candidates.filter((each) => !hits.slice(0, step).includes(each));
          if (step > 0) {
            const taken = new Set(hits.slice(0, step).map((each) => each.uuid));
            const best = Math.max(
              ...rest.filter((each) => !taken.has(each.uuid)).map((each) => value(each.uuid)),
            );
            assert.ok(value(uuid) > best - 1e-3, `balance ${balance}, step ${step}`);
          }
          for (const [other, score] of likeness(uuid, targets)) {
            alike.set(other, Math.max(score, alike.get(other) ?? Number.NEGATIVE_INFINITY));
          }
        }
      }
    }
  });

  test('with balance 1 is the plain search, in pages too', async () => {
    const targets = [target('words')];
    const plain = await world.search(vectorQuery(targets, { limit: 12 }), true);
    const diversity = { count: 12, candidates: 48, balance: 1 };
    const first = { ...vectorQuery(targets, { limit: 5 }), diversity };
    const rest = { ...vectorQuery(targets, { limit: 12, offset: 5 }), diversity };
    const hits = [
      ...(await world.search(first, true)).hits,
      ...(await world.search(rest, true)).hits,
    ];
    assert.deepEqual(hits, plain.hits);
  });

  test('does not take objects with the same vectors while there are others', async () => {
    const twin = [...world.model.objects.values()].find(({ vectors }) => {
      const owners = [...world.model.objects.values()].filter(
        (other) => other.vectors.get('gist') === vectors.get('gist'),
      );
      return vectors.has('gist') && owners.length > 4;
    });
    assert.ok(twin);
    const query = twin.vectors.get('gist')!;
    const keyword = {
      text: 'topic1 topic2 topic3',
      operator: { kind: 'or', matchesMin: 1 },
    } as const;
    const asked = vectorQuery([{ name: 'gist', query, weight: 1 }], { limit: 10 });
    const hybrid: HybridQuery = {
      ...{ kind: 'hybrid', limit: 10, offset: 0, autocut: 0, alpha: 0.5, fusion: 'relativeScore' },
      keyword,
      vector: { input: asked.search.input, targets: asked.search.targets },
    };
    const diversity = { count: 10, candidates: 60, balance: 0.4 };
    for (const search of [asked, hybrid, { ...hybrid, boost }, { ...hybrid, alpha: 0 }]) {
      const countTwins = async (more: object): Promise<number> => {
        const { hits } = await world.search({ ...search, ...more });
        assert.equal(hits.length, 10);
        const vectors = hits.map(({ uuid }) => world.model.objects.get(uuid)!.vectors.get('gist'));
        return vectors.length - new Set(vectors.map((vector) => vector ?? {})).size;
      };
      if (search === asked) assert.ok((await countTwins({})) > 2, 'the search alone takes them');
      assert.equal(await countTwins({ diversity }), 0, JSON.stringify(search).slice(0, 80));
    }
  });

  test('can be asked for with groups, and not with nonsense', async () => {
    const targets = [target('gist')];
    const diversity = { count: 6, candidates: 30, balance: 0.5 };
    const groupBy = { property: 'group', groupsMax: 10, objectsPerGroupMax: 10 };
    const { result } = await world.search({
      ...vectorQuery(targets, { limit: 6 }),
      ...{ diversity, groupBy },
    });
    assert.equal(result.groups?.flatMap(({ hits }) => hits).length, 6);
    const refuses = (change: object, message: RegExp): Promise<void> =>
      assert.rejects(
        world.search({ ...vectorQuery(targets), diversity: { ...diversity, ...change } }),
        message,
      );
    await refuses({ count: 0 }, /diversity \(MMR\): limit is 0; allowed: whole numbers from 1/);
    await refuses({ balance: 2 }, /balance is 2; allowed: numbers from 0 to 1/);
    await refuses({ candidates: 1001 }, /1001 candidates; the maximum is 1000/);
    await refuses({ candidates: 3 }, /6 hits can't be taken of 3 candidates/);
  });
});
