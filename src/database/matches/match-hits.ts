// What of each found object matched, hit after hit: others get their turn in between.

import { setImmediate } from 'node:timers/promises';
import type { DocumentAligner } from '../../engine/explain/align-document.ts';
import { hitMatches, type MatchRequest } from '../../engine/explain/hit-matches.ts';
import type { SearchHit } from '../search.ts';

/** The hits, which have their vectors, with what matched. Throws the signal's reason. */
export async function matchHits(
  hits: readonly SearchHit[],
  request: MatchRequest,
  aligner: DocumentAligner,
  signal?: AbortSignal,
): Promise<readonly SearchHit[]> {
  const matched: SearchHit[] = [];
  for (const hit of hits) {
    matched.push({ ...hit, matches: hitMatches(hit.document, request, aligner) });
    await setImmediate();
    signal?.throwIfAborted();
  }
  return matched;
}
