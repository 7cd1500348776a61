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
}

type Counts = Omit<BackfillProgress, 'total' | 'done'>;

/**
 * As the backfill of a collection. The total counts all objects of tenants whose turn has not come:
 * which of them lack the vector is known when they are open.
 */
export async function backfillTenants(
  { list, hold }: TenantScope,
  vector: string,
  options: BackfillOptions,
  progress: (state: BackfillProgress) => void,
): Promise<Omit<BackfillReport, 'collection'>> {
  const waiting = new Map(
    list()
      .filter(isActive)
      .map((tenant) => [tenant.name, tenant.objects]),
  );
  const all = { total: 0, done: 0, stored: 0, empty: 0, failed: 0, gone: 0 };
  const failures: BackfillReport['failures'][number][] = [];
  const tell = (running: BackfillProgress): void => {
    const ahead = [...waiting.values()].reduce((sum, objects) => sum + objects, 0);
    const state = added(all, running);
    progress({ ...state, total: state.total + ahead });
  };
  tell(nothing);
  for (const name of [...waiting.keys()]) {
    if (options.signal?.aborted) break;
    using held = await heldOrGone(hold, name);
    waiting.delete(name);
    if (!held) continue;
    for (let isMore = true; isMore; ) {
      const report = await held.collection.backfill(vector, options, tell);
      Object.assign(all, added(all, report));
      failures.push(...report.failures);
      isMore = !options.signal?.aborted && hasMore(held.collection, vector, report);
    }
  }
  return { vector, ...all, failures: failures.slice(0, failuresKept) };
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

function isActive({ status }: TenantInfo): boolean {
  return status === 'active';
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
