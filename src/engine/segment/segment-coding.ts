// Which codebook the codes of a new segment use: the one of its sources or another of the collection
// where it fits, else one that is trained on its vectors.

import type { Kernels } from '../kernels/kernels.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { type Codebook, chooseCodebook, serves, trainCodebook } from '../quantize/codebook.ts';
import { codesStep, type DocumentCodes, type KnownCodes } from '../quantize/encode-codes.ts';
import type { StoredCodes } from '../quantize/segment-codes.ts';
import type { MergeOrder } from './merge-order.ts';
import { SealedSegment } from './sealed-segment.ts';
import type { Segment } from './segment.ts';

/** Gives the vectors of a segment codes, so that it can be searched by candidates, or lists of single ones. */
export interface SegmentTraining {
  readonly kernels: Kernels;
  /** Names with fewer vectors than this stay untrained where no codebook fits: they are scored exactly. */
  readonly vectorsMin: number;
  /** Codebooks of other segments for vectors under a name: they are used where they fit. */
  readonly codebooks?: (name: string) => readonly Codebook[];
}

/** Codes of the documents of a memory segment, by their numbers there, and what they are of. */
export interface CodedVectors extends DocumentCodes {
  readonly codebook: Codebook;
}

/** The codebook for a segment's codes, and the codes that documents have already. */
interface FoundCodes {
  readonly codebook: Codebook;
  readonly known: KnownCodes;
}

/** Below so many vectors there are no codes. */
export const codedVectorsMin = 2048;

/** The same vectors give the same centroids, always. */
const trainingSeed = 1;

/** How the vectors under the name, in the order of the new segment, get codes; undefined when they get none. */
export function codesForSegment(
  name: string,
  ordered: TokenVectors,
  sources: readonly Segment[],
  order: MergeOrder,
  training: SegmentTraining,
): FoundCodes | undefined {
  const { kernels, vectorsMin } = training;
  const stored = sources.map((source) =>
    source instanceof SealedSegment ? source.storedCodes(name) : undefined,
  );
  const codebook =
    chooseFor(name, ordered, sources, stored, training) ??
    (ordered.vectorCount < vectorsMin
      ? undefined
      : trainCodebook(kernels, ordered, { seed: trainingSeed }));
  if (codebook === undefined) return undefined;
  const copied = stored.map((codes) => (codes?.head.id === codebook.id ? codes : undefined));
  const known: KnownCodes = (doc) => copied[order.segmentOf(doc)]?.of(order.docs[doc]!);
  return { codebook, known };
}

/** A codebook that fits the vectors; undefined when there is none. */
function chooseFor(
  name: string,
  ordered: TokenVectors,
  sources: readonly Segment[],
  stored: readonly (StoredCodes | undefined)[],
  { kernels, vectorsMin, codebooks }: SegmentTraining,
): Codebook | undefined {
  if (ordered.vectorCount < Math.min(vectorsMin, codedVectorsMin)) return undefined;
  const filled = stored.filter((_, i) => (sources[i]!.vectors(name)?.vectorCount ?? 0) > 0);
  const own = new Map<string, Codebook>();
  for (const codes of filled) {
    if (codes !== undefined && !own.has(codes.head.id)) own.set(codes.head.id, codes.codebook());
  }
  const [first] = own.values();
  // It fitted each of them.
  const isShared = filled.every((codes) => codes?.head.id === first?.id);
  if (isShared && first !== undefined && serves(first, ordered.vectorCount)) return first;
  const others = (codebooks?.(name) ?? []).filter(({ id }) => !own.has(id));
  return chooseCodebook(kernels, ordered, [...own.values(), ...others]);
}

/** The known codes of a segment that is made of the one whose vectors were given codes. */
export function codesOfSource({ offsets, codes }: CodedVectors, { docs }: MergeOrder): KnownCodes {
  return (place) => {
    const doc = docs[place]!;
    // Documents after the last one with vectors have none.
    if (doc + 1 >= offsets.length) return codes.subarray(0, 0);
    return codes.subarray(offsets[doc]! * codesStep, offsets[doc + 1]! * codesStep);
  };
}
