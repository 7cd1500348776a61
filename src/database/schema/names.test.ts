// Names that are kept, changed and refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  collectionName,
  nestedPropertyName,
  propertyName,
  tenantName,
  vectorName,
} from './names.ts';

const refused = { code: 'invalid-argument' };

test('a lower-case first letter of a collection is raised, and only that', () => {
  assert.equal(collectionName('fooBar'), 'FooBar');
  assert.equal(collectionName('FooBAR_1'), 'FooBAR_1');
});

test('a collection name starts with a letter and holds at most 255 characters', () => {
  assert.equal(collectionName(`A${'a'.repeat(254)}`).length, 255);
  const bad = [`A${'a'.repeat(255)}`, '', '_Foo', '1Foo', 'Foo Bar', 'Foo-Bar', 'Ünï', 'Foo\n'];
  for (const name of bad) {
    assert.throws(() => collectionName(name), refused, name);
  }
});

test('the message of a bad name shows the name and the rule', () => {
  assert.throws(
    () => collectionName('Foo Bar'),
    /"Foo Bar" is not a valid collection name.*\[A-Z\]/,
  );
});

test('an upper-case first letter of a property is lowered', () => {
  assert.equal(propertyName('TitleText'), 'titleText');
  assert.equal(propertyName('_under'), '_under');
});

test('a property name holds at most 231 characters', () => {
  assert.equal(propertyName('p'.repeat(231)).length, 231);
  for (const name of ['p'.repeat(232), '', '1p', 'p-q', 'p q']) {
    assert.throws(() => propertyName(name), refused, name);
  }
});

test('reserved property names are refused in every letter case of their first letter', () => {
  for (const name of ['id', 'Id', '_id', '_additional', '__proto__']) {
    assert.throws(() => propertyName(name), /is a reserved property name/, name);
  }
  assert.equal(propertyName('additional'), 'additional');
  assert.equal(propertyName('vector'), 'vector');
});

test('properties of objects keep their letters and may be called id', () => {
  assert.equal(nestedPropertyName('Id'), 'Id');
  assert.equal(nestedPropertyName('id'), 'id');
  assert.throws(() => nestedPropertyName('__proto__'), refused);
});

test('a vector name holds at most 230 characters and keeps its letters', () => {
  assert.equal(vectorName('V'.repeat(230)), 'V'.repeat(230));
  assert.equal(vectorName('m-v'), 'm-v');
  for (const name of ['v'.repeat(231), '', '-v', '1v', 'm v', 'm.v', '__proto__']) {
    assert.throws(() => vectorName(name), refused, name);
  }
});

test('a tenant name holds 1 to 64 letters, digits, underscores and hyphens', () => {
  assert.equal(tenantName('1-A_b'), '1-A_b');
  assert.equal(tenantName('t'.repeat(64)).length, 64);
  for (const name of ['', 't'.repeat(65), 'a b', 'a.b', 'é']) {
    assert.throws(() => tenantName(name), refused, name);
  }
});
