// Spreads the entries (texts, images) of many objects over calls to a service and puts the answers
// together again: a failed call fails only the objects that were in it.

import type { VectorValue } from '../engine/document.ts';
import { providerError } from './http-provider.ts';
import type { Embedding } from './vectorizer.ts';

/** Calls that one batch keeps under way at a time. */
const callsInFlightMax = 4;

/** One text or image of one object. */
export interface Entry<T> {
  /** Which object of the batch it belongs to. */
  readonly object: number;
  readonly content: T;
}

/** Result beside each entry of one call; shorter when the service answered too little. Throws when it failed. */
export type EmbedCall<T> = (entries: readonly T[]) => Promise<readonly Embedding[]>;

/** The vector of an entry, and which of its object's entries that is. */
export interface EntryVector {
  readonly vector: VectorValue;
  readonly index: number;
}

/** Makes what an object gets of the vectors of its entries, in their order, maybe none. */
export type JoinEntries = (vectors: readonly EntryVector[], object: number) => Embedding;

/**
 * Embeds `calls`, each a list of entries, and returns one result for each of `objectCount` objects:
 * a failure where one of its entries failed, otherwise what `join` makes of their vectors.
 */
export async function embedCalls<T>(
  objectCount: number,
  calls: readonly (readonly Entry<T>[])[],
  { embed, join }: { readonly embed: EmbedCall<T>; readonly join: JoinEntries },
): Promise<readonly Embedding[]> {
  const found: (readonly Embedding[])[] = [];
  const waiting = calls.entries();
  const work = async (): Promise<void> => {
    for (const [index, call] of waiting) found[index] = await embedOneCall(call, embed);
  };
  await Promise.all(Array.from({ length: callsInFlightMax }, work));
  const parts: Embedding[][] = Array.from({ length: objectCount }, () => []);
  for (const [index, call] of calls.entries()) {
    for (const [position, entry] of call.entries()) {
      parts[entry.object]?.push(found[index]?.[position] ?? missing());
    }
  }
  return parts.map((each, object) => {
    const failed = each.find((part) => part.kind === 'failed');
    if (failed !== undefined) return failed;
    const vectors = each.flatMap((part, index) =>
      part.kind === 'vector' ? [{ vector: part.vector, index }] : [],
    );
    return join(vectors, object);
  });
}

async function embedOneCall<T>(
  call: readonly Entry<T>[],
  embed: EmbedCall<T>,
): Promise<readonly Embedding[]> {
  try {
    return await embed(call.map((entry) => entry.content));
  } catch (cause) {
    const error = cause instanceof Error ? cause : providerError(String(cause));
    return call.map(() => ({ kind: 'failed', error }));
  }
}

function missing(): Embedding {
  return {
    kind: 'failed',
    error: providerError('vectorizer returned fewer vectors than requested'),
  };
}

/** How much one call may hold. */
export interface CallLimits {
  readonly countMax: number;
  /** Of the texts in UTF-8, or of the images in base64; one that is larger goes alone. */
  readonly bytesMax: number;
}

/** Cuts entries, in order, into calls within the limits. */
export function packCalls<T>(
  entries: readonly Entry<T>[],
  limits: CallLimits,
  bytesOf: (content: T) => number,
): readonly (readonly Entry<T>[])[] {
  const calls: Entry<T>[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry.content);
    const current = calls.at(-1);
    const fits = current && current.length < limits.countMax && bytes + size <= limits.bytesMax;
    if (fits) current.push(entry);
    else calls.push([entry]);
    bytes = fits ? bytes + size : size;
  }
  return calls;
}
