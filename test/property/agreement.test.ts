// The library, REST and gRPC are one database: random operations through all of them agree with a plain
// model, also after restarts. PROPERTY_SEED=n begins with that seed, PROPERTY_RUNS=n runs so many.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RunOptions, run } from './agreement.ts';
import type { Face, Outcome } from './face.ts';

const { PROPERTY_SEED: firstSeed = '1', PROPERTY_RUNS: runs = '3' } = process.env;
const seeds = Array.from({ length: Number(runs) }, (_, index) => Number(firstSeed) + index);

/** Something wrong in an interface, or in what a restart brings back, as a mistake of ours would look. */
const faults: Readonly<Record<string, Partial<RunOptions>>> = {
  'a deletion is lost': { spoil: (face) => ({ ...face, delete: async () => undefined }) },
  'a merge is answered and not done': {
    spoil: (face) => ({ ...face, merge: async (name, uuid) => untouched(face, name, uuid) }),
  },
  'a filter lets one object less through': {
    spoil: (face) => ({
      ...face,
      deleteMany: async (...asked) => {
        const { matches, uuids } = await face.deleteMany(...asked);
        return { matches, uuids: uuids.slice(1) };
      },
    }),
  },
  'a page of a fetch repeats an object': {
    spoil: (face) => ({
      ...face,
      fetch: async (...asked) => {
        const page = await face.fetch(...asked);
        return page.length > 1 ? [...page.slice(0, -1), page[0] as (typeof page)[0]] : page;
      },
    }),
  },
  'a removed reference stays': {
    spoil: (face) => ({
      ...face,
      deleteReference: async (name, { uuid }) => untouched(face, name, uuid),
    }),
  },
  'an aggregation counts an object twice': { spoil: withAggregate((count) => count + 1) },
  'scores are off by a ten-thousandth': { spoil: withSearch((score) => score * 1.0001) },
  'one interface scores otherwise': {
    spoil: (face) => (face.name === 'grpc' ? withSearch((score) => score + 1e-6)(face) : face),
  },
  'a restart forgets an object': {
    afterRestart: async ({ db }) => {
      const [first] = await db.collection('Items').fetch({ limit: 1 });
      if (first) await db.collection('Items').delete(first.uuid);
    },
  },
};

/** What a write would answer, had it been done. */
async function untouched(face: Face, name: string, uuid: string): Promise<Outcome> {
  return (await face.get(name, uuid)) ? 'done' : 'missing';
}

function withAggregate(change: (count: number) => number): (face: Face) => Face {
  return (face) => {
    const { aggregate } = face;
    if (!aggregate) return face;
    return {
      ...face,
      aggregate: async (...asked) => {
        const answer = await aggregate(...asked);
        const groups = answer.groups.map((group) => ({ ...group, count: change(group.count) }));
        return { ...answer, count: change(answer.count), groups };
      },
    };
  };
}

function withSearch(change: (score: number) => number): (face: Face) => Face {
  return (face) => {
    const { search } = face;
    if (!search) return face;
    return {
      ...face,
      search: async (...asked) =>
        (await search(...asked)).map(({ uuid, score }) => ({ uuid, score: change(score) })),
    };
  };
}

describe('the interfaces and a plain model', () => {
  for (const seed of seeds) {
    test(`agree on random operations, across restarts (seed ${seed})`, () => run({ seed }));
  }

  for (const [name, fault] of Object.entries(faults)) {
    test(`disagree when ${name}`, async () => {
      await assert.rejects(run({ seed: 1, ...fault }), /^Error: seed 1, /);
    });
  }
});
