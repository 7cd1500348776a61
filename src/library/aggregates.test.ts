// Aggregations as callers of the library ask for them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLibrary } from '../../test/library-world.ts';
import { uuidOf } from '../../test/simulation/world.ts';
import type { TesseraeCollection } from './collection.ts';
import type { Tesserae } from './tesserae.ts';

interface Item {
  readonly name: string;
  readonly price?: number;
  readonly sold?: boolean;
  readonly at?: string;
}

/** Prices 0 to 4, every second item sold; the one of price n stands at n on the first axis. */
async function openItems(db: Tesserae): Promise<TesseraeCollection<Item>> {
  const items = await db.createCollection<Item>({
    name: 'Item',
    properties: [
      { name: 'name', type: 'text', tokenization: 'field' },
      { name: 'price', type: 'number' },
      { name: 'sold', type: 'boolean' },
      { name: 'at', type: 'date' },
    ],
    vectors: [{ name: 'place', kind: 'single', metric: 'dot' }],
  });
  await items.insertMany(
    [0, 1, 2, 3, 4].map((n) => ({
      uuid: uuidOf(n),
      properties: { name: n < 3 ? 'low' : 'high', price: n, sold: n % 2 === 0 },
      vectors: { place: [n, 0] },
    })),
  );
  await items.merge(uuidOf(0), { properties: { at: '2024-01-01T00:00:00Z' } });
  return items;
}

describe('aggregations of the library', () => {
  test('answer by name of property, all that its type has when all is asked for', async () => {
    await using db = await openLibrary();
    const items = await openItems(db);
    const { count, properties, groups } = await items.aggregate({
      properties: { price: 'all', sold: ['percentageTrue'], name: 'all', at: ['minimum'] },
      topMax: 1,
    });
    assert.equal(count, 5);
    assert.deepEqual(groups, []);
    const { price, sold, name, at } = properties;
    const { mean, median, sum, minimum, maximum, mode } = price ?? {};
    assert.deepEqual([mean, median, sum, minimum, maximum, mode], [2, 2, 10, 0, 4, 0]);
    assert.equal(sold?.percentageTrue, 0.6);
    assert.equal(sold?.totalTrue, undefined);
    assert.deepEqual(name?.kind === 'text' && name.topOccurrences, [{ value: 'low', count: 3 }]);
    assert.equal(at?.kind === 'date' && at.minimum, '2024-01-01T00:00:00Z');
  });

  test('go by groups, by filter, and over the hits of a search', async () => {
    await using db = await openLibrary();
    const items = await openItems(db);
    const grouped = await items.aggregate({ properties: { price: ['sum'] }, groupBy: 'name' });
    assert.deepEqual(
      grouped.groups.map(({ value, count, properties }) => [value, count, properties.price.sum]),
      [
        ['low', 3, 3],
        ['high', 2, 7],
      ],
    );
    const sold = items.filters.property('sold').equal(true);
    const filtered = await items.aggregate({ properties: { price: ['sum'] }, filter: sold });
    assert.deepEqual([filtered.count, filtered.properties.price?.sum], [3, 6]);
    const near = await items.aggregate({
      properties: { price: ['minimum'] },
      search: { kind: 'vector', vector: [1, 0], objectsMax: 2 },
    });
    assert.deepEqual([near.count, near.properties.price?.minimum], [2, 3]);
    const words = await items.aggregate({ search: { kind: 'keyword', text: 'low' } });
    assert.deepEqual([words.count, words.properties], [3, {}]);
  });

  test('that make no sense are refused', async () => {
    await using db = await openLibrary();
    const items = await openItems(db);
    const refused = (asked: Promise<unknown>, code: string, message: RegExp): Promise<void> =>
      assert.rejects(asked, { code, message });
    await refused(
      items.aggregate({ properties: { price: ['percentageTrue'] } }),
      'invalid-argument',
      /'price' of class 'Item' has type number, which has no percentageTrue/,
    );
    const untyped = db.collection('Item');
    await refused(untyped.aggregate({ properties: { nope: 'all' } }), 'property-missing', /'nope'/);
    await refused(untyped.aggregate({ groupBy: 'nope' }), 'property-missing', /'nope'/);
    await refused(items.aggregate({ topMax: 0 }), 'invalid-argument', /topMax is 0/);
  });
});
