// One collection as callers of the library use it: writes, reads, searches and its configuration, typed
// by the caller's own properties. Every call is one of the database's; nothing is decided here.

import type {
  BackfillOptions,
  BackfillProgress,
  BackfillReport,
} from '../database/backfill/backfill.ts';
import type { Collection, DeleteManyResult } from '../database/collection.ts';
import type { CollectionConfig } from '../database/collection-config.ts';
import type { Database } from '../database/database.ts';
import type { WriteResult } from '../database/object-input.ts';
import type { CheckOptions } from '../database/recall/check-settings.ts';
import type { CheckProgress, RecallReport } from '../database/recall/recall-monitor.ts';
import type { PropertyInput } from '../database/schema/collection-input.ts';
import { type PropertyIndex, withoutIndex } from '../database/schema/property-index.ts';
import { resolveNewProperty } from '../database/schema/property-schema.ts';
import { propertyTerms, type TextTerms } from '../database/schema/text-terms.ts';
import type { Generated, GenerateRequest } from '../database/search/generate-hits.ts';
import type { SearchHit, SearchProfile, SearchResult } from '../database/search.ts';
import type { Properties } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { HitMatches } from '../engine/explain/hit-matches.ts';
import type { Filter } from '../engine/filter/filter.ts';
import type { Query, ScoreExplanation } from '../engine/query/query.ts';
import {
  type Aggregated,
  type AggregateQuestion,
  aggregatedOf,
  aggregationOf,
} from './aggregates.ts';
import { type CollectionChanges, changedConfig } from './collection-changes.ts';
import { type FilterBuilder, filters } from './filters.ts';
import {
  inputOf,
  type NewObject,
  type PropertiesOf,
  type Resolved,
  resolvedFrom,
  type StoredObject,
  storedObject,
} from './objects.ts';
import {
  checkCounts,
  type FetchRequest,
  fetchOf,
  type GroupRequest,
  queryOf,
  type SearchRequest,
} from './search-requests.ts';
import { CollectionTenants } from './tenants.ts';

/** A found object. Larger scores are closer. */
export interface Hit<P> extends StoredObject<P> {
  /** MaxSim or -distance of a vector search, BM25 of keywords, the fused score of a hybrid search. */
  readonly score: number;
  /** What a boost made of the score, which orders the hits; only of searches with one. */
  readonly boosted?: number;
  /** What the reranker says, which orders the hits; of a reranked page's hits that have the text. */
  readonly rerankScore?: number;
  /** What was written about it, one beside each generator; only of `generate`. */
  readonly generated?: readonly Generated[];
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

/** Hits, and what was written about all of them, one beside each generator. */
export interface Written<P> {
  readonly hits: readonly Hit<P>[];
  /** Empty where nothing was to be written about all of them, or nothing was found. */
  readonly generated: readonly Generated[];
}

/** Hits of a search that share a value of a property, best first. */
export interface Group<P> {
  /** The value as text. */
  readonly name: string;
  readonly hits: readonly Hit<P>[];
}

/** What deleting by a filter does besides deleting. */
export interface DeleteManyOptions {
  /** Deletes nothing, only counts; default false. */
  readonly dryRun?: boolean;
  /** Names the objects; default false. */
  readonly verbose?: boolean;
}

/** A reference to add: to an object `Collection/uuid`, or its uuid where one collection is possible. */
export interface NewReference<P> {
  /** Of the object that refers. */
  readonly uuid: string;
  readonly property: keyof P & string;
  readonly to: string;
}

/** How a whole collection is read. */
export interface IterateOptions {
  readonly filter?: Filter;
  readonly include?: readonly 'vectors'[];
  /** Goes on after this uuid. */
  readonly after?: string;
  /** Objects that are read at a time; default 100. */
  readonly batch?: number;
}

const iterateBatchDefault = 100;
/** The library has no callers with headers of their own. */
const context = { headers: {} };

/** One collection of an open database; made by its `collection` and `createCollection`. */
export class TesseraeCollection<P extends PropertiesOf<P> = Properties> {
  readonly #database: () => Database;
  readonly #find: () => Collection;

  /** @internal `database` throws when it is closed, `find` when there is no such collection. */
  constructor(database: () => Database, find: () => Collection) {
    this.#database = database;
    this.#find = find;
  }

  get name(): string {
    return this.config.name;
  }

  /** Its complete configuration, defaults filled in. */
  get config(): CollectionConfig {
    return this.#find().config;
  }

  /** Who has objects in it, where `multiTenancy` is enabled. */
  get tenants(): CollectionTenants {
    return new CollectionTenants(this.#database, this.#find);
  }

  /**
   * The objects of one tenant, as a collection that stays open until it is disposed of; calls then throw.
   * With `autoTenantCreation` one that does not exist is made. Throws 'tenant-missing', 'tenant-inactive',
   * and 'invalid-argument' where there are no tenants.
   */
  async withTenant(name: string): Promise<TesseraeCollection<P> & Disposable> {
    const { tenants, config } = this;
    const { autoTenantCreation } = config.multiTenancy;
    if (autoTenantCreation && tenants.list([name]).length === 0) await tenants.create([name]);
    const held = await this.#database().hold(config.name, name);
    let isOpen = true;
    const own = new TesseraeCollection<P>(this.#database, () => {
      this.#database();
      if (isOpen) return held.collection;
      const message = `tenant ${name} of collection ${config.name} was given back: ask for it again`;
      throw new DatabaseError('invalid-argument', { message });
    });
    return Object.assign(own, {
      [Symbol.dispose]: () => {
        if (isOpen) held[Symbol.dispose]();
        isOpen = false;
      },
    });
  }

  /** Makes filters over the properties of its objects. */
  get filters(): FilterBuilder<P> {
    return filters<P>();
  }

  /**
   * Changes what is given and keeps the rest; returns the configuration then. Throws
   * 'invalid-argument' for what can't change once objects are stored.
   */
  async update(changes: CollectionChanges): Promise<CollectionConfig> {
    return await this.#database().updateCollection(changedConfig(this.config, changes));
  }

  /** Objects that are stored already go without it. Throws 'invalid-argument' for a name that is taken. */
  async addProperty(property: PropertyInput): Promise<CollectionConfig> {
    const { config } = this.#find();
    return await this.#database().addProperty(config.name, resolveNewProperty(config, property));
  }

  /**
   * Takes an index of a property away, for good; its values stay. Throws 'property-missing'. Nothing
   * happens where there is no such index.
   */
  async dropIndex(property: keyof P & string, index: PropertyIndex): Promise<CollectionConfig> {
    const { config } = this.#find();
    const changed = withoutIndex(config, property, index);
    return changed === config ? config : await this.#database().updateCollection(changed);
  }

  /**
   * The terms of a text, as the index of a property holds them and as its queries look for them. Throws
   * 'property-missing', and 'invalid-argument' where it is no text.
   */
  tokenize(property: keyof P & string, text: string): TextTerms {
    return propertyTerms(this.#find().schema, property, text);
  }

  /**
   * Gives stored objects the vector of a name that they lack, as after `update` added it, while the
   * collection is in use; `progress` hears of each batch. An interrupted run is gone on with by the
   * next. Throws 'vector-unknown', and 'vectorizer-failed' when nothing can be embedded.
   */
  async backfill(
    vector: string,
    options: BackfillOptions = {},
    progress?: (state: BackfillProgress) => void,
  ): Promise<BackfillReport> {
    return await this.#find().backfill(vector, options, progress);
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

  /**
   * Deletes what passes the filter, at most 10,000 objects a call, and says how many that were; an empty
   * answer means that nothing is left.
   */
  async deleteMany(
    filter: Filter,
    { dryRun = false, verbose = false }: DeleteManyOptions = {},
  ): Promise<DeleteManyResult> {
    return await this.#find().deleteMany(filter, { dryRun, verbose });
  }

  /** Throws what `insert` would throw, except for a taken uuid; stores nothing. */
  validate(object: NewObject<P>): void {
    this.#find().validate(inputOf(object));
  }

  /**
   * Adds a reference to what a property of an object refers to already. `to` is `Collection/uuid`, or the
   * uuid alone where the property refers to one collection. Throws 'object-missing', 'property-invalid',
   * and 'invalid-argument' where there is nothing to refer to.
   */
  async addReference(uuid: string, property: keyof P & string, to: string): Promise<void> {
    await this.#find().addReference({ uuid, property, to });
  }

  /**
   * Adds many references with one sync of the disk; undefined beside each that was added, else why not.
   * What they lead to may be stored later.
   */
  async addReferences(
    references: readonly NewReference<P>[],
  ): Promise<readonly (DatabaseError | undefined)[]> {
    return await this.#find().addReferences(references);
  }

  /** Gives a property of an object these references and no others. Throws as `addReference`. */
  async replaceReferences(
    uuid: string,
    property: keyof P & string,
    to: readonly string[],
  ): Promise<void> {
    await this.#find().replaceReferences(uuid, property, to);
  }

  /** Removes a reference; it need not be there. Throws as `addReference`. */
  async deleteReference(uuid: string, property: keyof P & string, to: string): Promise<void> {
    await this.#find().deleteReference({ uuid, property, to });
  }

  /** The object with its vectors; undefined when there is none. */
  get(uuid: string): StoredObject<P> | undefined {
    const document = this.#find().get(uuid);
    return document && storedObject<P>(document);
  }

  /**
   * The object that a reference of this collection's objects leads to (`Collection/uuid`), with its vectors;
   * undefined when it is gone. A tenant's lead to objects of the same tenant. Throws 'invalid-argument' for
   * what is no reference.
   */
  resolve<R extends PropertiesOf<R> = Properties>(reference: string): Resolved<R> | undefined {
    return resolvedFrom<R>(reference, (name) => this.#find().referredTo(name));
  }

  exists(uuid: string): boolean {
    return this.#find().get(uuid) !== undefined;
  }

  /** Stored objects, those that pass the filter when there is one. */
  count(filter?: Filter): number {
    return this.#find().count(filter);
  }

  /** The best hits, best first, equal scores by uuid. Throws DatabaseError for what makes no sense. */
  async search(request: SearchRequest): Promise<readonly Hit<P>[]> {
    const { hits } = await this.#run(queryOf(request), request);
    return hits.map(hitOf<P>);
  }

  /** The hits of a search by the values of a property; groups in the order of their best hit. */
  async searchGroups(request: SearchRequest, group: GroupRequest): Promise<readonly Group<P>[]> {
    const { groups = [] } = await this.#run(queryOf(request, group), request);
    return groups.map(({ name, hits }) => ({ name, hits: hits.map(hitOf<P>) }));
  }

  /** As `search`, with explanations, and with what the search did: its plan, stages and their times. */
  async explain(request: SearchRequest): Promise<Explained<P>> {
    const include = [...(request.include ?? []), 'explanation' as const];
    const { hits, profile } = await this.#run(queryOf(request), { ...request, include });
    if (!profile) throw new Error('a search has a profile');
    return { hits: hits.map(hitOf<P>), profile };
  }

  /**
   * As `search`, and has a text written about each hit, about all of them, or both, by the collection's
   * generator or those that the request names. A hit whose text failed says why. Throws DatabaseError when
   * all of them failed, or the one about all hits did.
   */
  async generate(request: SearchRequest, generate: GenerateRequest): Promise<Written<P>> {
    const { hits, generated = [] } = await this.#run(queryOf(request), request, generate);
    return { hits: hits.map(hitOf<P>), generated };
  }

  /**
   * Measures how many of the true answers searches find: asks queries made of stored vectors, and the
   * last ones that were searched for, as `search` would and exactly. Lets other work through in between.
   * `progress` hears of each query. Throws DatabaseError for options that make no sense.
   */
  async checkRecall(options: CheckOptions = {}, progress?: CheckProgress): Promise<RecallReport> {
    return await this.#find().recall.check(options, progress);
  }

  /**
   * Counts, sums, means, most frequent values … of properties, over all objects, those that pass a filter
   * or the hits of a search, together or by the values of a property. Throws DatabaseError for what makes
   * no sense.
   */
  async aggregate<Name extends keyof P & string = never>(
    question: AggregateQuestion<P, Name>,
  ): Promise<Aggregated<P, Name>> {
    const found = this.#find();
    const result = await found.aggregate(aggregationOf(question, found.schema), context);
    return aggregatedOf<P, Name>(result);
  }

  /** Stored objects without a search. */
  async fetch(request: FetchRequest = {}): Promise<readonly StoredObject<P>[]> {
    const vectors = request.include?.includes('vectors') ?? false;
    const options = { explain: false, vectors };
    const { hits } = await this.#find().search(fetchOf(request), options, context);
    return hits.map(({ document }) => storedObject<P>(document));
  }

  /** Every object in the order of uuids; of those that are written meanwhile, the ones ahead. */
  async *iterate(options: IterateOptions = {}): AsyncGenerator<StoredObject<P>, void, undefined> {
    const { batch = iterateBatchDefault, after: start = '', ...request } = options;
    checkCounts({ batch }, 1);
    let after = start;
    for (;;) {
      const objects = await this.fetch({ ...request, after, limit: batch });
      yield* objects;
      const last = objects.at(-1);
      if (!last || objects.length < batch) return;
      after = last.uuid;
    }
  }

  async #run(
    query: Query,
    request: SearchRequest,
    generate?: GenerateRequest,
  ): Promise<SearchResult> {
    const { include = [], explain: matches = false, rerank } = request;
    const exact = request.kind !== 'keyword' && (request.exact ?? false);
    const explain = include.includes('explanation');
    const vectors = include.includes('vectors');
    const afterwards = { ...(rerank && { rerank }), ...(generate && { generate }) };
    const options = { explain, vectors, exact, matches, ...afterwards };
    return await this.#find().search(query, options, context);
  }
}

function hitOf<P>(hit: SearchHit): Hit<P> {
  const { document, score = 0, boosted, rerankScore, generated, explanation, matches } = hit;
  return {
    ...storedObject<P>(document),
    score,
    ...(boosted === undefined ? {} : { boosted }),
    ...(rerankScore === undefined ? {} : { rerankScore }),
    ...(generated ? { generated } : {}),
    ...(explanation ? { explanation } : {}),
    ...(matches ? { matches } : {}),
  };
}
