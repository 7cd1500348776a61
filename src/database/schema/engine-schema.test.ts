// What the engine learns of a collection from its configuration.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveCollection } from './collection-schema.ts';
import { engineSchema } from './engine-schema.ts';
import { withoutIndex } from './property-index.ts';

test('filters may name a property with an index for ranges alone', () => {
  const indexes = { filterable: false, rangeFilters: true };
  const pages = resolveCollection({
    name: 'Pages',
    properties: [
      { name: 'number', type: 'int', ...indexes },
      { name: 'where', type: 'object', nested: [{ name: 'row', type: 'int', ...indexes }] },
      { name: 'other', type: 'int', filterable: false },
    ],
  });
  const [number, where, other] = engineSchema(pages).properties;
  assert.equal(number?.filterable, true);
  assert.equal(where?.nested?.[0]?.filterable, true);
  assert.equal(other?.filterable, false);
  const [without] = engineSchema(withoutIndex(pages, 'number', 'rangeFilters')).properties;
  assert.equal(without?.filterable, false);
});
