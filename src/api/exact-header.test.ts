import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsExact } from './exact-header.ts';

test('the header asks for exact search with true, and with nothing else by accident', () => {
  assert.equal(wantsExact({}), false);
  assert.equal(wantsExact({ 'x-tesserae-exact': 'true' }), true);
  assert.equal(wantsExact({ 'x-tesserae-exact': ' True ' }), true);
  assert.equal(wantsExact({ 'x-tesserae-exact': 'false' }), false);
  for (const value of ['', '1', 'yes', 'true, false']) {
    assert.throws(() => wantsExact({ 'x-tesserae-exact': value }), {
      code: 'invalid-argument',
      message: `header x-tesserae-exact is ${JSON.stringify(value)}; allowed: true, false`,
    });
  }
});
