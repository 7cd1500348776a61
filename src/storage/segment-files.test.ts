// Containers: what is written comes back, and no damage goes unnoticed.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { bytesOf } from '../../test/contract/object-store.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Section } from '../engine/segment/sections.ts';
import { MemoryStore } from './memory-store.ts';
import { randomFrom } from './random.ts';
import { openSegment, writeSegment } from './segment-files.ts';

const key = 'segments/1/7';
const sections = [
  { name: 'one', parts: [bytesOf('first '), bytesOf('section')] },
  { name: 'empty', parts: [] },
  { name: 'aligned', parts: [new Uint8Array(128).fill(9)] },
  { name: 'last', parts: [new Uint8Array(1000).map((_, index) => index & 0xff)] },
];

async function written(): Promise<{ store: MemoryStore; bytes: Uint8Array }> {
  const store = new MemoryStore();
  await writeSegment(store, key, sections);
  return { store, bytes: (await store.get(key))!.bytes };
}

/** A store whose segment has the given bytes. */
async function planted(bytes: Uint8Array): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.put(key, [bytes], { kind: 'always' });
  return store;
}

/** Opens, reads all sections and verifies. */
async function readWhole(store: MemoryStore): Promise<void> {
  const segment = await openSegment(store, key);
  try {
    for (const name of segment.names) {
      const section = segment.section(name)!;
      section.bytes(0, section.length);
    }
    await segment.verify();
  } finally {
    segment.close();
  }
}

describe('segment files', () => {
  it('give every section back, in order, each beginning at a multiple of 64', async () => {
    const { store, bytes } = await written();
    const segment = await openSegment(store, key);
    assert.deepEqual(segment.names, ['one', 'empty', 'aligned', 'last']);
    assert.equal(segment.bytes, bytes.length);
    for (const { name, parts } of sections) {
      const section = segment.section(name)!;
      const content = Buffer.concat(parts);
      assert.equal(section.length, content.length);
      assert.ok(content.equals(section.bytes(0, section.length)), name);
      const at = Buffer.from(bytes).indexOf(content);
      if (content.length > 0) assert.equal(at % 64, 0, name);
    }
    assert.equal(segment.section('other'), undefined);
    await segment.verify();
    segment.close();
  });

  it('store nothing when a section can not be made', async () => {
    const { store, bytes } = await written();
    const broken = function* (): Generator<Section> {
      yield { name: 'one', parts: [bytesOf('first')] };
      throw new Error('no second section');
    };
    await assert.rejects(writeSegment(store, key, broken()), /no second section/);
    assert.deepEqual((await store.get(key))!.bytes, bytes);
  });

  it('take sections in order, each to its end before the next', async () => {
    const store = new MemoryStore();
    const counts = new Uint32Array(1);
    const room = new Uint8Array(4);
    const counted = function* (): Generator<Uint8Array> {
      for (; counts[0]! < 3; counts[0]! += 1) yield room.fill(counts[0]!);
    };
    const count = function* (): Generator<Section> {
      yield { name: 'counted', parts: counted() };
      yield { name: 'count', parts: [new Uint8Array(counts.buffer)] };
    };
    const length = await writeSegment(store, key, count());
    const segment = await openSegment(store, key);
    assert.equal(segment.bytes, length);
    assert.deepEqual(
      [...segment.section('counted')!.bytes(0, 12)],
      [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
    );
    assert.equal(segment.section('count')!.bytes(0, 4)[0], 3);
    await segment.verify();
    segment.close();
  });

  it('read parts of sections without leaving them', async () => {
    const { store } = await written();
    const segment = await openSegment(store, key);
    const section = segment.section('one')!;
    assert.equal(Buffer.from(section.bytes(6, 7)).toString(), 'section');
    const into = new Uint8Array(5);
    section.read(0, into);
    assert.equal(Buffer.from(into).toString(), 'first');
    assert.throws(() => section.bytes(10, 4), /bytes 10 to 14 lie inside section one of 13 bytes/);
    assert.throws(() => section.bytes(-1, 4), /assertion failed/);
    segment.close();
    segment.close();
    assert.throws(() => section.bytes(0, 1), /assertion failed/);
  });

  it('may have no sections', async () => {
    const store = new MemoryStore();
    const length = await writeSegment(store, key, []);
    assert.equal((await store.list(''))[0]!.bytes, length);
    const segment = await openSegment(store, key);
    assert.deepEqual(segment.names, []);
    await segment.verify();
  });

  it('refuse sections of the same name', async () => {
    const twice = [sections[0]!, sections[0]!];
    await assert.rejects(writeSegment(new MemoryStore(), key, twice), /assertion failed/);
  });

  it('that are missing are named', async () => {
    await assert.rejects(openSegment(new MemoryStore(), key), {
      code: 'corrupt',
      message: /segments\/1\/7/,
    });
  });

  it('that were cut anywhere do not open, and say where', async () => {
    const { bytes } = await written();
    for (let length = 0; length < bytes.length; length += 1) {
      const store = await planted(bytes.subarray(0, length));
      await assert.rejects(openSegment(store, key), {
        code: 'corrupt',
        message: /segments\/1\/7 at/,
      });
    }
    const longer = await planted(new Uint8Array([...bytes, 0]));
    await assert.rejects(openSegment(longer, key), { code: 'corrupt' });
  });

  it('with any one byte changed do not open, or fail their check', async () => {
    const { bytes } = await written();
    for (let offset = 0; offset < bytes.length; offset += 1) {
      const damaged = bytes.slice();
      damaged[offset] = damaged[offset]! ^ (1 << (offset & 7));
      await assert.rejects(
        readWhole(await planted(damaged)),
        (error) => error instanceof DatabaseError && error.code === 'corrupt',
        `byte ${offset}`,
      );
    }
  });

  it('name the damaged section when it is read as a whole', async () => {
    const { bytes } = await written();
    const damaged = bytes.slice();
    damaged[Buffer.from(bytes).indexOf('section')] = 0;
    const segment = await openSegment(await planted(damaged), key);
    const section = segment.section('one')!;
    assert.throws(() => section.bytes(0, 13), /at byte 64: expected section one with checksum/);
    assert.throws(() => section.bytes(0, 13), /checksum/, 'the next time too');
    segment.section('last')!.bytes(0, 1000);
  });

  it('open or give a coded error whatever their bytes are', async () => {
    const { bytes } = await written();
    const random = randomFrom(11);
    for (let round = 0; round < 2000; round += 1) {
      const strange = bytes.slice(0, bytes.length - random(2) * random(bytes.length));
      for (let change = 0; change <= random(6); change += 1) {
        strange[random(strange.length)] = random(256);
      }
      if (round % 2 === 0) mend(strange);
      await readWhole(await planted(strange)).catch((error: unknown) => {
        assert.ok(error instanceof DatabaseError, `round ${round}: ${error}`);
      });
    }
  });

  it('of another format are refused with both numbers', async () => {
    const { bytes } = await written();
    const other = bytes.slice();
    new DataView(other.buffer).setUint32(8, 2, true);
    new DataView(other.buffer).setUint32(60, crc32(other.subarray(0, 60)), true);
    await assert.rejects(openSegment(await planted(other), key), {
      code: 'format-unknown',
      message: `file ${key} has format 2; this version reads 1`,
    });
  });
});

/** Makes the checksums of header and footer right again, so that what lies behind them is reached. */
function mend(bytes: Uint8Array): void {
  if (bytes.length < 104) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const footer = bytes.length - 40;
  const table = bytes.subarray(
    Math.max(0, Math.min(footer, view.getFloat64(footer, true) || 0)),
    footer,
  );
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  view.setUint32(footer + 12, crc32(table), true);
  view.setUint32(footer + 28, crc32(bytes.subarray(footer, footer + 28)), true);
}
