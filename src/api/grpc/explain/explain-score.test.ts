import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcCalls, type JsonObject } from '../../../../test/grpc/golden-messages.ts';
import type { HybridQuery, KeywordQuery, LegExplanation } from '../../../engine/query/query.ts';
import { explainScore, formatFloat32 } from './explain-score.ts';

const page = { offset: 0, limit: 10, autocut: 0 } as const;
const keywordQuery: KeywordQuery = {
  ...page,
  kind: 'keyword',
  search: { text: 'x', operator: { kind: 'or', matchesMin: 1 } },
};

function hybridQuery(fusion: HybridQuery['fusion']): HybridQuery {
  const targets = { names: [], combination: 'minimum', weights: [] } as const;
  return { ...page, kind: 'hybrid', alpha: 0.75, fusion, vector: { targets } };
}

test('float32 numbers are printed in the shortest form that reads back equal', () => {
  const cases: readonly [number, string][] = [
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [5.0767946243286133, '5.0767946'],
    [0.84999996, '0.84999996'],
    [1 / 60, '0.016666668'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.25e-7, '1.25e-07'],
    [16777216, '1.6777216e+07'],
    [123456, '123456'],
    [1234567, '1.234567e+06'],
    [-1200, '-1200'],
    [1e21, '1e+21'],
    [3.4028234663852886e38, '3.4028235e+38'],
  ];
  for (const [value, text] of cases) {
    assert.equal(formatFloat32(value), text);
  }
});

test('terms of a keyword hit are listed with frequency and length, each pair once', () => {
  const term = { property: 'text', term: 'database', frequency: 3, propertyLength: 3 };
  const explanation = { terms: [term, term, { ...term, term: 'ai' }], legs: [], notes: [] };
  assert.equal(
    explainScore(explanation, keywordQuery, 'u', 'hybridVector'),
    ', BM25F_database_frequency:3, BM25F_database_propLength:3, BM25F_ai_frequency:3, BM25F_ai_propLength:3',
  );
});

test('notes stand at the end on their own lines', () => {
  const explanation = {
    terms: [],
    legs: [{ leg: 'keyword', score: 2, contribution: 0.25 }] as const,
    notes: ['the vector leg did not run'],
  };
  assert.equal(
    explainScore(explanation, hybridQuery('relativeScore'), 'u', 'hybridVector'),
    '\nHybrid (Result Set keyword,bm25) Document u: original score 2, normalized score: 0.25\nthe vector leg did not run',
  );
});

test('a search without an explanation has an empty text', () => {
  assert.equal(explainScore(undefined, keywordQuery, 'u', 'hybridVector'), '');
});

interface RecordedText {
  readonly name: string;
  readonly uuid: string;
  readonly text: string;
}

/** Every explanation of a hybrid search in the recordings. */
function recordedTexts(): readonly RecordedText[] {
  return ['hybrid', 'multi_target', 'seed_python', 'seed_typescript', 'typescript_misc']
    .flatMap((topic) => grpcCalls(topic, 'Search'))
    .flatMap(({ case: name, call }) => {
      const results = (call.reply?.['results'] ?? []) as readonly { metadata: JsonObject }[];
      return results.map(({ metadata }) => ({
        name,
        uuid: String(metadata['id']),
        text: String(metadata['explain_score'] ?? ''),
      }));
    })
    .filter(({ text }) => text.includes('Hybrid'));
}

function parseLegs(text: string): readonly LegExplanation[] {
  const pattern =
    /Result Set (keyword|vector),\w+\) Document \S+?(?:: original score (\S+), normalized score: (\S+)| contributed (\S+) to)/g;
  return [...text.matchAll(pattern)].map(([, leg, original, normalized, contributed]) => ({
    leg: leg as LegExplanation['leg'],
    score: Number(original ?? 0) - (leg === 'vector' ? 1 : 0),
    contribution: Number(normalized ?? contributed),
  }));
}

test('explanations of hybrid searches read as the recorded ones, letter by letter', () => {
  const texts = recordedTexts();
  assert(texts.length > 80);
  for (const { name, uuid, text } of texts) {
    const query = hybridQuery(text.includes('contributed') ? 'ranked' : 'relativeScore');
    const vectorLeg = text.includes('vector,nearVector') ? 'nearVector' : 'hybridVector';
    const explanation = { terms: [], legs: parseLegs(text), notes: [] };
    assert.equal(explainScore(explanation, query, uuid, vectorLeg), text, name);
  }
});
