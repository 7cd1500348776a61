// The public library: a late-interaction database inside this process, in a directory of its own. A thin
// layer over src/database that takes plain arrays and gives plain objects.

import type { Collection } from './database/collection.ts';
import type { CollectionConfig } from './database/collection-config.ts';
import type { ObjectInput, WriteResult } from './database/object-input.ts';
import { type DirectoryDatabase, openDirectory } from './database/open-directory.ts';
import type { CheckOptions } from './database/recall/check-settings.ts';
import type { CheckProgress, RecallReport } from './database/recall/recall-monitor.ts';
import type { CollectionInput } from './database/schema/collection-input.ts';
import { resolveCollection } from './database/schema/collection-schema.ts';
import type { SearchProfile, SearchResult } from './database/search.ts';
import { unreachable } from './engine/assert.ts';
import type {
  Document,
  Properties,
  PropertyValue,
  TokenPlaces,
  VectorValue,
} from './engine/document.ts';
import { DatabaseError } from './engine/errors.ts';
import type { HitMatches } from './engine/explain/hit-matches.ts';
import type { Filter } from './engine/filter/filter.ts';
import { sourcePositions } from './engine/multivector/pool-tokens.ts';
import type {
  Fusion,
  KeywordOperator,
  KeywordSearch,
  Query,
  ScoreExplanation,
  SortKey,
} from './engine/query/query.ts';
import { type VectorizerSettings, vectorizerSettings } from './vectorizers/create-vectorizers.ts';

export type { WriteResult } from './database/object-input.ts';
export type { CheckOptions } from './database/recall/check-settings.ts';
export type { RecallReport } from './database/recall/recall-monitor.ts';
export type { CollectionInput } from './database/schema/collection-input.ts';
export type { SearchProfile } from './database/search.ts';
export type {
  PageSize,
  Properties,
  PropertyValue,
  TokenPlaces,
  VectorValue,
} from './engine/document.ts';
export { DatabaseError, type ErrorCode } from './engine/errors.ts';
export type {
  HitMatches,
  MatchedBox,
  MatchedWord,
  TermMatches,
  TokenMatch,
  VectorMatches,
} from './engine/explain/hit-matches.ts';
export type { Snippet } from './engine/explain/snippet.ts';
export type { Filter } from './engine/filter/filter.ts';
export type { ScoreExplanation, SortKey } from './engine/query/query.ts';

/** What may be said when a database is opened; everything has a default. */
export interface OpenOptions {
  /** Properties that a collection does not know are added when an object brings them; default false. */
  readonly autoSchema?: boolean;
  /** A memory segment of this many bytes is sealed; default 64 MiB. */
  readonly flushBytes?: number;
  /** Where embedding services and local models are; default: what the environment's variables say. */
  readonly vectorizers?: VectorizerSettings;
  /** Milliseconds since 1970, for createdAt and updatedAt; default: the machine's clock. */
  readonly clock?: () => number;
  /** Hears of faults in the background, as of a full disk; the next writes fail with them too. */
  readonly onFault?: (error: unknown) => void;
}

/** Names and kinds of an object's properties: an interface or type of the caller. */
export type PropertiesOf<P> = { readonly [Name in keyof P]?: PropertyValue };

/** One vector as numbers, or a multi-vector as one row of numbers for each token. */
export type VectorData =
  | readonly number[]
  | Float32Array
  | readonly (readonly number[])[]
  | readonly Float32Array[]
  | VectorValue;

/** An object to store. Vectors that are left out are made where their name has a vectorizer. */
export interface NewObject<P> {
  /** Made when absent. */
  readonly uuid?: string;
  readonly properties: P;
  /** By vector name. */
  readonly vectors?: Readonly<Record<string, VectorData>>;
  /** Where the rows of a given vector came from, by its name; searches that explain point there. */
  readonly places?: Readonly<Record<string, TokenPlaces>>;
  /** Where the words of a text property stand on a page, by property. */
  readonly words?: Readonly<Record<string, TokenPlaces>>;
}

/** An object as it is stored; times are milliseconds since 1970. */
export interface StoredObject<P> {
  readonly uuid: string;
  readonly properties: P;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** By vector name; empty unless asked for. */
  readonly vectors: Readonly<Record<string, VectorValue>>;
  /**
   * Of pooled vectors, by name: for each stored token vector the positions, among those that the object
   * was written with, of the ones it stands for. Absent when none was pooled.
   */
  readonly pooledFrom?: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Of vectors whose rows' places are known, by name, one for each token that came. */
  readonly places?: Readonly<Record<string, TokenPlaces>>;
}

/** A found object. Larger scores are closer. */
export interface Hit<P> extends StoredObject<P> {
  /** MaxSim or -distance of a vector search, BM25 of keywords, the fused score of a hybrid search. */
  readonly score: number;
  /** How the score came about; only when asked for. */
  readonly explanation?: ScoreExplanation;
  /** Which words and places matched; only of searches that `explain`. */
  readonly matches?: HitMatches;
}

/** Hits, and how they were found. */
export interface Explained<P> {
  readonly hits: readonly Hit<P>[];
  readonly profile: SearchProfile;
}

/** What every search may say. */
export interface SearchPage {
  /** Most hits that come back; default 10. */
  readonly limit?: number;
  readonly offset?: number;
  readonly filter?: Filter;
  /** Keep the hits before the n-th jump of the scores; default 0: all of them. */
  readonly autocut?: number;
  /** What hits bring besides uuid, score and properties. */
  readonly include?: readonly ('vectors' | 'explanation')[];
  /**
   * Says of each hit which of its words and places matched: the alignment of the token vectors, the boxes
   * on a page, the passage. Some milliseconds a hit; default false.
   */
  readonly explain?: boolean;
}

/** The vector name may be left out in a collection that has only one. */
interface OneVector {
  readonly name?: string;
  /** Hits with a lower score are left out. */
  readonly scoreMin?: number;
  /** True scores every object that the filter allows, so that no hit can be missed; default false. */
  readonly exact?: boolean;
}

/** A search by a vector of the caller: late interaction when its name holds multi-vectors. */
export interface SearchByVector extends SearchPage, OneVector {
  readonly kind: 'vector';
  readonly vector: VectorData;
}

/** A search by a text that the vectorizer of the name embeds. */
export interface SearchByText extends SearchPage, OneVector {
  readonly kind: 'text';
  readonly text: string;
}

/** A search by words. */
export interface SearchByKeyword extends SearchPage {
  readonly kind: 'keyword';
  readonly text: string;
  /** Default: every searchable property, with boost 1. */
  readonly properties?: readonly (string | { readonly name: string; readonly boost: number })[];
  /** Default: one of the words is enough. */
  readonly operator?: KeywordOperator;
}

/** Keyword search and vector search, fused. */
export interface SearchHybrid extends Omit<SearchByKeyword, 'kind'>, OneVector {
  readonly kind: 'hybrid';
  /** Default: the text is embedded where the name has a vectorizer. */
  readonly vector?: VectorData;
  /** Weight of the vector search, 0 … 1; default 0.7. */
  readonly alpha?: number;
  /** Default `relativeScore`. */
  readonly fusion?: Fusion;
}

export type SearchRequest = SearchByVector | SearchByText | SearchByKeyword | SearchHybrid;

/** Which stored objects to read, in which order; by uuid when no order is given. */
export interface FetchRequest extends Omit<SearchPage, 'autocut' | 'include' | 'explain'> {
  readonly sort?: readonly SortKey[];
  /** Objects whose uuid comes after this one; the empty text starts. Not with `sort`. */
  readonly after?: string;
  readonly include?: readonly 'vectors'[];
}

const limitDefault = 10;
const alphaDefault = 0.7;
/** The library has no callers with headers of their own. */
const context = { headers: {} };

/**
 * Opens the database in a directory, which is made when it is absent and belongs to this process until
 * `close()` or the end of an `await using`. Throws DatabaseError 'directory-locked' when it is in use.
 *
 * ```ts
 * import { open } from 'tesserae';
 *
 * await using db = await open('./data');
 * const pages = await db.createCollection<{ title: string }>({
 *   name: 'Pages',
 *   properties: [{ name: 'title', type: 'text' }],
 *   vectors: [{ name: 'tokens', kind: 'multi' }],
 * });
 * await pages.insert({ properties: { title: 'two tiles' }, vectors: { tokens: [[1, 0], [0, 1]] } });
 * await pages.insert({ properties: { title: 'one tile' }, vectors: { tokens: [[1, 0]] } });
 * const hits = await pages.search({ kind: 'vector', vector: [[1, 0], [0, 1]] });
 * for (const { uuid, score, properties } of hits) console.info(uuid, score, properties.title);
 * ```
 */
export async function open(directory: string, options: OpenOptions = {}): Promise<Tesserae> {
  const vectorizers = options.vectorizers ?? vectorizerSettings(process.env);
  return new Tesserae(await openDirectory(directory, { ...options, vectorizers }));
}

/** An open database; made by `open`. */
export class Tesserae implements AsyncDisposable {
  readonly #opened: DirectoryDatabase;
  #isClosed = false;

  /** @internal */
  constructor(opened: DirectoryDatabase) {
    this.#opened = opened;
  }

  /** Names of all collections, ascending. */
  get collectionNames(): readonly string[] {
    return this.#database.collections().map(({ name }) => name);
  }

  /**
   * Makes a collection. Throws DatabaseError 'collection-exists', and 'invalid-argument' for names or
   * settings that are not allowed. `P` is what its objects' properties are, for the compiler only.
   */
  async createCollection<P extends PropertiesOf<P> = Properties>(
    input: CollectionInput,
  ): Promise<TesseraeCollection<P>> {
    const { name } = await this.#database.createCollection(resolveCollection(input));
    return this.collection(name);
  }

  /** Throws DatabaseError 'collection-missing'. */
  collection<P extends PropertiesOf<P> = Properties>(name: string): TesseraeCollection<P> {
    const found = this.findCollection<P>(name);
    if (!found) throw new DatabaseError('collection-missing', { collection: name });
    return found;
  }

  /** Undefined when there is no such collection. */
  findCollection<P extends PropertiesOf<P> = Properties>(
    name: string,
  ): TesseraeCollection<P> | undefined {
    const found = this.#database.findCollection(name);
    return found && new TesseraeCollection<P>(() => this.#database.collection(found.name));
  }

  /** True when it was there. */
  async deleteCollection(name: string): Promise<boolean> {
    return await this.#database.deleteCollection(name);
  }

  /** Seals what is in memory; afterwards opening again is fast. Nothing is lost without it. */
  async flush(): Promise<void> {
    await this.#database.flush();
  }

  /** Finishes writes in progress and gives the directory back. Closing twice is allowed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opened.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #database(): DirectoryDatabase['database'] {
    if (this.#isClosed) throw new DatabaseError('closed');
    return this.#opened.database;
  }
}

/** One collection of an open database; made by its `collection` and `createCollection`. */
export class TesseraeCollection<P extends PropertiesOf<P> = Properties> {
  readonly #find: () => Collection;

  /** @internal `find` throws when the database is closed or the collection deleted. */
  constructor(find: () => Collection) {
    this.#find = find;
  }

  get name(): string {
    return this.config.name;
  }

  /** Its complete configuration, defaults filled in. */
  get config(): CollectionConfig {
    return this.#find().config;
  }

  /** Stores a new object and resolves with its uuid when it is on disk; throws 'object-exists'. */
  async insert(object: NewObject<P>): Promise<string> {
    const { uuid } = await this.#find().insert(inputOf(object), context);
    return uuid;
  }

  /**
   * Stores or replaces many objects with one sync of the disk. One result beside each object: look at
   * them, an object that can't be stored does not keep the others out.
   */
  async insertMany(objects: readonly NewObject<P>[]): Promise<readonly WriteResult[]> {
    return await this.#find().insertMany(objects.map(inputOf), context);
  }

  /** Replaces an object as a whole; throws 'object-missing'. */
  async replace(uuid: string, object: Omit<NewObject<P>, 'uuid'>): Promise<void> {
    await this.#find().replace(uuid, inputOf(object), context);
  }

  /** Changes the properties and vectors that are given; throws 'object-missing'. */
  async merge(uuid: string, patch: Partial<Omit<NewObject<Partial<P>>, 'uuid'>>): Promise<void> {
    await this.#find().merge(uuid, inputOf({ properties: {}, ...patch }), context);
  }

  /** True when the object was there. */
  async delete(uuid: string): Promise<boolean> {
    return await this.#find().delete(uuid);
  }

  /** The object with its vectors; undefined when there is none. */
  get(uuid: string): StoredObject<P> | undefined {
    const document = this.#find().get(uuid);
    return document && storedObject<P>(document);
  }

  /** Stored objects, those that pass the filter when there is one. */
  count(filter?: Filter): number {
    return this.#find().count(filter);
  }

  /** The best hits, best first, equal scores by uuid. Throws DatabaseError for what makes no sense. */
  async search(request: SearchRequest): Promise<readonly Hit<P>[]> {
    const explain = request.include?.includes('explanation') ?? false;
    return hitsOf<P>(await this.#run(request, explain));
  }

  /** As `search`, with explanations, and with what the search did: its plan, stages and their times. */
  async explain(request: SearchRequest): Promise<Explained<P>> {
    const result = await this.#run(request, true);
    if (!result.profile) throw new Error('a search has a profile');
    return { hits: hitsOf<P>(result), profile: result.profile };
  }

  /**
   * Measures how many of the true answers searches find: asks queries made of stored vectors, and the
   * last ones that were searched for, as `search` would and exactly. Lets other work through in between.
   * `progress` hears of each query. Throws DatabaseError for options that make no sense.
   */
  async checkRecall(options: CheckOptions = {}, progress?: CheckProgress): Promise<RecallReport> {
    return await this.#find().recall.check(options, progress);
  }

  async #run(request: SearchRequest, explain: boolean): Promise<SearchResult> {
    const vectors = request.include?.includes('vectors') ?? false;
    const exact = request.kind !== 'keyword' && (request.exact ?? false);
    const options = { explain, vectors, exact, matches: request.explain ?? false };
    return await this.#find().search(queryOf(request), options, context);
  }

  /** Stored objects without a search. */
  async fetch(request: FetchRequest = {}): Promise<readonly StoredObject<P>[]> {
    const { sort = [], after, include } = request;
    const query: Query = {
      kind: 'fetch',
      ...pageOf(request),
      sort,
      ...(after === undefined ? {} : { after }),
    };
    const vectors = include?.includes('vectors') ?? false;
    const { hits } = await this.#find().search(query, { explain: false, vectors }, context);
    return hits.map(({ document }) => storedObject<P>(document));
  }
}

function hitsOf<P>({ hits }: SearchResult): Hit<P>[] {
  return hits.map(({ document, score = 0, explanation, matches }) => ({
    ...storedObject<P>(document),
    score,
    ...(explanation ? { explanation } : {}),
    ...(matches ? { matches } : {}),
  }));
}

function queryOf(request: SearchRequest): Query {
  const page = pageOf(request);
  switch (request.kind) {
    case 'vector': {
      const input = { kind: 'vectors', vectors: [vectorValue(request.vector)] } as const;
      return { kind: 'vector', ...page, search: { input, ...targetOf(request) } };
    }
    case 'text': {
      const input = { kind: 'text', concepts: [request.text], moves: false } as const;
      return { kind: 'vector', ...page, search: { input, ...targetOf(request) } };
    }
    case 'keyword':
      return { kind: 'keyword', ...page, search: keywordsOf(request) };
    case 'hybrid': {
      const { vector, alpha = alphaDefault, fusion = 'relativeScore' } = request;
      const input = vector && ({ kind: 'vectors', vectors: [vectorValue(vector)] } as const);
      const leg = { ...(input ? { input } : {}), ...targetOf(request) };
      const keyword = keywordsOf(request);
      return { kind: 'hybrid', ...page, alpha, fusion, keyword, vector: leg };
    }
    default:
      return unreachable(request);
  }
}

function pageOf({ limit = limitDefault, offset = 0, filter, autocut = 0 }: SearchPage): {
  readonly limit: number;
  readonly offset: number;
  readonly autocut: number;
  readonly filter?: Filter;
} {
  for (const [name, value] of Object.entries({ limit, offset, autocut })) {
    if (Number.isInteger(value) && value >= 0) continue;
    const message = `${name} is ${value}; allowed: whole numbers from 0`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return { limit, offset, autocut, ...(filter ? { filter } : {}) };
}

function targetOf({
  name,
  scoreMin,
}: OneVector): Pick<Extract<Query, { readonly kind: 'vector' }>['search'], 'targets' | 'scoreMin'> {
  const names = name === undefined ? [] : [name];
  const targets = { names, combination: 'minimum', weights: [] } as const;
  return { targets, ...(scoreMin === undefined ? {} : { scoreMin }) };
}

function keywordsOf({ text, properties, operator }: Omit<SearchByKeyword, 'kind'>): KeywordSearch {
  return {
    text,
    operator: operator ?? { kind: 'or', matchesMin: 1 },
    ...(properties
      ? {
          properties: properties.map((each) =>
            typeof each === 'string' ? { name: each, boost: 1 } : each,
          ),
        }
      : {}),
  };
}

function inputOf(object: NewObject<unknown>): ObjectInput {
  const { uuid, properties, vectors = {}, places, words } = object;
  return {
    ...(uuid === undefined ? {} : { uuid }),
    // The collection checks every property; the type is the caller's own.
    properties: properties as Properties,
    vectors: new Map(Object.entries(vectors).map(([name, data]) => [name, vectorValue(data)])),
    ...(places ? { places: new Map(Object.entries(places)) } : {}),
    ...(words ? { words: new Map(Object.entries(words)) } : {}),
  };
}

function storedObject<P>(document: Document): StoredObject<P> {
  const { uuid, createdAt, updatedAt, properties, vectors, pooled, places } = document;
  const positions = [...(pooled ?? [])].map(([name, groups]) => [name, sourcePositions(groups)]);
  return {
    ...{ uuid, createdAt, updatedAt, properties: properties as P },
    vectors: Object.fromEntries(vectors),
    ...(pooled ? { pooledFrom: Object.fromEntries(positions) } : {}),
    ...(places ? { places: Object.fromEntries(places) } : {}),
  };
}

function vectorValue(data: VectorData): VectorValue {
  if ('values' in data && 'dims' in data) return data;
  if (isSingle(data)) return { kind: 'single', dims: data.length, values: Float32Array.from(data) };
  const dims = data[0]?.length ?? 0;
  const values = new Float32Array(data.length * dims);
  for (const [index, row] of data.entries()) {
    if (row.length !== dims) {
      const message = `vector row ${index} has ${row.length} numbers, row 0 has ${dims}`;
      throw new DatabaseError('invalid-argument', { message });
    }
    values.set(row, index * dims);
  }
  return { kind: 'multi', dims, values };
}

function isSingle(
  data: Exclude<VectorData, VectorValue>,
): data is readonly number[] | Float32Array {
  return data instanceof Float32Array || typeof data[0] === 'number';
}
