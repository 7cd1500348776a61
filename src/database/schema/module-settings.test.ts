// Defaults and refusals of vectorizer module settings.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkModuleFields,
  makesMultiVectors,
  moduleNames,
  resolveModule,
} from './module-settings.ts';

const where = 'vector "v"';

test('the Jina text modules have the same defaults and keep the name that was sent', () => {
  for (const name of ['text2colbert-jinaai', 'text2multivec-jinaai']) {
    assert.deepEqual(resolveModule(name, undefined, where), {
      module: name,
      settings: {
        baseURL: 'https://api.jina.ai',
        model: 'jina-colbert-v2',
        dimensions: 128,
        vectorizeClassName: true,
      },
    });
  }
});

test('sent settings win over defaults, and unknown ones are kept', () => {
  const { settings } = resolveModule(
    'text2colbert-jinaai',
    { dimensions: 64, properties: ['text'], vectorizeClassName: false, extra: 1, model: null },
    where,
  );
  assert.deepEqual(settings, {
    baseURL: 'https://api.jina.ai',
    model: 'jina-colbert-v2',
    dimensions: 64,
    vectorizeClassName: false,
    properties: ['text'],
    extra: 1,
  });
});

test('modules named 2vec make single vectors, none makes nothing, the others multi-vectors', () => {
  for (const name of moduleNames) {
    const isMulti = name !== 'none' && !/^(text|multi)2vec-/.test(name);
    assert.equal(makesMultiVectors(name), isMulti, name);
  }
});

test('transformers takes one address, or one for objects and one for queries', () => {
  const resolve = (settings: object) => resolveModule('text2vec-transformers', settings, where);
  assert.deepEqual(resolve({}).settings, {
    poolingStrategy: 'masked_mean',
    vectorizeClassName: true,
  });
  const divided = { passageInferenceUrl: 'http://p', queryInferenceUrl: 'http://q' };
  assert.equal(resolve(divided).settings['queryInferenceUrl'], 'http://q');
  assert.throws(() => resolve({ passageInferenceUrl: 'http://p' }), /one of them is missing/);
  assert.throws(
    () => resolve({ ...divided, inferenceUrl: 'http://x' }),
    /inferenceUrl stands beside passageInferenceUrl/,
  );
  assert.throws(() => resolve({ poolingStrategy: 'max' }), /allowed: "masked_mean", "cls"/);
});

test('an unknown module is refused with the known ones', () => {
  assert.throws(() => resolveModule('text2vec-nope', {}, where), {
    code: 'invalid-argument',
    message: /^vector "v": no vectorizer module with name "text2vec-nope"; known are none, text2/,
  });
});

test('the Jina multimodal module reads images or texts of an object, one of them', () => {
  const resolve = (settings: object) => resolveModule('multi2multivec-jinaai', settings, where);
  assert.equal(resolve({ imageFields: ['a'] }).settings['model'], 'jina-embeddings-v4');
  assert.deepEqual(resolve({ textFields: ['a'] }).settings['textFields'], ['a']);
  assert.throws(() => resolve({ imageFields: ['a'], textFields: ['b'] }), /has both/);
  assert.throws(() => resolve({}), /has neither/);
  assert.throws(() => resolve({ imageFields: [] }), /has neither/);
});

test('the Weaviate multimodal module needs image properties', () => {
  const resolve = (settings: object) => resolveModule('multi2multivec-weaviate', settings, where);
  assert.deepEqual(resolve({ imageFields: ['img'] }).settings, {
    baseURL: '',
    model: 'ModernVBERT/colmodernvbert',
    vectorizeClassName: false,
    imageFields: ['img'],
  });
  assert.throws(() => resolve({}), /imageFields names no property/);
});

test('weights of fields are refused, as on the reference', () => {
  for (const module of ['multi2multivec-jinaai', 'multi2multivec-weaviate']) {
    const settings = { imageFields: ['img'], weights: { imageFields: [0.5] } };
    assert.throws(() => resolveModule(module, settings, where), /weights is not allowed/);
    resolveModule(module, { ...settings, weights: {} }, where);
  }
});

test('fields name properties of the types that a module takes, or ones that are yet to come', () => {
  const check = (settings: object, type: string) =>
    checkModuleFields(settings as never, [{ name: 'img', type }], where);
  check({ imageFields: ['img'] }, 'blob');
  check({ imageFields: ['later'] }, 'text');
  check({ textFields: ['img'] }, 'text[]');
  assert.throws(() => check({ imageFields: ['img'] }, 'text'), {
    code: 'invalid-argument',
    message: 'vector "v": imageFields names \'img\', which is text; allowed: blob, blobHash',
  });
  assert.throws(() => check({ textFields: ['img'] }, 'blob'), /allowed: text, text\[\]/);
});

test('settings of the wrong type are refused with their path', () => {
  const cases: readonly [object, RegExp][] = [
    [{ dimensions: '128' }, /text2colbert-jinaai\.dimensions is "128"; allowed: whole numbers/],
    [{ dimensions: 0 }, /dimensions is 0/],
    [{ vectorizeClassName: 1 }, /vectorizeClassName is 1; allowed: true or false/],
    [{ properties: 'text' }, /properties is "text"; allowed: a list of property names/],
    [{ properties: [''] }, /properties is \[""\]/],
    [{ model: 3 }, /model is 3; allowed: a string/],
  ];
  for (const [settings, message] of cases) {
    assert.throws(() => resolveModule('text2colbert-jinaai', settings, where), { message });
  }
});
