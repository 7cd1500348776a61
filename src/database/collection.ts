// One collection: checks and embeds what is written, commits it through the journal, and answers
// queries over its segments. Everything that waits is here or in resolve-query.ts.

import type { Document, Properties, TokenPlaces, VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { DocumentAligner } from '../engine/explain/align-document.ts';
import type { Filter } from '../engine/filter/filter.ts';
import { deleteManyMax } from '../engine/limits.ts';
import type { TokenPooler } from '../engine/multivector/pool-tokens.ts';
import type { Executable } from '../engine/query/execute.ts';
import type { Query } from '../engine/query/query.ts';
import { allowedCount, type Snapshot, takeSnapshot } from '../engine/query/snapshot.ts';
import type { CollectionSchema } from '../engine/schema.ts';
import { normaliseUuid } from '../engine/uuid.ts';
import type { Vectorizer } from '../vectorizers/vectorizer.ts';
import {
  type BackfillOptions,
  type BackfillParts,
  type BackfillProgress,
  type BackfillReport,
  backfill,
  type DocumentEmbedder,
  type FillOutcome,
} from './backfill/backfill.ts';
import type { CollectionConfig } from './collection-config.ts';
import {
  type Draft,
  embedMissing,
  keepVector,
  keptWords,
  takeEmbeddings,
  type VectorSource,
  type Write,
} from './embedding.ts';
import type { Journal } from './journal.ts';
import { matchHits } from './matches/match-hits.ts';
import { matchRequestOf } from './matches/match-request.ts';
import type { DatabaseMetrics } from './metrics/database-metrics.ts';
import type { ObjectInput, RequestContext, WriteResult } from './object-input.ts';
import { poolVectors } from './pooling.ts';
import { RecallMonitor } from './recall/recall-monitor.ts';
import type { RecentQueries } from './recall/recent-queries.ts';
import { type QueryScope, resolveQuery } from './resolve-query.ts';
import { extendProperties } from './schema/auto-schema.ts';
import { checkProperties } from './schema/property-values.ts';
import {
  runSearch,
  type SearchHit,
  type SearchOptions,
  type SearchResult,
  type SearchScope,
  StageTimes,
} from './search.ts';
import type { Location, SegmentList } from './segment-list.ts';
import { checkDims, checkPlaces, checkVector, checkWords, joinVector } from './vector-checks.ts';
import type { VectorSearcher } from './vector-searcher.ts';

export interface DeleteManyResult {
  readonly matches: number;
  readonly successful: number;
  readonly failed: number;
  /** Only when asked. */
  readonly objects?: readonly { readonly uuid: string; readonly error?: DatabaseError }[];
}

/** Changes of one object; vectors that are not named stay unless their sources changed. */
export interface ObjectPatch {
  readonly properties: Properties;
  readonly vectors: ReadonlyMap<string, VectorValue | readonly VectorValue[]>;
  /** As in ObjectInput; words of a property that is not changed stay. */
  readonly places?: ReadonlyMap<string, TokenPlaces>;
  readonly words?: ReadonlyMap<string, TokenPlaces>;
}

/** What a collection needs of its database. */
export interface CollectionParts {
  readonly id: number;
  readonly config: CollectionConfig;
  readonly segments: SegmentList;
  readonly journal: Journal;
  readonly searcher: VectorSearcher;
  /** Pools the token vectors of collections that say so. */
  readonly pooler: TokenPooler;
  /** Says what of found objects matched; made when first asked for. */
  readonly aligner: () => DocumentAligner;
  readonly metrics: DatabaseMetrics;
  /** Where queries are kept for recall checks. */
  readonly recent: RecentQueries;
  readonly clock: () => number;
  readonly newUuid: () => string;
  readonly makeVectorizers: (config: CollectionConfig) => ReadonlyMap<string, Vectorizer>;
  readonly autoSchema: boolean;
  readonly objectVectorsMax: number;
  /** Called when a write has made the memory segment larger; resolves when writes may go on. */
  readonly grown: (collection: Collection) => Promise<void>;
  /** Called when a search has scored documents of the memory segment. */
  readonly searched: (collection: Collection) => void;
  /** Called when deletions are durable, with those of the uuids that were asked for. */
  readonly deleted: (collection: Collection, uuids: readonly string[]) => void;
  /** Throws when memory is full because nothing can be sealed. */
  readonly refuseWhenFull: (collection: Collection) => void;
}

/** A write that has changed the same object again and again before ours: give up after so many. */
const mergeAttemptsMax = 100;

/** Stands for the uuid of an object that is only checked: none is made for it. */
const nilUuid = '00000000-0000-0000-0000-000000000000';

/** Made and closed by Database. */
export class Collection {
  readonly id: number;
  readonly segments: SegmentList;
  /** Measures how many of the true answers searches find. */
  readonly recall: RecallMonitor;
  readonly #parts: CollectionParts;
  readonly #dims = new Map<string, number>();
  /** Objects whose newest version is on its way to disk, with how many writes and their createdAt. */
  readonly #pending = new Map<string, { writes: number; readonly createdAt: number }>();
  #config: CollectionConfig;
  #schema: CollectionSchema;
  #vectorizers: ReadonlyMap<string, Vectorizer>;
  #dropped = false;

  constructor(parts: CollectionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.segments = parts.segments;
    this.#config = parts.config;
    this.#schema = schemaOf(parts.config);
    this.#vectorizers = parts.makeVectorizers(parts.config);
    this.recall = new RecallMonitor({
      id: parts.id,
      config: () => this.#config,
      scope: () => this.#searchScope(),
      resolve: (query) => resolveQuery(query, this.#queryScope(), { headers: {} }),
      recent: parts.recent,
      clock: parts.clock,
    });
    for (const { segment } of parts.segments.sealed) {
      for (const name of segment.vectorNames) {
        this.#dims.set(name, segment.vectors(name)?.dims ?? 0);
      }
    }
  }

  get config(): CollectionConfig {
    return this.#config;
  }

  /** What the engine indexes by. */
  get schema(): CollectionSchema {
    return this.#schema;
  }

  get name(): string {
    return this.#config.name;
  }

  /** Upserts a batch; one result beside each object. Resolves when everything stored is on disk. */
  async insertMany(
    objects: readonly ObjectInput[],
    context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    let config = this.#config;
    const drafts = objects.map((object): Draft | DatabaseError => {
      try {
        const draft = this.#draft(object, config);
        config = draft.config;
        return draft;
      } catch (error) {
        return asDatabaseError(error);
      }
    });
    const good = drafts.filter((draft): draft is Draft => !(draft instanceof DatabaseError));
    await this.#embedAll(good, context, 'batch');
    this.#claim(good);
    const now = this.#parts.clock();
    const documents = good.filter(({ error }) => !error).map((draft) => this.#document(draft, now));
    if (documents.length > 0) await this.#commitPut(documents);
    return drafts.map((draft): WriteResult => {
      if (draft instanceof DatabaseError) return { kind: 'failed', error: draft };
      if (draft.error) return { kind: 'failed', error: draft.error };
      return { kind: 'stored', uuid: draft.uuid };
    });
  }

  /** Stores a new object; throws 'object-exists' when the uuid is taken. Returns it as stored. */
  async insert(object: ObjectInput, context: RequestContext): Promise<Document> {
    const draft = this.#draft(object);
    this.#refuseExisting(draft.uuid);
    await this.#embed(draft, context);
    while (this.#isPending(draft.uuid)) await this.#parts.journal.settled;
    this.#refuseExisting(draft.uuid);
    return this.#commitDraft(draft);
  }

  /** Replaces an object, keeping only createdAt; throws 'object-missing'. */
  async replace(uuid: string, object: ObjectPatch, context: RequestContext): Promise<Document> {
    const draft = this.#draft({ ...object, uuid });
    this.#existing(draft.uuid);
    await this.#embed(draft, context);
    while (this.#isPending(draft.uuid)) await this.#parts.journal.settled;
    this.#existing(draft.uuid);
    return this.#commitDraft(draft);
  }

  /** Changes the given properties and vectors; a null property is removed; throws 'object-missing'. */
  async merge(uuid: string, patch: ObjectPatch, context: RequestContext): Promise<Document> {
    const canonical = this.#uuid(uuid);
    for (let attempt = 0; attempt < mergeAttemptsMax; attempt += 1) {
      while (this.#isPending(canonical)) await this.#parts.journal.settled;
      const older = this.#existing(canonical);
      const before = this.segments.find(canonical);
      const properties = { ...older.properties, ...patch.properties };
      const words = keptWords(older, properties, patch.words);
      const draft = this.#draft({ ...patch, uuid: canonical, properties, words });
      for (const name of older.vectors.keys()) {
        if (!this.#vectorizers.has(name) && !draft.vectors.has(name)) {
          keepVector(draft, older, name);
        }
      }
      await this.#embed(draft, context);
      while (this.#isPending(canonical)) await this.#parts.journal.settled;
      this.#existing(canonical);
      const after = this.segments.find(canonical);
      if (isSame(before, after)) return this.#commitDraft(draft);
    }
    throw this.#changedTooOften(canonical);
  }

  /**
   * Gives stored objects the vector of a name that they lack, while the collection is in use, and tells
   * after each batch how far it is. After an interruption a new run goes on with what is left. Throws
   * 'vector-unknown' and, when nothing can be embedded any more, 'vectorizer-failed'.
   */
  async backfill(
    nameGiven: string,
    options: BackfillOptions = {},
    progress: (state: BackfillProgress) => void = () => undefined,
  ): Promise<BackfillReport> {
    const { name } = this.#vectorConfig(nameGiven);
    const vectorizer = this.#vectorizers.get(name);
    if (!options.embed && !vectorizer) {
      const message = `vector ${name} of collection ${this.name} has no vectorizer: vectors under it are given with the objects`;
      throw new DatabaseError('invalid-argument', { message });
    }
    const parts: BackfillParts = {
      collection: this.name,
      segments: this.segments,
      fill: (...parameters) => this.#fill(...parameters),
      probe: vectorizer && ((context) => vectorizer.embedQueryText('probe', context)),
    };
    return backfill(parts, name, options, progress);
  }

  /** Checks as insert would, stores nothing; throws what insert would throw. */
  validate(object: ObjectInput): void {
    this.#draft({ ...object, uuid: object.uuid ?? nilUuid });
  }

  /** True when the object was there. */
  async delete(uuid: string): Promise<boolean> {
    const canonical = this.#uuid(uuid);
    while (this.#isPending(canonical)) await this.#parts.journal.settled;
    if (!this.segments.find(canonical)) return false;
    await this.#commitDelete([canonical]);
    return true;
  }

  /** Deletes what passes the filter, at most `deleteManyMax` objects a call. */
  async deleteMany(
    filter: Filter,
    options: { readonly dryRun: boolean; readonly verbose: boolean },
  ): Promise<DeleteManyResult> {
    const uuids: string[] = [];
    for (const { segment, allowed } of takeSnapshot(this.segments.all(), this.#schema, filter)
      .segments) {
      allowed?.forEach((doc) => {
        uuids.push(segment.uuid(doc));
      });
    }
    uuids.sort();
    const chosen = uuids.slice(0, deleteManyMax);
    if (!options.dryRun && chosen.length > 0) await this.#commitDelete(chosen);
    const objects = options.verbose ? { objects: chosen.map((uuid) => ({ uuid })) } : {};
    return { matches: chosen.length, successful: chosen.length, failed: 0, ...objects };
  }

  /** The live object, with its vectors. */
  get(uuid: string): Document | undefined {
    const canonical = normaliseUuid(uuid);
    const location = canonical === undefined ? undefined : this.segments.find(canonical);
    return location?.segment.document(location.doc, { vectors: true });
  }

  /** Live objects, those that pass the filter when one is given. */
  count(filter?: Filter): number {
    if (!filter) return this.segments.liveCount;
    return allowedCount(takeSnapshot(this.segments.all(), this.#schema, filter));
  }

  /** What embeds under a vector name; undefined where vectors come with the objects. */
  vectorizer(name: string): Vectorizer | undefined {
    return this.#vectorizers.get(name);
  }

  /** Dims of the vectors under a name; undefined while there never was one. */
  dims(name: string): number | undefined {
    return this.#dims.get(name);
  }

  /** Runs a query over what is stored at this moment; throws DatabaseError. */
  async search(
    query: Query,
    options: SearchOptions,
    context: RequestContext,
  ): Promise<SearchResult> {
    const times = new StageTimes();
    const executable = await resolveQuery(query, this.#queryScope(), context);
    times.end('resolve');
    this.recall.note(executable);
    const scope = this.#searchScope();
    const noteScan = (snapshot: Snapshot): void => this.#noteScan(snapshot);
    const { signal } = context;
    const asked = options.matches ? { ...options, vectors: true } : options;
    const result = await runSearch(scope, query, executable, asked, { times, noteScan, signal });
    if (result.profile) this.#parts.metrics.searched(query.kind, result.profile);
    if (!options.matches) return result;
    const matched = await this.#withMatches(result.hits, query, executable, context);
    return { ...result, hits: options.vectors === false ? matched.map(withoutVectors) : matched };
  }

  async #withMatches(
    hits: readonly SearchHit[],
    query: Query,
    executable: Executable,
    context: RequestContext,
  ): Promise<readonly SearchHit[]> {
    using held = this.segments.hold();
    const scope = { ...this.#queryScope(), schema: this.#schema, segments: held.segments };
    const request = await matchRequestOf(query, executable, scope, context);
    return await matchHits(hits, request, this.#parts.aligner(), context.signal);
  }

  /** Takes a new configuration, checked before; what is stored stays as it is. */
  async configure(config: CollectionConfig): Promise<void> {
    const vectorizers = this.#parts.makeVectorizers(config);
    const done = this.#parts.journal.commit(
      { kind: 'configure', collection: this.id, config },
      () => undefined,
    );
    this.applyConfig(config, vectorizers);
    await done;
  }

  /** Applies a configuration that the log already holds. */
  applyConfig(
    config: CollectionConfig,
    vectorizers: ReadonlyMap<string, Vectorizer> = this.#parts.makeVectorizers(config),
  ): void {
    this.#config = config;
    this.#schema = schemaOf(config);
    this.#vectorizers = vectorizers;
  }

  /** Applies documents that the log already holds: writes and recovery both end here. */
  applyPut(documents: readonly Document[]): void {
    if (this.#dropped) return;
    for (const document of documents) {
      for (const [name, { dims }] of document.vectors) this.#dims.set(name, dims);
      this.segments.put(document, this.#schema);
    }
  }

  /** Applies deletions that the log already holds. */
  applyDelete(uuids: readonly string[]): void {
    if (this.#dropped) return;
    for (const uuid of uuids) this.segments.remove(uuid);
  }

  /** After this, writes in progress have no effect and new ones are refused. */
  drop(): void {
    this.#dropped = true;
    void this.recall.stop();
    this.#parts.recent.forget(this.id);
    this.#parts.metrics.forget(this.name);
  }

  #queryScope(): QueryScope {
    return {
      config: this.#config,
      vectorizer: (name) => this.#vectorizers.get(name),
      dims: (name) => this.dims(name),
      get: (uuid) => this.get(uuid),
    };
  }

  #searchScope(): SearchScope {
    const { segments } = this;
    return { segments, schema: this.#schema, searcher: this.#parts.searcher };
  }

  #noteScan(snapshot: Snapshot): void {
    const { active } = this.segments;
    const searched = snapshot.segments.find(({ segment }) => segment === active);
    if (!searched) return;
    const share = searched.allowed ? searched.allowed.count() / active.documentCount : 1;
    this.segments.noteScan(share);
    this.#parts.searched(this);
  }

  /**
   * Everything about an object that can be checked without waiting, against the configuration as it
   * is or will be. Nothing changes yet: an object that is refused later leaves no properties behind.
   */
  #draft(object: ObjectInput, before: CollectionConfig = this.#config): Draft {
    const uuid = object.uuid === undefined ? this.#parts.newUuid() : this.#uuid(object.uuid);
    const vectors = new Map<string, VectorValue>();
    for (const [nameGiven, given] of object.vectors) {
      const config = this.#vectorConfig(nameGiven);
      const { name } = config;
      const vector = joinVector(given, config, this.name);
      const place = { collection: this.name, name };
      checkVector(vector, place, this.#parts.objectVectorsMax);
      checkDims(vector, place, this.dims(name));
      vectors.set(name, vector);
    }
    const places = this.#checkedPlaces(object, vectors);
    for (const [name, words] of object.words ?? []) {
      checkWords(words, object.properties[name], { collection: this.name, name });
    }
    const config = this.#extended(before, object.properties);
    let older: Document | undefined | null = null;
    return {
      uuid,
      given: object.properties,
      before,
      config,
      properties: checkProperties(config, object.properties),
      vectors,
      pooled: new Map(),
      places,
      words: object.words ?? new Map(),
      older: () => {
        if (older === null) older = this.get(uuid);
        return older;
      },
    };
  }

  #checkedPlaces(
    { places }: ObjectInput,
    vectors: ReadonlyMap<string, VectorValue>,
  ): Map<string, TokenPlaces> {
    const checked = new Map<string, TokenPlaces>();
    for (const [nameGiven, given] of places ?? []) {
      const { name } = this.#vectorConfig(nameGiven);
      const place = { collection: this.name, name };
      const vector = vectors.get(name);
      if (!vector) {
        const problem = 'places come with the vector that they belong to';
        throw new DatabaseError('vector-invalid', { ...place, problem });
      }
      checkPlaces(given, vector, place);
      checked.set(name, given);
    }
    return checked;
  }

  #vectorConfig(name: string): CollectionConfig['vectors'][number] {
    const found = this.#config.vectors.find((vector) => vector.name === name);
    if (found) return found;
    const unnamed = name === '' ? this.#config.vectors.find(isDefault) : undefined;
    if (unnamed) return unnamed;
    const known = this.#config.vectors.map((vector) => vector.name).join(', ');
    if (name !== '') {
      throw new DatabaseError('vector-unknown', { collection: this.name, name, known });
    }
    const message =
      `collection ${this.name} has named vectors [${known}]: ` +
      'an unnamed vector (field "vector") can not be stored in it, send "vectors" with a name';
    throw new DatabaseError('invalid-argument', { message });
  }

  /** The configuration with what auto-schema adds to it for an object; the same when it adds nothing. */
  #extended(config: CollectionConfig, given: Properties): CollectionConfig {
    if (!this.#parts.autoSchema) return config;
    const properties = extendProperties(config, given);
    return properties === config.properties ? config : { ...config, properties };
  }

  #uuid(text: string): string {
    const uuid = normaliseUuid(text);
    if (uuid !== undefined) return uuid;
    const message = `invalid UUID "${text}" (length ${text.length}): 8-4-4-4-12 hexadecimal digits are expected`;
    throw new DatabaseError('invalid-argument', { message });
  }

  #existing(uuid: string): Document {
    const document = this.get(uuid);
    if (!document) throw new DatabaseError('object-missing', { uuid, collection: this.name });
    return document;
  }

  #changedTooOften(uuid: string): DatabaseError {
    const message = `object ${uuid} was changed by others ${mergeAttemptsMax} times meanwhile`;
    return new DatabaseError('invalid-argument', { message });
  }

  #refuseExisting(uuid: string): void {
    if (this.segments.find(uuid)) throw new DatabaseError('object-exists', { uuid });
  }

  #sources(): VectorSource[] {
    return this.#config.vectors.flatMap((config) => {
      const vectorizer = this.#vectorizers.get(config.name);
      return vectorizer ? [{ config, vectorizer }] : [];
    });
  }

  async #embed(draft: Draft, context: RequestContext): Promise<void> {
    await this.#embedAll([draft], context, 'single');
    if (draft.error) throw draft.error;
  }

  async #embedAll(drafts: readonly Draft[], context: RequestContext, write: Write): Promise<void> {
    const target = {
      sources: this.#sources(),
      vectorsMax: this.#parts.objectVectorsMax,
      write,
    };
    await embedMissing(target, drafts, context);
    await poolVectors(this.#parts.pooler, drafts);
  }

  /**
   * One outcome beside each uuid. Objects are written as they were, times too, with the vector; one that
   * was changed meanwhile is read and embedded again.
   */
  async #fill(
    name: string,
    uuids: readonly string[],
    embed: DocumentEmbedder | undefined,
    context: RequestContext,
  ): Promise<readonly FillOutcome[]> {
    const outcomes = new Map<string, FillOutcome>();
    let left = uuids;
    for (let attempt = 0; left.length > 0; attempt += 1) {
      if (attempt === mergeAttemptsMax) throw this.#changedTooOften(left[0] as string);
      const filling = left.flatMap((uuid) => {
        const older = this.get(uuid);
        if (!older || older.vectors.has(name)) return [];
        return [{ older, at: this.segments.find(uuid), draft: draftOf(older, this.#config) }];
      });
      const drafts = filling.map(({ draft }) => draft);
      await this.#fillDrafts(name, drafts, embed, context);
      while (drafts.some(({ uuid }) => this.#isPending(uuid))) await this.#parts.journal.settled;
      const unchanged = filling.filter(({ older, at }) =>
        isSame(at, this.segments.find(older.uuid)),
      );
      const good = unchanged.filter(({ draft }) => draft.vectors.has(name) && !draft.error);
      this.#claim(good.map(({ draft }) => draft));
      const stored = good.filter(({ draft }) => !draft.error);
      const documents = stored.map(({ draft, older }) => this.#document(draft, older.updatedAt));
      if (documents.length > 0) await this.#commitPut(documents);
      for (const { draft } of unchanged) outcomes.set(draft.uuid, outcomeOf(draft, name));
      left = filling.flatMap(({ draft: { uuid } }) => (outcomes.has(uuid) ? [] : [uuid]));
    }
    return uuids.map((uuid) => outcomes.get(uuid) ?? { kind: 'gone' });
  }

  async #fillDrafts(
    name: string,
    drafts: readonly Draft[],
    embed: DocumentEmbedder | undefined,
    context: RequestContext,
  ): Promise<void> {
    const vectorsMax = this.#parts.objectVectorsMax;
    if (embed) {
      const documents = drafts.map((draft) => draft.older() as Document);
      takeEmbeddings(
        { name, vectorsMax, write: 'stored' },
        drafts,
        await embed(documents, context),
      );
    } else {
      const sources = this.#sources().filter(({ config }) => config.name === name);
      await embedMissing({ sources, vectorsMax, write: 'stored' }, drafts, context);
    }
    await poolVectors(this.#parts.pooler, drafts);
  }

  /**
   * True while a write of the object is on its way. Who reads an object to change it waits until this
   * is false, in the same function that commits: nothing may come between the answer and the commit.
   */
  #isPending(uuid: string): boolean {
    return this.#pending.has(uuid);
  }

  async #commitDraft(draft: Draft): Promise<Document> {
    this.#claim([draft]);
    if (draft.error) throw draft.error;
    const document = this.#document(draft, this.#parts.clock());
    await this.#commitPut([document]);
    return document;
  }

  /**
   * Fits the collection to drafts that are committed next, in the same turn: the first vector under a
   * name fixes its dims, new properties join the configuration. Sets `error` where an object does not
   * fit any more, because of writes meanwhile or of the objects before it.
   */
  #claim(drafts: readonly Draft[]): void {
    const good = drafts.filter(({ error }) => !error);
    if (good.length === 0) return;
    this.#refuseDropped();
    this.#parts.refuseWhenFull(this);
    let config = this.#config;
    for (const draft of good) {
      try {
        config = this.#claimOne(draft, config);
      } catch (error) {
        draft.error = asDatabaseError(error);
      }
    }
    if (config === this.#config) return;
    // The record of the new properties lies before the one of the objects in the log, and a failed
    // append fails every later one: this promise needs no waiting for.
    this.configure(config).catch(() => undefined);
  }

  /** The configuration that the object needs; throws what is wrong with the object. */
  #claimOne(draft: Draft, config: CollectionConfig): CollectionConfig {
    for (const [name, vector] of draft.vectors) {
      checkDims(vector, { collection: this.name, name }, this.dims(name));
    }
    let extended = draft.config;
    if (draft.before !== config) {
      extended = this.#extended(config, draft.given);
      draft.properties = checkProperties(extended, draft.given);
    }
    for (const [name, { dims }] of draft.vectors) this.#dims.set(name, dims);
    return extended;
  }

  #document(draft: Draft, now: number): Document {
    const { uuid, properties, vectors, pooled, places, words } = draft;
    const createdAt = this.#pending.get(uuid)?.createdAt ?? this.#createdAt(uuid) ?? now;
    return {
      ...{ uuid, createdAt, updatedAt: now, properties, vectors },
      ...(pooled.size === 0 ? {} : { pooled }),
      ...(places.size === 0 ? {} : { places }),
      ...(words.size === 0 ? {} : { words }),
    };
  }

  #createdAt(uuid: string): number | undefined {
    const location = this.segments.find(uuid);
    return location?.segment.document(location.doc, { vectors: false }).createdAt;
  }

  async #commitPut(documents: readonly Document[]): Promise<void> {
    for (const { uuid, createdAt } of documents) this.#hold(uuid, createdAt);
    try {
      await this.#parts.journal.commit({ kind: 'put', collection: this.id, documents }, () =>
        this.applyPut(documents),
      );
    } finally {
      for (const { uuid } of documents) this.#release(uuid);
    }
    this.#parts.metrics.written(this.name, documents.length);
    await this.#parts.grown(this);
  }

  async #commitDelete(uuids: readonly string[]): Promise<void> {
    this.#refuseDropped();
    for (const uuid of uuids) this.#hold(uuid, this.#createdAt(uuid) ?? this.#parts.clock());
    try {
      await this.#parts.journal.commit({ kind: 'delete', collection: this.id, uuids }, () =>
        this.applyDelete(uuids),
      );
    } finally {
      for (const uuid of uuids) this.#release(uuid);
    }
    this.#parts.metrics.deleted(this.name, uuids.length);
    this.#parts.deleted(this, uuids);
  }

  #refuseDropped(): void {
    if (this.#dropped) throw new DatabaseError('collection-missing', { collection: this.name });
  }

  #hold(uuid: string, createdAt: number): void {
    const pending = this.#pending.get(uuid);
    if (pending) pending.writes += 1;
    else this.#pending.set(uuid, { writes: 1, createdAt });
  }

  #release(uuid: string): void {
    const pending = this.#pending.get(uuid);
    if (!pending) return;
    pending.writes -= 1;
    if (pending.writes === 0) this.#pending.delete(uuid);
  }
}

/** The vector that clients mean when they give none a name. */
function isDefault({ name }: { readonly name: string }): boolean {
  return name === 'default';
}

function withoutVectors(hit: SearchHit): SearchHit {
  return { ...hit, document: { ...hit.document, vectors: new Map() } };
}

function isSame(before: Location | undefined, after: Location | undefined): boolean {
  return before?.segment === after?.segment && before?.doc === after?.doc;
}

/** An object as it is stored, on its way to be stored again. */
function draftOf(older: Document, config: CollectionConfig): Draft {
  const { uuid, properties, vectors } = older;
  const draft: Draft = {
    ...{ uuid, given: properties, before: config, config, properties },
    ...{ vectors: new Map(), pooled: new Map(), places: new Map(), older: () => older },
    words: older.words ?? new Map(),
  };
  for (const name of vectors.keys()) keepVector(draft, older, name);
  return draft;
}

function outcomeOf({ error, vectors }: Draft, name: string): FillOutcome {
  if (error) return { kind: 'failed', error };
  return { kind: vectors.has(name) ? 'stored' : 'empty' };
}

function schemaOf(config: CollectionConfig): CollectionSchema {
  const { name, properties, vectors, invertedIndex } = config;
  return {
    collection: name,
    properties,
    vectors,
    bm25: invertedIndex.bm25,
    stopwords: invertedIndex.stopwords,
  };
}

function asDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  throw error;
}
