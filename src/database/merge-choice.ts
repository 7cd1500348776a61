// Which segments become one: decided by their sizes alone. Writing keeps merges rare, by tiers; once
// nothing is written any more, what the tiers left over is brought together.

/** What is looked at of a segment. */
export interface MergeCandidate {
  /** Length of its file. */
  readonly bytes: number;
  readonly documentCount: number;
  readonly liveCount: number;
  /** It has vectors enough for centroids or lists, and none of them. */
  readonly isUntrained: boolean;
}

/** So many segments of one tier are merged; each tier is so many times larger than the one below. */
const tierFactor = 4;
/** Where building is behind by so many of a tier, they skip the next one: a third less is written. */
const behindCount: number = tierFactor ** 2;
/** A segment is written again when so much of it is deleted. */
const deadShareMax = 0.5;
/**
 * A merge makes nothing larger: 26 million vectors of 128, at which centroids stand for 800 vectors each
 * and training takes minutes. While it is written it takes as much space again.
 */
export const mergedBytesMax: number = 16 * 2 ** 30;
/** A merge holds some 200 bytes a document (docs/decisions/0011-bounded-memory.md). */
export const mergedDocumentsMax: number = 2 ** 21;
/**
 * Quiet segments take in one that is at most so many times as large as they are together: then a third
 * of what is written is there to be merged, and no huge segment is written again for a tiny one.
 */
const quietFactor = 2;

/** The segments to build one of while others may still be written; empty when all is well. */
export function chooseMerge<T extends MergeCandidate>(
  candidates: readonly T[],
  flushBytes: number,
): T[] {
  const rotten = candidates.find(
    ({ liveCount, documentCount }) =>
      liveCount > 0 && liveCount < documentCount * (1 - deadShareMax),
  );
  if (rotten) return [rotten];
  const tiers = new Map<number, T[]>();
  for (const candidate of candidates.filter(mayGrow)) {
    const size = Math.log(candidate.bytes / flushBytes) / Math.log(tierFactor);
    // Rounded, so that four of just below a size make one of the next tier, not a large one of this.
    const tier = Math.max(0, Math.round(size));
    const others = tiers.get(tier) ?? [];
    others.push(candidate);
    tiers.set(tier, others);
  }
  for (const [, others] of [...tiers].sort(([a], [b]) => a - b)) {
    if (others.length < tierFactor) continue;
    const count = others.length >= behindCount ? behindCount : tierFactor;
    const fitting = fittingTogether(others.slice(0, count));
    if (fitting.length > 1) return fitting;
  }
  const untrained = candidates.find(({ liveCount, isUntrained }) => liveCount > 0 && isUntrained);
  return untrained ? [untrained] : [];
}

/**
 * The segments to build one of when nothing has been written for a while: as many of the smallest as
 * quietFactor allows.
 */
export function chooseQuietMerge<T extends MergeCandidate>(candidates: readonly T[]): T[] {
  const ascending = candidates.filter(mayGrow).toSorted((a, b) => a.bytes - b.bytes);
  const fitting = fittingTogether(ascending);
  let smaller = 0;
  let count = 0;
  for (const [index, { bytes }] of fitting.entries()) {
    if (bytes <= quietFactor * smaller) count = index + 1;
    smaller += bytes;
  }
  return fitting.slice(0, count);
}

/** Half of what a merge may be is never merged again. */
function mayGrow({ bytes, documentCount, liveCount }: MergeCandidate): boolean {
  return liveCount > 0 && bytes <= mergedBytesMax / 2 && documentCount <= mergedDocumentsMax / 2;
}

/** The first few of them that make no more than a merge may make. */
function fittingTogether<T extends MergeCandidate>(candidates: readonly T[]): T[] {
  let bytes = 0;
  let documents = 0;
  const end = candidates.findIndex((candidate) => {
    bytes += candidate.bytes;
    documents += candidate.documentCount;
    return bytes > mergedBytesMax || documents > mergedDocumentsMax;
  });
  return end < 0 ? [...candidates] : candidates.slice(0, end);
}
