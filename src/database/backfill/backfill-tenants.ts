// A backfill of a collection with tenants: of one tenant after the other, each opened for as long as it
// takes. Inactive tenants wait until they are active again.

import { DatabaseError } from '../../engine/errors.ts';
import type { Collection } from '../collection.ts';
import type { HeldCollection, TenantInfo } from '../tenants/tenant.ts';
import {
  type BackfillOptions,
  type BackfillProgress,
  type BackfillReport,
  failuresKept,
} from './backfill.ts';

/** The tenants of one collection. */
export interface TenantScope {
  readonly list: () => readonly TenantInfo[];
  readonly hold: (name: string) => Promise<HeldCollection>;
  /** Gets the names of those that the backfill has gone through. */
  readonly seen: Set<string>;
}

type Counts = Omit<BackfillProgress, 'total' | 'done'>;

/**
 * As the backfill of a collection, of the tenants that are active until it ends. The total counts all
 * objects of tenants whose turn has not come: which of them lack the vector is known when they are open.
 */
export async function backfillTenants(
  { list, hold, seen }: TenantScope,
  vector: string,
  options: BackfillOptions,
  progress: (state: BackfillProgress) => void,
): Promise<Omit<BackfillReport, 'collection'>> {
  const all = { total: 0, done: 0, stored: 0, empty: 0, failed: 0, gone: 0 };
  const failures: BackfillReport['failures'][number][] = [];
  let ahead = 0;
  const tell = (running: BackfillProgress): void => {
    const state = added(all, running);
    progress({ ...state, total: state.total + ahead });
  };
  const left = () => list().filter(({ name, status }) => status === 'active' && !seen.has(name));
  for (let round = left(); round.length > 0 && !options.signal?.aborted; round = left()) {
    ahead = round.reduce((sum, { objects }) => sum + objects, 0);
    tell(nothing);
    for (const { name, objects } of round) {
      if (options.signal?.aborted) break;
      using held = await heldOrGone(hold, name);
      ahead -= objects;
      if (!held) continue;
      seen.add(name);
      for (let isMore = true; isMore; ) {
        const report = await reportOrGone(held.collection, vector, options, tell);
        if (!report) break;
        Object.assign(all, added(all, report));
        failures.push(...report.failures);
        isMore = !options.signal?.aborted && hasMore(held.collection, vector, report);
      }
    }
  }
  const total = all.total + ahead;
  return { vector, ...all, total, failures: failures.slice(0, failuresKept) };
}

/** Undefined for a tenant that is deleted meanwhile. */
async function reportOrGone(
  collection: Collection,
  ...[vector, options, progress]: Parameters<Collection['backfill']>
): Promise<BackfillReport | undefined> {
  try {
    return await collection.backfill(vector, options, progress);
  } catch (error) {
    if (!collection.isDropped) throw error;
    return undefined;
  }
}

const nothing: BackfillProgress = { total: 0, done: 0, stored: 0, empty: 0, failed: 0, gone: 0 };

/** What was on its way when the vector was added may have come without it. */
function hasMore(
  collection: Collection,
  vector: string,
  { stored, empty, failed }: Counts,
): boolean {
  return stored > 0 && collection.lackingCount(vector) > empty + failed;
}

/** Undefined for a tenant that is gone or inactive by now. */
async function heldOrGone(
  hold: TenantScope['hold'],
  name: string,
): Promise<HeldCollection | undefined> {
  try {
    return await hold(name);
  } catch (error) {
    const isGone = error instanceof DatabaseError && /^tenant-/.test(error.code);
    if (!isGone) throw error;
    return undefined;
  }
}

function added(a: BackfillProgress, b: BackfillProgress): BackfillProgress {
  return {
    total: a.total + b.total,
    done: a.done + b.done,
    stored: a.stored + b.stored,
    empty: a.empty + b.empty,
    failed: a.failed + b.failed,
    gone: a.gone + b.gone,
  };
}
