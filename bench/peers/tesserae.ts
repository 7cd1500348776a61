// Tesserae as a library: the whole database in the process, objects and all.

import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { VectorValue } from '../../src/engine/document.ts';
import { open } from '../../src/index.ts';
import type { Peer } from './peer.ts';

const batchSize = 100;
const quietMs = 1500;

/** A database with one collection; documents are told by a property. */
export async function openTesserae(folder: string): Promise<Peer> {
  const database = await open(folder);
  const collection = await database.createCollection<{ number: number }>({
    name: 'Peer',
    properties: [{ name: 'number', type: 'int' }],
    vectors: [{ name: 'mv', kind: 'multi' }],
  });
  const write = async (from: number, batch: readonly VectorValue[]): Promise<void> => {
    const objects = batch.map((mv, i) => ({
      properties: { number: from + i },
      vectors: { mv },
    }));
    const results = await collection.insertMany(objects);
    assert.ok(results.every(({ kind }) => kind === 'stored'));
  };
  return {
    import: async (documents) => {
      let batch: VectorValue[] = [];
      let from = 0;
      for (const document of documents) {
        batch.push(document);
        if (batch.length < batchSize) continue;
        await write(from, batch);
        from += batch.length;
        batch = [];
      }
      await write(from, batch);
      await database.flush();
      await untilIdle();
    },
    search: async (vector, limit) => {
      const hits = await collection.search({ kind: 'vector', vector, limit });
      return hits.map(({ properties }) => Number(properties.number));
    },
    close: () => database.close(),
  };
}

/** Merging and training go on in other threads after a write; they are done when nothing runs. */
async function untilIdle(): Promise<void> {
  for (let lastWork = performance.now(); performance.now() - lastWork < quietMs; ) {
    const before = process.cpuUsage();
    await wait(100);
    const { user, system } = process.cpuUsage(before);
    if (user + system > 15_000) lastWork = performance.now();
  }
}
