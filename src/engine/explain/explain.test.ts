// Explanations: pieces become words, alignments say who answered whom, places are ranked, heat is spread.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boxUnits, type VectorValue } from '../document.ts';
import { openKernels } from '../kernels/kernels.ts';
import { TokenPooler } from '../multivector/pool-tokens.ts';
import { randomFrom, randomMulti } from '../multivector/vectors-for-tests.ts';
import { DocumentAligner } from './align-document.ts';
import { heatMap } from './heat-map.ts';
import { keywordMarks } from './keyword-marks.ts';
import { type Box, placedWords } from './placed-words.ts';
import { queryWords, tokenWeights } from './query-words.ts';
import { rankBoxes } from './ranked-boxes.ts';
import { similaritiesOf } from './similarities.ts';
import { snippetOf } from './snippet.ts';

const kernels = openKernels({ forcePlain: true });

function multi(...rows: readonly (readonly number[])[]): VectorValue {
  const dims = rows[0]?.length ?? 0;
  return { kind: 'multi', dims, values: Float32Array.from(rows.flat()) };
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is ${expected}`);
}

describe('placed words', () => {
  test('pieces that touch are one word, others are not', () => {
    const text = 'a-rolled  tiles, tiles';
    const spans = Uint32Array.of(0, 0, 0, 2, 2, 9, 10, 14, 14, 15, 15, 16, 17, 22, 22, 22);
    const words = placedWords({ spans }, text);
    assert.deepEqual(
      words.map(({ start, end, tokens }) => [start, end, tokens]),
      [
        [0, 0, [0]],
        [0, 2, [1]],
        [2, 9, [2]],
        [10, 15, [3, 4]],
        [15, 16, [5]],
        [17, 22, [6]],
        [22, 22, [7]],
      ],
    );
    assert.equal(words[3]?.text, 'tiles');
  });

  test('with boxes, what touches in one box is one word, punctuation too', () => {
    const box = [10, 20, 30, 40];
    const boxes = Uint16Array.from([...box, ...box, ...box, 50, 20, 30, 40, 0, 0, 0, 0]);
    const spans = Uint32Array.of(0, 4, 4, 5, 6, 9, 9, 11, 11, 11);
    const words = placedWords({ boxes, spans }, 'tile, andso');
    assert.deepEqual(
      words.map(({ text, tokens, box: own }) => [text, tokens, own?.x]),
      [
        ['tile,', [0, 1], 10 / boxUnits],
        ['and', [2], 10 / boxUnits],
        ['so', [3], 50 / boxUnits],
        ['', [4], undefined],
      ],
    );
  });

  test('pieces that could not be placed have their whole word together', () => {
    const words = placedWords({ spans: Uint32Array.of(0, 3, 0, 3, 4, 7) }, 'ﬀx two');
    assert.deepEqual(
      words.map(({ tokens }) => tokens),
      [[0, 1], [2]],
    );
  });

  test('patches stay apart', () => {
    const boxes = Uint16Array.of(0, 0, 9, 9, 0, 0, 9, 9, 9, 0, 9, 9);
    assert.equal(placedWords({ boxes }).length, 3);
  });
});

describe('alignment', () => {
  test('names the token that answered, its score and how far it is above the average', () => {
    const aligner = DocumentAligner.open(kernels);
    const query = multi([1, 0], [0, 2]);
    const document = multi([0, 3], [1, 1], [5, 0], [-1, 0]);
    const { score, scores, lifts, winners, heat } = aligner.align({
      ...{ query, document, normalized: true },
    });
    assert.deepEqual(winners, [[2], [0]]);
    assert.deepEqual([...scores], [1, 1]);
    assert.equal(score, 2);
    const half = Math.SQRT1_2;
    near(lifts[0] ?? 0, 1 - (0 + half + 1 - 1) / 4);
    near(lifts[1] ?? 0, 1 - (1 + half) / 4);
    assert.equal(Math.max(...heat), 1);
    assert.equal(heat.indexOf(1), 2);
    assert.equal(heat[3], 0);
  });

  test('dot products count lengths', () => {
    const aligner = DocumentAligner.open(kernels);
    const found = aligner.align({
      ...{ query: multi([1, 0]), document: multi([1, 0], [7, 1]), normalized: false },
    });
    assert.deepEqual(found.winners, [[1]]);
    assert.equal(found.score, 7);
  });

  test('of a pooled document names every token behind the row, and warms them all', () => {
    const aligner = DocumentAligner.open(kernels);
    const given = multi([1, 0], [0, 1], [0.99, 0.1], [0.1, 0.99], [-1, 0]);
    const pooler = TokenPooler.open(kernels);
    const { vector, groups } = pooler.pool(given, { factor: 2, normalized: true });
    const found = aligner.align({
      ...{ query: multi([1, 0.05]), document: vector, normalized: true, groups },
    });
    assert.deepEqual(found.winners, [[0, 2]]);
    assert.equal(found.heat.length, 5);
    assert.deepEqual([found.heat[0], found.heat[2]], [1, 1]);
    assert.equal(found.heat[1], found.heat[3]);
  });

  test('tokens without weight warm nothing', () => {
    const aligner = DocumentAligner.open(kernels);
    const both = { query: multi([1, 0], [0, 1]), document: multi([1, 0], [0, 1]) };
    const weights = Float32Array.of(1, 0);
    const { heat } = aligner.align({ ...both, normalized: true, weights });
    assert.deepEqual([...heat], [1, 0]);
  });

  test('agrees with the similarities of all pairs', () => {
    const random = randomFrom(5);
    for (const normalized of [true, false]) {
      const query = randomMulti(random, 9, 20);
      const document = randomMulti(random, 31, 20);
      const aligner = DocumentAligner.open(kernels);
      const { scores, winners } = aligner.align({ query, document, normalized });
      const { values, documentTokens } = similaritiesOf(query, document, normalized);
      for (let q = 0; q < 9; q += 1) {
        const row = [...values.subarray(q * documentTokens, (q + 1) * documentTokens)];
        near(
          (scores[q] ?? 0) / (1 + Math.abs(scores[q] ?? 0)),
          Math.max(...row) / (1 + Math.abs(scores[q] ?? 0)),
        );
        assert.deepEqual(winners[q], [row.indexOf(Math.max(...row))]);
      }
    }
  });
});

describe('heat map', () => {
  test('a cell is as warm as what covers it, by area', () => {
    const box = (x: number, y: number, width: number, height: number): Box => ({
      x,
      y,
      width,
      height,
    });
    const { cells } = heatMap(
      [
        { box: box(0, 0, 0.5, 0.5), heat: 1 },
        { box: box(0.5, 0, 0.25, 1), heat: 0.5 },
      ],
      2,
      2,
    );
    assert.deepEqual([...cells], [1, 0.25, 0, 0.25]);
  });

  test('patches over each other are averaged', () => {
    const page = { x: 0, y: 0, width: 1, height: 1 };
    const { cells } = heatMap(
      [
        { box: page, heat: 0.2 },
        { box: { ...page, width: 0.5 }, heat: 1 },
      ],
      2,
      1,
    );
    assert.deepEqual(
      [...cells].map((cell) => cell.toFixed(3)),
      ['0.600', '0.200'],
    );
  });

  test('boxes at the edges and outside stay inside the grid', () => {
    const { cells } = heatMap(
      [{ box: { x: 0.9, y: 0.9, width: 0.5, height: 0.5 }, heat: 1 }],
      3,
      3,
    );
    assert.equal(cells.length, 9);
    assert.ok((cells[8] ?? 0) > 0 && cells.subarray(0, 8).every((cell) => cell === 0));
  });
});

describe('keyword marks', () => {
  const terms = [
    { term: 'fox', weight: 2 },
    { term: 'red', weight: 1 },
  ];

  test('stand where the words are, in any letter case', () => {
    const marks = keywordMarks('Fox, fox-trot; foxes', terms, { tokenization: 'word' });
    assert.deepEqual(
      marks.map(({ start, end }) => [start, end]),
      [
        [0, 3],
        [5, 8],
      ],
    );
  });

  test('are worth more close to other terms', () => {
    const far = ' '.repeat(300);
    const [near1, near2, alone] = keywordMarks(`red fox${far}fox`, terms, { tokenization: 'word' });
    assert.deepEqual([near1?.weight, near2?.weight, alone?.weight], [2, 4, 2]);
  });

  test('follow the tokenization', () => {
    const ofCase = [{ term: 'Red.', weight: 1 }];
    assert.deepEqual(keywordMarks('a Red. b', ofCase, { tokenization: 'whitespace' })[0]?.start, 2);
    assert.equal(keywordMarks('a red. b', ofCase, { tokenization: 'whitespace' }).length, 0);
    const [whole] = keywordMarks('a red', [{ term: 'a red', weight: 1 }], {
      tokenization: 'field',
    });
    assert.deepEqual([whole?.start, whole?.end], [0, 5]);
    const [window] = keywordMarks('foxes', [{ term: 'oxe', weight: 1 }], {
      tokenization: 'trigram',
    });
    assert.deepEqual([window?.start, window?.end], [0, 5]);
    assert.deepEqual(keywordMarks('', ofCase, { tokenization: 'field' }), []);
  });
});

describe('query words', () => {
  test('markers, stopwords, question words and punctuation do not count', () => {
    const text = 'What is tessellation?';
    const spans = Uint32Array.of(0, 0, 0, 4, 5, 7, 8, 12, 12, 20, 20, 21, 21, 21);
    const words = queryWords({ text, spans });
    assert.equal(words[3]?.text, 'tessellation');
    assert.equal(words[4], words[3]);
    assert.deepEqual([...tokenWeights(words, new Set(['is']))], [0, 0, 0, 1, 1, 0, 0]);
  });

  test('when none would count, all do', () => {
    const words = queryWords({ text: 'what is', spans: Uint32Array.of(0, 4, 5, 7) });
    assert.deepEqual([...tokenWeights(words, new Set(['is']))], [1, 1]);
  });
});

describe('ranked boxes', () => {
  const at = (x: number, weight: number, text = '') => ({
    ...{ box: { x, y: 0, width: 0.1, height: 0.1 }, weight, text },
  });

  test('the same place found twice counts twice, and keeps its word', () => {
    const ranked = rankBoxes([at(0, 2, 'a'), at(0.5, 3, 'b'), at(0, 2), at(0.7, 0)]);
    assert.deepEqual(
      ranked.map(({ text, weight }) => [text, weight]),
      [
        ['a', 1],
        ['b', 0.75],
      ],
    );
  });

  test('weak places and more than sixteen are left out', () => {
    assert.equal(rankBoxes([at(0, 10), at(0.1, 1.9)]).length, 1);
    const many = Array.from({ length: 40 }, (_, i) => at(i / 100, 1));
    assert.deepEqual(
      rankBoxes(many.toReversed()).map(({ box }) => box.x),
      many.slice(0, 16).map(({ box }) => box.x),
    );
    assert.deepEqual(rankBoxes([]), []);
  });
});

describe('snippet', () => {
  test('is the passage whose marks are worth most, with them', () => {
    const text = `${'far away '.repeat(60)}the red fox jumps${' and so on'.repeat(60)}`;
    const red = text.indexOf('red');
    const found = snippetOf(text, [
      { start: 0, end: 3, weight: 1 },
      { start: red, end: red + 3, weight: 1 },
      { start: red + 4, end: red + 7, weight: 1 },
    ]);
    assert.ok(found && found.text.length <= 300);
    assert.deepEqual(
      found.marks.map(([start, end]) => found.text.slice(start, end)),
      ['red', 'fox'],
    );
    assert.equal(text.slice(found.start, found.start + found.text.length), found.text);
    assert.match(found.text, /^\S.*\S$/s);
  });

  test('there is none without marks, and marks that overlap become one', () => {
    assert.equal(snippetOf('a text', []), undefined);
    assert.equal(snippetOf('a text', [{ start: 2, end: 2, weight: 1 }]), undefined);
    const marks = [
      { start: 0, end: 3, weight: 1 },
      { start: 2, end: 6, weight: 1 },
    ];
    assert.deepEqual(snippetOf('a text', marks)?.marks, [[0, 6]]);
  });

  test('a word without end is cut', () => {
    const text = 'x'.repeat(5000);
    const found = snippetOf(text, [{ start: 2000, end: 2010, weight: 1 }]);
    assert.ok(found && found.text.length < 400);
    assert.equal(found.marks.length, 1);
  });
});
