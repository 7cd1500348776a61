// Which vector of a collection an object's vector is for. The rest of drafts shows in what is stored.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveCollection } from '../schema/collection-schema.ts';
import { vectorConfig } from './drafts.ts';

function meant(name: string, ...names: readonly string[]): string {
  const vectors = names.map((each) => ({ name: each }));
  return vectorConfig(resolveCollection({ name: 'C', vectors }), name).name;
}

test('a vector without a name is the unnamed one, else the default, else the only one', () => {
  assert.equal(meant('', ''), '');
  assert.equal(meant('', '', 'a'), '');
  assert.equal(meant('', 'a', 'default'), 'default');
  assert.equal(meant('', 'a'), 'a');
  assert.throws(() => meant('', 'a', 'b'), /has named vectors \[a, b\]: an unnamed vector/);
});

test('a vector that clients call default may be the unnamed one', () => {
  assert.equal(meant('default', ''), '');
  assert.equal(meant('default', 'default', 'a'), 'default');
  assert.throws(() => meant('default', 'a'), /does not have configuration for vector default/);
  assert.throws(() => meant('b', ''), /vector b/);
});
