// One collection: what is stored, in segments, and the queries over it. Its writes go through
// writes/object-writer.ts; everything else that waits is here or in resolve-query.ts.

import type { AggregateResult } from '../engine/aggregate/aggregation.ts';
import { assert } from '../engine/assert.ts';
import type { Document } from '../engine/document.ts';
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
import type { Reranker } from '../rerankers/reranker.ts';
import type { Vectorizer } from '../vectorizers/vectorizer.ts';
import { type AggregateRequest, runAggregate } from './aggregate/aggregate.ts';
import { withBackfill } from './backfill/added-vectors.ts';
import {
  type BackfillOptions,
  type BackfillParts,
  type BackfillProgress,
  type BackfillReport,
  backfill,
} from './backfill/backfill.ts';
import { backfillTenants } from './backfill/backfill-tenants.ts';
import { lackingCount } from './backfill/lacking.ts';
import type { CollectionConfig, VectorConfig } from './collection-config.ts';
import { expiredFilter, withoutExpired } from './expiry/expired-filter.ts';
import type { Journal } from './journal.ts';
import { matchHits } from './matches/match-hits.ts';
import { matchRequestOf } from './matches/match-request.ts';
import type { DatabaseMetrics } from './metrics/database-metrics.ts';
import { meteredGenerator, meteredReranker } from './metrics/metered-modules.ts';
import type { ObjectInput, ObjectPatch, RequestContext, WriteResult } from './object-input.ts';
import { RecallMonitor } from './recall/recall-monitor.ts';
import type { RecentQueries } from './recall/recent-queries.ts';
import type { ReferenceInput } from './references/edit-references.ts';
import type { Neighbours } from './references/neighbours.ts';
import { resolveReferences } from './references/reference-filter.ts';
import { resolveQuery } from './resolve-query.ts';
import { engineSchema } from './schema/engine-schema.ts';
import { refuseWithoutTenant } from './schema/multi-tenancy.ts';
import { type GeneratorChoice, generateForHits } from './search/generate-hits.ts';
import type { QueryScope } from './search/query-vectors.ts';
import { rerankHits } from './search/rerank-hits.ts';
import { generatorOf, rerankerOf, type SearchModules } from './search/search-modules.ts';
import {
  runSearch,
  type SearchHit,
  type SearchOptions,
  type SearchResult,
  type SearchScope,
  StageTimes,
} from './search.ts';
import type { SegmentList } from './segment-list.ts';
import type { Tenants } from './tenants/tenants.ts';
import type { VectorSearcher } from './vector-searcher.ts';
import { vectorConfig } from './writes/drafts.ts';
import { changedTooOften, ObjectWriter } from './writes/object-writer.ts';
import {
  addReference,
  addReferences,
  deleteReference,
  type Referring,
  replaceReferences,
} from './writes/reference-writes.ts';

export interface DeleteManyResult {
  readonly matches: number;
  readonly successful: number;
  readonly failed: number;
  /** Only when asked. */
  readonly objects?: readonly { readonly uuid: string; readonly error?: DatabaseError }[];
}

/** What a collection needs of its database. */
export interface CollectionParts {
  readonly id: number;
  readonly config: CollectionConfig;
  /** Set for one tenant: its name, and the collection whose configuration it has. */
  readonly tenant?: {
    readonly name: string;
    readonly of: Collection;
    readonly isReadOnly: () => boolean;
  };
  readonly segments: SegmentList;
  readonly journal: Journal;
  readonly searcher: VectorSearcher;
  /** Pools the token vectors of collections that say so. */
  readonly pooler: TokenPooler;
  /** Says what of found objects matched; made when first asked for. */
  readonly aligner: () => DocumentAligner;
  readonly metrics: DatabaseMetrics;
  /** The other collections, which references lead to. */
  readonly neighbours: Neighbours;
  /** As the neighbours' `find`, whole. */
  readonly referredTo: (name: string) => Collection | undefined;
  /** Those of all collections. */
  readonly tenants: Pick<Tenants, 'list' | 'hold' | 'keep' | 'objectCount'>;
  /** Where queries are kept for recall checks. */
  readonly recent: RecentQueries;
  readonly clock: () => number;
  readonly newUuid: () => string;
  /** What reranks and writes once hits are found. */
  readonly modules: SearchModules;
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

/** The configuration and what is made of it; tenants have that of their collection. */
interface Shape {
  config: CollectionConfig;
  schema: CollectionSchema;
  vectorizers: ReadonlyMap<string, Vectorizer>;
}

/** What goes with the hits of one search. */
interface AfterwardsScope {
  readonly times: StageTimes;
  readonly context: RequestContext;
  readonly reranker: Reranker | undefined;
}

/**
 * Made and closed by Database. One with tenants holds no objects itself: each of its tenants is a collection
 * of the same name and configuration.
 */
export class Collection {
  readonly id: number;
  /** Whose objects these are; empty where the collection has no tenants. */
  readonly tenant: string;
  readonly segments: SegmentList;
  /** Measures how many of the true answers searches find. */
  readonly recall: RecallMonitor;
  readonly #parts: CollectionParts;
  readonly #dims = new Map<string, number>();
  readonly #writer: ObjectWriter;
  readonly #shape: Shape;
  #dropped = false;
  #closed = false;

  constructor(parts: CollectionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.segments = parts.segments;
    this.tenant = parts.tenant?.name ?? '';
    this.#shape = parts.tenant
      ? parts.tenant.of.#shape
      : {
          config: parts.config,
          schema: engineSchema(parts.config),
          vectorizers: parts.makeVectorizers(parts.config),
        };
    this.#writer = new ObjectWriter(this, {
      ...parts,
      tenant: this.tenant,
      grown: () => parts.grown(this),
      deleted: (uuids) => parts.deleted(this, uuids),
      refuseWhenFull: () => parts.refuseWhenFull(this),
      isReadOnly: () => this.isReadOnly,
    });
    this.recall = new RecallMonitor({
      id: parts.id,
      config: () => this.#shape.config,
      scope: () => this.#searchScope(),
      resolve: (query) => resolveQuery(query, this.#queryScope(), { headers: {} }),
      recent: parts.recent,
      keep: () => this.keep(),
      clock: parts.clock,
    });
    for (const { segment } of parts.segments.sealed) {
      for (const name of segment.vectorNames) {
        this.#dims.set(name, segment.vectors(name)?.dims ?? 0);
      }
    }
  }

  /** True while nothing may be written to it: writes throw 'read-only'. */
  get isReadOnly(): boolean {
    return this.#parts.tenant?.isReadOnly() ?? this.#shape.config.readOnly ?? false;
  }

  get config(): CollectionConfig {
    return this.#shape.config;
  }

  /** What the engine indexes by. */
  get schema(): CollectionSchema {
    return this.#shape.schema;
  }

  get name(): string {
    return this.#shape.config.name;
  }

  /** Upserts a batch; one result beside each object. Resolves when everything stored is on disk. */
  async insertMany(
    objects: readonly ObjectInput[],
    context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    return await this.#writer.insertMany(objects, context);
  }

  /** Stores a new object; throws 'object-exists' when the uuid is taken. Returns it as stored. */
  async insert(object: ObjectInput, context: RequestContext): Promise<Document> {
    return await this.#writer.insert(object, context);
  }

  /** Replaces an object, keeping only createdAt; throws 'object-missing'. */
  async replace(uuid: string, object: ObjectPatch, context: RequestContext): Promise<Document> {
    return await this.#writer.replace(uuid, object, context);
  }

  /**
   * Changes the given properties and vectors; a null property is removed, references join those that are
   * there; throws 'object-missing'.
   */
  async merge(uuid: string, patch: ObjectPatch, context: RequestContext): Promise<Document> {
    return await this.#writer.merge(uuid, patch, context);
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
    const { name } = vectorConfig(this.#shape.config, nameGiven);
    const vectorizer = this.#shape.vectorizers.get(name);
    if (!options.embed && !vectorizer) {
      const message = `vector ${name} of collection ${this.name} has no vectorizer: vectors under it are given with the objects`;
      throw new DatabaseError('invalid-argument', { message });
    }
    if (this.hasTenants) return await this.#backfillTenants(name, options, progress);
    const parts: BackfillParts = {
      collection: this.name,
      segments: this.segments,
      fill: (...parameters) => this.#writer.fill(...parameters),
      probe: vectorizer && ((context) => vectorizer.embedQueryText('probe', context)),
    };
    const counted = this.#parts.metrics.backfilled(this.name, name);
    const report = await backfill(parts, name, options, (state) => {
      counted(state);
      progress(state);
    });
    const isDone = this.lackingCount(name) <= report.empty + report.failed;
    if (isDone && this.tenant === '') await this.markBackfill(name, undefined);
    return report;
  }

  async #backfillTenants(
    name: string,
    options: BackfillOptions,
    progress: (state: BackfillProgress) => void,
  ): Promise<BackfillReport> {
    const { tenants } = this.#parts;
    const list = () => tenants.list(this);
    const hold = (tenant: string) => tenants.hold(this, tenant);
    const seen = new Set<string>();
    const report = await backfillTenants({ list, hold, seen }, name, options, progress);
    const isWaiting = list().some((tenant) => tenant.objects > 0 && !seen.has(tenant.name));
    if (!isWaiting && report.done === report.total) await this.markBackfill(name, undefined);
    return { ...report, collection: this.name };
  }

  /** True for a collection whose objects are in its tenants. */
  get hasTenants(): boolean {
    return this.tenant === '' && this.#shape.config.multiTenancy.enabled;
  }

  /** Live objects without a vector under the name; with tenants, at most so many as they have objects. */
  lackingCount(name: string): number {
    if (this.hasTenants) return this.#parts.tenants.objectCount(this);
    return lackingCount(this.segments.all(), name);
  }

  /** Says of a vector whether stored objects still are to get it; resolves when that is on disk. */
  async markBackfill(name: string, mark: VectorConfig['backfill']): Promise<void> {
    const vector = vectorConfig(this.#shape.config, name);
    if (vector.backfill !== mark && !this.#dropped)
      await this.configure(withBackfill(this.#shape.config, name, mark));
  }

  /**
   * Checks as insert would (with `targets` false as a batch would, whose objects may refer to what comes
   * later), stores nothing; throws what is wrong.
   */
  validate(object: ObjectInput, checks: { readonly targets: boolean } = { targets: true }): void {
    this.#writer.validate(object, checks);
  }

  /** True when the object was there. */
  async delete(uuid: string): Promise<boolean> {
    return await this.#writer.delete(uuid);
  }

  /**
   * Deletes what passes the filter, at most `deleteManyMax` objects a call. What is being changed counts as
   * it is afterwards.
   */
  async deleteMany(
    filter: Filter,
    options: { readonly dryRun: boolean; readonly verbose: boolean },
  ): Promise<DeleteManyResult> {
    let chosen: ReadonlySet<string> | undefined;
    const match = (): readonly string[] => {
      const uuids = this.#matching(filter).sort();
      // Asked again, no others are deleted than those that passed at first.
      chosen ??= new Set(uuids.slice(0, deleteManyMax));
      return uuids.filter((uuid) => chosen?.has(uuid));
    };
    const { deleted, moving } = options.dryRun
      ? { deleted: match(), moving: [] }
      : await this.#writer.deleteMatching(match);
    const counts = {
      matches: deleted.length + moving.length,
      successful: deleted.length,
      failed: moving.length,
    };
    if (!options.verbose) return counts;
    const failed = moving.map((uuid) => ({ uuid, error: changedTooOften(uuid) }));
    return { ...counts, objects: [...deleted.map((uuid) => ({ uuid })), ...failed] };
  }

  /** Throws 'collection-missing' when the collection is gone: its files are closed. */
  #matching(filter: Filter): string[] {
    this.refuseDropped();
    refuseWithoutTenant(this.#shape.config, this.tenant);
    const uuids: string[] = [];
    const { segments } = takeSnapshot(
      this.segments.all(),
      this.#shape.schema,
      this.resolved(filter),
    );
    for (const { segment, allowed } of segments) {
      allowed?.forEach((doc) => {
        uuids.push(segment.uuid(doc));
      });
    }
    return uuids;
  }

  /** The live object, with its vectors unless they are not asked for. */
  get(
    uuid: string,
    parts: { readonly vectors: boolean } = { vectors: true },
  ): Document | undefined {
    const canonical = this.#dropped ? undefined : normaliseUuid(uuid);
    const location = canonical === undefined ? undefined : this.segments.find(canonical);
    return location?.segment.document(location.doc, parts);
  }

  /**
   * The filter as segments can evaluate it, with what it asks of other collections found out: for the
   * snapshot that is taken in the same turn. Throws DatabaseError for one that makes no sense.
   */
  resolved(filter: Filter): Filter {
    return resolveReferences(filter, this.#shape.config, this.#parts.neighbours);
  }

  /**
   * Adds references to objects, several in one step; undefined beside each that was added, else why not.
   * What they lead to need not exist yet.
   */
  async addReferences(
    references: readonly ReferenceInput[],
  ): Promise<readonly (DatabaseError | undefined)[]> {
    return await addReferences(this.#referring(), references);
  }

  /**
   * Adds one reference. Throws 'object-missing', 'property-missing', 'property-invalid' where the property
   * refers to no such objects, 'invalid-argument' where there is no such object.
   */
  async addReference(reference: ReferenceInput): Promise<void> {
    await addReference(this.#referring(), reference);
  }

  /** Gives an object these references in a property, and no others. Throws as addReference. */
  async replaceReferences(uuid: string, property: string, to: readonly string[]): Promise<void> {
    await replaceReferences(this.#referring(), { uuid, property, to });
  }

  /** Removes what refers to an object, however often; it need not be there. Throws as addReference. */
  async deleteReference(reference: ReferenceInput): Promise<void> {
    await deleteReference(this.#referring(), reference);
  }

  /**
   * As `resolved`, for a search: without what has expired where searches leave that out. Throws
   * 'collection-missing' when the collection is gone, also while the search was getting its vectors.
   */
  visible(filter: Filter | undefined): Filter | undefined {
    this.refuseDropped();
    const all = withoutExpired(filter, this.#shape.config, this.#parts.clock());
    return all && this.resolved(all);
  }

  /**
   * Deletes objects that have expired and that nobody is changing, at most `deleteManyMax` a call;
   * resolves to their number when that is on disk.
   */
  async deleteExpired(): Promise<number> {
    const filter = expiredFilter(this.#shape.config, this.#parts.clock());
    if (!filter || this.#dropped || this.isReadOnly) return 0;
    const uuids: string[] = [];
    for (const { segment, allowed } of takeSnapshot(this.segments.all(), this.#shape.schema, filter)
      .segments) {
      allowed?.forEach((doc) => {
        const uuid = segment.uuid(doc);
        if (uuids.length < deleteManyMax && !this.#writer.isPending(uuid)) uuids.push(uuid);
      });
    }
    if (uuids.length > 0) await this.#writer.deleteMany(uuids);
    this.#parts.metrics.expired(this.name, uuids.length);
    return uuids.length;
  }

  /** Live objects, those that pass the filter when one is given. */
  count(filter?: Filter): number {
    refuseWithoutTenant(this.#shape.config, this.tenant);
    if (!filter) return this.segments.liveCount;
    return allowedCount(
      takeSnapshot(this.segments.all(), this.#shape.schema, this.resolved(filter)),
    );
  }

  /** What embeds under a vector name; undefined where vectors come with the objects. */
  vectorizer(name: string): Vectorizer | undefined {
    return this.#shape.vectorizers.get(name);
  }

  /** Dims of the vectors under a name; undefined while there never was one. */
  dims(name: string): number | undefined {
    return this.#dims.get(name);
  }

  /** The first vector under a name fixes the dims of those that follow. */
  fixDims(name: string, dims: number): void {
    this.#dims.set(name, dims);
  }

  /** Writes in progress have no effect any more, new ones are refused. */
  get isDropped(): boolean {
    return this.#dropped;
  }

  /** Throws 'collection-missing' when the collection is gone, 'tenant-missing' when only the tenant is. */
  refuseDropped(): void {
    if (!this.#dropped) return;
    const { name: collection, tenant } = this;
    if (this.#parts.tenant?.of.isDropped === false) {
      throw new DatabaseError('tenant-missing', { collection, tenant });
    }
    throw new DatabaseError('collection-missing', { collection });
  }

  /** Runs a query over what is stored at this moment; throws DatabaseError. */
  async search(
    query: Query,
    options: SearchOptions,
    context: RequestContext,
  ): Promise<SearchResult> {
    refuseWithoutTenant(this.#shape.config, this.tenant);
    const { modules, metrics } = this.#parts;
    const reranker =
      options.rerank && meteredReranker(rerankerOf(this.#shape.config, modules), metrics);
    const times = new StageTimes();
    const executable = await resolveQuery(query, this.#queryScope(), context);
    times.end('resolve');
    this.recall.note(executable);
    const scope = this.#searchScope();
    const noteScan = (snapshot: Snapshot): void => this.#noteScan(snapshot);
    const { signal } = context;
    const asked = options.matches ? { ...options, vectors: true } : options;
    const found = await runSearch(scope, query, executable, asked, { times, noteScan, signal });
    const result = await this.#afterwards(found, query, options, { times, context, reranker });
    if (result.profile) metrics.searched(query.kind, result.profile);
    if (!options.matches) return result;
    const matched = await this.#withMatches(result.hits, query, executable, context);
    return { ...result, hits: options.vectors === false ? matched.map(withoutVectors) : matched };
  }

  /** Ranks what was found anew and has texts written, where that is asked for. */
  async #afterwards(
    found: SearchResult,
    query: Query,
    { rerank, generate }: SearchOptions,
    { times, context, reranker }: AfterwardsScope,
  ): Promise<SearchResult> {
    const [config, schema] = [this.#shape.config, this.#shape.schema];
    let result = found;
    if (rerank && reranker) {
      result = await rerankHits(result, rerank, { schema, reranker, query, options: context });
      times.end('rerank');
    }
    if (generate) {
      const { modules, metrics } = this.#parts;
      const generator = (choice: GeneratorChoice) =>
        meteredGenerator(generatorOf(config, choice, modules), metrics);
      result = await generateForHits(result, generate, { schema, generator, options: context });
      times.end('generate');
    }
    return result;
  }

  /** Aggregates what is stored at this moment, or what a search finds of it. Throws DatabaseError. */
  async aggregate(request: AggregateRequest, context: RequestContext): Promise<AggregateResult> {
    refuseWithoutTenant(this.#shape.config, this.tenant);
    const noteScan = (snapshot: Snapshot): void => this.#noteScan(snapshot);
    const scope = { ...this.#searchScope(), query: this.#queryScope(), noteScan };
    return await runAggregate(scope, request, context);
  }

  async #withMatches(
    hits: readonly SearchHit[],
    query: Query,
    executable: Executable,
    context: RequestContext,
  ): Promise<readonly SearchHit[]> {
    this.refuseDropped();
    using held = this.segments.hold();
    const scope = { ...this.#queryScope(), schema: this.#shape.schema, segments: held.segments };
    const request = await matchRequestOf(query, executable, scope, context);
    return await matchHits(hits, request, this.#parts.aligner(), context.signal);
  }

  /** Takes a new configuration, checked before; what is stored stays as it is. For all tenants. */
  async configure(config: CollectionConfig): Promise<void> {
    if (this.#parts.tenant) return await this.#parts.tenant.of.configure(config);
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
    this.#shape.config = config;
    this.#shape.schema = engineSchema(config);
    this.#shape.vectorizers = vectorizers;
  }

  /** Applies documents that the log already holds: writes and recovery both end here. */
  applyPut(documents: readonly Document[]): void {
    if (this.#dropped) return;
    this.#assertOpen();
    for (const document of documents) {
      for (const [name, { dims }] of document.vectors) this.#dims.set(name, dims);
      this.segments.put(document, this.#shape.schema);
    }
  }

  /** Applies deletions that the log already holds. */
  applyDelete(uuids: readonly string[]): void {
    if (this.#dropped) return;
    this.#assertOpen();
    for (const uuid of uuids) this.segments.remove(uuid);
  }

  /** True for a tenant that nobody used: another object has what is in it when it is open again. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Keeps a tenant open until the result is disposed of; what is no tenant is open as it is. */
  keep(): Disposable {
    return this.#parts.tenants.keep(this);
  }

  /**
   * The collection that objects of this one refer to by a name, which may be an alias: the same tenant of it,
   * where both have tenants. It stays open as long as this one.
   */
  referredTo(name: string): Collection | undefined {
    return this.#parts.referredTo(name);
  }

  /** Closes the segments, which must be on disk with everything; nothing may work on it any more. */
  close(): void {
    this.#closed = true;
    void this.recall.stop();
    this.segments.close();
  }

  /** After this, writes in progress have no effect and new ones are refused. */
  drop(): void {
    this.#dropped = true;
    void this.recall.stop();
    this.#parts.recent.forget(this.id);
    if (this.tenant === '') this.#parts.metrics.forget(this.name);
  }

  /** What is applied to a tenant after it was closed would not be found: whoever writes keeps it open. */
  #assertOpen(): void {
    assert(!this.#closed, `tenant ${this.tenant} of collection ${this.name} is open`);
  }

  #referring(): Referring {
    return { config: this.#shape.config, neighbours: this.#parts.neighbours, writer: this.#writer };
  }

  #queryScope(): QueryScope {
    return {
      config: this.#shape.config,
      vectorizer: (name) => this.#shape.vectorizers.get(name),
      dims: (name) => this.dims(name),
      get: (uuid) => this.get(uuid),
    };
  }

  #searchScope(): SearchScope {
    const { segments } = this;
    const { searcher } = this.#parts;
    const resolved = (filter: Filter): Filter => this.resolved(filter);
    const visible = (filter: Filter | undefined): Filter | undefined => this.visible(filter);
    return { segments, schema: this.#shape.schema, searcher, resolved, visible };
  }

  #noteScan(snapshot: Snapshot): void {
    const { active } = this.segments;
    const searched = snapshot.segments.find(({ segment }) => segment === active);
    if (!searched) return;
    const share = searched.allowed ? searched.allowed.count() / active.documentCount : 1;
    this.segments.noteScan(share);
    this.#parts.searched(this);
  }
}

function withoutVectors(hit: SearchHit): SearchHit {
  return { ...hit, document: { ...hit.document, vectors: new Map() } };
}
