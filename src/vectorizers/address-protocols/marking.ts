// How a text is marked as a query or a document for a service that does not do it by itself.

import type { Marking } from '../provider-address.ts';
import type { Content, Purpose } from '../service-protocol.ts';

type KnownMarking = Exclude<Marking, { readonly kind: 'default' }>;

/**
 * Texts that these models' tokenizers read as one marker token, by the last part of the model's name in
 * small letters. Models of the BERT family have markers that no text gives: their server has to set them.
 */
const markerTexts: Readonly<Record<string, readonly [query: string, document: string]>> = {
  'jina-colbert-v2': ['[QueryMarker]', '[DocumentMarker]'],
  'gte-moderncolbert-v1': ['[Q] ', '[D] '],
  lateon: ['[Q] ', '[D] '],
};

/** What is done for a model: what the address says, else the model's own marker texts, else `otherwise`. */
export function textMarking(
  given: Marking | undefined,
  model: string,
  otherwise: 'server' | 'none',
): KnownMarking {
  if (given !== undefined && given.kind !== 'default') return given;
  const [query, document] = markerTexts[model.replace(/^.*\//, '').toLowerCase()] ?? [];
  if (query === undefined || document === undefined) return { kind: otherwise };
  return { kind: 'prefix', query, document };
}

/** The text of a content, with its marker in front where that is how it is marked. */
export function markedText(content: Content, purpose: Purpose, marking: KnownMarking): string {
  const text = content.kind === 'text' ? content.text : '';
  return marking.kind === 'prefix' ? `${marking[purpose]}${text}` : text;
}
