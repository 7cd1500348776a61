// The HTML of an answer: nothing of a document gets out of its place, words and patches are painted.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { TextAnswer, TextHit } from '../../database/text-query/text-query.ts';
import type { MatchedWord, TokenMatch } from '../../engine/explain/hit-matches.ts';
import { answerHtml } from './answer-html.ts';
import { answerTable } from './answer-table.ts';
import { askedWords } from './asked-words.ts';

const evil = '<script>alert("x")</script>&';
const word: MatchedWord = {
  ...{ text: evil, start: 0, end: evil.length },
  box: { x: 10, y: 20, width: 30, height: 5 },
};

function token(
  text: string,
  start: number,
  words: readonly MatchedWord[],
  score = 0.5,
): TokenMatch {
  return { query: { text, start, end: start + text.length }, score, lift: score, words };
}

function hitWith(change: Partial<TextHit>): TextHit {
  return {
    ...{ uuid: evil, score: 1, source: evil, page: 2, title: evil, properties: { text: evil } },
    ...{ boxes: [[10, 20, 30, 5]], places: [{ ...word.box!, weight: 1, text: evil }] },
    ...{
      pageSize: { width: 100, height: 200 },
      snippet: { text: evil, start: 0, marks: [[0, 8]] },
    },
    vectors: [
      { name: 'v', score: 1, tokens: [token(evil, 0, [word])], heat: [{ ...word, heat: 1 }] },
    ],
    ...change,
  };
}

function answerWith(hits: readonly TextHit[]): TextAnswer {
  const notes = [evil];
  return { collection: evil, text: evil, mode: 'vector', vectors: [evil], notes, hits };
}

test('texts of documents and questions stay texts', () => {
  const html = answerHtml(answerWith([hitWith({})]), ['data:image/jpeg;base64,AAAA']);
  assert.equal(html.match(/<script/g)?.length, 1);
  const [, script = ''] = /<script>(.*)<\/script>/s.exec(html) ?? [];
  const hash = createHash('sha256').update(script).digest('base64');
  assert.ok(html.includes(`script-src 'sha256-${hash}'"`), 'only this script may run');
  assert.equal(html.includes('alert("x")'), false);
  assert.match(html, /<mark>&lt;script&gt;<\/mark>alert\(&quot;x&quot;\)/);
  assert.match(html, /<rect class="hit" style="--w:1.00" x="8.5" y="18.5" width="33" height="8"/);
  assert.match(html, /<rect class="word" data-by=" 0 " style="--h:1.00" x="10" y="20"/);
});

test('patches become a map, and answer the words of the question', () => {
  const warm = { text: '', start: 0, end: 0, box: { x: 0, y: 0, width: 50, height: 100 }, heat: 1 };
  const cold = { ...warm, box: { ...warm.box, x: 50 }, heat: 0.1 };
  const tokens = [token('red', 0, [warm]), token('page', 4, [])];
  const vectors = [{ name: 'v', score: 1, tokens, heat: [warm, cold] }];
  const html = answerHtml(answerWith([hitWith({ vectors })]), []);
  const patches = [
    ...html.matchAll(/class="patch" style="--h:([\d.]+)" x="([\d.]+)" y="([\d.]+)"/g),
  ];
  assert.equal(patches.length, 24 * 48);
  assert.ok(
    patches.every(([, heat, x, y]) => heat === '1.00' && Number(x) < 50 && Number(y) < 100),
  );
  assert.match(html, /class="word" data-by=" 0 "/);
  assert.match(html, /<b>red<\/b><span>a part of the picture<\/span>/);
  assert.match(html, /<b>page<\/b><span>no part of it<\/span>/);
});

test('an object that is no page is shown without a sheet', () => {
  const { boxes: _, pageSize: __, source: ___, page: ____, ...rest } = hitWith({});
  const html = answerHtml(answerWith([{ ...rest, boxes: [], places: [], title: 'A note' }]), []);
  assert.equal(html.includes('<figure'), false);
  assert.match(html, /<h2>A note <\/h2>/);
});

test('pieces of a word of the question are one word with all that they found', () => {
  const other = { ...word, text: 'other', start: 40, end: 45 };
  const tokens = [
    token('', 0, []),
    token('per', 0, [word], 0.2),
    token('form', 3, [word, other], 0.6),
    token('often', 8, [], 1),
    token('?', 13, [word]),
  ];
  assert.deepEqual(
    askedWords(tokens).map(({ text, words, score }) => [text, words.length, score]),
    [
      ['perform', 2, 0.4],
      ['often', 0, 1],
    ],
  );
});

test('a terminal gets no control characters of a document', () => {
  const hostile = 'a\u001b[31mb\u202ec\nd';
  const snippet = { text: hostile, start: 0, marks: [[0, 1]] } as const;
  const lines = answerTable(answerWith([hitWith({ source: hostile, title: hostile, snippet })]));
  assert.equal(/[^\P{C}\n]/u.test(lines), false);
  assert.match(lines, /\*a\* \[31mb c d/);
});
