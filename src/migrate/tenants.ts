// Tenants of both sides. Only active ones can be read and written: one that is not is activated for the
// time, here at any rate and at the source where its user allows it, and deactivated also after a stop.

import { DatabaseError } from '../engine/errors.ts';
import type { RestSide } from './rest-side.ts';
import type { ServerSide } from './server-side.ts';
import type { WireClass } from './wire-class.ts';

/** A tenant as REST tells of it. */
export interface WireTenant {
  readonly name: string;
  readonly activityStatus?: string;
}

/** Tenants that are made or deleted in one call. */
const madeMax = 100;

/** All of a collection. Throws RemoteFault. */
export async function readTenants(
  { rest }: ServerSide,
  { class: name }: WireClass,
): Promise<readonly WireTenant[]> {
  return (await rest.ask<readonly WireTenant[] | null>('GET', pathOf(name))) ?? [];
}

/** Those of these names, or all. Throws RemoteFault. */
export async function wantedTenants(
  server: ServerSide,
  each: WireClass,
  names: readonly string[] | undefined,
): Promise<readonly WireTenant[]> {
  const all = await readTenants(server, each);
  return names ? all.filter(({ name }) => names.includes(name)) : all;
}

/** Whether its objects can be read as it is. */
export function isActive({ activityStatus = 'HOT' }: WireTenant): boolean {
  return activityStatus === 'HOT' || activityStatus === 'ACTIVE';
}

/** Whether it is elsewhere, or on its way: it can't be activated for a time. */
export function isOffloaded({ activityStatus = 'HOT' }: WireTenant): boolean {
  return /FREEZ|FROZEN|OFFLOAD|ONLOAD/.test(activityStatus);
}

/** Makes those that the destination lacks, in the state that they have at the source. */
export async function makeTenants(
  { rest }: ServerSide,
  { class: name }: WireClass,
  tenants: readonly WireTenant[],
): Promise<void> {
  for (let from = 0; from < tenants.length; from += madeMax) {
    const body = tenants.slice(from, from + madeMax).map((tenant) => ({
      ...{ name: tenant.name, activityStatus: isActive(tenant) ? 'HOT' : 'COLD' },
    }));
    await rest.ask('POST', pathOf(name), body);
  }
}

/** Deletes tenants with their objects. */
export async function deleteTenants(
  { rest }: ServerSide,
  { class: name }: WireClass,
  tenants: readonly string[],
): Promise<void> {
  for (let from = 0; from < tenants.length; from += madeMax) {
    await rest.ask('DELETE', pathOf(name), tenants.slice(from, from + madeMax));
  }
}

/**
 * Does `work` while the tenant is active, and leaves it as `after`. Throws what `work` throws, and where the
 * tenant can't be activated.
 */
export async function whileActive<T>(
  server: ServerSide,
  { class: name }: WireClass,
  tenant: WireTenant,
  after: WireTenant,
  work: () => Promise<T>,
): Promise<T> {
  const set = (rest: RestSide, activityStatus: string): Promise<unknown> =>
    rest.ask('PUT', pathOf(name), [{ name: tenant.name, activityStatus }]);
  if (isOffloaded(tenant)) {
    const message = `tenant ${tenant.name} of ${name} is ${tenant.activityStatus} at ${server.rest.name}: bring it back there first`;
    throw new DatabaseError('invalid-argument', { message });
  }
  try {
    if (!isActive(tenant)) await set(server.rest, 'HOT');
    return await work();
  } finally {
    if (!isActive(after)) await set(server.rest.lastly(), 'COLD');
  }
}

function pathOf(collection: string): string {
  return `/v1/schema/${encodeURIComponent(collection)}/tenants`;
}
