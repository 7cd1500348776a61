// The manifest: replaced by version, checked when read, and what it does not name is swept.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { bytesOf, textOf } from '../../test/contract/object-store.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { SegmentId, SequenceNumber } from '../engine/ids.ts';
import {
  decodeManifest,
  emptyManifest,
  encodeManifest,
  type Manifest,
  manifestKey,
  readManifest,
  sweep,
  writeManifest,
} from './manifest.ts';
import { MemoryStore } from './memory-store.ts';

const manifest: Manifest = {
  collections: [
    {
      id: 1,
      config: { name: 'Pages', anything: [1, null, 'ü'] },
      flushedThrough: 17 as SequenceNumber,
      nextSegmentId: 3 as SegmentId,
      segments: [
        {
          id: 1 as SegmentId,
          key: 'segments/1/1',
          documents: 10,
          live: 8,
          deletionsKey: 'segments/1/1.d2',
        },
        { id: 2 as SegmentId, key: 'segments/1/2', documents: 0, live: 0 },
      ],
      tenants: [
        {
          id: 3,
          name: 'acme',
          status: 'inactive',
          flushedThrough: 15 as SequenceNumber,
          nextSegmentId: 2 as SegmentId,
          segments: [{ id: 1 as SegmentId, key: 'segments/3/1', documents: 4, live: 4 }],
        },
      ],
    },
  ],
  aliases: [{ name: 'Newest', collection: 1 }],
  nextCollectionId: 4,
  coveredThrough: 15 as SequenceNumber,
};

/** A manifest file with the right checksum, whatever it says. */
function fileOf(content: unknown): Uint8Array {
  const body = Buffer.from(JSON.stringify(content));
  const checksum = crc32(body).toString(16).padStart(8, '0');
  return Buffer.concat([Buffer.from(`tesserae-manifest 1 ${checksum}\n`), body]);
}

describe('the manifest', () => {
  it('is absent from a new store, and then what was written last', async () => {
    const store = new MemoryStore();
    assert.equal(await readManifest(store), undefined);
    const first = await writeManifest(store, emptyManifest, undefined);
    assert.deepEqual(await readManifest(store), { manifest: emptyManifest, version: first });
    const second = await writeManifest(store, manifest, first);
    assert.deepEqual(await readManifest(store), { manifest, version: second });
  });

  it('is not replaced when another one came between', async () => {
    const store = new MemoryStore();
    const first = await writeManifest(store, emptyManifest, undefined);
    await writeManifest(store, manifest, first);
    for (const stale of [first, undefined]) {
      await assert.rejects(writeManifest(store, emptyManifest, stale), { code: 'storage-failed' });
    }
    assert.deepEqual((await readManifest(store))!.manifest, manifest);
  });

  it('notices every changed byte and every cut', () => {
    const bytes = encodeManifest(manifest);
    const coded = (error: unknown) =>
      error instanceof DatabaseError && /^(corrupt|format-unknown)$/.test(error.code);
    for (let offset = 0; offset < bytes.length; offset += 1) {
      const damaged = bytes.slice();
      damaged[offset] = damaged[offset]! ^ 1;
      assert.throws(() => decodeManifest(damaged), coded, `byte ${offset}`);
      assert.throws(() => decodeManifest(bytes.subarray(0, offset)), coded, `${offset} bytes`);
    }
  });

  it('of another format is refused with both numbers', () => {
    const text = Buffer.from(encodeManifest(manifest)).toString().replace(' 1 ', ' 12 ');
    assert.throws(() => decodeManifest(bytesOf(text)), {
      message: 'file manifest has format 12; this version reads 1',
    });
  });

  it('with the right checksum but the wrong content says what is missing', () => {
    const collection = manifest.collections[0]!;
    const cases: [unknown, RegExp][] = [
      [null, /expected collections/],
      [{ collections: [] }, /expected nextCollectionId as a whole number/],
      [{ ...manifest, collections: [{}] }, /expected collections with an id/],
      [
        { ...manifest, aliases: [{ name: 'A', collection: 2 }] },
        /expected aliases with a name and/,
      ],
      [
        { ...manifest, collections: [{ ...collection, flushedThrough: 1.5 }] },
        /expected flushedThrough of collection 1 as a whole number/,
      ],
      [
        { ...manifest, collections: [{ ...collection, segments: [{ id: 1, key: 2 }] }] },
        /expected segments of collection 1/,
      ],
      [{ ...manifest, coveredThrough: -1 }, /expected coveredThrough as a whole number/],
      [
        { ...manifest, collections: [{ ...collection, tenants: [{ id: 3, status: 'active' }] }] },
        /expected the name of tenant 3 of collection 1/,
      ],
      [
        { ...manifest, collections: [{ ...collection, tenants: [{ id: 3, name: 'a' }] }] },
        /expected the status of tenant 3 of collection 1/,
      ],
    ];
    for (const [content, expected] of cases) {
      assert.throws(() => decodeManifest(fileOf(content)), expected);
    }
  });
});

describe('sweep', () => {
  it('deletes what no segment names, below the prefix only', async () => {
    const store = new MemoryStore();
    const keys = [
      'segments/1/1',
      'segments/1/1.d1',
      'segments/1/1.d2',
      'segments/1/2',
      'segments/3/1',
      'segments/9/1',
    ];
    for (const key of [...keys, 'backups/1'])
      await store.put(key, [bytesOf(key)], { kind: 'always' });
    await writeManifest(store, manifest, undefined);
    assert.deepEqual(await sweep(store, manifest, 'segments/'), [
      'segments/1/1.d1',
      'segments/9/1',
    ]);
    assert.deepEqual(
      (await store.list('')).map(({ key }) => key),
      ['backups/1', manifestKey, 'segments/1/1', 'segments/1/1.d2', 'segments/1/2', 'segments/3/1'],
    );
    assert.equal(await textOf(store, 'segments/1/2'), 'segments/1/2');
  });
});
