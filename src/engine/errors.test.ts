// Messages of the error table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from './errors.ts';

test('a message names the vector, where it has a name', () => {
  const message = (name: string): string =>
    new DatabaseError('vector-invalid', { collection: 'Pages', name, problem: 'empty' }).message;
  assert.equal(message('tokens'), 'vector "tokens" in collection "Pages": empty');
  assert.equal(message(''), 'the unnamed vector in collection "Pages": empty');
});
