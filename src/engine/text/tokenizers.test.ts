import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveStopwords } from './stopwords.ts';
import { tokenize, tokenizeForLike } from './tokenizers.ts';

test('word splits at everything that is no letter or number and lower-cases', () => {
  assert.deepEqual(tokenize('Hello, World the Foo-Bar', 'word'), [
    'hello',
    'world',
    'the',
    'foo',
    'bar',
  ]);
  assert.deepEqual(tokenize('DATABASE, (AI)! x_1 ½ 東京2020', 'word'), [
    'database',
    'ai',
    'x',
    '1',
    '½',
    '東京2020',
  ]);
  assert.deepEqual(tokenize(' ?! ', 'word'), []);
});

test('ASCII text gives the tokens that it gives beside other characters', () => {
  const text = String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code)).repeat(2);
  for (const tokenization of ['word', 'trigram'] as const) {
    const alone = tokenize(`${text} AbC x`, tokenization);
    const beside = tokenize(`${text} AbC x é`, tokenization);
    // The last token is the one that the é is in.
    assert.deepEqual(alone, beside.slice(0, -1));
    assert.ok(alone.length >= 8);
  }
});

test('accents are kept and only their case changes', () => {
  assert.deepEqual(tokenize('HÉLLO', 'word'), ['héllo']);
});

test('lowercase and whitespace split at white space only, and differ in case', () => {
  const text = '\tFoo-Bar  BAZ\u0085x\u00a0Y\u3000z\ufeff\n';
  assert.deepEqual(tokenize(text, 'lowercase'), ['foo-bar', 'baz', 'x', 'y', 'z\ufeff']);
  assert.deepEqual(tokenize(text, 'whitespace'), ['Foo-Bar', 'BAZ', 'x', 'Y', 'z\ufeff']);
});

test('field keeps the whole value but the white space around it', () => {
  assert.deepEqual(tokenize('  Red  Apple\n', 'field'), ['Red  Apple']);
  assert.deepEqual(tokenize('Red', 'field'), ['Red']);
  assert.deepEqual(tokenize(' \t', 'field'), []);
  assert.deepEqual(tokenize('', 'field'), []);
});

test('trigram gives every window of three characters, across word borders', () => {
  assert.deepEqual(tokenize('Da-ta b', 'trigram'), ['dat', 'ata', 'tab']);
  assert.deepEqual(tokenize('ab', 'trigram'), []);
  assert.deepEqual(tokenize('𝒜𝒷c𝒟', 'trigram'), ['𝒜𝒷c', '𝒷c𝒟']);
});

test('lower case does not depend on the neighbours of a character', () => {
  assert.deepEqual(tokenize('ΟΔΟΣ οδος', 'word'), ['οδοσ', 'οδοσ']);
  assert.deepEqual(tokenize('İstanbul', 'word'), ['istanbul']);
});

test('half a surrogate pair never reaches the index', () => {
  assert.deepEqual(tokenize('a\ud800b', 'word'), ['a', 'b']);
  for (const tokenization of ['lowercase', 'whitespace', 'field'] as const) {
    assert.deepEqual(tokenize('a\ud800b', tokenization), ['a\ufffdb']);
  }
});

test('the wildcards of a like pattern survive tokenization word', () => {
  assert.deepEqual(tokenizeForLike('Data* ?ed, x', 'word'), ['data*', '?ed', 'x']);
  assert.deepEqual(tokenize('Data* ?ed', 'word'), ['data', 'ed']);
  assert.deepEqual(tokenizeForLike('*pple X', 'field'), ['*pple X']);
});

test('the English preset has 33 stopwords', () => {
  const stopwords = resolveStopwords({ preset: 'en', additions: [], removals: [] });
  assert.equal(stopwords.size, 33);
  assert.deepEqual([stopwords.has('the'), stopwords.has('database')], [true, false]);
});

test('stopwords can be added and removed in any letter case', () => {
  const stopwords = resolveStopwords({ preset: 'en', additions: ['Foo'], removals: ['The'] });
  assert.equal(stopwords.has('foo'), true);
  assert.equal(stopwords.has('the'), false);
  assert.equal(resolveStopwords({ preset: 'none', additions: [], removals: [] }).size, 0);
});
