import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KnownObjects } from './known-objects.ts';

function known(...keys: readonly string[]): KnownObjects {
  const objects = new KnownObjects();
  for (const key of keys) objects.set({ key, bytes: 1, version: '1' });
  return objects;
}

describe('known objects', () => {
  const keys = ['a/1/x', 'a/1/y/z', 'a/10/x', 'a/2', 'b', 'b/1/x'];

  test('are listed in order by any beginning of their keys', () => {
    const objects = known(...keys.toReversed());
    for (const prefix of ['', 'a', 'a/', 'a/1', 'a/1/', 'a/1/y', 'a/1/y/', 'a/1/y/z', 'b', 'c/']) {
      assert.deepEqual(
        objects.list(prefix).map(({ key }) => key),
        keys.filter((key) => key.startsWith(prefix)),
        prefix,
      );
    }
  });

  test('are replaced and deleted one by one', () => {
    const objects = known(...keys);
    objects.set({ key: 'a/1/x', bytes: 2, version: '2' });
    assert.equal(objects.get('a/1/x')?.version, '2');
    for (const key of keys) objects.delete(key);
    objects.delete('a/1/x');
    assert.deepEqual([objects.get('a/1/x'), objects.list('')], [undefined, []]);
  });
});
