// Writes that wait for a provider or the disk while other writes, deletions and changes of the collection
// come between.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  multi,
  noContext,
  openDatabase,
  passages,
  uuidOf,
} from '../../../test/simulation/world.ts';
import type { VectorValue } from '../../engine/document.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import type { SequenceNumber } from '../../engine/ids.ts';
import type { Query } from '../../engine/query/query.ts';
import { MemoryLog } from '../../storage/memory-log.ts';
import type { Vectorizer, VectorizerConfig } from '../../vectorizers/vectorizer.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { Database } from '../database.ts';
import type { ObjectInput } from '../object-input.ts';
import { resolveCollection } from '../schema/collection-schema.ts';

/** Lets calls pass, or holds them until they are let. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #isHeld = false;

  hold(): void {
    this.#isHeld = true;
  }

  /** Resolves when so many calls wait. */
  async reached(count: number): Promise<void> {
    while (this.#waiting.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  letAll(): void {
    this.#isHeld = false;
    for (const call of this.#waiting.splice(0)) call();
  }

  async pass(): Promise<void> {
    if (this.#isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** A log whose appends take their time. */
class SlowLog extends MemoryLog {
  readonly gate = new Gate();

  override async append(records: readonly Uint8Array[]): Promise<SequenceNumber> {
    const appended = super.append(records);
    await this.gate.pass();
    return await appended;
  }
}

/** Makes every vector [1, 2], in its own time. */
function slowVectorizer(gate: Gate): (config: VectorizerConfig) => Vectorizer | undefined {
  const embed = async (): Promise<VectorValue> => {
    await gate.pass();
    return multi([[1, 2]]);
  };
  return ({ module }) => {
    if (module === 'none') return undefined;
    return {
      ...{ module, kind: 'multi', accepts: { text: true, image: false } },
      embedObjects: async (inputs) => {
        const vector = await embed();
        return inputs.map(() => ({ kind: 'vector', vector }));
      },
      embedQueryText: embed,
      embedQueryImage: embed,
    };
  };
}

function pages(...names: readonly string[]): CollectionConfig {
  const settings = { vectorizeClassName: false, properties: ['text'] };
  return resolveCollection({
    name: 'Pages',
    properties: [{ name: 'text', type: 'text' }],
    vectors: names.map((name) => ({
      name,
      vectorizer: { module: 'text2colbert-jinaai', settings },
    })),
  });
}

function page(n: number, text = `page ${n}`): ObjectInput {
  return { uuid: uuidOf(n), properties: { text }, vectors: new Map() };
}

async function openPages(gate: Gate, count: number): Promise<Database> {
  const database = await openDatabase({ vectorizers: slowVectorizer(gate) });
  await database.createCollection(pages('made'));
  const collection = database.collection('Pages');
  for (let n = 0; n < count; n += 1) await collection.insert(page(n), noContext);
  await database.flush();
  return database;
}

const byMeaning = {
  kind: 'vector',
  search: {
    input: { kind: 'text', concepts: ['page'] },
    targets: { names: ['made'], combination: 'minimum', weights: [] },
  },
} as const;

function numbered(value: number): Filter {
  const target = { kind: 'property', name: 'number' } as const;
  return { kind: 'compare', operator: 'equal', target, value };
}

function numberedObject(n: number, number: number): ObjectInput {
  return { uuid: uuidOf(n), properties: { number }, vectors: new Map() };
}

/** Objects 0 … count - 1 with the number 1, and the log that they are in. */
async function openNumbers(count: number) {
  const log = new SlowLog();
  const database = await openDatabase({ log });
  await database.createCollection(passages());
  const collection = database.collection('Passages');
  const objects = Array.from({ length: count }, (_, n) => numberedObject(n, 1));
  await collection.insertMany(objects, noContext);
  return { database, collection, gate: log.gate };
}

const now = { dryRun: false, verbose: true };

describe('what waits for a provider', () => {
  test('is told that its collection is gone, when that was deleted meanwhile', async () => {
    const gate = new Gate();
    await using database = await openPages(gate, 3);
    const collection = database.collection('Pages');
    gate.hold();
    const { properties, vectors } = page(0, 'other');
    const query: Query = { ...byMeaning, offset: 0, limit: 3, autocut: 0 };
    const search = { query: byMeaning, objectsMax: 2 };
    const calls = [
      collection.insert(page(9), noContext),
      collection.replace(uuidOf(0), { properties, vectors }, noContext),
      collection.merge(uuidOf(1), { properties, vectors }, noContext),
      collection.insertMany([page(2, 'other')], noContext),
      collection.search(query, { explain: false }, noContext),
      collection.aggregate({ properties: [], search }, noContext),
    ];
    const ends = Promise.allSettled(calls);
    await gate.reached(calls.length);
    await database.deleteCollection('Pages');
    gate.letAll();
    const codes = (await ends).map((end) => end.status === 'rejected' && end.reason.code);
    assert.deepEqual(codes, new Array(calls.length).fill('collection-missing'));
    assert.equal(collection.get(uuidOf(0)), undefined);
    const none: Filter = { kind: 'or', operands: [] };
    await assert.rejects(collection.deleteMany(none, now), { code: 'collection-missing' });
  });

  test('gets a vector that is added meanwhile, also where nothing was stored before', async () => {
    for (const count of [0, 2]) {
      const gate = new Gate();
      await using database = await openPages(gate, count);
      const collection = database.collection('Pages');
      gate.hold();
      const writes = [
        collection.insert(page(7), noContext),
        collection.insertMany([page(8), page(9)], noContext),
      ];
      await gate.reached(writes.length);
      await database.updateCollection(pages('made', 'added'));
      gate.letAll();
      await Promise.all(writes);
      for (const n of [7, 8, 9]) {
        const names = [...(collection.get(uuidOf(n))?.vectors.keys() ?? [])];
        assert.deepEqual(names.sort(), ['added', 'made'], `object ${n}, beside ${count} others`);
      }
    }
  });
});

describe('deleting by a filter', () => {
  test('spares an object that a write on its way takes out of the filter', async () => {
    const { database, collection, gate } = await openNumbers(3);
    await using _ = database;
    gate.hold();
    const write = collection.insertMany([numberedObject(1, 2)], noContext);
    await gate.reached(1);
    const deletion = collection.deleteMany(numbered(1), now);
    gate.letAll();
    await write;
    const { matches, successful, failed, objects } = await deletion;
    assert.deepEqual([matches, successful, failed], [2, 2, 0]);
    assert.deepEqual(objects, [{ uuid: uuidOf(0) }, { uuid: uuidOf(2) }]);
    assert.deepEqual(collection.get(uuidOf(1))?.properties, { number: 2 });
  });

  test('takes an object that a write on its way leaves in the filter', async () => {
    const { database, collection, gate } = await openNumbers(2);
    await using _ = database;
    gate.hold();
    const write = collection.insertMany([numberedObject(1, 1)], noContext);
    await gate.reached(1);
    const deletion = collection.deleteMany(numbered(1), now);
    gate.letAll();
    assert.equal((await deletion).successful, 2);
    await write;
    assert.equal(collection.count(), 0);
  });

  test('counts an object once, however many ask at the same time', async () => {
    const { database, collection } = await openNumbers(5);
    await using _ = database;
    const both = [collection.deleteMany(numbered(1), now), collection.deleteMany(numbered(1), now)];
    const counts = (await Promise.all(both)).map(({ successful }) => successful);
    assert.deepEqual(counts.sort(), [0, 5]);
  });
});

test('an object that is written while its deletion is on its way is a new one', async () => {
  const { database, collection, gate } = await openNumbers(1);
  await using _ = database;
  const before = collection.get(uuidOf(0))?.createdAt ?? 0;
  gate.hold();
  const deletion = collection.delete(uuidOf(0));
  await gate.reached(1);
  const write = collection.insertMany([numberedObject(0, 2)], noContext);
  await gate.reached(2);
  gate.letAll();
  await write;
  assert.equal(await deletion, true);
  const { createdAt = 0, updatedAt = 0 } = collection.get(uuidOf(0)) ?? {};
  assert.equal(createdAt, updatedAt);
  assert.ok(createdAt > before);
});

describe('an object that is stored elsewhere', () => {
  const stored = { createdAt: 1_600_000_000_001, updatedAt: 1_700_000_000_002 };

  test('keeps its times, whatever was there before, and gets no vector made', async () => {
    await using database = await openPages(new Gate(), 1);
    const collection = database.collection('Pages');
    const [kept] = await collection.insertMany([{ ...page(0, 'other'), stored }], noContext);
    assert.equal(kept?.kind, 'stored');
    const { createdAt, updatedAt, vectors, properties } = collection.get(uuidOf(0)) ?? {};
    assert.deepEqual({ createdAt, updatedAt }, stored);
    assert.deepEqual(properties, { text: 'other' });
    assert.equal(vectors?.size, 0);
  });

  test('is refused with times that are none, others of its batch are written', async () => {
    await using database = await openPages(new Gate(), 0);
    const collection = database.collection('Pages');
    const wrong = [-1, 1.5, Number.NaN, 9e15].map((createdAt, n) => ({
      ...page(n),
      stored: { ...stored, createdAt },
    }));
    const results = await collection.insertMany([...wrong, page(9)], noContext);
    assert.deepEqual(
      results.map((one) => (one.kind === 'failed' ? one.error.message : one.kind)),
      [
        ...wrong.map(
          (one) =>
            `createdAt of a stored object is ${one.stored.createdAt}; allowed: whole milliseconds from 0 to 8640000000000000`,
        ),
        'stored',
      ],
    );
  });
});
