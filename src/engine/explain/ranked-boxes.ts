// The few places of a page that say most about why it was found, out of what each leg of a search found.

import type { Box } from './placed-words.ts';

/** A place with its share of the reason; text of the word that stands there, if any. */
export interface WeightedBox {
  readonly box: Box;
  readonly weight: number;
  readonly text: string;
}

/** So many places at most: more are no help to a reader. */
const boxesMax = 16;
/** Places that say less than this share of what the strongest says are left out. */
const shareMin = 0.2;

/**
 * Strongest first, weights as shares of the strongest. The same place found several times counts with
 * the sum; equal ones come in reading order. Places of no weight are left out.
 */
export function rankBoxes(found: readonly WeightedBox[]): WeightedBox[] {
  const byPlace = new Map<string, WeightedBox>();
  for (const one of found) {
    if (!(one.weight > 0)) continue;
    const { x, y, width, height } = one.box;
    const key = `${x} ${y} ${width} ${height}`;
    const before = byPlace.get(key);
    const weight = one.weight + (before?.weight ?? 0);
    byPlace.set(key, { ...one, text: one.text || (before?.text ?? ''), weight });
  }
  const ranked = [...byPlace.values()].sort(compare);
  const largest = ranked[0]?.weight ?? 1;
  return ranked
    .map((one) => ({ ...one, weight: one.weight / largest }))
    .filter(({ weight }) => weight >= shareMin)
    .slice(0, boxesMax);
}

function compare(a: WeightedBox, b: WeightedBox): number {
  return b.weight - a.weight || a.box.y - b.box.y || a.box.x - b.box.x;
}
