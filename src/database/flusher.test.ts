// What happens to writes while segments can not be written, and afterwards.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { watchedStore } from '../../test/simulation/watched-store.ts';
import { multi, noContext, openDatabase, passages, uuidOf } from '../../test/simulation/world.ts';
import { DatabaseError } from '../engine/errors.ts';
import { DirectoryStore } from '../storage/directory-store.ts';
import { FileLog } from '../storage/file-log.ts';
import { MemoryDirectory } from '../storage/memory-directory.ts';
import type { Database } from './database.ts';

/** A database of collections C0, C1, ... whose segments can not be written while `isBroken`. */
class World {
  isBroken = true;
  readonly #directory = new MemoryDirectory({ seed: 1 });

  async open(collections: number, flushBytes = 1 << 26): Promise<Database> {
    const store = watchedStore(await DirectoryStore.open(this.#directory), (call, key) => {
      if (!this.isBroken || call !== 'put' || !key.endsWith('.segment')) return;
      throw new DatabaseError('storage-failed', { message: 'no segment today' });
    });
    const log = await FileLog.open(this.#directory);
    const database = await openDatabase({ log, store, flushBytes });
    for (let n = 0; n < collections; n += 1) await database.createCollection(passages(`C${n}`));
    return database;
  }
}

async function insert(database: Database, collection: number, n: number): Promise<void> {
  const properties = { text: `fox ${'x'.repeat(3000)}`, number: n };
  const object = { uuid: uuidOf(n), properties, vectors: new Map([['mv', multi([[1, n]])]]) };
  await database.insert(`C${collection}`, object, noContext);
}

describe('while segments can not be written', () => {
  test('trying again and again leaves nothing in memory, and writes go on', async () => {
    const world = new World();
    await using database = await world.open(1);
    await insert(database, 0, 1);
    for (let n = 0; n < 6; n += 1) await assert.rejects(database.flush(), /no segment today/);
    const { segments } = database.collection('C0');
    assert.equal(segments.frozen.length, 1);
    await insert(database, 0, 2);
    world.isBroken = false;
    await database.flush();
    assert.deepEqual([segments.frozen.length, segments.sealed.length], [0, 2]);
    assert.equal(database.collection('C0').count(), 2);
  });

  test('writes are refused before memory is full, however many share it', async () => {
    const world = new World();
    await using database = await world.open(60, 8_000);
    const insertAll = async () => {
      for (let n = 1; n <= 3; n += 1) {
        for (let each = 0; each < 60; each += 1) await insert(database, each, n);
      }
    };
    await assert.rejects(insertAll(), /takes no more writes: .*no segment today/);
    let bytes = 0;
    for (const { segments } of database.collections()) {
      for (const { segment } of segments.frozen) bytes += segment.bytes;
    }
    assert.ok(bytes < 16 * 8_000, `${bytes} bytes`);
    world.isBroken = false;
    await assert.rejects(insert(database, 0, 9), /takes no more writes/);
    await database.settled();
    await insert(database, 0, 9);
    const unsealed = database.collections().map(({ segments }) => segments.unsealedCount);
    assert.ok(unsealed.reduce((sum, count) => sum + count, 0) <= 1);
  });

  test('what waits is written when it can be, also of collections that are quiet', async () => {
    const world = new World();
    await using database = await world.open(2, 8_000);
    await insert(database, 0, 1);
    await assert.rejects(database.flush(), /no segment today/);
    world.isBroken = false;
    for (let n = 1; n <= 60; n += 1) await insert(database, 1, n);
    await database.settled();
    assert.equal(database.collection('C0').segments.unsealedCount, 0);
  });
});

describe('while the log is large', () => {
  test('what is written meanwhile is sealed when the others are', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const opened = Promise.withResolvers<void>();
    const flushBytes = 100_000;
    let isShut = false;
    let segments = 0;
    const store = watchedStore(await DirectoryStore.open(directory), (call, key) => {
      if (!isShut || call !== 'put' || !key.endsWith('.segment')) return undefined;
      segments += 1;
      return opened.promise;
    });
    const log = await FileLog.open(directory);
    await using database = await openDatabase({ log, store, flushBytes });
    for (let n = 0; n < 4; n += 1) await database.createCollection(passages(`C${n}`));
    let n = 0;
    for (; log.bytes < 4 * flushBytes - 4000; n += 1) await insert(database, n % 4, n);
    await database.settled();
    isShut = true;
    for (; segments === 0; n += 1) await insert(database, n % 4, n);
    const writes = Array.from({ length: 40 }, (_, each) => insert(database, each % 4, n + each));
    const { bytes } = log;
    while (log.bytes < bytes + 40 * 3000) await new Promise((resolve) => setImmediate(resolve));
    opened.resolve();
    await Promise.all(writes);
    await database.flush();
    assert.ok(segments < 20, `${segments} segments`);
  });
});
