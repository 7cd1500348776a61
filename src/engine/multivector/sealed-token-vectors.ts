// (skeleton: signatures first, bodies follow)
import type { Section, SectionSource } from '../segment/sections.ts';
import type { TokenVectors } from './token-vectors.ts';

/**
 * Makes the sections `PREFIX.head`, `.starts`, `.norms`, `.scales`, `.plane`, `.originals`. New
 * document i is the old document `order[i]`; documents that are not in `order` are left out.
 */
export function encodeTokenVectors(
  _prefix: string,
  _vectors: TokenVectors,
  _order: Uint32Array,
): Section[] {
  throw new Error('not yet');
}

/**
 * Opens what encodeTokenVectors made; undefined when the source has no such sections. Throws
 * DatabaseError 'corrupt' when they contradict each other. Holds everything but the originals.
 */
export function openTokenVectors(
  _source: SectionSource,
  _prefix: string,
): TokenVectors | undefined {
  throw new Error('not yet');
}

/** Several segments' vectors as one, the documents of the first first: what a merge encodes. */
export function joinTokenVectors(_sources: readonly TokenVectors[]): TokenVectors {
  throw new Error('not yet');
}
