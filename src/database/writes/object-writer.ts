// The writes of one collection: checks and embeds objects, then commits them through the journal. What
// waits is here; the collection itself keeps what is stored and answers reads.

import type { Document, Properties, PropertyValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { TokenPooler } from '../../engine/multivector/pool-tokens.ts';
import type { Vectorizer } from '../../vectorizers/vectorizer.ts';
import type { DocumentEmbedder, FillOutcome } from '../backfill/backfill.ts';
import type { CollectionConfig } from '../collection-config.ts';
import { hasExpired } from '../expiry/expired-filter.ts';
import type { Journal } from '../journal.ts';
import type { DatabaseMetrics } from '../metrics/database-metrics.ts';
import type { ObjectInput, ObjectPatch, RequestContext, WriteResult } from '../object-input.ts';
import { checkTargetsExist, type Neighbours } from '../references/neighbours.ts';
import { hashBlobs } from '../schema/blob-hash.ts';
import { uncapitalized } from '../schema/names.ts';
import type { Location, SegmentList } from '../segment-list.ts';
import { canonicalUuid, claimDraft, type DraftScope, draftObject, draftStored } from './drafts.ts';
import {
  type Draft,
  embedMissing,
  keepVector,
  keptWords,
  takeEmbeddings,
  type VectorSource,
  type Write,
} from './embedding.ts';
import { PendingWrites } from './pending-writes.ts';
import { poolVectors } from './pooling.ts';

/** The collection that is written to. */
export interface WriteTarget {
  readonly id: number;
  readonly name: string;
  readonly config: CollectionConfig;
  readonly segments: SegmentList;
  /** Throws when it is gone. */
  refuseDropped(): void;
  get(uuid: string): Document | undefined;
  vectorizer(name: string): Vectorizer | undefined;
  /** Dims of the vectors under a name; undefined while there never was one. */
  dims(name: string): number | undefined;
  /** The first vector under a name fixes its dims. */
  fixDims(name: string, dims: number): void;
  configure(config: CollectionConfig): Promise<void>;
  applyPut(documents: readonly Document[]): void;
  applyDelete(uuids: readonly string[]): void;
}

/** What a writer needs besides its collection. */
export interface WriterParts {
  /** Whose objects they are; empty where the collection has no tenants. */
  readonly tenant: string;
  readonly journal: Journal;
  readonly pooler: TokenPooler;
  readonly metrics: DatabaseMetrics;
  readonly clock: () => number;
  readonly newUuid: () => string;
  readonly autoSchema: boolean;
  readonly objectVectorsMax: number;
  readonly neighbours: Neighbours;
  /** Called when a write has made the memory segment larger; resolves when writes may go on. */
  readonly grown: () => Promise<void>;
  /** Called when deletions are durable, with those of the uuids that were asked for. */
  readonly deleted: (uuids: readonly string[]) => void;
  /** Throws when memory is full because nothing can be sealed. */
  readonly refuseWhenFull: () => void;
  /** True while nothing may be written. */
  readonly isReadOnly: () => boolean;
}

/** A write that has changed the same object again and again before ours: give up after so many. */
const mergeAttemptsMax = 100;

/** How clients call the objects of a collection without tenants. */
const onlyShard = 'main';

/** Stands for the uuid of an object that is only checked: none is made for it. */
const nilUuid = '00000000-0000-0000-0000-000000000000';

/** Made by its collection. */
export class ObjectWriter {
  readonly #target: WriteTarget;
  readonly #parts: WriterParts;
  readonly #scope: DraftScope;
  readonly #pending = new PendingWrites();

  constructor(target: WriteTarget, parts: WriterParts) {
    this.#target = target;
    this.#parts = parts;
    const { tenant, autoSchema, objectVectorsMax, newUuid, neighbours } = parts;
    this.#scope = {
      ...{ tenant, autoSchema, objectVectorsMax, newUuid, neighbours },
      dims: (name) => target.dims(name),
      get: (uuid) => target.get(uuid),
    };
  }

  /** Upserts a batch; one result beside each object. Resolves when everything stored is on disk. */
  async insertMany(
    objects: readonly ObjectInput[],
    context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    let { config } = this.#target;
    const drafts = objects.map((object): Draft | DatabaseError => {
      try {
        const draft = draftObject(object, config, this.#scope);
        config = draft.config;
        return draft;
      } catch (error) {
        return asDatabaseError(error);
      }
    });
    const good = drafts.filter((draft): draft is Draft => !(draft instanceof DatabaseError));
    const fresh = good.filter(({ stored }) => !stored);
    if (fresh.length > 0) await this.#embedAll(fresh, context, 'batch');
    this.#claim(good);
    const now = this.#parts.clock();
    const documents = good
      .filter(({ error }) => !error)
      .map((draft) => {
        const { createdAt = this.#upsertedAt(draft.uuid, now), updatedAt = now } =
          draft.stored ?? {};
        return this.#document(draft, updatedAt, createdAt);
      });
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
    this.#checkTargets(draft);
    await this.#embed(draft, context);
    while (this.#pending.has(draft.uuid)) await this.#parts.journal.settled;
    this.#refuseExisting(draft.uuid);
    return this.#commitDraft(draft);
  }

  /** Replaces an object, keeping only createdAt; throws 'object-missing'. */
  async replace(uuid: string, object: ObjectPatch, context: RequestContext): Promise<Document> {
    const draft = this.#draft({ ...object, uuid });
    this.#existing(draft.uuid);
    this.#checkTargets(draft);
    await this.#embed(draft, context);
    while (this.#pending.has(draft.uuid)) await this.#parts.journal.settled;
    this.#existing(draft.uuid);
    return this.#commitDraft(draft);
  }

  /**
   * Changes the given properties and vectors; a null property is removed, references join those that are
   * there; throws 'object-missing'.
   */
  async merge(uuid: string, patch: ObjectPatch, context: RequestContext): Promise<Document> {
    const canonical = canonicalUuid(uuid);
    const { segments } = this.#target;
    for (let attempt = 0; attempt < mergeAttemptsMax; attempt += 1) {
      while (this.#pending.has(canonical)) await this.#parts.journal.settled;
      const older = this.#existing(canonical);
      const before = segments.find(canonical);
      const properties = merged(older.properties, patch.properties, this.#target.config);
      const words = keptWords(older, properties, patch.words);
      const draft = this.#draft({ ...patch, uuid: canonical, properties, words });
      this.#checkTargets(draft, older.properties);
      for (const name of older.vectors.keys()) {
        if (!this.#target.vectorizer(name) && !draft.vectors.has(name)) {
          keepVector(draft, older, name);
        }
      }
      await this.#embed(draft, context);
      while (this.#pending.has(canonical)) await this.#parts.journal.settled;
      this.#existing(canonical);
      if (isSame(before, segments.find(canonical))) return this.#commitDraft(draft);
    }
    throw changedTooOften(canonical);
  }

  /**
   * Checks as a batch would (as insert would, but for a uuid that is taken, with `targets`: what the
   * object refers to must exist), stores nothing; throws what is wrong.
   */
  validate(object: ObjectInput, { targets }: { readonly targets: boolean }): void {
    const draft = this.#draft({ ...object, uuid: object.uuid ?? nilUuid });
    if (targets) this.#checkTargets(draft);
  }

  /**
   * Gives stored objects other properties of which no vector is made, in one step that nothing comes
   * between: `change` gets an object as it is, and gives its properties or throws. What is wrong comes
   * back by uuid; without an entry, the object is changed.
   */
  async rewrite(
    uuids: readonly string[],
    change: (older: Document) => Properties,
  ): Promise<ReadonlyMap<string, DatabaseError>> {
    while (uuids.some((uuid) => this.#pending.has(uuid))) await this.#parts.journal.settled;
    const errors = new Map<string, DatabaseError>();
    const drafts: Draft[] = [];
    for (const uuid of uuids) {
      try {
        const older = this.#existing(uuid);
        const properties = change(older);
        drafts.push({ ...draftStored(older, this.#target.config), given: properties, properties });
      } catch (error) {
        errors.set(uuid, asDatabaseError(error));
      }
    }
    this.#claim(drafts);
    const now = this.#parts.clock();
    const good = drafts.filter(({ error }) => !error);
    if (good.length > 0) await this.#commitPut(good.map((draft) => this.#document(draft, now)));
    for (const { uuid, error } of drafts) if (error) errors.set(uuid, error);
    return errors;
  }

  /** True while a write of the object is on its way to disk. */
  isPending(uuid: string): boolean {
    return this.#pending.has(uuid);
  }

  /** True when the object was there. */
  async delete(uuid: string): Promise<boolean> {
    const canonical = canonicalUuid(uuid);
    while (this.#pending.has(canonical)) await this.#parts.journal.settled;
    if (!this.#target.segments.find(canonical)) return false;
    await this.deleteMany([canonical]);
    return true;
  }

  /**
   * Deletes the objects that `match` finds. One with a write on its way is asked about again when that is
   * on disk: the write may have made another of it. Resolves when it is on disk, to the uuids that are
   * deleted, and those that never stood still.
   */
  async deleteMatching(match: () => readonly string[]): Promise<{
    readonly deleted: readonly string[];
    readonly moving: readonly string[];
  }> {
    const deleted: string[] = [];
    let left = match();
    for (let attempt = 0; left.length > 0 && attempt < mergeAttemptsMax; attempt += 1) {
      const [moving, still] = [new Set<string>(), [] as string[]];
      for (const uuid of left) {
        if (this.#pending.has(uuid)) moving.add(uuid);
        else still.push(uuid);
      }
      if (still.length > 0) await this.deleteMany(still);
      else await this.#parts.journal.settled;
      for (const uuid of still) deleted.push(uuid);
      left = moving.size > 0 ? match().filter((uuid) => moving.has(uuid)) : [];
    }
    return { deleted: deleted.sort(), moving: left };
  }

  /** Deletes objects that are there, in one step; resolves when that is on disk. */
  async deleteMany(uuids: readonly string[]): Promise<void> {
    const { id, name } = this.#target;
    this.#target.refuseDropped();
    this.#refuseReadOnly();
    for (const uuid of uuids) this.#pending.hold(uuid, undefined);
    try {
      await this.#parts.journal.commit({ kind: 'delete', collection: id, uuids }, () =>
        this.#target.applyDelete(uuids),
      );
    } finally {
      for (const uuid of uuids) this.#pending.release(uuid);
    }
    this.#parts.metrics.deleted(name, uuids.length);
    this.#parts.deleted(uuids);
  }

  /**
   * Gives stored objects the vector of a name that they lack: one outcome beside each uuid. Objects are
   * written as they were, times too, with the vector; one that was changed meanwhile is read and embedded
   * again.
   */
  async fill(
    name: string,
    uuids: readonly string[],
    embed: DocumentEmbedder | undefined,
    context: RequestContext,
  ): Promise<readonly FillOutcome[]> {
    const { segments } = this.#target;
    const outcomes = new Map<string, FillOutcome>();
    let left = uuids;
    for (let attempt = 0; left.length > 0; attempt += 1) {
      if (attempt === mergeAttemptsMax) throw changedTooOften(left[0] as string);
      const filling = left.flatMap((uuid) => {
        const older = this.#target.get(uuid);
        if (!older || older.vectors.has(name)) return [];
        const draft = draftStored(older, this.#target.config);
        return [{ older, at: segments.find(uuid), draft }];
      });
      const drafts = filling.map(({ draft }) => draft);
      await this.#fillDrafts(name, drafts, embed, context);
      while (drafts.some(({ uuid }) => this.#pending.has(uuid))) await this.#parts.journal.settled;
      const unchanged = filling.filter(({ older, at }) => isSame(at, segments.find(older.uuid)));
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
    this.#refuseReadOnly();
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
    await poolVectors(this.#parts.pooler, drafts, this.#target.config.vectors);
  }

  #draft(object: ObjectInput): Draft {
    return draftObject(object, this.#target.config, this.#scope);
  }

  /** Throws 'invalid-argument' when the object refers to one that does not exist. */
  #checkTargets(draft: Draft, older: Properties = {}): void {
    checkTargetsExist(draft, draft.config, this.#parts.neighbours, older);
  }

  #existing(uuid: string): Document {
    this.#target.refuseDropped();
    const document = this.#target.get(uuid);
    if (!document)
      throw new DatabaseError('object-missing', { uuid, collection: this.#target.name });
    return document;
  }

  #refuseExisting(uuid: string): void {
    if (this.#target.segments.find(uuid)) throw new DatabaseError('object-exists', { uuid });
  }

  #refuseReadOnly(): void {
    if (!this.#parts.isReadOnly()) return;
    throw new DatabaseError('read-only', { shard: this.#parts.tenant || onlyShard });
  }

  #sources(): VectorSource[] {
    return this.#target.config.vectors.flatMap((config) => {
      const vectorizer = this.#target.vectorizer(config.name);
      return vectorizer ? [{ config, vectorizer }] : [];
    });
  }

  async #embed(draft: Draft, context: RequestContext): Promise<void> {
    await this.#embedAll([draft], context, 'single');
    if (draft.error) throw draft.error;
  }

  async #embedAll(drafts: readonly Draft[], context: RequestContext, write: Write): Promise<void> {
    this.#refuseReadOnly();
    const vectorsMax = this.#parts.objectVectorsMax;
    const asked = new Set<string>();
    const isNew = ({ config }: VectorSource): boolean => !asked.has(config.name);
    // Embedding takes its time, and a vector that is added meanwhile is wanted as well.
    do {
      const sources = this.#sources().filter(isNew);
      for (const { config } of sources) asked.add(config.name);
      await embedMissing({ sources, vectorsMax, write }, drafts, context);
      await poolVectors(this.#parts.pooler, drafts, this.#target.config.vectors);
    } while (this.#sources().some(isNew));
  }

  /**
   * Callers have waited until no write of the object is pending, in the function that calls this: nothing
   * may come between that answer and the commit.
   */
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
    this.#target.refuseDropped();
    this.#refuseReadOnly();
    this.#parts.refuseWhenFull();
    let { config } = this.#target;
    for (const draft of good) {
      try {
        config = claimDraft(draft, config, this.#scope);
        for (const [name, { dims }] of draft.vectors) this.#target.fixDims(name, dims);
      } catch (error) {
        draft.error = asDatabaseError(error);
      }
    }
    if (config === this.#target.config) return;
    // The record of the new properties lies before the one of the objects in the log, and a failed
    // append fails every later one: this promise needs no waiting for.
    this.#target.configure(config).catch(() => undefined);
  }

  #document(
    draft: Draft,
    now: number,
    createdAt: number = this.#createdAt(draft.uuid) ?? now,
  ): Document {
    const { uuid, vectors, pooled, places, words } = draft;
    const properties = hashBlobs(draft.config.properties, draft.properties);
    return {
      ...{ uuid, createdAt, updatedAt: now, properties, vectors },
      ...(pooled.size === 0 ? {} : { pooled }),
      ...(places.size === 0 ? {} : { places }),
      ...(words.size === 0 ? {} : { words }),
    };
  }

  /** An object that has outlived its time is as good as gone: what takes its place begins anew. */
  #upsertedAt(uuid: string, now: number): number {
    const createdAt = this.#createdAt(uuid) ?? now;
    return hasExpired(this.#target.config, createdAt, now) ? now : createdAt;
  }

  /** Of the newest version, also where that is on its way; undefined where it is, or will be, deleted. */
  #createdAt(uuid: string): number | undefined {
    if (this.#pending.has(uuid)) return this.#pending.createdAt(uuid);
    const location = this.#target.segments.find(uuid);
    return location?.segment.columns.createdAt[location.doc];
  }

  async #commitPut(documents: readonly Document[]): Promise<void> {
    const { id, name } = this.#target;
    for (const { uuid, createdAt } of documents) this.#pending.hold(uuid, createdAt);
    try {
      await this.#parts.journal.commit({ kind: 'put', collection: id, documents }, () =>
        this.#target.applyPut(documents),
      );
    } finally {
      for (const { uuid } of documents) this.#pending.release(uuid);
    }
    this.#parts.metrics.written(name, documents.length);
    await this.#parts.grown();
  }
}

/** The patch over what is there; the references of both, those that are there first. */
function merged(
  older: Properties,
  patch: Properties,
  { properties }: CollectionConfig,
): Properties {
  const result: Record<string, PropertyValue> = { ...older, ...patch };
  for (const [key, value] of Object.entries(patch)) {
    const name = uncapitalized(key);
    const isReference = properties.some(
      (known) => known.name === name && known.type === 'reference',
    );
    const before = Object.hasOwn(older, name) ? older[name] : undefined;
    if (!isReference || !Array.isArray(before) || !Array.isArray(value)) continue;
    result[key] = [...(before as readonly PropertyValue[]), ...(value as readonly PropertyValue[])];
  }
  return result;
}

/** Why an object stays as it is: others write it again and again. */
export function changedTooOften(uuid: string): DatabaseError {
  const message = `object ${uuid} was changed by others ${mergeAttemptsMax} times meanwhile`;
  return new DatabaseError('invalid-argument', { message });
}

function isSame(before: Location | undefined, after: Location | undefined): boolean {
  return before?.segment === after?.segment && before?.doc === after?.doc;
}

function outcomeOf({ error, vectors }: Draft, name: string): FillOutcome {
  if (error) return { kind: 'failed', error };
  return { kind: vectors.has(name) ? 'stored' : 'empty' };
}

function asDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  throw error;
}
