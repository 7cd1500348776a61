// When the objects of a collection expire: what may be said about it, and what is meant by what is left out.

import type { CollectionConfig, PropertyConfig } from '../collection-config.ts';
import type { CollectionInput } from './collection-input.ts';
import { isFilterable } from './engine-schema.ts';
import { integer, invalid } from './setting-fields.ts';

/** The instants that every object has, in the words of the wire. */
const times: readonly string[] = ['_creationTimeUnix', '_lastUpdateTimeUnix'];

/**
 * `{ objectTtl }`, complete, or nothing where objects don't expire. Throws 'invalid-argument' for a
 * `deleteOn` that is neither a time of the object nor a date property that filters may name, and for a time
 * to live that is not a whole number of seconds, or not positive where it counts from a time of the object.
 */
export function resolveObjectTtl(
  input: CollectionInput['objectTtl'],
  properties: readonly PropertyConfig[],
): Pick<CollectionConfig, 'objectTtl'> {
  if (input?.enabled !== true) return {};
  const { deleteOn: given = times[0] as string, filterExpired = false } = input;
  const property = properties.find(({ name }) => name === given);
  if (!times.includes(given) && !(property && mayExpireBy(property))) {
    const dates = properties.filter(mayExpireBy).map(({ name }) => name);
    throw invalid('objectTtlConfig.deleteOn', given, [...times, ...dates].join(', '));
  }
  const seconds = integer(0, property ? -secondsMax : 1, secondsMax);
  // Without a number an object would expire when it is made.
  const sent = input.defaultTtl ?? (property ? 0 : null);
  const defaultTtl = seconds(sent, 'objectTtlConfig.defaultTtl') as number;
  return { objectTtl: { enabled: true, deleteOn: given, defaultTtl, filterExpired } };
}

/** What has expired is found by a filter. */
function mayExpireBy(property: PropertyConfig): boolean {
  return property.type === 'date' && isFilterable(property);
}

/** A thousand years: an instant as far from another one stays one that a date can hold. */
const secondsMax = 365 * 1000 * 24 * 3600;
