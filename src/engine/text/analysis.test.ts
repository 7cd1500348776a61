// Texts to terms as a property wants them: letters folded to ASCII, stopwords of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analysisKey, analyze, analyzeForLike, leavesOut } from './analysis.ts';
import { foldToAscii } from './ascii-folding.ts';

const word = { tokenization: 'word' } as const;
const folding = { ...word, analyzer: { foldExcept: [] } };

test('letters that are ASCII but for their form become so', () => {
  const cases: readonly (readonly [string, string])[] = [
    ["L'école est fermée, ÀÉÎÕÜ", "L'ecole est fermee, AEIOU"],
    ['Straße Æsir œuvre Ðóra þing', 'Strasse AEsir oeuvre Dora thing'],
    ['Łódź, søster, ısı, İzmir', 'Lodz, soster, isi, Izmir'],
    ['ﬁne Ａbc Ｎ', 'fine Abc N'],
    ['Việt Nam ǻ ḗ', 'Viet Nam a e'],
    ['e\u0301cole x\u0301', 'ecole x'],
    ['plain text', 'plain text'],
  ];
  for (const [text, plain] of cases) assert.equal(foldToAscii(text, []), plain);
});

test('other scripts and signs stay as they are', () => {
  for (const text of ['東京 がぎ', '한국어', 'Привет йод', 'שָׁלוֹם', 'हिन्दी', '½ ² … “x”', '😀']) {
    assert.equal(foldToAscii(text, []), text.normalize('NFC'));
  }
});

test('letters that are excepted keep their form, small and capital', () => {
  assert.equal(foldToAscii('École à É e\u0301', ['é']), 'École a É é');
  assert.equal(foldToAscii('ñandú', ['ñ']), 'ñandu');
});

test('a property that folds gives the same terms for either form', () => {
  assert.deepEqual(analyze("L'École FERMÉE", folding), ['l', 'ecole', 'fermee']);
  assert.deepEqual(analyze('fermée', word), ['fermée']);
  assert.deepEqual(analyze('É à', { tokenization: 'field', analyzer: { foldExcept: ['à'] } }), [
    'E à',
  ]);
  assert.deepEqual(analyze('Éco', { ...folding, tokenization: 'trigram' }), ['eco']);
  assert.deepEqual(analyzeForLike('Éc*le ?é', folding), ['ec*le', '?e']);
});

test('a property leaves out its own stopwords instead of those of the collection', () => {
  const common = new Set(['the', 'été']);
  const own = { ...word, analyzer: { stopwords: ['Le', 'été'] } };
  const left = (term: string, analysis: Parameters<typeof leavesOut>[1]): boolean =>
    leavesOut(term, analysis, common);
  assert.deepEqual([left('the', word), left('le', word)], [true, false]);
  assert.deepEqual([left('the', own), left('le', own), left('été', own)], [false, true, true]);
  assert.equal(left('the', { tokenization: 'whitespace' }), false);
  assert.equal(left('le', { ...own, tokenization: 'lowercase' }), false);
});

test('stopwords are folded where the terms are', () => {
  const common = new Set(['été']);
  assert.equal(leavesOut('ete', folding, common), true);
  assert.equal(leavesOut('été', folding, common), false);
  const own = { ...word, analyzer: { foldExcept: [], stopwords: ['à'] } };
  assert.equal(leavesOut('a', own, common), true);
});

test('equal keys mean equal terms', () => {
  assert.equal(analysisKey(word), 'word');
  assert.equal(analysisKey(folding), analysisKey({ ...word, analyzer: { foldExcept: [] } }));
  assert.notEqual(analysisKey(folding), analysisKey({ ...word, analyzer: { foldExcept: ['é'] } }));
  const many = Array.from({ length: 5000 }, (_, n) => `word${n}`);
  const long = analysisKey({ ...word, analyzer: { stopwords: many } });
  assert.ok(long.length < 40, long);
  assert.notEqual(long, analysisKey({ ...word, analyzer: { stopwords: many.toReversed() } }));
  assert.equal(long, analysisKey({ ...word, analyzer: { stopwords: [...many] } }));
});
