// A collection with several vectors whose objects lie in every kind of segment, beside a plain map of the
// same objects that scores all of them: what whole searches are compared with.

import assert from 'node:assert/strict';
import type { Collection } from '../src/database/collection.ts';
import type { Database } from '../src/database/database.ts';
import { resolveCollection } from '../src/database/schema/collection-schema.ts';
import type { SearchResult } from '../src/database/search.ts';
import type { Properties, VectorValue } from '../src/engine/document.ts';
import type { Filter } from '../src/engine/filter/filter.ts';
import type { Combination, Query } from '../src/engine/query/query.ts';
import { noContext, openDatabase, uuidOf } from './simulation/world.ts';

/** Dims of the vectors of the collection: two multi-vectors and two single ones. */
const shapes = {
  words: { kind: 'multi', dims: 48, metric: 'cosine' },
  patches: { kind: 'multi', dims: 32, metric: 'dot' },
  gist: { kind: 'single', dims: 24, metric: 'cosine' },
  place: { kind: 'single', dims: 3, metric: 'l2-squared' },
} as const;
export type VectorName = keyof typeof shapes;
export const vectorNames = Object.keys(shapes) as readonly VectorName[];

/** Of fifty objects four share their vectors, with others of other segments: equal scores. */
const twins = 4;
const twinSets = 12;
const topicCount = 97;
const wordCount = 1024;

/** A repeatable sequence of numbers in 0 … 1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x45d9_f3b);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9_f3b);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Vectors of words: rows near the middles of a vocabulary, most of them of the object's topic. */
export class Words {
  readonly random: () => number;
  readonly #middles = new Map<number, Float32Array>();

  constructor(seed: number) {
    this.random = randomFrom(seed);
    for (const dims of new Set(vectorNames.map((name) => shapes[name].dims))) {
      this.#middles.set(
        dims,
        new Float32Array(wordCount * dims).map(() => this.#gaussian()),
      );
    }
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  /** Of a document, or of a query, whose words are nearer to their middles. */
  vector(name: VectorName, topic: number, tokens: number, noise = 0.6): VectorValue {
    const { kind, dims } = shapes[name];
    const middles = this.#middles.get(dims)!;
    const rows = kind === 'single' ? 1 : tokens;
    const values = new Float32Array(rows * dims);
    for (let row = 0; row < rows; row += 1) {
      const spread = this.random() < 0.6 ? 32 : wordCount;
      const word = (topic * 37 + this.below(spread)) % wordCount;
      for (let i = 0; i < dims; i += 1) {
        values[row * dims + i] = middles[word * dims + i]! + noise * this.#gaussian();
      }
    }
    return { kind, dims, values };
  }

  #gaussian(): number {
    return (this.random() + this.random() + this.random() + this.random() - 2) * 1.7;
  }
}

export interface ModelObject {
  readonly uuid: string;
  readonly properties: Properties & { readonly number: number; readonly group: string };
  readonly vectors: ReadonlyMap<string, VectorValue>;
}

export interface Scored {
  readonly uuid: string;
  readonly score: number;
}

/** What a search must give; `score` is larger where it is closer. */
export class Model {
  readonly objects = new Map<string, ModelObject>();
  readonly #rows = new WeakMap<VectorValue, Float64Array>();
  /** Scores of stored vectors under a query: both stay as they are. */
  readonly #known = new WeakMap<VectorValue, WeakMap<VectorValue, number>>();

  /** Scores of all objects that have the vector and pass. */
  scores(
    name: VectorName,
    query: VectorValue,
    passes: (object: ModelObject) => boolean = () => true,
  ): Map<string, number> {
    const scores = new Map<string, number>();
    for (const object of this.objects.values()) {
      const vector = object.vectors.get(name);
      if (vector && passes(object)) scores.set(object.uuid, this.#score(name, query, vector));
    }
    return scores;
  }

  #score(name: VectorName, query: VectorValue, vector: VectorValue): number {
    const known = this.#known.get(query) ?? new WeakMap<VectorValue, number>();
    this.#known.set(query, known);
    const score = known.get(vector) ?? this.#maxSim(name, query, vector);
    known.set(vector, score);
    return score;
  }

  #maxSim(name: VectorName, query: VectorValue, vector: VectorValue): number {
    const { metric, kind, dims } = shapes[name];
    const asked = this.#rowsOf(metric, query);
    const rows = this.#rowsOf(metric, vector);
    if (metric === 'l2-squared') {
      return -rows.reduce((sum, one, i) => sum + (one - asked[i]!) ** 2, 0);
    }
    let sum = 0;
    for (let q = 0; q < asked.length; q += dims) {
      let best = Number.NEGATIVE_INFINITY;
      for (let d = 0; d < rows.length; d += dims) {
        let dot = 0;
        for (let i = 0; i < dims; i += 1) dot += asked[q + i]! * rows[d + i]!;
        if (dot > best) best = dot;
      }
      sum += best;
    }
    return kind === 'single' && metric === 'cosine' ? sum - 1 : sum;
  }

  /** The combined score of all objects that pass, where it has one. */
  combined(
    targets: readonly ModelTarget[],
    combination: Combination,
    passes?: (object: ModelObject) => boolean,
  ): Map<string, number> {
    const each = targets.map(({ name, query }) => this.scores(name, query, passes));
    const uuids = new Set(each.flatMap((scores) => [...scores.keys()]));
    const has = (uuid: string): boolean => each.every((scores) => scores.has(uuid));
    const complete = [...uuids].filter(has);
    if (combination === 'minimum') {
      const best = (uuid: string): number =>
        Math.max(...each.flatMap((scores) => scores.get(uuid) ?? []));
      return new Map([...uuids].map((uuid) => [uuid, best(uuid)]));
    }
    const scaled = new Set(
      each.flatMap((scores) =>
        ranked(new Map(complete.map((uuid) => [uuid, scores.get(uuid)!])))
          .slice(0, 100)
          .map(({ uuid }) => uuid),
      ),
    );
    const parts = each.map((scores, t) => {
      const own = [...scaled].map((uuid) => scores.get(uuid)!);
      const most = Math.max(...own);
      const spread = most - Math.min(...own);
      const { weight } = targets[t]!;
      const share = {
        sum: (score: number) => score,
        average: (score: number) => score / targets.length,
        manual: (score: number) => score * weight,
        relativeScore: (score: number) => (weight * (score - most)) / spread,
      }[combination];
      return (uuid: string) => share(scores.get(uuid)!);
    });
    return new Map(
      complete.map((uuid) => [uuid, parts.reduce((sum, part) => sum + part(uuid), 0)]),
    );
  }

  /** Rows, of unit length for cosine. */
  #rowsOf(metric: string, vector: VectorValue): Float64Array {
    const known = this.#rows.get(vector);
    if (known) return known;
    const rows = Float64Array.from(vector.values);
    for (let at = 0; metric === 'cosine' && at < rows.length; at += vector.dims) {
      const length = Math.hypot(...rows.subarray(at, at + vector.dims));
      for (let i = 0; i < vector.dims; i += 1) rows[at + i]! /= length;
    }
    this.#rows.set(vector, rows);
    return rows;
  }
}

export interface ModelTarget {
  readonly name: VectorName;
  readonly query: VectorValue;
  readonly weight: number;
}

/** Best first, equal scores by uuid. */
export function ranked(scores: ReadonlyMap<string, number>): Scored[] {
  return Array.from(scores, ([uuid, score]) => ({ uuid, score })).sort(
    (a, b) => b.score - a.score || (a.uuid < b.uuid ? -1 : 1),
  );
}

export interface WorldOptions {
  /** Objects in the trained segment, in one that is too small to be trained, and in memory. */
  readonly objects: readonly [trained: number, sealed: number, memory: number];
}

/** The collection, the model beside it, and writes that go to both. */
export class SemanticsWorld implements AsyncDisposable {
  readonly words: Words;
  readonly model = new Model();
  readonly database: Database;
  readonly collection: Collection;
  #made = 0;
  readonly #twins: ReadonlyMap<string, VectorValue>[] = [];

  private constructor(database: Database, collection: Collection, seed: number) {
    this.words = new Words(seed);
    this.database = database;
    this.collection = collection;
  }

  /** Fills three kinds of segments; the large one is trained by the compaction. */
  static async open(seed: number, { objects }: WorldOptions): Promise<SemanticsWorld> {
    const database = await openDatabase();
    await database.createCollection(
      resolveCollection({
        name: 'Pages',
        properties: [
          { name: 'text', type: 'text' },
          { name: 'number', type: 'int' },
          { name: 'group', type: 'text', tokenization: 'field' },
          { name: 'tags', type: 'text[]' },
        ],
        vectors: vectorNames.map((name) => ({
          name,
          kind: shapes[name].kind,
          metric: shapes[name].metric,
        })),
      }),
    );
    const world = new SemanticsWorld(database, database.collection('Pages'), seed);
    const [trained, sealed, memory] = objects;
    await world.add(trained);
    await world.seal();
    await world.add(sealed);
    await world.seal();
    await world.add(memory);
    return world;
  }

  async seal(): Promise<void> {
    await this.database.flush();
    await this.database.settled();
  }

  /** Adds new objects. */
  async add(count: number): Promise<void> {
    for (let from = 0; from < count; from += 500) {
      const size = Math.min(500, count - from);
      await this.put(Array.from({ length: size }, () => this.make()));
    }
  }

  async put(objects: readonly ModelObject[]): Promise<void> {
    const results = await this.collection.insertMany(objects, noContext);
    assert.ok(results.every(({ kind }) => kind === 'stored'));
    for (const object of objects) this.model.objects.set(object.uuid, object);
  }

  async delete(uuid: string): Promise<void> {
    assert.equal(await this.collection.delete(uuid), this.model.objects.delete(uuid));
  }

  /** A new object; `uuid` is taken over from one that it replaces. */
  make(uuid?: string): ModelObject {
    const made = this.#made;
    this.#made += 1;
    const topic = this.words.below(topicCount);
    const isTwin = made % 50 < twins;
    const vectors = isTwin ? this.#twin(Math.floor(made / 50)) : this.#vectors(topic);
    // Every eleventh object lacks the first vector, every thirteenth the second, and so on.
    for (const [i, name] of vectorNames.entries()) {
      if (!isTwin && made % (11 + 2 * i) === 5) vectors.delete(name);
    }
    const number = this.words.below(1000);
    const tags = ['red', 'green', 'blue'].filter(() => this.words.random() < 0.4);
    return {
      // Uuids in no order of time, so that neighbours in the order of uuids lie in several segments.
      uuid: uuid ?? uuidOf((made * 7919) % 1_000_003),
      properties: {
        text: `topic${topic} word${this.words.below(40)} word${this.words.below(40)}`,
        number,
        group: `group ${topic % 7}`,
        tags,
      },
      vectors,
    };
  }

  query(name: VectorName, tokens = 16): VectorValue {
    return this.words.vector(name, this.words.below(topicCount), tokens, 0.5);
  }

  /** Uuids and scores of a search, and all else that it tells. */
  async search(query: Query, exact = false): Promise<{ hits: Scored[]; result: SearchResult }> {
    const options = { explain: false, vectors: false, ...(exact ? { exact } : {}) };
    const result = await this.collection.search(query, options, noContext);
    const hits = result.hits.map(({ document, score = 0 }) => ({ uuid: document.uuid, score }));
    return { hits, result };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
  }

  #twin(n: number): Map<string, VectorValue> {
    const set = n % twinSets;
    this.#twins[set] ??= this.#vectors(set);
    return new Map(this.#twins[set]);
  }

  #vectors(topic: number): Map<string, VectorValue> {
    return new Map(
      vectorNames.map((name) => [name, this.words.vector(name, topic, 8 + this.words.below(4))]),
    );
  }
}

export interface Asked {
  readonly limit?: number;
  readonly offset?: number;
  readonly autocut?: number;
  readonly scoreMin?: number;
  readonly filter?: Filter;
}

/** A vector search of one or several targets. */
export function vectorQuery(
  targets: readonly ModelTarget[],
  asked: Asked = {},
  combination: Combination = 'minimum',
): Extract<Query, { kind: 'vector' }> {
  const { limit = 10, offset = 0, autocut = 0, scoreMin, filter } = asked;
  return {
    kind: 'vector',
    ...{ limit, offset, autocut },
    ...(filter ? { filter } : {}),
    search: {
      input: { kind: 'vectors', vectors: targets.map(({ query }) => query) },
      targets: {
        names: targets.map(({ name }) => name),
        combination,
        weights: targets.map(({ weight }) => weight),
      },
      ...(scoreMin === undefined ? {} : { scoreMin }),
    },
  };
}

/** Objects whose number, one of 0 … 999, is less. */
export function numberBelow(value: number): Filter {
  return {
    kind: 'compare',
    operator: 'lessThan',
    target: { kind: 'property', name: 'number' },
    value,
  };
}

/**
 * The hits are what the model ranks first: the same scores in the same order, each hit with its own
 * score, equal scores by uuid.
 */
export function assertRanking(
  hits: readonly Scored[],
  wanted: ReadonlyMap<string, number>,
  limit: number,
  what: string,
): void {
  const best = ranked(wanted);
  assert.equal(hits.length, Math.min(limit, best.length), `${what}: hits`);
  for (const [place, { uuid, score }] of hits.entries()) {
    const own = wanted.get(uuid);
    const near = 1e-4 * Math.max(1, Math.abs(score));
    assert.ok(own !== undefined, `${what}: ${uuid} is no hit`);
    assert.ok(Math.abs(score - own) < near, `${what}: ${uuid} scores ${score}, not ${own}`);
    const here = best[place]!.score;
    assert.ok(
      Math.abs(score - here) < near,
      `${what}: place ${place} scores ${score}, not ${here}`,
    );
  }
  assertOrder(hits, what);
}

/** Best first, equal scores by uuid, nothing twice. */
export function assertOrder(hits: readonly Scored[], what: string): void {
  for (const [i, { uuid, score }] of hits.entries()) {
    const next = hits[i + 1];
    if (!next) continue;
    const ordered = score > next.score || (score === next.score && uuid < next.uuid);
    assert.ok(ordered, `${what}: ${uuid} ${score} before ${next.uuid} ${next.score}`);
  }
}

/** The part of the model's best that the hits have; a tie at the end counts for each of its objects. */
export function recallOf(
  hits: readonly Scored[],
  wanted: ReadonlyMap<string, number>,
  k: number,
): number {
  const best = ranked(wanted).slice(0, k);
  const least = best.at(-1)?.score ?? 0;
  const near = 1e-5 * Math.max(1, Math.abs(least));
  const found = hits.filter(({ uuid }) => wanted.get(uuid)! >= least - near).length;
  return best.length === 0 ? 1 : found / best.length;
}
