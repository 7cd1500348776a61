// What an update may change, and what it may not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../collection-config.ts';
import type { CollectionInput, PropertyInput, VectorInput } from './collection-input.ts';
import { resolveCollection } from './collection-schema.ts';
import { checkUpdate } from './collection-update.ts';

const vector = {
  name: 'mv',
  vectorizer: { module: 'text2colbert-jinaai', settings: { properties: ['title'] } },
} satisfies VectorInput;

const title: PropertyInput = { name: 'title', type: 'text' };
const object: PropertyInput = { name: 'o', type: 'object', nested: [{ name: 'n', type: 'int' }] };

const input: CollectionInput = { name: 'Pages', properties: [title, object], vectors: [vector] };

function update(change: Partial<CollectionInput>, from: Partial<CollectionInput> = {}): void {
  checkUpdate(
    resolveCollection({ ...input, ...from }),
    resolveCollection({ ...input, ...from, ...change }),
  );
}

function withIndex(settings: VectorInput['index']): Partial<CollectionInput> {
  return { vectors: [{ ...vector, ...(settings && { index: settings }) }] };
}

test('what only tunes or describes may change', () => {
  update({ description: 'new' });
  update({ properties: [object, title] });
  update({
    properties: [{ ...title, description: 'new' }, object],
  });
  update(withIndex({ settings: { ef: 77, filterStrategy: 'sweeping', rq: { enabled: true } } }));
  update({ invertedIndex: { bm25: { b: 0.5, k1: 2 }, stopwords: { preset: 'none' } } });
  update({ moduleConfig: { 'reranker-x': {} } });
  update({
    vectors: [
      {
        ...vector,
        vectorizer: {
          module: 'text2colbert-jinaai',
          settings: { ...vector.vectorizer.settings, baseURL: 'http://other' },
        },
      },
    ],
  });
  const tenants = { multiTenancy: { enabled: true } };
  update({ multiTenancy: { enabled: true, autoTenantCreation: true } }, tenants);
});

test('the address of a service may change, what it is asked for may not', () => {
  const ollama = (settings: object): Partial<CollectionInput> => ({
    vectors: [{ name: 'o', vectorizer: { module: 'text2vec-ollama', settings: { ...settings } } }],
  });
  update(ollama({ apiEndpoint: 'http://other:1' }), ollama({}));
  assert.throws(
    () => update(ollama({ model: 'other' }), ollama({})),
    /vectorizer model is immutable: .* from "nomic-embed-text" to "other"/,
  );
});

test('a vector may be added, also one whose module speaks of existing properties', () => {
  update({ vectors: [vector, { name: 'own', kind: 'multi' }] });
  update({ vectors: [vector, { name: 'b', vectorizer: { module: 'text2multivec-jinaai' } }] });
});

test('what objects were indexed by stays, and the message names field and both values', () => {
  const cases: readonly [Partial<CollectionInput>, RegExp][] = [
    [{ name: 'Other' }, /collection: name is immutable: .* from "Pages" to "Other"/],
    [
      withIndex({ settings: { distance: 'dot' } }),
      /vector "mv": distance is immutable: attempted change from "cosine" to "dot"/,
    ],
    [
      withIndex({ settings: { maxConnections: 8 } }),
      /maxConnections is immutable: attempted change from 32 to 8/,
    ],
    [
      withIndex({ settings: { multivector: { muvera: { enabled: true } } } }),
      /multivector\.muvera\.enabled is immutable: attempted change from false to true/,
    ],
    [withIndex({ type: 'flat' }), /vectorIndexType is immutable: .* from "hnsw" to "flat"/],
    [
      { vectors: [{ name: 'mv', kind: 'multi' }] },
      /vectorizer module is immutable: .* from "text2colbert-jinaai" to "none"/,
    ],
    [
      { vectors: [{ ...vector, vectorizer: { module: 'text2colbert-jinaai' } }] },
      /vectorizer properties is immutable: attempted change from \["title"\] to undefined/,
    ],
    [{ vectors: [{ name: 'b' }] }, /missing config for vector "mv": an update can't remove/],
    [{ vectors: [] }, /missing config for vector "mv"/],
    [{ invertedIndex: { indexNullState: true } }, /indexNullState is immutable/],
    [{ multiTenancy: { enabled: true } }, /multiTenancyConfig: enabled is immutable/],
    [{ sharding: { desiredCount: 2 } }, /shardingConfig: desiredCount is immutable/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => update(change), { code: 'invalid-argument', message });
  }
});

test('the flag of a multi-vector stays', () => {
  const own = { vectors: [{ name: 'mv', kind: 'multi' }] } satisfies Partial<CollectionInput>;
  assert.throws(
    () => update({ vectors: [{ name: 'mv' }] }, own),
    /vector "mv": multivector\.enabled is immutable: attempted change from true to false/,
  );
});

test('what is fixed is fixed inside a dynamic index too', () => {
  const dynamic = (settings: JsonObject): Partial<CollectionInput> => ({
    vectors: [{ name: 'mv', index: { type: 'dynamic', settings } }],
  });
  update(dynamic({ threshold: 9, hnsw: { ef: 7 }, flat: { bq: { enabled: true } } }), dynamic({}));
  assert.throws(
    () => update(dynamic({ hnsw: { maxConnections: 8 } }), dynamic({})),
    /hnsw\.maxConnections is immutable: attempted change from 32 to 8/,
  );
  assert.throws(
    () => update(dynamic({ distance: 'dot' }), dynamic({})),
    /distance is immutable: attempted change from "cosine" to "dot"/,
  );
});

test('properties stay as they are', () => {
  const cases: readonly [CollectionInput['properties'], RegExp][] = [
    [[title], /missing config for property 'o'/],
    [[title, object, { name: 'x', type: 'text' }], /property 'x' is new/],
    [[{ name: 'title', type: 'text[]' }, object], /'title': dataType is immutable/],
    [
      [{ ...title, tokenization: 'field' }, object],
      /'title': tokenization is immutable: .* "field"/,
    ],
    [[{ ...title, searchable: false }, object], /'title': indexSearchable is immutable/],
    [[title, { name: 'o', type: 'object' }], /'o': nestedProperties is immutable/],
    [
      [{ ...title, moduleConfig: { 'text2colbert-jinaai': { skip: true } } }, object],
      /'title': moduleConfig text2colbert-jinaai is immutable/,
    ],
  ];
  for (const [properties, message] of cases) {
    assert.throws(() => update({ ...(properties && { properties }) }), { message });
  }
});

test('token pooling stays as it is: stored objects were written with it', () => {
  const pooled = (tokenPooling: unknown) =>
    withIndex({ settings: { multivector: { tokenPooling } } });
  update(pooled({ factor: 2 }), pooled({ enabled: true }));
  update(pooled({ enabled: false }), pooled(undefined));
  const message = /vector "mv": multivector\.tokenPooling is immutable: attempted change from/;
  assert.throws(() => update(pooled({ factor: 3 }), pooled({ factor: 2 })), message);
  assert.throws(() => update(pooled({ factor: 2 })), message);
  assert.throws(() => update(pooled(undefined), pooled({ factor: 2 })), message);
});

test('a flat index has its quantizer from the beginning or never', () => {
  const flat = (settings: JsonObject): Partial<CollectionInput> => ({
    vectors: [{ name: 'v', index: { type: 'flat', settings } }],
  });
  const [on, off] = [flat({ rq: { enabled: true } }), flat({})];
  update(flat({ rq: { enabled: true, rescoreLimit: 7 } }), on);
  assert.throws(() => update(off, on), /rq\.enabled is immutable: .* from true to false/);
  assert.throws(() => update(on, off), /rq\.enabled is immutable: .* from false to true/);
  const bits = flat({ rq: { enabled: true, bits: 1 } });
  assert.throws(() => update(bits, on), /rq\.bits is immutable: .* from 8 to 1/);
});

test('named vectors may join an unnamed one, but not the other way round', () => {
  const [unnamed, named] = [{ name: '' }, { name: 'v' }];
  update({ vectors: [unnamed, named] }, { vectors: [unnamed] });
  const wrong = (): void => update({ vectors: [unnamed, named] }, { vectors: [named] });
  assert.throws(wrong, /the vectors of this class have names/);
});
