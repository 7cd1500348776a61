// The tenants of all collections. Each has segments of its own, which are open while it is used; those that
// nobody uses are closed, least recently used first, so that a node can have many more than fit in memory.

import { DatabaseError } from '../../engine/errors.ts';
import type { ManifestPartition, ManifestTenant } from '../../storage/manifest.ts';
import type { Collection } from '../collection.ts';
import type { DroppedPartition } from '../flusher.ts';
import type { Change, TenantRecord } from '../records.ts';
import { type SegmentList, sealedBytes } from '../segment-list.ts';
import { type HeldCollection, Tenant, type TenantInfo, type TenantInput } from './tenant.ts';
import { checkTenantName, isTenantName } from './tenant-name.ts';

/** What may be open though nobody uses it. */
export interface OpenLimits {
  readonly tenants: number;
  /** Memory of sealed segments: codes, lists, offsets and scales. */
  readonly bytes: number;
}

/** For who says nothing else: where a tenant has a few objects, a thousand take 0.1 GB. */
export const openLimitsDefault: OpenLimits = { tenants: 1024, bytes: 1 << 30 };

/** When there is more, this share of it stays open: closing many at a time shares a checkpoint. */
const keptShare = 7 / 8;

/** What the tenants need of their database. */
export interface TenantsParts {
  readonly limits: OpenLimits;
  readonly openSegments: (stored: ManifestPartition) => Promise<SegmentList>;
  /** The objects of a tenant that is opened. */
  readonly make: (tenant: Tenant, segments: SegmentList) => Collection;
  /** A number for a new tenant, with what is stored of it. */
  readonly newPartition: () => ManifestPartition;
  /** The collections that references of a collection lead to. */
  readonly referredTo: (of: Collection) => readonly Collection[];
  /** Resolves when the change survives a crash and `apply` has run. */
  readonly commit: (change: Change, apply?: () => void) => Promise<void>;
  /** Seals what is in memory, and has the manifest say so. */
  readonly flush: (collections: readonly Collection[]) => Promise<void>;
  /** Tenants of the collection are active that were not. */
  readonly activated: (of: Collection) => void;
  /** A tenant is closed. */
  readonly closed: (collection: Collection) => void;
  /** Takes tenants that are gone out of the manifest, with their files. */
  readonly drop: (dropped: readonly DroppedPartition[]) => Promise<void>;
  /** Hears of what fails in the background. */
  readonly onFault: (error: unknown) => void;
}

/** Owned by Database. */
export class Tenants {
  readonly #parts: TenantsParts;
  /** By the number of their collection, then by name. */
  readonly #byName = new Map<number, Map<string, Tenant>>();
  readonly #byId = new Map<number, Tenant>();
  /** With the memory that each took when it was used last; least recently used first. */
  readonly #open = new Map<Tenant, number>();
  #openBytes = 0;
  /** Changes are made one after the other: who finds a tenant made already finds it on disk. */
  #changes: Promise<unknown> = Promise.resolve();
  /** Closing that goes on, and that which begins when it has ended. */
  #closing: Promise<void> | undefined;
  #closingNext: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: TenantsParts) {
    this.#parts = parts;
  }

  /** By name; unknown names are left out. Throws 'invalid-argument' where the collection has no tenants. */
  list(of: Collection, names?: readonly string[]): readonly TenantInfo[] {
    refuseWithoutTenancy(of);
    const known = this.#of(of);
    const wanted = names
      ? [...new Set(names)].flatMap((name) => known.get(name) ?? [])
      : [...known.values()];
    return wanted.map(({ info }) => info).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Makes tenants; one that exists stays as it is. Throws 'invalid-argument' for names that are none, and
   * where the collection has no tenants; nothing is made then. Throws 'collection-missing' when that is gone.
   */
  async create(of: Collection, inputs: readonly TenantInput[]): Promise<void> {
    refuseWithoutTenancy(of);
    for (const [index, { name }] of inputs.entries()) checkTenantName(name, index);
    await this.#inTurn(() => this.#create(of, inputs));
  }

  async #create(of: Collection, inputs: readonly TenantInput[]): Promise<void> {
    of.refuseDropped();
    const known = this.#of(of);
    const added: Tenant[] = [];
    for (const [name, { status }] of new Map(inputs.map((input) => [input.name, input]))) {
      if (!known.has(name))
        added.push(new Tenant(of, { name, status }, this.#parts.newPartition()));
    }
    if (added.length === 0) return;
    // A manifest that is written before the record must have those whose numbers it counts as given.
    for (const tenant of added) this.#add(tenant);
    try {
      const tenants = added.map(recordOf);
      await this.#parts.commit({ kind: 'tenants', collection: of.id, tenants });
    } catch (error) {
      for (const tenant of added) this.#forget(tenant);
      throw error;
    }
  }

  /**
   * Makes the tenants that an insertion names and that do not exist, with one record, where the collection
   * says so; what is no name is left to who inserts into it.
   */
  async createMissing(of: Collection, names: Iterable<string>): Promise<void> {
    if (!of.config.multiTenancy.autoTenantCreation) return;
    const known = this.#of(of);
    const inputs = [...names].flatMap((name) =>
      known.has(name) || !isTenantName(name) ? [] : [{ name, status: 'active' as const }],
    );
    if (inputs.length > 0) await this.create(of, inputs);
  }

  /**
   * Makes tenants active or inactive. Resolves when that is on disk and unused ones are closed. Throws
   * 'tenant-missing' when one is unknown, and changes none then.
   */
  async update(of: Collection, inputs: readonly TenantInput[]): Promise<void> {
    refuseWithoutTenancy(of);
    await this.#inTurn(async () => {
      const changes = inputs
        .map(({ name, status }) => ({ tenant: this.#get(of, name), status }))
        .filter(({ tenant, status }) => tenant.status !== status);
      if (changes.length === 0) return;
      const tenants = changes.map(({ tenant, status }) => ({ ...recordOf(tenant), status }));
      await this.#parts.commit({ kind: 'tenants', collection: of.id, tenants }, () => {
        for (const { tenant, status } of changes) tenant.status = status;
      });
      if (tenants.some(({ status }) => status === 'active')) this.#parts.activated(of);
    });
    await this.closeUnused();
  }

  /** Lets nothing be written to a tenant, or something again; on disk when it resolves. Throws 'tenant-missing'. */
  async setReadOnly(of: Collection, name: string, readOnly: boolean): Promise<void> {
    refuseWithoutTenancy(of);
    await this.#inTurn(async () => {
      const tenant = this.#get(of, name);
      if (tenant.isReadOnly === readOnly) return;
      const tenants = [{ ...recordOf(tenant), readOnly }];
      await this.#parts.commit({ kind: 'tenants', collection: of.id, tenants }, () => {
        tenant.isReadOnly = readOnly;
      });
    });
  }

  /** Deletes tenants with their objects; unknown ones are ignored. */
  async delete(of: Collection, names: readonly string[]): Promise<void> {
    refuseWithoutTenancy(of);
    const dropped = await this.#inTurn(async () => {
      const known = this.#of(of);
      const gone = [...new Set(names)].flatMap((name) => known.get(name) ?? []);
      const ids = gone.map(({ id }) => id);
      const forgotten = gone.map((tenant) => this.#forget(tenant));
      if (ids.length > 0) await this.#parts.commit({ kind: 'dropTenants', collection: of.id, ids });
      return forgotten;
    });
    if (dropped.length > 0) await this.#parts.drop(dropped);
  }

  /**
   * Opens a tenant, and the same tenant of collections that its references lead to, until the result is
   * disposed of. With `make` one that does not exist is made, where the collection says so. Throws
   * 'tenant-missing' and 'tenant-inactive'.
   */
  async hold(
    of: Collection,
    name: string,
    { make = false }: { readonly make?: boolean } = {},
  ): Promise<HeldCollection> {
    const tenant = await this.#usable(of, name, make);
    using held = new DisposableStack();
    for (const other of this.#parts.referredTo(of)) {
      const same = this.#byName.get(other.id)?.get(name);
      if (same && same !== tenant && same.status === 'active') await this.#holdSame(same, held);
    }
    const collection = await this.#hold(tenant, held);
    const kept = held.move();
    return { collection, [Symbol.dispose]: () => kept.dispose() };
  }

  /** Keeps an open tenant open until the result is disposed of. */
  keep(collection: Collection): Disposable {
    const tenant = this.#byId.get(collection.id);
    const stack = new DisposableStack();
    if (tenant?.collection === collection) this.#holdNow(tenant, stack);
    return stack;
  }

  /** The objects of the same tenant in another collection; undefined where they are not open. Throws 'tenant-inactive'. */
  sameTenant(of: Collection, name: string): Collection | undefined {
    const tenant = this.#byName.get(of.id)?.get(name);
    if (tenant?.status === 'inactive') throw inactive(tenant);
    return tenant?.collection;
  }

  /** Every tenant of a collection. */
  of(collection: Collection): Iterable<Tenant> {
    return this.#of(collection).values();
  }

  /** Those that are open. */
  openOnes(): readonly Collection[] {
    return [...this.#open.keys()].flatMap(({ collection }) => collection ?? []);
  }

  isOpen(collection: Collection): boolean {
    return this.#byId.get(collection.id)?.collection === collection;
  }

  /** Live objects of all tenants of a collection. */
  objectCount(of: Collection): number {
    let count = 0;
    for (const { objectCount } of this.#of(of).values()) count += objectCount;
    return count;
  }

  /** Closes what nobody uses, where it is inactive or too much is open; resolves when that is done. */
  async closeUnused(): Promise<void> {
    // What goes on has chosen already; whoever calls while the next one waits shares it.
    this.#closingNext ??= this.#closeAfter(this.#closing);
    await this.#closingNext;
  }

  /** Nothing is closed in the background any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#closing;
    await this.#closingNext;
  }

  /** A tenant of the manifest. */
  restore(of: Collection, stored: ManifestTenant): void {
    const { name, status, readOnly, ...partition } = stored;
    this.#add(new Tenant(of, { name, status, readOnly }, partition));
  }

  /** A record of the log says that it exists; `partition` is undefined when it is known to be gone. */
  apply(of: Collection, record: TenantRecord, partition: ManifestPartition | undefined): void {
    const known = this.#byId.get(record.id);
    if (known) {
      known.status = record.status;
      known.isReadOnly = record.readOnly;
    } else if (partition) this.#add(new Tenant(of, record, partition));
  }

  /** By its number, opened, while the log is applied again; undefined when there is no such tenant. */
  async openAgain(id: number): Promise<Collection | undefined> {
    const tenant = this.#byId.get(id);
    return tenant && (tenant.collection ?? (await this.#opened(tenant)));
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  /** Forgets tenants by number, or all of a collection; what is returned is still to be dropped. */
  forget(of: Collection, ids?: readonly number[]): readonly DroppedPartition[] {
    const gone = ids ? ids.flatMap((id) => this.#byId.get(id) ?? []) : [...this.#of(of).values()];
    const dropped = gone.map((tenant) => this.#forget(tenant));
    if (!ids) this.#byName.delete(of.id);
    return dropped;
  }

  async #usable(of: Collection, name: string, make: boolean): Promise<Tenant> {
    const { autoTenantActivation, autoTenantCreation } = of.config.multiTenancy;
    if (make && autoTenantCreation && !this.#of(of).has(name))
      await this.create(of, [{ name, status: 'active' }]);
    const tenant = this.#get(of, name);
    if (tenant.status === 'inactive') {
      if (!autoTenantActivation) throw inactive(tenant);
      await this.update(of, [{ name, status: 'active' }]);
    }
    return tenant;
  }

  /** As #hold, of what a call can do without: one that is deleted meanwhile is not there any more. */
  async #holdSame(tenant: Tenant, until: DisposableStack): Promise<void> {
    try {
      await this.#hold(tenant, until);
    } catch (error) {
      if (!tenant.isDropped) throw error;
    }
  }

  /** Throws 'tenant-missing' and 'tenant-inactive' where others have changed it since it was found. */
  async #hold(tenant: Tenant, until: DisposableStack): Promise<Collection> {
    if (tenant.isDropped) throw missing(tenant.of, tenant.name);
    if (tenant.status === 'inactive') throw inactive(tenant);
    this.#holdNow(tenant, until);
    if (tenant.collection) return tenant.collection;
    // Opening waits for closing where calls open more than is closed beside them; once, or others who come
    // later would be served first.
    if (this.#isAbove(2)) await (this.#closing ?? this.#closingNext);
    return tenant.collection ?? (await this.#opened(tenant));
  }

  #holdNow(tenant: Tenant, until: DisposableStack): void {
    tenant.holds += 1;
    if (tenant.collection) this.#used(tenant, tenant.collection);
    until.defer(() => {
      tenant.holds -= 1;
      if (tenant.holds === 0) this.#released(tenant);
    });
  }

  /** It is open, and the most recently used. */
  #used(tenant: Tenant, { segments }: Collection): void {
    this.#unused(tenant);
    const bytes = sealedBytes(segments);
    this.#open.set(tenant, bytes);
    this.#openBytes += bytes;
  }

  /** It is not open any more. */
  #unused(tenant: Tenant): void {
    this.#openBytes -= this.#open.get(tenant) ?? 0;
    this.#open.delete(tenant);
  }

  #released({ status, collection }: Tenant): void {
    const isSurplus = status === 'inactive' && collection !== undefined;
    if (isSurplus || this.#isAbove(1)) void this.closeUnused();
  }

  /** True when more than so many times what may be open is open. */
  #isAbove(times: number): boolean {
    const { tenants, bytes } = this.#parts.limits;
    return this.#open.size > times * tenants || this.#openBytes > times * bytes;
  }

  async #opened(tenant: Tenant): Promise<Collection> {
    tenant.opening ??= this.#openNow(tenant).finally(() => {
      tenant.opening = undefined;
    });
    return await tenant.opening;
  }

  async #openNow(tenant: Tenant): Promise<Collection> {
    const segments = await this.#openSegments(tenant);
    if (tenant.isDropped || this.#isClosed) {
      segments.close();
      throw tenant.isDropped ? missing(tenant.of, tenant.name) : new DatabaseError('closed');
    }
    tenant.collection = this.#parts.make(tenant, segments);
    this.#used(tenant, tenant.collection);
    return tenant.collection;
  }

  /** Throws 'tenant-missing' when the files are not there because it is deleted. */
  async #openSegments(tenant: Tenant): Promise<SegmentList> {
    try {
      return await this.#parts.openSegments(tenant.stored);
    } catch (error) {
      throw tenant.isDropped ? missing(tenant.of, tenant.name) : error;
    }
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => undefined);
    return await done;
  }

  async #closeAfter(before: Promise<void> | undefined): Promise<void> {
    await before;
    this.#closing = this.#closingNext;
    this.#closingNext = undefined;
    try {
      await this.#closeSurplus();
    } catch (error) {
      this.#parts.onFault(error);
    } finally {
      this.#closing = undefined;
    }
  }

  async #closeSurplus(): Promise<void> {
    if (this.#isClosed) return;
    const surplus = this.#surplus();
    const unwritten = surplus.flatMap(({ isClean, collection }) =>
      isClean || !collection ? [] : [collection],
    );
    if (unwritten.length > 0) await this.#parts.flush(unwritten);
    // What is used or written to meanwhile is closed when nobody uses it, what is merged after that.
    for (const tenant of surplus) this.#closeOne(tenant);
  }

  /** What is to be closed: the inactive, and the least recently used of too many. */
  #surplus(): Tenant[] {
    const { tenants, bytes } = this.#parts.limits;
    const chosen: Tenant[] = [];
    let left = { tenants: this.#open.size, bytes: this.#openBytes };
    const isTooMuch = this.#isAbove(1);
    for (const [tenant, own] of this.#open) {
      const isMuch = left.tenants > tenants * keptShare || left.bytes > bytes * keptShare;
      const isWanted = tenant.status === 'active' && !(isTooMuch && isMuch);
      if (tenant.holds > 0 || isWanted) continue;
      chosen.push(tenant);
      left = { tenants: left.tenants - 1, bytes: left.bytes - own };
    }
    return chosen;
  }

  /** Unless it is in use, or not on disk with all of it. */
  #closeOne(tenant: Tenant): void {
    const { collection } = tenant;
    if (!collection || tenant.holds > 0 || tenant.isDropped || !tenant.isClean) return;
    tenant.collection = undefined;
    this.#unused(tenant);
    this.#parts.closed(collection);
    collection.close();
  }

  #forget(tenant: Tenant): DroppedPartition {
    const { id, collection } = tenant;
    tenant.isDropped = true;
    this.#byId.delete(id);
    this.#byName.get(tenant.of.id)?.delete(tenant.name);
    this.#unused(tenant);
    collection?.drop();
    return { id, collection };
  }

  #add(tenant: Tenant): void {
    this.#byId.set(tenant.id, tenant);
    const others = this.#byName.get(tenant.of.id) ?? new Map<string, Tenant>();
    others.set(tenant.name, tenant);
    this.#byName.set(tenant.of.id, others);
  }

  #get(of: Collection, name: string): Tenant {
    const tenant = this.#of(of).get(name);
    if (!tenant) throw missing(of, name);
    return tenant;
  }

  #of(collection: Collection): ReadonlyMap<string, Tenant> {
    return this.#byName.get(collection.id) ?? new Map();
  }
}

function recordOf({ id, name, status, isReadOnly }: Tenant): TenantRecord {
  return { id, name, status, readOnly: isReadOnly };
}

function refuseWithoutTenancy({ name, config }: Collection): void {
  if (config.multiTenancy.enabled) return;
  const message = `multi-tenancy is not enabled for class "${name}"`;
  throw new DatabaseError('invalid-argument', { message });
}

function missing({ name: collection, isDropped }: Collection, tenant: string): DatabaseError {
  if (isDropped) return new DatabaseError('collection-missing', { collection });
  return new DatabaseError('tenant-missing', { collection, tenant });
}

function inactive({ of, name: tenant }: Tenant): DatabaseError {
  return new DatabaseError('tenant-inactive', { collection: of.name, tenant });
}
