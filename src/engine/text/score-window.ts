// The inner loops of keyword search: posting lists add to the sums of a window of documents, term
// after term. Always in the order of the query, so that equal documents get equal sums.

/** Documents that are scored together: their sums stay in the processor's nearest cache. */
export const windowDocs = 2048;

/** Sums of one window of documents, by number inside the window. */
export interface Window {
  /** Over the properties that counted so far. */
  readonly totals: Float64Array;
  /** 1 where a property counted. */
  readonly matched: Uint8Array;
  /** Of the property in work: its sum, and how many different terms it holds. */
  readonly sums: Float64Array;
  readonly matches: Uint32Array;
}

/** One posting list on its way through the windows. */
export interface Cursor {
  readonly docs: Uint32Array;
  readonly frequencies: Uint32Array;
  readonly weight: number;
  next: number;
}

/** The posting lists of one property. */
export interface PropertyCursors {
  readonly matchesMin: number;
  /** A term's share is its weight × frequency / (frequency + normBase + normSlope × length). */
  readonly normBase: number;
  readonly normSlope: number;
  readonly lengths: Uint32Array;
  readonly cursors: readonly Cursor[];
}

export function openWindow(): Window {
  return {
    totals: new Float64Array(windowDocs),
    matched: new Uint8Array(windowDocs),
    sums: new Float64Array(windowDocs),
    matches: new Uint32Array(windowDocs),
  };
}

/** Adds the postings of one property that lie in the window at `start`; false when there are none. */
export function scoreWindow(property: PropertyCursors, start: number, window: Window): boolean {
  const { normBase, normSlope, lengths } = property;
  const { sums, matches } = window;
  const end = start + windowDocs;
  let touched = false;
  for (const cursor of property.cursors) {
    const { docs, frequencies, weight } = cursor;
    let next = cursor.next;
    for (; next < docs.length; next++) {
      const doc = docs[next]!;
      if (doc >= end) break;
      const frequency = frequencies[next]!;
      const norm = normBase + normSlope * lengths[doc]!;
      sums[doc - start]! += (weight * frequency) / (frequency + norm);
      matches[doc - start]! += 1;
    }
    if (next > cursor.next) touched = true;
    cursor.next = next;
  }
  return touched;
}

/** Moves the property's sums to the totals where it holds enough terms, and clears them. */
export function closeProperty(matchesMin: number, window: Window): void {
  const { totals, matched, sums, matches } = window;
  for (let i = 0; i < windowDocs; i++) {
    if (matches[i]! < matchesMin) continue;
    totals[i]! += sums[i]!;
    matched[i] = 1;
  }
  sums.fill(0);
  matches.fill(0);
}
