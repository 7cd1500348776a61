// Scores of searches, worked out for every object by the formulas as they are written down.

import type { Combination } from '../../src/index.ts';
import type { PlainSearch, PlainVectors, SeenHit } from './face.ts';
import type { ModelObject, ModelSettings } from './model.ts';
import { propertyTerms, termsOf, textProperties } from './model-filter.ts';

type VectorQuestion = Exclude<PlainSearch, { readonly kind: 'keyword' | 'hybrid' }>;
type KeywordQuestion = Pick<
  Extract<PlainSearch, { readonly kind: 'keyword' }>,
  'text' | 'properties' | 'operator'
>;

/** Of the items. */
const searchedByDefault = ['title', 'tag', 'tags'];

/** What a search is asked of. */
export interface Searched {
  /** All that is stored. */
  readonly objects: readonly ModelObject[];
  /** Those that the filter allows. */
  readonly allowed: readonly ModelObject[];
  readonly settings: ModelSettings;
}

/** Scores of all that can be found, in any order. */
export function modelScores(request: PlainSearch, searched: Searched): SeenHit[] {
  switch (request.kind) {
    case 'keyword':
      return keywordScores(request, searched);
    case 'hybrid':
      return hybridScores(request, searched);
    default:
      return vectorScores(request, searched);
  }
}

/** By relative score fusion. */
function hybridScores(
  request: Extract<PlainSearch, { readonly kind: 'hybrid' }>,
  searched: Searched,
): SeenHit[] {
  const { vector, name, alpha = 0.7, scoreMin } = request;
  if (!vector) throw new Error('hybrid searches of these tests bring their vector');
  const question: VectorQuestion = {
    kind: 'vector',
    vector,
    ...(name === undefined ? {} : { name }),
    ...(scoreMin === undefined ? {} : { scoreMin }),
  };
  const legs = [
    { hits: alpha < 1 ? keywordScores(request, searched) : [], weight: 1 - alpha },
    { hits: alpha > 0 ? vectorScores(question, searched) : [], weight: alpha },
  ];
  const scores = new Map<string, number>();
  for (const { hits, weight } of legs) {
    const least = Math.min(...hits.map(({ score }) => score));
    const most = Math.max(...hits.map(({ score }) => score));
    for (const { uuid, score } of hits) {
      const share = most > least ? (score - least) / (most - least) : 1;
      scores.set(uuid, (scores.get(uuid) ?? 0) + share * weight);
    }
  }
  return Array.from(scores, ([uuid, score]) => ({ uuid, score }));
}

/** BM25 over each property, added up: the inverse frequency of a term is one for a tokenization. */
function keywordScores(
  { text, properties, operator }: KeywordQuestion,
  { objects, allowed }: Searched,
): SeenHit[] {
  const named = (properties ?? searchedByDefault).map((each) =>
    typeof each === 'string' ? { name: each, boost: 1 } : each,
  );
  const scores = new Map<string, number>();
  for (const { name, boost } of named) {
    const tokenization = textProperties[name] ?? 'word';
    const query = termsOf(text, tokenization);
    const wanted = [...new Set(query)];
    const alike = named.filter((other) => textProperties[other.name] === tokenization);
    const needed =
      operator?.kind === 'and' ? wanted.length : operator?.kind === 'or' ? operator.matchesMin : 1;
    const held = new Map(objects.map((object) => [object.uuid, propertyTerms(object, name)]));
    const lengths = [...held.values()].map((terms) => terms.length).filter((length) => length > 0);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    for (const [uuid, terms] of held) {
      const matched = wanted.filter((term) => terms.includes(term));
      if (matched.length < Math.max(1, needed)) continue;
      for (const term of matched) {
        const repeats = query.filter((each) => each === term).length;
        const rarity = rarityOf(term, alike, objects);
        const share = shareOf(terms, term, mean);
        scores.set(uuid, (scores.get(uuid) ?? 0) + boost * repeats * rarity * share);
      }
    }
  }
  return allowed.flatMap(({ uuid }) => {
    const score = scores.get(uuid);
    return score === undefined ? [] : [{ uuid, score }];
  });
}

function shareOf(terms: readonly string[], term: string, mean: number): number {
  const [k1, b] = [1.2, 0.75];
  const frequency = terms.filter((each) => each === term).length;
  return frequency / (frequency + k1 * (1 - b + (b * terms.length) / mean));
}

function rarityOf(
  term: string,
  properties: readonly { readonly name: string }[],
  objects: readonly ModelObject[],
): number {
  const counts = properties
    .map(({ name }) => objects.filter((one) => propertyTerms(one, name).includes(term)).length)
    .filter((count) => count > 0);
  const holders = Math.floor(counts.reduce((sum, count) => sum + count, 0) / counts.length);
  return Math.log(1 + (objects.length - holders + 0.5) / (holders + 0.5));
}

interface Target {
  readonly name: keyof PlainVectors;
  readonly vector: unknown;
  readonly weight: number;
}

function vectorScores(
  request: VectorQuestion,
  { objects, allowed, settings }: Searched,
): SeenHit[] {
  const { combination = 'minimum', scoreMin = -Infinity } = request;
  const targets = targetsOf(request, objects);
  const scored = allowed.map((object) => ({
    uuid: object.uuid,
    scores: targets.map(({ name, vector }) => scoreOf(name, vector, object, settings)),
  }));
  const combine = combiner(combination, targets, scored);
  return scored
    .map(({ uuid, scores }) => ({ uuid, score: combine(scores) }))
    .filter(({ score }) => !Number.isNaN(score) && score >= scoreMin);
}

function targetsOf(request: VectorQuestion, objects: readonly ModelObject[]): Target[] {
  if (request.kind === 'vectors') {
    const { weights = {} } = request;
    return Object.entries(request.vectors).map(([name, vector]) => ({
      name: name as keyof PlainVectors,
      vector,
      weight: weights[name] ?? 1,
    }));
  }
  const names = [request.name ?? []].flat() as (keyof PlainVectors)[];
  const own =
    request.kind === 'object' ? objects.find(({ uuid }) => uuid === request.uuid) : undefined;
  return names.map((name, index) => ({
    name,
    vector: request.kind === 'vector' ? request.vector : own?.vectors[name],
    weight: request.weights?.[index] ?? 1,
  }));
}

/** NaN where the object has no such vector. */
function scoreOf(
  name: keyof PlainVectors,
  query: unknown,
  { vectors }: ModelObject,
  { metric }: ModelSettings,
): number {
  const stored = vectors[name];
  if (!stored) return Number.NaN;
  if (name === 'sv') return singleScore(query as number[], stored as number[], metric);
  const rows = (stored as number[][]).map(unit);
  return (query as number[][])
    .map(unit)
    .reduce((sum, token) => sum + Math.max(...rows.map((row) => dot(token, row))), 0);
}

function singleScore(a: number[], b: number[], metric: ModelSettings['metric']): number {
  if (metric === 'dot') return dot(a, b);
  if (metric === 'l2-squared') return -a.reduce((sum, x, i) => sum + (x - (b[i] ?? 0)) ** 2, 0);
  return dot(unit(a), unit(b)) - 1;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector) || 1;
  return vector.map((x) => x / length);
}

type Combine = (scores: readonly number[]) => number;

/** NaN where the combination has no score. */
function combiner(
  combination: Combination,
  targets: readonly Target[],
  scored: readonly { readonly scores: readonly number[] }[],
): Combine {
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  switch (combination) {
    case 'sum':
      return sum;
    case 'average':
      return (scores) => sum(scores) / scores.length;
    case 'manual':
      return (scores) => sum(scores.map((score, index) => score * (targets[index]?.weight ?? 1)));
    case 'relativeScore': {
      // Objects that lack one of the vectors are not found, and don't stretch the others.
      const whole = scored.filter(({ scores }) => !scores.some(Number.isNaN));
      const ranges = targets.map((_, index) => {
        const present = whole.map(({ scores }) => scores[index] as number);
        return { least: Math.min(...present), most: Math.max(...present) };
      });
      return (scores) =>
        sum(
          scores.map((score, index) => {
            const { least, most } = ranges[index] as { least: number; most: number };
            const share = most > least ? (score - most) / (most - least) : score - score;
            return share * (targets[index]?.weight ?? 1);
          }),
        );
    }
    default:
      return (scores) => {
        const present = scores.filter((score) => !Number.isNaN(score));
        return present.length === 0 ? Number.NaN : Math.max(...present);
      };
  }
}
