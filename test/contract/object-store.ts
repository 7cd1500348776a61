// What every ObjectStore must do; each implementation's test runs it. Crashes are tested with the
// implementation, because only it knows its medium.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ObjectStore } from '../../src/storage/object-store.ts';

export interface ObjectStoreSubject {
  /** A new, empty store. */
  readonly open: () => Promise<ObjectStore>;
  /** Opens again what another object used; absent where nothing outlives the object. */
  readonly reopen?: (store: ObjectStore) => Promise<ObjectStore>;
}

const always = { kind: 'always' } as const;
const ifAbsent = { kind: 'ifAbsent' } as const;

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** An object as text; undefined when it is absent. */
export async function textOf(store: ObjectStore, key: string): Promise<string | undefined> {
  const stored = await store.get(key);
  return stored && Buffer.from(stored.bytes).toString('latin1');
}

/** Runs the suite on one implementation. */
export function describeObjectStore(name: string, subject: ObjectStoreSubject): void {
  describe(`${name} as an object store`, () => {
    it('joins the parts of an object and gives them back', async () => {
      const store = await subject.open();
      const version = await store.put(
        'a/b',
        [bytesOf('one '), bytesOf(''), bytesOf('two')],
        always,
      );
      const stored = await store.get('a/b');
      assert.equal(Buffer.from(stored!.bytes).toString(), 'one two');
      assert.equal(stored!.version, version);
      assert.equal(await store.get('a'), undefined);
      assert.equal(await store.get('a/c'), undefined);
    });

    it('keeps objects of sizes around those of buffers', async () => {
      const store = await subject.open();
      const [small, large] = [1 << 15, 1 << 20];
      const room = new Uint8Array(large + small);
      for (let at = 0; at < room.length; at += 1) room[at] = (at * 31 + (at >> 12)) % 251;
      for (const size of [small - 1, small, small + 1, large, large + 1, large + small]) {
        for (const partSize of [size, 50_001]) {
          const bytes = room.subarray(0, size);
          const parts = Array.from({ length: Math.ceil(size / partSize) }, (_, part) =>
            bytes.subarray(part * partSize, (part + 1) * partSize),
          );
          await store.put('sized', parts, always);
          const stored = await store.get('sized');
          assert.equal(Buffer.compare(stored!.bytes, bytes), 0, `${size} in parts of ${partSize}`);
        }
      }
    });

    it('keeps an object of no bytes and one of 5 MiB in many parts', async () => {
      const store = await subject.open();
      await store.put('empty', [], always);
      assert.equal(await textOf(store, 'empty'), '');
      const parts = Array.from({ length: 2500 }, (_, index) =>
        new Uint8Array(2100).fill(index & 0xff),
      );
      await store.put('large', parts, always);
      assert.ok(Buffer.concat(parts).equals((await store.get('large'))!.bytes));
    });

    it('takes parts while they are made, and lets go of each when it takes the next', async () => {
      const store = await subject.open();
      const room = new Uint8Array(700_000);
      const parts = function* (): Generator<Uint8Array> {
        for (let fill = 1; fill <= 6; fill += 1) yield room.fill(fill).subarray(fill);
      };
      const later = async function* (): AsyncGenerator<Uint8Array> {
        for (const part of parts()) yield await Promise.resolve(part);
      };
      const expected = Buffer.concat(Array.from(parts(), (part) => part.slice()));
      await store.put('sync', parts(), always);
      await store.put('async', later(), always);
      for (const key of ['sync', 'async']) {
        assert.ok(expected.equals((await store.get(key))!.bytes), key);
      }
    });

    it('stores nothing of an object whose parts can not be made', async () => {
      const store = await subject.open();
      await store.put('old', [bytesOf('kept')], always);
      const before = await store.list('');
      const broken = function* (): Generator<Uint8Array> {
        for (let part = 0; part < 5; part += 1) yield new Uint8Array(600_000);
        throw new Error('no more parts');
      };
      const brokenLater = async function* (): AsyncGenerator<Uint8Array> {
        yield* broken();
      };
      for (const key of ['old', 'new']) {
        await assert.rejects(store.put(key, broken(), always), /no more parts/);
        await assert.rejects(store.put(key, brokenLater(), always), /no more parts/);
      }
      assert.deepEqual(await store.list(''), before);
      assert.equal(await textOf(store, 'old'), 'kept');
      await store.put('new', [bytesOf('two')], ifAbsent);
      assert.equal(await textOf(store, 'new'), 'two');
    });

    it('looks at the condition again when the last part is taken', async () => {
      const store = await subject.open();
      const slow = async function* (): AsyncGenerator<Uint8Array> {
        yield bytesOf('slow');
        await store.put('a', [bytesOf('quick')], always);
      };
      assert.equal(await store.put('a', slow(), ifAbsent), undefined);
      assert.equal(await textOf(store, 'a'), 'quick');
    });

    it('does not see later changes of the bytes it was given or gave', async () => {
      const store = await subject.open();
      const bytes = bytesOf('kept');
      await store.put('a', [bytes], always);
      bytes.fill(0);
      (await store.get('a'))!.bytes.fill(0);
      (await store.get('a', { offset: 1, length: 2 }))!.bytes.fill(0);
      assert.equal(await textOf(store, 'a'), 'kept');
    });

    it('reads ranges, and names the object when it ends before', async () => {
      const store = await subject.open();
      await store.put('a/range', [bytesOf('0123456789')], always);
      const range = async (offset: number, length: number) =>
        Buffer.from((await store.get('a/range', { offset, length }))!.bytes).toString();
      assert.equal(await range(0, 3), '012');
      assert.equal(await range(7, 3), '789');
      assert.equal(await range(10, 0), '');
      await assert.rejects(
        range(7, 4),
        /corrupt file .*a\/range at byte 7: expected 4 bytes, found 3/,
      );
      await assert.rejects(range(50, 1), { code: 'corrupt' });
    });

    it('replaces an object, with another version each time, even for equal bytes', async () => {
      const store = await subject.open();
      const versions = new Set<string | undefined>();
      for (let put = 0; put < 5; put += 1)
        versions.add(await store.put('a', [bytesOf('x')], always));
      assert.equal(versions.size, 5);
      assert.ok(!versions.has(undefined));
    });

    it('puts an absent key only when asked to', async () => {
      const store = await subject.open();
      assert.notEqual(await store.put('a', [bytesOf('one')], ifAbsent), undefined);
      assert.equal(await store.put('a', [bytesOf('two')], ifAbsent), undefined);
      assert.equal(await textOf(store, 'a'), 'one');
      await store.delete('a');
      assert.notEqual(await store.put('a', [bytesOf('three')], ifAbsent), undefined);
      assert.equal(await textOf(store, 'a'), 'three');
    });

    it('puts over a given version only', async () => {
      const store = await subject.open();
      const first = (await store.put('a', [bytesOf('one')], always))!;
      const second = (await store.put('a', [bytesOf('two')], {
        kind: 'ifVersion',
        version: first,
      }))!;
      const stale = await store.put('a', [bytesOf('three')], { kind: 'ifVersion', version: first });
      assert.equal(stale, undefined);
      assert.equal(await textOf(store, 'a'), 'two');
      await store.delete('a');
      const gone = await store.put('a', [bytesOf('four')], { kind: 'ifVersion', version: second });
      assert.equal(gone, undefined);
      assert.equal(await store.get('a'), undefined);
    });

    it('lets one of many concurrent puts with the same condition win', async () => {
      const store = await subject.open();
      const puts = Array.from({ length: 20 }, (_, index) =>
        store.put('a', [bytesOf(`put ${index}`)], ifAbsent),
      );
      const won = (await Promise.all(puts)).flatMap((version, index) => (version ? [index] : []));
      assert.equal(won.length, 1);
      assert.equal(await textOf(store, 'a'), `put ${won[0]}`);
    });

    it('lists keys by prefix in ascending order, with lengths and versions', async () => {
      const store = await subject.open();
      for (const key of ['b/2', 'a', 'b/10', 'b/1', 'bc', 'b.c']) {
        await store.put(key, [bytesOf(key)], always);
      }
      const keys = async (prefix: string) => (await store.list(prefix)).map(({ key }) => key);
      assert.deepEqual(await keys(''), ['a', 'b.c', 'b/1', 'b/10', 'b/2', 'bc']);
      assert.deepEqual(await keys('b/'), ['b/1', 'b/10', 'b/2']);
      assert.deepEqual(await keys('b/1'), ['b/1', 'b/10']);
      assert.deepEqual(await keys('c'), []);
      const [info] = await store.list('b/10');
      assert.equal(info!.bytes, 4);
      assert.equal(info!.version, (await store.get('b/10'))!.version);
    });

    it('deletes, also what is absent', async () => {
      const store = await subject.open();
      await store.put('a/b', [bytesOf('one')], always);
      await store.delete('a/b');
      await store.delete('a/b');
      assert.equal(await store.get('a/b'), undefined);
      assert.equal(await store.open('a/b'), undefined);
      assert.deepEqual(await store.list(''), []);
    });

    it('opens an object for positioned reads that end at its end', async () => {
      const store = await subject.open();
      await store.put('a', [bytesOf('0123456789')], always);
      const access = (await store.open('a'))!;
      assert.equal(access.length, 10);
      const into = new Uint8Array(4);
      access.read(3, into);
      assert.equal(Buffer.from(into).toString(), '3456');
      access.read(10, new Uint8Array(0));
      assert.throws(() => access.read(7, into), { code: 'corrupt' });
      assert.throws(() => access.read(99, into), { code: 'corrupt' });
      access.close();
      access.close();
      assert.throws(() => access.read(0, into), /assertion failed/);
    });

    it('keeps what is open readable while it is replaced and deleted', async () => {
      const store = await subject.open();
      await store.put('a', [bytesOf('old')], always);
      const access = (await store.open('a'))!;
      await store.put('a', [bytesOf('new')], always);
      await store.delete('a');
      const into = new Uint8Array(3);
      access.read(0, into);
      assert.equal(Buffer.from(into).toString(), 'old');
      access.close();
    });

    it('refuses keys that are not words joined by slashes', async () => {
      const store = await subject.open();
      for (const key of ['', '/', 'a/', '/a', 'a//b', '../a', 'a/../b', '.a', 'A', 'a b', 'ä']) {
        await assert.rejects(store.put(key, [], always), /assertion failed/, key);
        await assert.rejects(store.get(key), /assertion failed/, key);
      }
    });

    const { reopen } = subject;
    const skip = reopen === undefined ? 'nothing outlives the object' : false;
    it('has everything again after it is opened again', { skip }, async () => {
      const first = await subject.open();
      await first.put('a/b', [bytesOf('one')], always);
      await first.put('c', [bytesOf('two')], always);
      await first.delete('c');
      const second = await reopen!(first);
      assert.deepEqual(
        (await second.list('')).map(({ key, bytes }) => [key, bytes]),
        [['a/b', 3]],
      );
      const { version } = (await second.get('a/b'))!;
      assert.notEqual(
        await second.put('a/b', [bytesOf('three')], { kind: 'ifVersion', version }),
        undefined,
      );
      assert.equal(await textOf(second, 'a/b'), 'three');
    });
  });
}
