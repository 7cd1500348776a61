// Vector search over several targets at once. Each target's own search names its best documents; their
// scores under the other targets are filled in, and as soon as no document outside can reach the best
// combined ones any more, they are the answer. Otherwise each search goes deeper, at last everywhere.

import {
  type Combiner,
  combinerOf,
  combineScores,
  needsScales,
  type TargetScale,
  type WeightedSum,
} from '../fusion/combine-targets.ts';
import { prepareQuery } from '../multivector/maxsim.ts';
import { scoreSingle } from '../multivector/single-metrics.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { TopK } from '../multivector/top-k.ts';
import type { SearchEngine } from './search-engine.ts';
import { bestOf } from './stages.ts';
import type {
  FoundPlace,
  SearchTarget,
  VectorRequest,
  VectorSegment,
  VectorsFound,
} from './vector-search.ts';

/** Relative scores are stretched over the best so many of each target, or of a first page if larger. */
export const scaleDepthMin = 100;
/** The first depth of each target's search: so many, or so many times the hits wanted. */
const depthMin = 48;
const depthPerHit = 1.5;
/** Deeper searches go at least so many times deeper. */
const depthFactorMin = 2;
/** The fall of scores towards the end of a search is measured over this part of its depth. */
const fallShare = 1 / 4;
/** Going through everything is cheaper than searches for so large a part of it. */
const everythingShare = 1 / 64;

/** Where the search of one target ended. */
interface LegEnd {
  /** What a document beyond can score at most; -Infinity: none beyond has the vector. */
  readonly least: number;
  /** How much scores fall while the depth grows by a factor of e. */
  readonly fall: number;
}

/** The search of one target alone. */
export type TargetSearch = (
  segments: readonly VectorSegment[],
  request: VectorRequest,
) => VectorsFound;

/**
 * The documents of the best combined scores: the exact ones of all documents where the targets' own
 * searches are exact; where those go by candidates, a document that all of them miss is missed.
 * Combinations other than `minimum` leave out documents without one of the vectors.
 */
export function findSeveral(
  engine: SearchEngine,
  segments: readonly VectorSegment[],
  request: VectorRequest,
  search: TargetSearch,
): VectorsFound {
  return new SeveralTargets(engine, segments, request, search).find();
}

class SeveralTargets {
  readonly #request: VectorRequest;
  readonly #segments: readonly VectorSegment[];
  readonly #search: TargetSearch;
  readonly #scorers: readonly TargetScorer[];
  readonly #seen: SeenDocuments;
  readonly #documentCount: number;
  #steady = true;

  constructor(
    engine: SearchEngine,
    segments: readonly VectorSegment[],
    request: VectorRequest,
    search: TargetSearch,
  ) {
    const { targets, combination } = request;
    const names = targets.map(({ schema }) => schema.name);
    this.#request = request;
    this.#search = search;
    this.#segments =
      combination === 'minimum' ? segments : segments.map((one) => withAllVectors(one, names));
    this.#scorers = targets.map((target) => scorerOf(engine, target));
    this.#seen = new SeenDocuments(targets.length);
    this.#documentCount = this.#segments.reduce(
      (sum, { docs, documentCount }) => sum + (docs === 'all' ? documentCount : docs.length),
      0,
    );
  }

  find(): VectorsFound {
    const { limit, limitFirst = limit, combination, targets } = this.#request;
    const how = { combination, weights: targets.map(({ weight }) => weight) };
    const scaled = needsScales(how);
    const depth = scaled
      ? Math.max(scaleDepthMin, limitFirst)
      : Math.max(depthMin, Math.ceil(limit * depthPerHit));
    const ends = scaled ? this.#goTo(depth, () => true) : undefined;
    const combiner = combinerOf(how, targets.length, scaled ? this.#scales() : undefined);
    if (combiner.kind === 'largest') return this.#findLargest(combiner);
    return this.#deepen(combiner, depth, ends);
  }

  /** The best of the largest scores are among the best of one target or another. */
  #findLargest(combiner: Combiner): VectorsFound {
    const { limit } = this.#request;
    this.#goTo(limit, () => true);
    return this.#found(this.#settle(combiner, limit).places);
  }

  /** `ends` are those of `depth` where that was searched already. */
  #deepen(combiner: WeightedSum, depthFirst: number, ends?: readonly LegEnd[]): VectorsFound {
    const { limit, scoreMin = -Infinity } = this.#request;
    const { factors } = combiner;
    const helps = (target: number): boolean => factors[target]! > 0;
    const isBounded = factors.some((_, t) => helps(t)) && !factors.some((factor) => factor < 0);
    const depthMax = isBounded ? this.#documentCount * everythingShare : 0;
    let reached = ends;
    for (let depth = depthFirst; depth <= depthMax; ) {
      reached ??= this.#goTo(depth, helps);
      const best = this.#settle(combiner, limit);
      const growth = growthNeeded(combiner, Math.max(best.least, scoreMin), reached);
      if (growth === 1) return this.#found(best.places);
      // Searches that score everything would do so again.
      if (this.#steady) break;
      depth = Math.ceil(depth * Math.max(depthFactorMin, growth));
      reached = undefined;
    }
    this.#addEverything();
    return this.#found(this.#settle(combiner, limit).places);
  }

  #found(places: readonly FoundPlace[]): VectorsFound {
    return { places, profile: undefined, steady: this.#steady };
  }

  /**
   * Adds the best `depth` documents of each target that helps; the others end nowhere: at 0, which is
   * not looked at.
   */
  #goTo(depth: number, helps: (target: number) => boolean): LegEnd[] {
    const { exact } = this.#request;
    return this.#request.targets.map((target, index) => {
      if (!helps(index)) return { least: 0, fall: 0 };
      const { places, steady } = this.#search(this.#segments, {
        ...{ targets: [target], combination: 'minimum', limit: depth },
        ...(exact === undefined ? {} : { exact }),
      });
      this.#steady &&= steady;
      const best = bestOf(places, depth);
      for (const { segment, doc, score } of best) this.#seen.setExact(segment, doc, index, score);
      return endOf(best, depth);
    });
  }

  #addEverything(): void {
    for (const [segment, { docs, documentCount }] of this.#segments.entries()) {
      const count = docs === 'all' ? documentCount : docs.length;
      for (let i = 0; i < count; i++) this.#seen.add(segment, docs === 'all' ? i : docs[i]!);
    }
  }

  /** The best of the documents seen, with those that score the same as the last of them. */
  #settle(
    combiner: Combiner,
    limit: number,
  ): { readonly places: readonly FoundPlace[]; readonly least: number } {
    this.#bound();
    const { lows, highs, size } = this.#seen;
    const reaches = new Float64Array(size);
    const sure = new TopK(limit);
    for (let i = 0; i < size; i++) {
      const low = combineScores(combiner, lows, i);
      const high = combineScores(combiner, highs, i);
      // Where a factor is negative the two change places.
      reaches[i] = Math.max(low, high);
      if (!Number.isNaN(low)) sure.push(i, Math.min(low, high));
    }
    const top = new TopK(limit);
    const found: FoundPlace[] = [];
    for (const i of descending(reaches, sure.threshold)) {
      if (reaches[i]! < top.threshold) break;
      this.#finish(i);
      const score = combineScores(combiner, lows, i);
      if (Number.isNaN(score)) continue;
      top.push(i, score);
      found.push({ segment: this.#seen.segments[i]!, doc: this.#seen.docs[i]!, score });
    }
    const least = top.threshold;
    return { places: found.filter(({ score }) => score >= least), least };
  }

  /** Gives every document seen a lowest and a highest score under every target. */
  #bound(): void {
    const { segments, docs, lows, highs, bounded, size } = this.#seen;
    if (bounded === size) return;
    for (const [t, scorer] of this.#scorers.entries()) {
      const unknown = new Map<number, number[]>();
      for (let i = bounded; i < size; i++) {
        if (lows[t]![i] === highs[t]![i]) continue;
        const others = unknown.get(segments[i]!);
        if (others) others.push(i);
        else unknown.set(segments[i]!, [i]);
      }
      for (const [segment, places] of unknown) {
        places.sort((a, b) => docs[a]! - docs[b]!);
        const vectors = this.#segments[segment]!.vectors(scorer.name);
        const ids = Uint32Array.from(places, (place) => docs[place]!);
        const { low, high } = scorer.between(vectors, ids);
        for (let j = 0; j < places.length; j++) {
          lows[t]![places[j]!] = low[j]!;
          highs[t]![places[j]!] = high[j]!;
        }
      }
    }
    this.#seen.bounded = size;
  }

  /** Makes the scores of a document exact. */
  #finish(i: number): void {
    for (let t = 0; t < this.#scorers.length; t++) this.#finishOne(i, t);
  }

  #finishOne(i: number, t: number): number {
    const { segments, docs, lows, highs } = this.#seen;
    if (lows[t]![i]! < highs[t]![i]!) {
      const scorer = this.#scorers[t]!;
      const vectors = this.#segments[segments[i]!]!.vectors(scorer.name);
      const score = vectors === undefined ? Number.NaN : scorer.exact(vectors, docs[i]!);
      lows[t]![i] = score;
      highs[t]![i] = score;
    }
    return lows[t]![i]!;
  }

  /** The least and the largest score of each target over the documents seen. */
  #scales(): TargetScale[] {
    this.#bound();
    const { lows, highs, size } = this.#seen;
    return this.#scorers.map((_, t) => {
      let most = -Infinity;
      for (const i of descending(Float64Array.from(highs[t]!.slice(0, size)), -Infinity)) {
        if (highs[t]![i]! <= most) break;
        most = Math.max(most, this.#finishOne(i, t));
      }
      let least = Infinity;
      const falling = Float64Array.from({ length: size }, (_low, i) => -lows[t]![i]!);
      for (const i of descending(falling, -Infinity)) {
        if (lows[t]![i]! >= least) break;
        least = Math.min(least, this.#finishOne(i, t));
      }
      return { least, most };
    });
  }
}

/** Documents with what is known of their scores: `lows[t][i] <= score <= highs[t][i]`, NaN: no vector. */
class SeenDocuments {
  readonly segments: number[] = [];
  readonly docs: number[] = [];
  readonly lows: readonly number[][];
  readonly highs: readonly number[][];
  /** Documents up to here have bounds for every target. */
  bounded = 0;
  readonly #places = new Map<number, number>();

  constructor(targets: number) {
    this.lows = Array.from({ length: targets }, () => []);
    this.highs = Array.from({ length: targets }, () => []);
  }

  get size(): number {
    return this.docs.length;
  }

  /** Its place; the same every time. */
  add(segment: number, doc: number): number {
    const key = segment * 2 ** 32 + doc;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.docs.length;
    this.#places.set(key, place);
    this.segments.push(segment);
    this.docs.push(doc);
    for (const lows of this.lows) lows.push(-Infinity);
    for (const highs of this.highs) highs.push(Infinity);
    return place;
  }

  setExact(segment: number, doc: number, target: number, score: number): void {
    const place = this.add(segment, doc);
    this.lows[target]![place] = score;
    this.highs[target]![place] = score;
  }
}

function endOf(best: readonly FoundPlace[], depth: number): LegEnd {
  if (best.length < depth) return { least: -Infinity, fall: 0 };
  const scores = Float64Array.from(best, ({ score }) => score).sort();
  const before = scores[scores.length - Math.ceil(depth * fallShare)]!;
  return { least: scores[0]!, fall: (before - scores[0]!) / Math.log(1 / fallShare) };
}

/**
 * How many times deeper the searches should go until no document beyond can be among the best, judged
 * by how scores fell so far; 1 when none can already.
 */
function growthNeeded(combiner: WeightedSum, least: number, ends: readonly LegEnd[]): number {
  if (ends.some((end) => end.least === -Infinity)) return 1;
  const reach = combineScores(
    combiner,
    ends.map((end) => [end.least]),
    0,
  );
  // Rounding can make equal scores of different ones, whose order is that of their uuids.
  if (reach < least) return 1;
  const fall = ends.reduce((sum, end, t) => sum + combiner.factors[t]! * end.fall, 0);
  return Math.exp((reach - least) / fall);
}

/** Numbers of the values of at least `least`, the largest value first; NaN is left out. */
function descending(values: Float64Array, least: number): Uint32Array {
  const numbers: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i]! >= least) numbers.push(i);
  return Uint32Array.from(numbers).sort((a, b) =>
    values[a] === values[b] ? a - b : values[b]! - values[a]!,
  );
}

/** The documents of a segment that have a vector under each of the names. */
function withAllVectors(segment: VectorSegment, names: readonly string[]): VectorSegment {
  const all = names.map((name) => segment.vectors(name));
  const has = (doc: number): boolean => all.every((vectors) => hasVector(vectors, doc));
  let docs = segment.docs;
  if (docs !== 'all') docs = docs.filter(has);
  else if (!all.every((vectors) => isInEvery(vectors, segment.documentCount))) {
    docs = Uint32Array.from({ length: segment.documentCount }, (_, doc) => doc).filter(has);
  }
  return {
    documentCount: segment.documentCount,
    docs,
    vectors: (name) => segment.vectors(name),
    codes: (name) => segment.codes(name),
    lists: (name) => segment.lists(name),
  };
}

function isInEvery(vectors: TokenVectors | undefined, documentCount: number): boolean {
  if (vectors === undefined || vectors.documentCount < documentCount) return false;
  for (let doc = 0; doc < documentCount; doc++) if (vectors.count(doc) === 0) return false;
  return true;
}

function hasVector(vectors: TokenVectors | undefined, doc: number): vectors is TokenVectors {
  return vectors !== undefined && doc < vectors.documentCount && vectors.count(doc) > 0;
}

/** How one target scores any document. */
interface TargetScorer {
  readonly name: string;
  /** Scores between which the exact ones of the documents (ascending) lie; NaN without a vector. */
  between(
    vectors: TokenVectors | undefined,
    docs: Uint32Array,
  ): { readonly low: Float64Array; readonly high: Float64Array };
  /** The document must have a vector. */
  exact(vectors: TokenVectors, doc: number): number;
}

function scorerOf(engine: SearchEngine, target: SearchTarget): TargetScorer {
  return target.schema.kind === 'single' ? singleScorer(target) : multiScorer(engine, target);
}

function multiScorer({ scorer }: SearchEngine, { schema, vector }: SearchTarget): TargetScorer {
  const query = prepareQuery(vector, schema.metric === 'cosine');
  return {
    name: schema.name,
    between: (vectors, docs) => {
      const low = new Float64Array(docs.length).fill(Number.NaN);
      const high = new Float64Array(docs.length).fill(Number.NaN);
      if (vectors === undefined) return { low, high };
      const own = docs.filter((doc) => hasVector(vectors, doc));
      const scores = new Float32Array(own.length);
      scorer.scoreDocuments(query, vectors, own, own.length, scores);
      let at = 0;
      for (let i = 0; i < docs.length; i++) {
        if (own[at] !== docs[i]) continue;
        const score = scores[at]!;
        const bound = scorer.boundOf(query, vectors, docs[i]!) + Math.abs(score) * 2 ** -22;
        const isKnown = Number.isFinite(score) && Number.isFinite(bound);
        low[i] = isKnown ? score - bound : -Infinity;
        high[i] = isKnown ? score + bound : Infinity;
        at += 1;
      }
      return { low, high };
    },
    exact: (vectors, doc) => scorer.scoreExact(query, vectors, doc),
  };
}

function singleScorer({ schema, vector }: SearchTarget): TargetScorer {
  let buffer = new Float32Array(0);
  const exact = (vectors: TokenVectors, doc: number): number => {
    if (buffer.length !== vectors.dims) buffer = new Float32Array(vectors.dims);
    vectors.readOriginals(doc, buffer);
    return scoreSingle(schema.metric, vector.values, buffer);
  };
  return {
    name: schema.name,
    between: (vectors, docs) => {
      const scores = Float64Array.from(docs, (doc) =>
        hasVector(vectors, doc) ? exact(vectors, doc) : Number.NaN,
      );
      return { low: scores, high: scores };
    },
    exact,
  };
}
