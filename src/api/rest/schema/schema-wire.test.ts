// Reading and echoing of class objects; whole replies are compared in test/schema-golden.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../database/collection-config.ts';
import { collectionFromWire, collectionToWire } from './schema-wire.ts';
import { propertyFromWire, propertyToWire } from './schema-wire-property.ts';

const named = { mv: { vectorizer: { none: {} } } };

function refused(json: unknown, message: RegExp): void {
  assert.throws(() => collectionFromWire(json), { code: 'invalid-argument', message });
}

test('a class without vectorConfig has its vector at the class itself', () => {
  const wire = collectionToWire(collectionFromWire({ class: 'old', vectorIndexType: 'flat' }));
  assert.equal(wire['class'], 'Old');
  assert.equal(wire['vectorizer'], 'none');
  assert.equal(wire['vectorIndexType'], 'flat');
  assert.equal((wire['vectorIndexConfig'] as JsonObject)['distance'], 'cosine');
  assert.equal('vectorConfig' in wire, false);
  assert.equal(wire['properties'], null);
});

test('a field of a class may be written with other capitals', () => {
  const config = collectionFromWire({
    Class: 'C',
    MultiTenancyConfig: { enabled: true },
    Description: 'one',
    description: 'the other',
  });
  assert.equal(config.name, 'C');
  assert.equal(config.multiTenancy.enabled, true);
  assert.equal(config.description, 'the other');
});

test('named vectors and one at the class do not go together', () => {
  const message = /either vectorConfig or vectorizer, vectorIndexType and vectorIndexConfig/;
  refused({ class: 'C', vectorConfig: named, vectorizer: 'none' }, message);
  refused({ class: 'C', vectorConfig: named, vectorIndexType: 'hnsw' }, message);
  refused({ class: 'C', vectorConfig: named, vectorIndexConfig: {} }, message);
  assert.doesNotThrow(() =>
    collectionFromWire({
      class: 'C',
      vectorConfig: named,
      vectorizer: '',
      vectorIndexConfig: null,
    }),
  );
});

test('a named vector has exactly one module', () => {
  const vectorizer = (value: unknown) => ({
    class: 'C',
    vectorConfig: { mv: { vectorizer: value } },
  });
  refused(vectorizer(undefined), /vectorConfig\.mv\.vectorizer must be an object with exactly one/);
  refused(vectorizer({}), /exactly one module, got 0/);
  refused(vectorizer({ none: {}, 'text2colbert-jinaai': {} }), /exactly one module, got 2/);
  refused(vectorizer('none'), /vectorConfig\.mv\.vectorizer must be an object, got "none"/);
  refused(vectorizer({ none: 1 }), /vectorizer\.none must be an object, got 1/);
});

test('values of the wrong type are refused with their path', () => {
  const cases: readonly [unknown, RegExp][] = [
    [null, /^the body must be an object, got null/],
    [[], /^the body must be an object/],
    [{}, /"" is not a valid collection name/],
    [{ class: 5 }, /^class must be a string, got 5/],
    [{ class: 'C', properties: {} }, /^properties must be a list/],
    [{ class: 'C', properties: ['text'] }, /^properties\.0 must be an object, got "text"/],
    [{ class: 'C', vectorConfig: [] }, /^vectorConfig must be an object/],
    [{ class: 'C', vectorConfig: { '': { vectorizer: { none: {} } } } }, /a name is empty/],
    [{ class: 'C', vectorConfig: { mv: 1 } }, /^vectorConfig\.mv must be an object, got 1/],
    [
      { class: 'C', invertedIndexConfig: { bm25: { b: '1' } } },
      /^invertedIndexConfig\.bm25\.b must be a number, got "1"/,
    ],
    [
      { class: 'C', invertedIndexConfig: { stopwords: { additions: [1] } } },
      /stopwords\.additions must be a list of strings, got 1/,
    ],
    [{ class: 'C', multiTenancyConfig: { enabled: 1 } }, /enabled must be true or false, got 1/],
  ];
  for (const [json, message] of cases) refused(json, message);
});

test('when objects expire is echoed, and an update beside it changes what it says', () => {
  const properties = [{ name: 'until', dataType: ['date'] }];
  const echo = (...configs: readonly object[]) => {
    const [objectTtlConfig, objectTTLConfig = null] = configs;
    const json = { class: 'C', properties, objectTtlConfig, objectTTLConfig };
    return collectionToWire(collectionFromWire(json))['objectTtlConfig'];
  };
  const byDate = { enabled: true, deleteOn: 'until', defaultTtl: -5, filterExpiredObjects: true };
  assert.deepEqual(echo(byDate), byDate);
  const change = { enabled: true, deleteOn: '_lastUpdateTimeUnix', defaultTtl: 9 };
  assert.deepEqual(echo(byDate, change), { ...byDate, ...change });
  const keep = { enabled: true, deleteOn: null, defaultTtl: null, filterExpiredObjects: false };
  assert.deepEqual(echo(byDate, keep), { ...byDate, filterExpiredObjects: false });
  assert.equal(echo(byDate, { enabled: false }), undefined);
  assert.equal(echo({ enabled: false }), undefined);
  assert.deepEqual(echo({ enabled: true, deleteOn: 'until' }), {
    ...byDate,
    defaultTtl: 0,
    filterExpiredObjects: false,
  });
});

test('a time to live that means nothing is refused', () => {
  const properties = [{ name: 'text', dataType: ['text'] }];
  const cases: readonly (readonly [object, RegExp])[] = [
    [{}, /defaultTtl is null; allowed: whole numbers from 1 /],
    [{ defaultTtl: 0 }, /defaultTtl is 0;/],
    [{ defaultTtl: 1.5 }, /defaultTtl is 1.5;/],
    [{ defaultTtl: 5, deleteOn: 'text' }, /deleteOn is "text"; allowed: _creationTimeUnix, _last/],
    [{ defaultTtl: 5, deleteOn: 'nope' }, /deleteOn is "nope"/],
  ];
  for (const [config, message] of cases) {
    refused({ class: 'C', properties, objectTtlConfig: { enabled: true, ...config } }, message);
  }
});

test('index flags that are on and lists of stopwords are echoed', () => {
  const wire = collectionToWire(
    collectionFromWire({
      class: 'C',
      invertedIndexConfig: {
        indexTimestamps: true,
        stopwords: { preset: 'none', removals: ['a'] },
      },
    }),
  );
  assert.deepEqual(wire['invertedIndexConfig'], {
    bm25: { b: 0.75, k1: 1.2 },
    cleanupIntervalSeconds: 60,
    indexTimestamps: true,
    stopwords: { preset: 'none', additions: null, removals: ['a'] },
    usingBlockMaxWAND: true,
  });
});

test('the old type string becomes text', () => {
  const read = (property: object) => {
    const { type, tokenization } = propertyFromWire({ name: 'p', ...property });
    return { type, tokenization };
  };
  assert.deepEqual(read({ dataType: ['string'] }), { type: 'text', tokenization: 'whitespace' });
  assert.deepEqual(read({ dataType: ['string[]'], tokenization: 'word' }), {
    type: 'text[]',
    tokenization: 'whitespace',
  });
  assert.deepEqual(read({ dataType: ['string'], tokenization: 'field' }), {
    type: 'text',
    tokenization: 'field',
  });
});

test('a dataType is one known type, or the collections that references lead to', () => {
  const refuse = (dataType: unknown, message: RegExp) =>
    assert.throws(() => propertyFromWire({ name: 'p', dataType }), {
      code: 'invalid-argument',
      message,
    });
  refuse(undefined, /property 'p': dataType \[\] is not one known data type; allowed: text/);
  refuse(['text', 'int'], /dataType \[text, int\] is not one known data type/);
  refuse(['blob[]'], /dataType \[blob\[\]\] is not one known data type/);
  refuse(['Page', 'text'], /dataType \[Page, text\] is not one known data type/);
  const reference = propertyFromWire({ name: 'p', dataType: ['Page', 'Book'] });
  assert.deepEqual(reference, { name: 'p', type: 'reference', targets: ['Page', 'Book'] });
  refuse('text', /dataType must be a list, got "text"/);
});

test('a property is echoed as it was read, with nested ones', () => {
  const json = {
    name: 'o',
    dataType: ['object'],
    description: 'd',
    nestedProperties: [{ name: 'n', dataType: ['text'], tokenization: 'field' }],
  };
  const config = collectionFromWire({ class: 'C', properties: [json] });
  const flags = { indexFilterable: true, indexSearchable: false, indexRangeFilters: false };
  assert.deepEqual(config.properties.map(propertyToWire), [
    {
      ...json,
      ...flags,
      nestedProperties: [{ ...json.nestedProperties[0], ...flags, indexSearchable: true }],
    },
  ]);
});

test("an unnamed vector's module settings stand among the class's, with their defaults", () => {
  const sent = {
    class: 'Plain',
    vectorizer: 'text2vec-contextionary',
    moduleConfig: { 'text2vec-contextionary': {}, 'reranker-dummy': {} },
  };
  const config = collectionFromWire(sent);
  const wire = collectionToWire(config);
  assert.deepEqual(wire['moduleConfig'], {
    'reranker-dummy': {},
    'text2vec-contextionary': { vectorizeClassName: true },
  });
  assert.deepEqual(collectionFromWire(wire), config);
});

test("a class without vectors gets the operator's module, with what the class says of it", () => {
  const defaults = { vectorizer: 'text2vec-contextionary', indexType: 'flat' } as const;
  const moduleConfig = { 'text2vec-contextionary': { vectorizeClassName: false } };
  const wire = collectionToWire(collectionFromWire({ class: 'C', moduleConfig }, defaults));
  assert.deepEqual(
    [wire['vectorizer'], wire['vectorIndexType'], wire['moduleConfig']],
    ['text2vec-contextionary', 'flat', moduleConfig],
  );
  const none = collectionFromWire({ class: 'C', vectorizer: 'none' }, defaults);
  assert.equal(none.vectors[0]?.vectorizer.module, 'none');
});
