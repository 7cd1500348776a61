// The tenants of one collection as callers of the library make, change and remove them.

import type { Collection } from '../database/collection.ts';
import type { Database } from '../database/database.ts';
import type { TenantInfo, TenantStatus } from '../database/tenants/tenant.ts';

/** A tenant to make, by its name alone where it is to be active. */
export type NewTenant = string | { readonly name: string; readonly status?: TenantStatus };

/** Of a collection whose `multiTenancy` is enabled; every call throws 'invalid-argument' for another. */
export class CollectionTenants {
  readonly #database: () => Database;
  readonly #find: () => Collection;

  /** @internal */
  constructor(database: () => Database, find: () => Collection) {
    this.#database = database;
    this.#find = find;
  }

  /** By name, all of them or those of these names that there are. */
  list(names?: readonly string[]): readonly TenantInfo[] {
    return this.#database().tenants.list(this.#find(), names);
  }

  /** One that exists stays as it is. Throws 'invalid-argument' for what is no name; then none is made. */
  async create(tenants: readonly NewTenant[]): Promise<void> {
    const inputs = tenants.map((each) => (typeof each === 'string' ? { name: each } : each));
    await this.#database().tenants.create(
      this.#find(),
      inputs.map(({ name, status = 'active' }) => ({ name, status })),
    );
  }

  /** Makes tenants active or inactive. Throws 'tenant-missing' when one is unknown; then none is changed. */
  async update(
    tenants: readonly { readonly name: string; readonly status: TenantStatus }[],
  ): Promise<void> {
    await this.#database().tenants.update(this.#find(), tenants);
  }

  /** Removes tenants with their objects; unknown ones are passed over. */
  async delete(names: readonly string[]): Promise<void> {
    await this.#database().tenants.delete(this.#find(), names);
  }
}
