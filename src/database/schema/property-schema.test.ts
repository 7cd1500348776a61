// Defaults and refusals of properties, nested ones included.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PropertyType } from '../../engine/schema.ts';
import type { NestedPropertyInput } from './collection-input.ts';
import { resolveCollection } from './collection-schema.ts';
import { resolveNewProperty, resolveProperty } from './property-schema.ts';

test('text is searchable and split into words by default', () => {
  assert.deepEqual(resolveProperty({ name: 'Title', type: 'text' }, []), {
    name: 'title',
    type: 'text',
    tokenization: 'word',
    filterable: true,
    searchable: true,
    rangeFilters: false,
  });
});

test('other types are not searchable and have no tokenization', () => {
  assert.deepEqual(resolveProperty({ name: 'n', type: 'int[]' }, []), {
    name: 'n',
    type: 'int[]',
    filterable: true,
    searchable: false,
    rangeFilters: false,
  });
});

test('combinations without a meaning are refused', () => {
  const refuse = (extra: object, message: RegExp) =>
    assert.throws(() => resolveProperty({ name: 'n', type: 'int[]', ...extra }, []), {
      code: 'invalid-argument',
      message,
    });
  refuse(
    { tokenization: 'word' },
    /'n': tokenization is allowed only for text and text\[\], not int/,
  );
  refuse({ searchable: true }, /'n': indexSearchable is true; allowed: true only for text/);
  refuse(
    { rangeFilters: true },
    /'n': indexRangeFilters is true; allowed: true only for int, number/,
  );
  refuse({ nested: [{ name: 'x', type: 'text' }] }, /'n': nestedProperties are allowed only/);
  refuse({ type: 'blob[]' as PropertyType }, /'n': data type is "blob\[\]"; allowed: text/);
  refuse({ type: 'text', tokenization: 'gse' }, /'n': tokenization is "gse"; allowed: word/);
});

test('properties inside objects get the same defaults, at every depth', () => {
  const property = resolveProperty(
    {
      name: 'o',
      type: 'object',
      nested: [{ name: 'Inner', type: 'object[]', nested: [{ name: 'id', type: 'text' }] }],
    },
    [],
  );
  const [inner] = property.nested ?? [];
  assert.equal(inner?.name, 'Inner');
  assert.deepEqual(inner?.nested, [
    {
      name: 'id',
      type: 'text',
      tokenization: 'word',
      filterable: true,
      searchable: true,
      rangeFilters: false,
    },
  ]);
});

test('objects inside objects end at 32 levels', () => {
  const nest = (levels: number): NestedPropertyInput =>
    levels === 1
      ? { name: 'o', type: 'object' }
      : { name: 'o', type: 'object', nested: [nest(levels - 1)] };
  assert.doesNotThrow(() => resolveProperty(nest(32), []));
  assert.throws(() => resolveProperty(nest(33), []), /33 levels deep; allowed: 32/);
});

test('text properties say what a text module reads of them; others do not', () => {
  const modules = ['text2colbert-jinaai', 'none'] as const;
  const moduleConfig = (type: PropertyType, given?: object) =>
    resolveProperty({ name: 'p', type, ...(given && { moduleConfig: { ...given } }) }, modules)
      .moduleConfig;
  const defaults = { skip: false, vectorizePropertyName: false };
  assert.deepEqual(moduleConfig('text[]'), { 'text2colbert-jinaai': defaults });
  assert.equal(moduleConfig('int'), undefined);
  assert.deepEqual(moduleConfig('text', { 'text2colbert-jinaai': { skip: true } }), {
    'text2colbert-jinaai': { ...defaults, skip: true },
  });
  assert.deepEqual(moduleConfig('int', { none: {} }), { none: {} });
});

test('a new property takes the modules of its collection and a free name', () => {
  const config = resolveCollection({
    name: 'C',
    properties: [{ name: 'title', type: 'text' }],
    vectors: [{ name: 'mv', vectorizer: { module: 'text2multivec-jinaai' } }],
  });
  const added = resolveNewProperty(config, { name: 'body', type: 'text' });
  assert.deepEqual(Object.keys(added.moduleConfig ?? {}), ['text2multivec-jinaai']);
  assert.throws(() => resolveNewProperty(config, { name: 'TITLE', type: 'text' }), {
    code: 'invalid-argument',
    message: /collection C: property 'tITLE' is already in use/,
  });
});
