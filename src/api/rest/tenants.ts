// Which collection, or tenant of it, a request works on: it stays open until the request is done.

import type { FastifyRequest } from 'fastify';
import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import type { HeldCollection } from '../../database/tenants/tenant.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { isRecord, readOptionalString } from './json-fields.ts';
import { queryText } from './query-fields.ts';
import { param } from './route.ts';
import { invalid } from './wire-error.ts';

/**
 * The tenant that the query string names, or an object in the body; empty where none does. Throws
 * 'invalid-argument' where they name two.
 */
export function tenantOf({ query, body }: Pick<FastifyRequest, 'query' | 'body'>): string {
  const asked = queryText(query, 'tenant') ?? '';
  const sent = isRecord(body) ? (readOptionalString(body['tenant'], 'tenant') ?? '') : '';
  if (asked === '' || sent === '' || asked === sent) return asked || sent;
  throw invalid(`the body names tenant ${sent}, the query ${asked}: they must be the same`);
}

/** The collection of the path, or the tenant of it that the request names. Rejects as `Database.hold`. */
export async function holdAddressed(
  database: Database,
  request: FastifyRequest,
): Promise<HeldCollection> {
  return await database.hold(param(request, 'collection'), tenantOf(request));
}

/**
 * All that a request that names no collection works on, by name: the collections without tenants, or the
 * tenants of one name. Those that are missing or inactive are left out.
 */
export async function* holdAll(database: Database, tenant: string): AsyncGenerator<Collection> {
  for (const { name, config } of database.collections()) {
    if (config.multiTenancy.enabled !== (tenant !== '')) continue;
    using held = await holdExisting(database, name, tenant);
    if (held) yield held.collection;
  }
}

const absent: ReadonlySet<string> = new Set([
  'collection-missing',
  'tenant-missing',
  'tenant-inactive',
]);

/** As Database.hold; undefined for what is missing or inactive. */
export async function holdExisting(
  database: Database,
  name: string,
  tenant: string,
): Promise<HeldCollection | undefined> {
  try {
    return await database.hold(name, tenant);
  } catch (error) {
    if (error instanceof DatabaseError && absent.has(error.code)) return undefined;
    throw error;
  }
}
