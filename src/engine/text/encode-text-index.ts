// A text index as sections of a segment file.

import type { Section } from '../segment/sections.ts';
import type { TextIndex } from './text-index.ts';

/**
 * The sections of a sealed segment whose document i is document `order[i]` of `index`; documents that
 * are not in `order` are left out.
 */
export function encodeTextIndex(_index: TextIndex, _order: Uint32Array): Section[] {
  throw new Error('not yet');
}
