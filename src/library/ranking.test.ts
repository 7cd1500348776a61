// Hits that are ranked anew, as callers of the library ask for it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLibrary } from '../../test/library-world.ts';
import { uuidOf } from '../../test/simulation/world.ts';
import type { Hit, TesseraeCollection } from './collection.ts';
import type { BoostWish } from './ranking.ts';
import type { Tesserae } from './tesserae.ts';

interface Note {
  readonly text: string;
  readonly stars: number;
  readonly at: string;
}

const day = 86_400_000;
const start = Date.UTC(2024, 0, 1);

/** Four notes of the same word, one a day, with 1, 4, 9 and 16 stars, at four corners of a square. */
async function openNotes(db: Tesserae): Promise<TesseraeCollection<Note>> {
  const notes = await db.createCollection<Note>({
    name: 'Note',
    properties: [
      { name: 'text', type: 'text' },
      { name: 'stars', type: 'int' },
      { name: 'at', type: 'date' },
    ],
    vectors: [{ name: 'place', kind: 'single' }],
  });
  const corners = [
    [4, 1],
    [4, 2],
    [1, 4],
    [-4, 1],
  ];
  await notes.insertMany(
    corners.map((place, n) => ({
      uuid: uuidOf(n),
      properties: {
        text: 'word',
        stars: (n + 1) ** 2,
        at: new Date(start + n * day).toISOString(),
      },
      vectors: { place },
    })),
  );
  return notes;
}

const numbers = (hits: readonly Hit<Note>[]): number[] =>
  hits.map(({ uuid }) => Number.parseInt(uuid.slice(-4), 16));

describe('ranking of the library', () => {
  test('a boost orders hits of equal score by what is wished', async () => {
    await using db = await openLibrary();
    const notes = await openNotes(db);
    const order = async (...wishes: BoostWish[]): Promise<number[]> =>
      numbers(await notes.search({ kind: 'keyword', text: 'word', boost: { wishes } }));
    assert.deepEqual(await order({ kind: 'value', name: 'stars' }), [3, 2, 1, 0]);
    assert.deepEqual(await order({ kind: 'value', name: 'stars', weight: -1 }), [0, 1, 2, 3]);
    const second = { kind: 'filter', filter: notes.filters.property('stars').equal(4) } as const;
    assert.deepEqual(await order(second), [1, 0, 2, 3]);
    const of = { kind: 'date', name: 'at' } as const;
    const near = { kind: 'decay', of, origin: new Date(start + 2 * day), scale: day } as const;
    assert.deepEqual(await order(near), [2, 1, 3, 0]);
  });

  test('a boosted hit keeps its score and says what the boost made of it', async () => {
    await using db = await openLibrary();
    const notes = await openNotes(db);
    const boost = { wishes: [{ kind: 'value', name: 'stars' }], weight: 1 } as const;
    const [first] = await notes.search({ kind: 'vector', vector: [1, 0], boost });
    assert.equal(first?.uuid, uuidOf(3));
    assert.equal(first?.boosted, 1);
    assert.ok(first.score < -1.9, 'it is the farthest');
    const [plain] = await notes.search({ kind: 'vector', vector: [1, 0] });
    assert.equal(plain?.boosted, undefined);
    const wishes = new Array(21).fill({ kind: 'value', name: 'stars' });
    await assert.rejects(notes.search({ kind: 'keyword', text: 'word', boost: { wishes } }), {
      message: 'boost: 21 wishes, the maximum is 20',
    });
  });

  test('diverse hits are unlike each other, the best first', async () => {
    await using db = await openLibrary();
    const notes = await openNotes(db);
    const question = { kind: 'vector', vector: [1, 0], limit: 2 } as const;
    assert.deepEqual(numbers(await notes.search(question)), [0, 1]);
    const diverse = await notes.search({ ...question, diversity: { balance: 0.3 } });
    assert.deepEqual(numbers(diverse)[0], 0);
    assert.notEqual(numbers(diverse)[1], 1);
    const close = await notes.search({ ...question, diversity: { balance: 1 } });
    assert.deepEqual(numbers(close), [0, 1]);
    const few = await notes.search({ ...question, diversity: { balance: 0.3, candidates: 2 } });
    assert.deepEqual(numbers(few).toSorted(), [0, 1]);
    const many = await notes.search({ ...question, limit: 300, diversity: { balance: 1 } });
    assert.deepEqual(numbers(many), [0, 1, 2, 3]);
    await assert.rejects(notes.search({ ...question, offset: 1, diversity: {} }), {
      code: 'invalid-argument',
      message: /offset is 1/,
    });
  });
});
