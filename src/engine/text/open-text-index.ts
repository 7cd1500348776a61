// Reads the sections that encodeTextIndex made.

import type { SectionSource } from '../segment/sections.ts';
import type { TextIndex } from './text-index.ts';

/**
 * Opens the text index of a sealed segment: the dictionary becomes resident, postings are read when
 * asked for, lengths on first use. Throws DatabaseError 'corrupt', here or on later reads.
 */
export function openTextIndex(_source: SectionSource, _documentCount: number): TextIndex {
  throw new Error('not yet');
}
