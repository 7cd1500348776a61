// The directory store: the suite of every object store on both directories, then crashes and failures.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesOf, describeObjectStore, textOf } from '../../test/contract/object-store.ts';
import type { Directory } from './directory.ts';
import { DirectoryStore } from './directory-store.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { NodeDirectory } from './node-directory.ts';
import { randomFrom } from './random.ts';

const folder = mkdtempSync(join(tmpdir(), 'tesserae-store-'));
after(() => rmSync(folder, { recursive: true }));
let folders = 0;
const directories = new WeakMap<object, Directory>();

async function openIn(directory: Directory): Promise<DirectoryStore> {
  const store = await DirectoryStore.open(directory);
  directories.set(store, directory);
  return store;
}

describeObjectStore('DirectoryStore on real files', {
  open: async () => {
    folders += 1;
    return openIn(await NodeDirectory.open(join(folder, String(folders))));
  },
  reopen: (store) => openIn(directories.get(store)!),
});
describeObjectStore('DirectoryStore on simulated files', {
  open: () => openIn(new MemoryDirectory()),
  reopen: (store) => openIn(directories.get(store)!),
});

const always = { kind: 'always' } as const;

describe('DirectoryStore', () => {
  it('removes what unfinished puts left, and leaves strange files alone', async () => {
    const directory = await NodeDirectory.open(join(folder, 'leftovers'));
    await (await DirectoryStore.open(directory)).put('a', [bytesOf('one')], always);
    writeFileSync(join(folder, 'leftovers/store/.unfinished/7'), 'half');
    writeFileSync(join(folder, 'leftovers/store/Strange File'), 'kept');
    const store = await DirectoryStore.open(directory);
    assert.deepEqual(readdirSync(join(folder, 'leftovers/store/.unfinished')), []);
    assert.deepEqual(readdirSync(join(folder, 'leftovers/store')).sort(), [
      '.unfinished',
      'Strange File',
      'a',
    ]);
    assert.equal((await store.list('')).length, 1);
  });

  it('keeps the old object and gives the space back when the disk is full', async () => {
    const directory = new MemoryDirectory({ capacity: 1000 });
    const store = await DirectoryStore.open(directory);
    await store.put('a', [bytesOf('old')], always);
    await assert.rejects(store.put('a', [new Uint8Array(2000)], always), /ENOSPC/);
    assert.equal(await textOf(store, 'a'), 'old');
    assert.deepEqual(await directory.list('store/.unfinished'), []);
    await store.put('a', [new Uint8Array(900)], always);
  });

  it('stops taking parts when the disk is full, and ends who makes them', async () => {
    const directory = new MemoryDirectory({ capacity: 5_000_000 });
    const store = await DirectoryStore.open(directory);
    let taken = 0;
    let ended = false;
    const parts = function* (): Generator<Uint8Array> {
      try {
        for (; taken < 100; taken += 1) yield new Uint8Array(500_000);
      } finally {
        ended = true;
      }
    };
    await assert.rejects(store.put('a', parts(), always), /ENOSPC/);
    assert.ok(ended && taken < 20, `${taken} parts taken`);
    assert.deepEqual(await directory.list('store/.unfinished'), []);
    assert.deepEqual(await store.list(''), []);
  });

  it('makes a long object durable while it is written', async () => {
    const directory = new MemoryDirectory();
    const store = await DirectoryStore.open(directory);
    const part = new Uint8Array(1024 * 1024);
    const parts = function* (count: number): Generator<Uint8Array> {
      for (let i = 0; i < count; i += 1) yield part.fill(i);
    };
    const before = directory.operations;
    await store.put('a', parts(70), always);
    const operations = directory.operations - before;
    // Making the file, 70 writes, a sync of every 16 MiB and one at the end; the
    // folder, the name, a sync of the folder.
    assert.equal(operations, 1 + 70 + 4 + 1 + 3);
    const crashed = await DirectoryStore.open(directory.crash('lose'));
    assert.equal((await crashed.get('a', { offset: 69 * 1024 * 1024, length: 1 }))!.bytes[0], 69);
  });

  for (const seed of [1, 2, 3]) {
    it(`has the old or the new object after any crash, seed ${seed}`, async () => {
      await crashAgainAndAgain(seed);
    });
  }
});

function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 300_000) yield bytes.subarray(at, at + 300_000);
}

/** Puts and deletes on a few keys, cut short by a crash; whatever was acknowledged holds afterwards. */
async function crashAgainAndAgain(seed: number): Promise<void> {
  const random = randomFrom(seed);
  let directory = new MemoryDirectory({ seed });
  let known = new Map<string, string | undefined>();
  for (let life = 0; life < 80; life += 1) {
    const context = `seed ${seed}, life ${life}`;
    directory.failOperation(1 + random(50), 'forever');
    // Per key what a crash may leave: the acknowledged content and the one being written.
    const allowed = new Map([...known].map(([key, text]) => [key, [text]]));
    try {
      const store = await DirectoryStore.open(directory);
      for (let step = 0; step < 12; step += 1) {
        const key = ['a', 'b/1', 'b/2', 'c/d/e'][random(4)]!;
        const size = random(12) === 0 ? 2_500_000 : random(2000);
        const text = random(4) === 0 ? undefined : `${life}.${step}`.padEnd(size, '#');
        allowed.set(key, [known.get(key), text]);
        if (text === undefined) await store.delete(key);
        else await store.put(key, inPieces(bytesOf(text)), always);
        known.set(key, text);
        allowed.set(key, [text]);
      }
    } catch (error) {
      assert.match(String(error), /simulated/, context);
    }
    directory = directory.crash(random(3) === 0 ? 'lose' : 'tear');
    const store = await DirectoryStore.open(directory);
    known = new Map();
    for (const [key, texts] of allowed) {
      const text = await textOf(store, key);
      assert.ok(texts.includes(text), `${context}: ${key} is ${text}, not one of ${texts}`);
      known.set(key, text);
    }
    const present = [...known].flatMap(([key, text]) => (text === undefined ? [] : [key]));
    assert.deepEqual(
      (await store.list('')).map(({ key }) => key),
      present.sort(),
      context,
    );
  }
}
