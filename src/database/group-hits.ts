// Groups the hits of a page by the values of one property, groups in the order of their best hit.

import type { GroupBy } from '../engine/query/query.ts';
import type { PropertyType } from '../engine/schema.ts';
import { beaconOf, referencesOf } from './references/reference.ts';
import type { Generated } from './search/generate-hits.ts';
import type { SearchHit } from './search.ts';

export interface HitGroup {
  readonly name: string;
  /** Best first. */
  readonly hits: readonly SearchHit[];
  /** The best of its hits; only of a reranked page. */
  readonly rerankScore?: number;
  /** What was written about its best hit. */
  readonly generated?: readonly Generated[];
}

/**
 * An object with an array belongs to the group of each element, one with references to that of each beacon;
 * one without the property to none.
 */
export function groupHits(
  hits: readonly SearchHit[],
  groupBy: GroupBy,
  type: PropertyType,
): HitGroup[] {
  const groups = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    const { properties } = hit.document;
    const value = Object.hasOwn(properties, groupBy.property)
      ? properties[groupBy.property]
      : undefined;
    for (const name of type === 'reference' ? beaconsOf(value) : groupNames(value)) {
      const group = groups.get(name);
      if (!group && groups.size < groupBy.groupsMax) groups.set(name, [hit]);
      else if (group && group.length < groupBy.objectsPerGroupMax) group.push(hit);
    }
  }
  return Array.from(groups, ([name, grouped]) => ({ name, hits: grouped }));
}

function beaconsOf(value: unknown): string[] {
  return [...new Set(referencesOf(value).map(beaconOf))];
}

function groupNames(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const values = Array.isArray(value) ? value : [value];
  const names = values.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one)));
  return [...new Set(names)];
}
