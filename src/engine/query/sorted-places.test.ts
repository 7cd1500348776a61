// Sorting over segments, against a sort of all documents.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Document, Properties } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { sourceOf } from '../multivector/vectors-for-tests.ts';
import { seededRandom } from '../quantize/seeded-random.ts';
import type { CollectionSchema, PropertyType } from '../schema.ts';
import { encodeSegment } from '../segment/encode-segment.ts';
import { MemorySegment } from '../segment/memory-segment.ts';
import { SealedSegment } from '../segment/sealed-segment.ts';
import type { Segment } from '../segment/segment.ts';
import { fetchPlaces } from './fetch.ts';
import type { SortKey } from './query.ts';
import { takeSnapshot } from './snapshot.ts';
import { makeSorter } from './sort.ts';

const types: Readonly<Record<string, PropertyType>> = {
  int: 'int',
  number: 'number',
  flag: 'boolean',
  when: 'date',
  text: 'text',
  ints: 'int[]',
  uid: 'uuid',
};
const schema: CollectionSchema = {
  collection: 'Q',
  properties: Object.entries(types).map(([name, type]) => ({
    name,
    type,
    ...(type === 'text' ? { tokenization: 'word' as const } : {}),
    filterable: true,
    searchable: type === 'text',
  })),
  vectors: [],
  bm25: { b: 0.75, k1: 1.2 },
  stopwords: { preset: 'en', additions: [], removals: [] },
};

class World {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  document(): Document {
    const uuid = Array.from({ length: 32 }, () => this.below(16).toString(16)).join('');
    const values: Properties = {
      int: this.below(4) - 2,
      number: this.below(3) / 2,
      flag: this.below(2) === 0,
      when: `2024-01-0${1 + this.below(2)}T00:00:00.00000000${this.below(2)}Z`,
      text: ['a', 'B', 'é', ''][this.below(4)] ?? '',
      ints: Array.from({ length: this.below(3) }, () => this.below(2)),
      uid: `00000000-0000-0000-0000-00000000000${this.below(3)}`,
    };
    const kept = Object.entries(values).filter(() => this.below(4) > 0);
    return {
      uuid: uuid.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
      createdAt: this.below(5),
      updatedAt: this.below(5),
      properties: Object.fromEntries(kept),
      vectors: new Map(),
    };
  }

  /** Some in memory, some sealed, some of both deleted. */
  segments(): readonly Segment[] {
    return Array.from({ length: 1 + this.below(3) }, (_, index) => {
      const memory = new MemorySegment();
      for (let doc = this.below(40); doc >= 0; doc -= 1) memory.add(this.document(), schema);
      const segment =
        index % 2 === 0
          ? memory
          : SealedSegment.open(sourceOf(encodeSegment([memory], schema)), 'sorted');
      for (let doc = 0; doc < segment.documentCount; doc += 7) segment.remove(doc);
      return segment;
    });
  }

  keys(): readonly SortKey[] {
    const names = Object.keys(types);
    return Array.from({ length: 1 + this.below(3) }, (): SortKey => {
      const ascending = this.below(2) === 0;
      const kind = (['uuid', 'createdAt', 'updatedAt'] as const)[this.below(8)];
      if (kind) return { by: { kind }, ascending };
      return { by: { kind: 'property', name: names[this.below(names.length)] ?? '' }, ascending };
    });
  }
}

describe('a sorted fetch', () => {
  it('finds what a sort of all documents finds, on every page', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const world = new World(seed);
      const segments = world.segments();
      const sort = world.keys();
      const filter = {
        kind: 'compare',
        operator: 'notEqual',
        target: { kind: 'property', name: 'int' },
        value: 0,
      } as const;
      const isFiltered = seed % 2 === 0;
      const snapshot = takeSnapshot(segments, schema, isFiltered ? filter : undefined);
      const sorter = makeSorter(sort, schema);
      const expected = segments
        .flatMap((segment) =>
          Array.from(segment.live.toArray(), (doc) => segment.document(doc, { vectors: false })),
        )
        .filter(({ properties }) => !isFiltered || properties['int'] !== 0)
        .map((document) => sorter.values(document))
        .sort(sorter.compare)
        .map(({ uuid }) => uuid);
      for (const [offset, limit] of [
        [0, 5],
        [3, 9],
        [0, 500],
        [0, 0],
      ] as const) {
        const query = { kind: 'fetch', offset, limit, autocut: 0, sort } as const;
        assert.deepEqual(
          fetchPlaces(snapshot, query).map(({ uuid }) => uuid),
          expected.slice(offset, offset + limit),
          `seed ${seed}, ${offset} + ${limit}: ${JSON.stringify(sort)}`,
        );
      }
    }
  });

  it('names a property that does not exist, behind others and without documents', () => {
    const sort = ['int', 'nope'].map((name) => ({
      by: { kind: 'property', name } as const,
      ascending: true,
    }));
    const query = { kind: 'fetch', offset: 0, limit: 5, autocut: 0, sort } as const;
    assert.throws(
      () => fetchPlaces(takeSnapshot([], schema, undefined), query),
      (error: unknown) => error instanceof DatabaseError && error.code === 'property-missing',
    );
  });
});
