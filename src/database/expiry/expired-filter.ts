// Which objects have expired: a filter like any other, made of the configuration and the time.

import type { Filter, FilterTarget } from '../../engine/filter/filter.ts';
import type { CollectionConfig } from '../collection-config.ts';
import { isFilterable } from '../schema/engine-schema.ts';

const ownTimes: Readonly<Record<string, FilterTarget>> = {
  _creationTimeUnix: { kind: 'createdAt' },
  _lastUpdateTimeUnix: { kind: 'updatedAt' },
};

/** Dates beyond these can't be written with four digits for the year. */
const earliest = Date.parse('0000-01-01T00:00:00Z');
const latest = Date.parse('9999-12-31T23:59:59Z');

/**
 * Passes objects that have expired at `now`, in ms since 1970: those whose time, or date in the property
 * that counts, lies at least the time to live back. Without a date they never expire. Undefined where
 * nothing does, as where the property has no index to look in.
 */
export function expiredFilter(
  { objectTtl, properties }: CollectionConfig,
  now: number,
): Filter | undefined {
  if (!objectTtl?.enabled) return undefined;
  const { deleteOn, defaultTtl } = objectTtl;
  const until = now - defaultTtl * 1000;
  if (until < earliest) return undefined;
  const property = properties.find(({ name }) => name === deleteOn);
  const target =
    ownTimes[deleteOn] ??
    (property && isFilterable(property) ? propertyTarget(deleteOn) : undefined);
  if (!target) return undefined;
  const value = new Date(Math.min(until, latest)).toISOString();
  return { kind: 'compare', operator: 'lessThanEqual', target, value };
}

/** Whether an object of that creation time has expired at `now` for that time alone; both in ms since 1970. */
export function hasExpired(
  { objectTtl }: CollectionConfig,
  createdAt: number,
  now: number,
): boolean {
  const counts = objectTtl?.enabled && objectTtl.deleteOn === '_creationTimeUnix';
  return counts === true && createdAt + objectTtl.defaultTtl * 1000 <= now;
}

function propertyTarget(name: string): FilterTarget {
  return { kind: 'property', name };
}

/** The filter of a search, without what has expired where searches leave that out. */
export function withoutExpired(
  filter: Filter | undefined,
  config: CollectionConfig,
  now: number,
): Filter | undefined {
  const expired = config.objectTtl?.filterExpired ? expiredFilter(config, now) : undefined;
  if (!expired) return filter;
  const kept: Filter = { kind: 'not', operand: expired };
  return filter ? { kind: 'and', operands: [kept, filter] } : kept;
}
