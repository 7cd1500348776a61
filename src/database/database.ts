// A database in one directory (or any log and store): its collections, what recovery brings back, and
// the flushes that turn memory segments into sealed ones.

import { randomUUID } from 'node:crypto';
import { warmUpSearch, warmUpSingles } from '../engine/ann/warm-up.ts';
import type { Document } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { DocumentAligner } from '../engine/explain/align-document.ts';
import type { SequenceNumber } from '../engine/ids.ts';
import { type Kernels, openKernels } from '../engine/kernels/kernels.ts';
import type { RowKernel } from '../engine/kernels/row-kernels.ts';
import { objectTokenVectorsMax } from '../engine/limits.ts';
import { TokenPooler } from '../engine/multivector/pool-tokens.ts';
import { openSearchEngine, type SearchEngine } from '../engine/query/search-engine.ts';
import type { Log } from '../storage/log.ts';
import type { ManifestPartition } from '../storage/manifest.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { unavailableVectorizer } from '../vectorizers/unavailable.ts';
import type { Vectorizer, VectorizerConfig } from '../vectorizers/vectorizer.ts';
import type { Aliases } from './aliases/aliases.ts';
import { withBackfills } from './backfill/added-vectors.ts';
import { BackfillJobs } from './backfill/backfill-jobs.ts';
import { Catalog } from './catalog.ts';
import { Collection, type CollectionParts } from './collection.ts';
import type { CollectionConfig, PropertyConfig } from './collection-config.ts';
import { stoppedTimer, type Timer } from './compactor.ts';
import { Expirer, expiryMsDefault } from './expiry/expirer.ts';
import { type DroppedPartition, Flusher } from './flusher.ts';
import { Journal } from './journal.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { BatchStatistics } from './metrics/batch-statistics.ts';
import { addBackfillGauge, addCollectionGauges } from './metrics/collection-gauges.ts';
import { DatabaseMetrics } from './metrics/database-metrics.ts';
import { meteredVectorizer } from './metrics/metered-vectorizer.ts';
import type { ObjectInput, RequestContext, WriteResult } from './object-input.ts';
import { RecentQueries } from './recall/recent-queries.ts';
import { type Change, decodeChange, type TenantRecord } from './records.ts';
import type { ReferenceInput } from './references/edit-references.ts';
import { knownTargets, withKnownTargets } from './references/neighbours.ts';
import { autoDescription } from './schema/auto-schema.ts';
import { type CollectionDefaults, ordinaryDefaults } from './schema/collection-defaults.ts';
import { resolveCollection } from './schema/collection-schema.ts';
import { refuseTenant, refuseWithoutTenant } from './schema/multi-tenancy.ts';
import { collectionName } from './schema/names.ts';
import type { SearchModules } from './search/search-modules.ts';
import { inlineBuilder, type SegmentBuilder } from './segment-builder.ts';
import { SegmentList } from './segment-list.ts';
import { type HeldCollection, newPartition, type Tenant } from './tenants/tenant.ts';
import { type OpenLimits, openLimitsDefault, Tenants } from './tenants/tenants.ts';
import { inlineSearcher, type VectorSearcher } from './vector-searcher.ts';
import { eachPlaced, failingTogether, type Placed, type PlacedGroup } from './writes/placed.ts';

export interface DatabaseOptions {
  readonly log: Log;
  readonly store: ObjectStore;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A random version 4 uuid. */
  readonly newUuid: () => string;
  /** Makes the vectorizer of a named vector; throws DatabaseError for an unknown module or bad settings. */
  readonly vectorizers: (config: VectorizerConfig) => Vectorizer | undefined;
  /** What reranks and writes once hits are found; default: nothing does. */
  readonly modules?: SearchModules;
  /** Who builds merged segments and finds codes for what is sealed; default: this thread, between other work. */
  readonly builder?: SegmentBuilder;
  /** Makes what finds the vectors of queries, beside this thread's engine; default: this thread. */
  readonly searcher?: (engine: SearchEngine) => Promise<VectorSearcher>;
  /** Tells when a collection has been quiet for a while; without one none ever is. */
  readonly timer?: Timer;
  /** How often what has expired is looked for; default a minute. */
  readonly expiryMs?: number;
  /** Unknown properties and collections are added on insert. */
  readonly autoSchema: boolean;
  /** What collections get that leave it open; default `ordinaryDefaults`. */
  readonly defaults?: CollectionDefaults;
  /** A memory segment of this size is sealed, or a smaller one where `memory` asks for it. */
  readonly flushBytes: number;
  /** What the process may take; unlimited when absent. */
  readonly memory?: MemoryBudget;
  /** Token vectors that one object may have under one name; default `objectTokenVectorsMax`. */
  readonly objectVectorsMax?: number;
  /** What of tenants may be open though nobody uses it; default what `memory` says, or `openLimitsDefault`. */
  readonly openLimits?: OpenLimits;
  /** Use the plain TypeScript kernels even where WebAssembly SIMD works. */
  readonly plainKernels?: boolean;
  /** Hears of faults in the background, as of a flush. Writes hear of them too, when they go on. */
  readonly onFault?: (error: unknown) => void;
}

/** Hears of objects that are gone, when that is durable; must not throw. */
export interface RemovalListener {
  readonly deleted: (collection: Collection, uuids: readonly string[]) => void;
  /** Of a collection, or of one tenant. */
  readonly dropped: (gone: Pick<DroppedPartition, 'id'>) => void;
}

/** Opened once a directory; `close()` or `await using` ends it. */
export class Database {
  /** What it has done so far, and what it holds. */
  readonly metrics: DatabaseMetrics;
  /** Embeds what is stored for vectors that are added later, once they are opened. */
  readonly backfills: BackfillJobs;
  /** How busy it is with batches. */
  readonly batches: BatchStatistics;
  /** Of collections that have tenants. */
  readonly tenants: Tenants;
  readonly #expirer: Expirer;
  readonly #recent = new RecentQueries();
  readonly #options: DatabaseOptions;
  readonly #journal: Journal;
  readonly #flusher: Flusher;
  readonly #searcher: VectorSearcher;
  readonly #rows: RowKernel;
  readonly #pooler: TokenPooler;
  readonly #kernels: Kernels;
  #aligner: DocumentAligner | undefined;
  readonly #catalog = new Catalog((change) => this.#commit(change));
  readonly #listeners = new Set<RemovalListener>();
  #nextId: number;
  /** False while what is stored is read. */
  #isOpen = false;
  #closed = false;

  private constructor(
    options: DatabaseOptions,
    kernels: Kernels,
    searcher: VectorSearcher,
    flusher: Flusher,
    metrics: DatabaseMetrics,
  ) {
    this.metrics = metrics;
    metrics.registry.gauge('tesserae_log_bytes', 'Bytes of the log.', () => [
      { labels: {}, value: options.log.bytes },
    ]);
    this.#options = options;
    const { clock, timer = stoppedTimer, onFault = () => undefined } = options;
    this.batches = new BatchStatistics(clock);
    const collections = (): readonly Collection[] => this.collections();
    this.backfills = new BackfillJobs({ collections, clock, timer, onFault });
    const { expiryMs: everyMs = expiryMsDefault } = options;
    const expiring = (): readonly Collection[] => [...this.#open()];
    this.#expirer = new Expirer({ collections: expiring, timer, everyMs, onFault });
    addBackfillGauge(metrics.registry, this.backfills);
    this.#flusher = flusher;
    this.#journal = new Journal(options.log, options.log.lastSequence);
    this.#searcher = searcher;
    this.#rows = kernels.createRows();
    this.#pooler = TokenPooler.open(kernels);
    this.#kernels = kernels;
    this.#nextId = flusher.manifest.nextCollectionId;
    this.tenants = new Tenants({
      limits: options.openLimits ?? options.memory?.openLimits ?? openLimitsDefault,
      openSegments: async (stored) =>
        new SegmentList(await flusher.openSegments(stored), this.#rows),
      make: (tenant, segments) => this.#makeTenant(tenant, segments),
      newPartition: () => this.#newPartition(),
      referredTo: (of) => this.#catalog.referredTo(of),
      commit: (change, apply) => this.#commit(change, apply),
      flush: (dirty) => flusher.flush(dirty),
      activated: (of) => this.backfills.resume(of),
      closed: (collection) => flusher.forget(collection),
      drop: (dropped) => this.#drop(dropped),
      onFault,
    });
    const { tenants } = this;
    addCollectionGauges(metrics.registry, { collections, open: () => this.#open(), tenants });
  }

  /** Opens what the store and the log hold: sealed segments, then the log applied again. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { log, store } = options;
    const { memory: budget, builder = inlineBuilder(store), timer = stoppedTimer } = options;
    const { onFault = () => undefined } = options;
    const flushBytes = budget?.flushBytes(options.flushBytes) ?? options.flushBytes;
    const forcePlain = options.plainKernels ?? false;
    const kernels = openKernels({ forcePlain, clock: performance });
    const engine = openSearchEngine(kernels, { clock: performance });
    const { memory } = engine;
    const searcher = (await options.searcher?.(engine)) ?? inlineSearcher(engine);
    // Where there are other threads to search, they leave this one but small searches.
    if (options.searcher) warmUpSingles(kernels);
    else warmUpSearch(kernels);
    const metrics = new DatabaseMetrics();
    const parts = { log, store, flushBytes, builder, memory, searcher, metrics, timer, onFault };
    const flusher = await Flusher.open(parts);
    const database = new Database(options, kernels, searcher, flusher, metrics);
    for (const stored of flusher.manifest.collections) {
      const segments = new SegmentList(await flusher.openSegments(stored), database.#rows);
      const collection = database.#add(stored.id, stored.config as CollectionConfig, segments);
      for (const tenant of stored.tenants ?? []) database.tenants.restore(collection, tenant);
    }
    for (const { name, collection } of flusher.manifest.aliases) {
      database.aliases.apply(name, database.#catalog.byId(collection));
    }
    await database.#replay();
    database.#isOpen = true;
    await flusher.start(database.#journal, {
      collections: () => database.collections(),
      tenants: (of) => (of.config.multiTenancy.enabled ? database.tenants.of(of) : undefined),
      open: () => database.#open(),
      isOpen: (collection) => database.#isOpenOne(collection),
      released: () => void database.tenants.closeUnused(),
      aliases: () => database.aliases.stored(),
      nextCollectionId: () => database.#nextId,
    });
    database.#expirer.consider();
    await database.tenants.closeUnused();
    return database;
  }

  /** Other names of its collections; whoever finds a collection by name finds it by these too. */
  get aliases(): Aliases {
    return this.#catalog.aliases;
  }

  /** Where the segments are; who keeps files of objects beside them uses keys of his own. */
  get store(): ObjectStore {
    return this.#options.store;
  }

  /** What collections get that leave it open. */
  get defaults(): CollectionDefaults {
    return this.#options.defaults ?? ordinaryDefaults;
  }

  /** False while the process takes more memory than it may, so that writes are refused. */
  get hasRoom(): boolean {
    return this.#options.memory?.hasRoom ?? true;
  }

  /** Calls the listener until the result is disposed. */
  watch(listener: RemovalListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * Throws 'collection-exists' (also for the same name in another letter case), and 'invalid-argument' for
   * references to collections that do not exist.
   */
  async createCollection(config: CollectionConfig): Promise<CollectionConfig> {
    this.#refuseClosed();
    this.#catalog.refuseTaken(config.name);
    const known = withKnownTargets(config, this.#catalog);
    const id = this.#nextId;
    this.#nextId += 1;
    const collection = this.#add(id, known, new SegmentList([], this.#rows));
    this.#flusher.made(id, this.#journal.applied);
    await this.#commit({ kind: 'create', collection: id, config: known });
    this.#expirer.consider();
    return collection.config;
  }

  /**
   * The caller (schema module) has checked what may change. What is stored gets the vectors that are new and
   * have a vectorizer (`backfills`), with the keys in the headers of the request. Throws 'collection-missing'.
   */
  async updateCollection(
    config: CollectionConfig,
    { headers }: RequestContext = { headers: {} },
  ): Promise<CollectionConfig> {
    this.#refuseClosed();
    const collection = this.collection(config.name);
    const isEmpty = this.#objectCount(collection) === 0;
    const { readOnly } = collection.config;
    const kept = withBackfills(collection.config, config, isEmpty);
    await collection.configure(readOnly ? { ...kept, readOnly } : kept);
    this.backfills.consider(collection, { headers });
    this.#expirer.consider();
    return collection.config;
  }

  /**
   * Lets nothing be written to a collection, or to one tenant of it, or something again, also after a
   * restart; on disk when it resolves. Searches go on, and what expires stays meanwhile. Throws
   * 'collection-missing' and 'tenant-missing'.
   */
  async setReadOnly(name: string, tenant: string, isReadOnly: boolean): Promise<void> {
    this.#refuseClosed();
    const collection = this.collection(name);
    refuseWithoutTenant(collection.config, tenant);
    if (tenant !== '') return await this.tenants.setReadOnly(collection, tenant, isReadOnly);
    if (collection.isReadOnly === isReadOnly) return;
    const { readOnly: _, ...config } = collection.config;
    await collection.configure(isReadOnly ? { ...config, readOnly: true } : config);
  }

  /** Adds a checked property. Throws 'collection-missing'. */
  async addProperty(name: string, property: PropertyConfig): Promise<CollectionConfig> {
    this.#refuseClosed();
    const collection = this.collection(name);
    const known = knownTargets(collection.name, property, this.#catalog);
    const properties = [...collection.config.properties, known];
    await collection.configure({ ...collection.config, properties });
    return collection.config;
  }

  /**
   * True when it was there. Its aliases go with it; by an alias nothing is deleted, because it may lead to
   * a collection that the caller did not mean. Throws 'invalid-argument' then.
   */
  async deleteCollection(name: string): Promise<boolean> {
    this.#refuseClosed();
    const collection = this.findCollection(name);
    if (!collection) return false;
    if (this.aliases.target(name) === collection) {
      const message = `${name} is an alias of collection ${collection.name}: delete the alias, or the collection by its own name`;
      throw new DatabaseError('invalid-argument', { message });
    }
    const tenants = this.#forget(collection);
    await this.#commit({ kind: 'drop', collection: collection.id });
    await this.#drop([{ id: collection.id, collection }, ...tenants]);
    return true;
  }

  /** By name or alias. Throws 'collection-missing'. A lower-case first letter is upper-cased. */
  collection(name: string): Collection {
    const found = this.findCollection(name);
    if (!found) throw new DatabaseError('collection-missing', { collection: name });
    return found;
  }

  /** By name or alias. */
  findCollection(name: string): Collection | undefined {
    return this.#catalog.find(name);
  }

  /**
   * The collection, or the tenant of it, that a call works on, by name or alias. Throws
   * 'collection-missing', 'tenant-missing', 'tenant-inactive', 'invalid-argument' where a tenant is wanting
   * or too many.
   */
  async hold(name: string, tenant: string): Promise<HeldCollection> {
    this.#refuseClosed();
    return await this.#hold(this.collection(name), tenant, { make: false });
  }

  /** In ascending order of name. */
  collections(): readonly Collection[] {
    return this.#catalog.sorted();
  }

  /**
   * Upserts a batch whose objects may belong to several collections, in order; makes missing
   * collections when auto-schema is on. One result beside each object, never throws for one of them.
   */
  async insertMany(
    objects: readonly Placed<{ readonly object: ObjectInput }>[],
    context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    this.#refuseClosed();
    return await this.batches.track(objects.length, () => this.#insertMany(objects, context));
  }

  async #insertMany(
    objects: readonly Placed<{ readonly object: ObjectInput }>[],
    context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    const results: WriteResult[] = new Array(objects.length);
    await this.#makeTenants(objects);
    await eachPlaced(objects, this.#nameOf, async ({ name, tenant, indexes }) => {
      const inputs = indexes.map((index) => objects[index]?.object as ObjectInput);
      const outcomes = await this.#insertGroup({ name, tenant }, inputs, context);
      for (const [place, index] of indexes.entries()) {
        results[index] = outcomes[place] as WriteResult;
      }
    });
    return results;
  }

  /** Makes the tenants that are named, where insertions may; one by one who can't have his is told so. */
  async #makeTenants(items: readonly Placed<object>[]): Promise<void> {
    const named = items.filter(({ tenant = '' }) => tenant !== '');
    for (const [collection, placed] of Map.groupBy(named, (item) => item.collection)) {
      const of = this.findCollection(collection);
      if (!of) continue;
      try {
        await this.tenants.createMissing(of, new Set(placed.map(({ tenant = '' }) => tenant)));
      } catch (error) {
        // Each of them is tried again for its objects, which then hear of it.
        if (!(error instanceof DatabaseError)) throw error;
      }
    }
  }

  /** As insertMany for one new object; throws. */
  async insert(
    name: string,
    object: ObjectInput,
    context: RequestContext,
    tenant = '',
  ): Promise<Document> {
    this.#refuseClosed();
    const [error] = await this.#makeMissing({ name, tenant }, [object]);
    if (error) throw error;
    using held = await this.#hold(this.collection(name), tenant, { make: true });
    return await held.collection.insert(object, context);
  }

  /**
   * Adds references to objects of several collections; what they lead to need not exist yet. Undefined
   * beside each that was added, else why not.
   */
  async addReferences(
    references: readonly Placed<{ readonly reference: ReferenceInput }>[],
  ): Promise<readonly (DatabaseError | undefined)[]> {
    this.#refuseClosed();
    const results: (DatabaseError | undefined)[] = new Array(references.length).fill(undefined);
    await eachPlaced(references, this.#nameOf, async ({ name, tenant, indexes }) => {
      const own = indexes.map((index) => references[index]?.reference as ReferenceInput);
      const outcomes = await failingTogether(own.length, async () => {
        using held = await this.#hold(this.collection(name), tenant, { make: false });
        return await held.collection.addReferences(own);
      });
      for (const [place, index] of indexes.entries()) results[index] = outcomes[place];
    });
    return results;
  }

  /** Seals every memory segment; resolves when the log is not needed any more. */
  async flush(): Promise<void> {
    this.#refuseClosed();
    await this.#flusher.flushAll();
  }

  /** Resolves when nothing is left to seal or to merge. */
  async settled(): Promise<void> {
    await this.#flusher.settled();
  }

  /** Drains writes in progress, syncs, closes log and segments. Closing twice is allowed. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.backfills.close(), this.#expirer.close()]);
    await this.#journal.settled;
    await this.tenants.close();
    const open = [...this.#open()];
    const checks = open.map(({ recall }) => recall.stop());
    await this.#searcher.close();
    await Promise.all(checks);
    await this.#flusher.close();
    await this.#options.log.close();
    for (const { segments } of open) segments.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #insertGroup(
    { name, tenant }: Pick<PlacedGroup, 'name' | 'tenant'>,
    objects: readonly ObjectInput[],
    context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    try {
      const errors = await this.#makeMissing({ name, tenant }, objects);
      if (errors.length > 0) return errors.map((error) => ({ kind: 'failed', error }));
      using held = await this.#hold(this.collection(name), tenant, { make: true });
      return await held.collection.insertMany(objects, context);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return objects.map(() => ({ kind: 'failed', error }));
    }
  }

  async #hold(
    collection: Collection,
    tenant: string,
    { make }: { readonly make: boolean },
  ): Promise<HeldCollection> {
    refuseWithoutTenant(collection.config, tenant);
    refuseTenant(collection.config, tenant);
    if (tenant !== '') return await this.tenants.hold(collection, tenant, { make });
    return { collection, [Symbol.dispose]: () => undefined };
  }

  /**
   * With auto-schema, makes the collection if it is missing and can store one of the objects at least;
   * otherwise it is not made and the objects' errors come back, one beside each. It has no tenants: throws
   * where one is named.
   */
  async #makeMissing(
    { name, tenant }: Pick<PlacedGroup, 'name' | 'tenant'>,
    objects: readonly ObjectInput[],
  ): Promise<readonly DatabaseError[]> {
    if (this.findCollection(name) || !this.#options.autoSchema) return [];
    if (name === '') {
      const message = 'invalid object: the given class is empty';
      throw new DatabaseError('invalid-argument', { message });
    }
    const { defaults } = this;
    const vectors = [{ name: defaultVector, vectorizer: { module: defaults.vectorizer } }];
    const config = resolveCollection(
      { name: collectionName(name), description: autoDescription, vectors },
      defaults,
    );
    refuseTenant(config, tenant);
    const unmade = this.#make(this.#nextId, config, new SegmentList([], this.#rows));
    const errors = objects.map((object) => refusalOf(unmade, object));
    const refused = errors.filter((error) => error !== undefined);
    if (refused.length === objects.length) return refused;
    await this.createCollection(config);
    return [];
  }

  #add(id: number, config: CollectionConfig, segments: SegmentList): Collection {
    const collection = this.#make(id, config, segments);
    this.#catalog.add(collection);
    return collection;
  }

  #makeTenant(tenant: Tenant, segments: SegmentList): Collection {
    const { id, name, of } = tenant;
    this.#flusher.reopened(id);
    return this.#make(id, of.config, segments, { name, of, isReadOnly: () => tenant.isReadOnly });
  }

  /** A number for a new tenant, with what is stored of it. */
  #newPartition(): ManifestPartition {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#flusher.made(id, this.#journal.applied);
    return newPartition(id, this.#journal.applied);
  }

  /** What a collection or tenant sees under a name: of collections with tenants the same tenant. */
  #seenBy(tenant: string, name: string): Collection | undefined {
    const found = this.findCollection(name);
    if (!found || tenant === '' || !found.config.multiTenancy.enabled) return found;
    return this.tenants.sameTenant(found, tenant) ?? found;
  }

  /** The name of the collection that a name or alias leads to. */
  readonly #nameOf = (name: string): string => this.findCollection(name)?.name ?? name;

  /** What has its segments open. */
  *#open(): Iterable<Collection> {
    yield* this.#catalog.all();
    yield* this.tenants.openOnes();
  }

  #isOpenOne(collection: Collection): boolean {
    return this.#catalog.byId(collection.id) === collection || this.tenants.isOpen(collection);
  }

  #objectCount(collection: Collection): number {
    return collection.segments.liveCount + this.tenants.objectCount(collection);
  }

  /** A collection that nobody finds yet. */
  #make(
    id: number,
    config: CollectionConfig,
    segments: SegmentList,
    tenant?: CollectionParts['tenant'],
  ): Collection {
    const seen = (name: string) => this.#seenBy(tenant?.name ?? '', name);
    const { clock, newUuid, autoSchema, objectVectorsMax = objectTokenVectorsMax } = this.#options;
    return new Collection({
      id,
      config,
      ...(tenant && { tenant }),
      segments,
      journal: this.#journal,
      searcher: this.#searcher,
      pooler: this.#pooler,
      aligner: () => {
        this.#aligner ??= DocumentAligner.open(this.#kernels);
        return this.#aligner;
      },
      metrics: this.metrics,
      recent: this.#recent,
      neighbours: this.#catalog.neighbours(seen),
      referredTo: seen,
      tenants: this.tenants,
      clock,
      newUuid,
      autoSchema,
      objectVectorsMax,
      modules: this.#options.modules ?? {},
      makeVectorizers: (changed) => this.#makeVectorizers(changed),
      grown: (changed) => this.#flusher.grown(changed),
      searched: (changed) => this.#flusher.searched(changed),
      deleted: (changed, uuids) => {
        for (const { deleted } of this.#listeners) deleted(changed, uuids);
      },
      refuseWhenFull: (changed) => {
        this.#options.memory?.refuseWhenFull();
        this.#flusher.refuseWhenFull(changed);
      },
    });
  }

  /** A change whose effect is in memory already, or is brought there by `apply`. */
  async #commit(change: Change, apply: () => void = () => undefined): Promise<void> {
    this.#refuseClosed();
    await this.#journal.commit(change, apply);
  }

  /** Its tenants are still to be dropped. */
  #forget(collection: Collection): readonly DroppedPartition[] {
    const tenants = this.tenants.forget(collection);
    collection.drop();
    this.backfills.forget(collection);
    this.#catalog.remove(collection);
    return tenants;
  }

  async #drop(gone: readonly DroppedPartition[]): Promise<void> {
    for (const { id } of gone) this.#recent.forget(id);
    await this.#flusher.drop(gone);
    for (const { dropped } of this.#listeners) for (const one of gone) dropped(one);
  }

  #makeVectorizers(config: CollectionConfig): ReadonlyMap<string, Vectorizer> {
    const made = new Map<string, Vectorizer>();
    for (const { name, metric, vectorizer } of config.vectors) {
      const { module, settings } = vectorizer;
      const from = { collection: config.name, vectorName: name, module, settings, metric };
      const one = this.#makeVectorizer(from);
      if (one) made.set(name, meteredVectorizer(one, this.metrics));
    }
    return made;
  }

  /**
   * A new configuration is refused when its vectorizer can't be made; a stored one is opened all the same,
   * as when its model is not on this machine any more, and says so when something is to be embedded.
   */
  #makeVectorizer(from: VectorizerConfig): Vectorizer | undefined {
    try {
      return this.#options.vectorizers(from);
    } catch (error) {
      if (this.#isOpen || !(error instanceof DatabaseError)) throw error;
      const { collection, vectorName } = from;
      const message = `vector "${vectorName}" of collection ${collection} can't be embedded here: ${error.message}`;
      const failure = new DatabaseError('vectorizer-failed', { message }, { cause: error });
      return unavailableVectorizer(from.module, failure);
    }
  }

  /** Applies the log's records that the manifest does not cover, in order. */
  async #replay(): Promise<void> {
    const { log } = this.#options;
    const { manifest } = this.#flusher;
    const from = this.#flusher.replayFrom();
    // A database without collections may have cut its log anywhere.
    let expected: number | undefined = manifest.collections.length > 0 ? from : undefined;
    for await (const { sequence, bytes } of log.read(from)) {
      if (sequence !== (expected ?? sequence)) throw missingRecords(expected, sequence);
      expected = sequence + 1;
      const change = decodeChange(bytes, `log record ${sequence}`);
      const isOld = change.collection < manifest.nextCollectionId;
      const isKnown =
        this.#catalog.byId(change.collection) !== undefined || this.tenants.has(change.collection);
      // Where an alias led, it led to nothing else: also when that collection is gone.
      if (isOld && !isKnown && change.kind !== 'alias') continue;
      if (!this.#flusher.covers(change, sequence)) await this.#applyAgain(change, sequence);
    }
    const through = Math.max(0, ...manifest.collections.map((one) => one.flushedThrough));
    const needed = Math.max(through, (expected ?? 1) - 1);
    if (log.lastSequence < needed) throw missingRecords(needed, log.lastSequence);
  }

  async #applyAgain(change: Change, sequence: SequenceNumber): Promise<void> {
    const collection = this.#catalog.byId(change.collection);
    const before = (sequence - 1) as SequenceNumber;
    switch (change.kind) {
      case 'create':
        this.#add(change.collection, change.config, new SegmentList([], this.#rows));
        this.#flusher.made(change.collection, before);
        this.#nextId = Math.max(this.#nextId, change.collection + 1);
        break;
      case 'configure':
        collection?.applyConfig(change.config);
        break;
      case 'put':
        (collection ?? (await this.tenants.openAgain(change.collection)))?.applyPut(
          change.documents,
        );
        break;
      case 'delete':
        (collection ?? (await this.tenants.openAgain(change.collection)))?.applyDelete(
          change.uuids,
        );
        break;
      case 'alias':
        this.aliases.apply(change.name, collection);
        break;
      case 'drop':
        if (collection) {
          for (const gone of this.#forget(collection)) gone.collection?.segments.close();
          collection.segments.close();
        }
        break;
      case 'tenants':
        for (const tenant of collection ? change.tenants : []) {
          this.#applyTenant(collection as Collection, tenant, before);
        }
        break;
      case 'dropTenants':
        for (const gone of collection ? this.tenants.forget(collection, change.ids) : []) {
          gone.collection?.segments.close();
        }
        break;
    }
  }

  /** Numbers that the manifest counts as given and does not have are those of tenants that are gone. */
  #applyTenant(of: Collection, tenant: TenantRecord, before: SequenceNumber): void {
    const isGone = tenant.id < this.#flusher.manifest.nextCollectionId;
    if (!isGone && !this.tenants.has(tenant.id)) {
      this.#flusher.made(tenant.id, before);
      this.#nextId = Math.max(this.#nextId, tenant.id + 1);
    }
    this.tenants.apply(of, tenant, isGone ? undefined : newPartition(tenant.id, before));
  }

  #refuseClosed(): void {
    if (this.#closed) throw new DatabaseError('closed');
  }
}

/** Why a collection will not store an object; undefined when it will. */
function refusalOf(collection: Collection, object: ObjectInput): DatabaseError | undefined {
  try {
    collection.validate(object, { targets: false });
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
}

/** New records would get numbers that the segments cover already, and be ignored by the next recovery. */
function missingRecords(expected: number | undefined, found: number): DatabaseError {
  const params = { file: 'log', offset: 0, expected: `record ${expected}, found ${found}` };
  return new DatabaseError('corrupt', params);
}

/** The vector of a collection that auto-schema makes. */
const defaultVector = 'default';

/** Clock, timer and random numbers of the machine, for who needs no others. */
export const systemSources: Required<Pick<DatabaseOptions, 'clock' | 'newUuid' | 'timer'>> = {
  clock: Date.now,
  newUuid: randomUUID,
  timer: (ms, call) => {
    const timeout = setTimeout(call, ms).unref();
    return () => clearTimeout(timeout);
  },
};
