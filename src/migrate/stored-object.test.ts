import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageSize } from './page-size.ts';
import { firstUuid, type StoredObject, uuidBefore } from './stored-object.ts';

test('the id before an id is one less, over every hyphen', () => {
  for (const [uuid, before] of [
    ['00000000-0000-0000-0000-000000000001', firstUuid],
    ['00000000-0000-0000-0001-000000000000', '00000000-0000-0000-0000-ffffffffffff'],
    ['00000001-0000-0000-0000-000000000000', '00000000-ffff-ffff-ffff-ffffffffffff'],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-fffffffffffe'],
    ['4f3f2898-69e3-5a0d-820a-c4e87987dbd0', '4f3f2898-69e3-5a0d-820a-c4e87987dbcf'],
  ] as const) {
    assert.equal(uuidBefore(uuid), before);
  }
});

test('pages grow twofold to what makes a batch, and halve down to one object', () => {
  const object = (bytes: number): StoredObject => ({
    ...{ uuid: firstUuid, createdAt: 0, updatedAt: 0, properties: {} },
    vectors: new Map([['', { kind: 'single', bytes: new Uint8Array(bytes) }]]),
  });
  const size = new PageSize(100);
  assert.equal(size.count, 16);
  const counts = [1_000, 1_000, 1_000, 1_000].map((bytes) => {
    size.learn([object(bytes)]);
    return size.count;
  });
  assert.deepEqual(counts, [32, 64, 100, 100]);
  size.learn([object(3 << 20), object(3 << 20)]);
  assert.equal(size.count, 2);
  assert.equal(size.halve(), true);
  assert.equal(size.count, 1);
  assert.equal(size.halve(), false);
  assert.equal(new PageSize(5).count, 5);
});
