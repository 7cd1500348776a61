// Which objects of a collection have no vector under a name.

import type { Segment } from '../../engine/segment/segment.ts';

/** How many live documents of the segments have no vector under the name. */
export function lackingCount(segments: readonly Segment[], name: string): number {
  let count = 0;
  for (const segment of segments) for (const _ of lackingIn(segment, name)) count += 1;
  return count;
}

/**
 * The uuids of live documents without a vector under the name, segment by segment. Documents that are
 * added while this is read are not among them; those that are deleted meanwhile may be.
 */
export function* lackingUuids(segments: readonly Segment[], name: string): Generator<string> {
  for (const segment of segments) {
    for (const doc of lackingIn(segment, name)) yield segment.uuid(doc);
  }
}

function* lackingIn(segment: Segment, name: string): Generator<number> {
  const vectors = segment.vectors(name);
  const { documentCount } = segment;
  for (let doc = 0; doc < documentCount; doc += 1) {
    if (segment.live.has(doc) && (vectors?.count(doc) ?? 0) === 0) yield doc;
  }
}
