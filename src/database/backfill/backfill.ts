// Gives the objects of a collection the vector of a name that they lack, as after a vector was added to
// its configuration: while it is searched and written, in batches that are on disk one by one. What was
// done is found in the objects themselves, so that a run that was interrupted goes on where it was.

import type { Document } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { Embedding } from '../../vectorizers/vectorizer.ts';
import { whenRoom } from '../memory-budget.ts';
import type { RequestContext } from '../object-input.ts';
import type { SegmentList } from '../segment-list.ts';
import { lackingCount, lackingUuids } from './lacking.ts';

/** Embeds stored objects whose content is not in their properties: one result beside each. */
export type DocumentEmbedder = (
  documents: readonly Document[],
  context: RequestContext,
) => Promise<readonly Embedding[]>;

export interface BackfillOptions {
  /** Instead of the vectorizer of the vector's configuration. */
  readonly embed?: DocumentEmbedder;
  /** Objects that are embedded together; default 32. */
  readonly batch?: number;
  readonly headers?: RequestContext['headers'];
  /** Ends the run before its next batch: the report then has `done` below `total`. */
  readonly signal?: AbortSignal;
}

/** How far a run is. */
export interface BackfillProgress {
  /** Objects without the vector when the run began. */
  readonly total: number;
  /** Of them, those that are dealt with: the sum of the following. */
  readonly done: number;
  /** They have the vector now. */
  readonly stored: number;
  /** They have nothing to embed. */
  readonly empty: number;
  /** They could not be embedded; the next run tries them again. */
  readonly failed: number;
  /** They were deleted, or got the vector from somebody else. */
  readonly gone: number;
}

/** What became of one object of a backfill. */
export type FillOutcome =
  | { readonly kind: 'stored' | 'empty' | 'gone' }
  | { readonly kind: 'failed'; readonly error: DatabaseError };

export interface BackfillReport extends BackfillProgress {
  readonly collection: string;
  readonly vector: string;
  /** The first `failuresKept` of them. */
  readonly failures: readonly { readonly uuid: string; readonly message: string }[];
}

/** What a backfill needs of its collection. */
export interface BackfillParts {
  readonly collection: string;
  readonly segments: SegmentList;
  /** Embeds and stores: one outcome beside each uuid. */
  readonly fill: (
    name: string,
    uuids: readonly string[],
    embed: DocumentEmbedder | undefined,
    context: RequestContext,
  ) => Promise<readonly FillOutcome[]>;
  /** Embeds a plain word, and throws what that throws; undefined where nothing but the objects tells. */
  readonly probe: ((context: RequestContext) => Promise<unknown>) | undefined;
}

const batchDefault = 32;
/** Failures that a report tells one by one. */
export const failuresKept = 100;
/** Batches of which every object failed, one after another: the provider may be at fault, not the objects. */
const failedBatchesMax = 3;

/**
 * Runs until every object that lacked the vector was dealt with, or the signal ends it. Throws
 * DatabaseError 'vectorizer-failed' when nothing can be embedded any more.
 */
export async function backfill(
  parts: BackfillParts,
  vector: string,
  options: BackfillOptions,
  progress: (state: BackfillProgress) => void,
): Promise<BackfillReport> {
  using held = parts.segments.hold();
  const counts = { stored: 0, empty: 0, failed: 0, gone: 0 };
  const failures: { uuid: string; message: string }[] = [];
  const total = lackingCount(held.segments, vector);
  const { headers = {}, signal } = options;
  const context: RequestContext = { headers, ...(signal ? { signal } : {}) };
  let failedBatches = 0;
  let done = 0;
  let last: readonly FillOutcome[] = [];
  progress({ total, done, ...counts });
  const uuids = lackingUuids(held.segments, vector);
  for (const batch of batchesOf(uuids, options.batch ?? batchDefault)) {
    if (signal?.aborted) break;
    const fill = (): Promise<readonly FillOutcome[]> =>
      parts.fill(vector, batch, options.embed, context);
    const outcomes = await whenRoom(fill, { signal });
    // Objects whose embedding was cut off have not failed.
    if (signal?.aborted && outcomes.some(isFailed)) break;
    last = outcomes;
    for (const [index, outcome] of outcomes.entries()) {
      counts[outcome.kind] += 1;
      if (outcome.kind !== 'failed' || failures.length >= failuresKept) continue;
      failures.push({ uuid: batch[index] as string, message: outcome.error.message });
    }
    done += batch.length;
    progress({ total, done, ...counts });
    failedBatches = outcomes.every(isFailed) ? failedBatches + 1 : 0;
    if (failedBatches < failedBatchesMax) continue;
    if (!(await works(parts, context))) throw givingUp(outcomes, { done, total }, vector);
    failedBatches = 0;
  }
  // Few objects fail in few batches, whatever the reason.
  const isDoubtful = failedBatches > 0 && done === total && parts.probe !== undefined;
  if (isDoubtful && !(await works(parts, context))) throw givingUp(last, { done, total }, vector);
  return { collection: parts.collection, vector, total, done, ...counts, failures };
}

/** Whether objects failed for faults of their own: a plain word is embedded. */
async function works({ probe }: BackfillParts, context: RequestContext): Promise<boolean> {
  if (!probe) return false;
  return await probe(context).then(
    () => true,
    () => false,
  );
}

function* batchesOf(uuids: Iterable<string>, size: number): Generator<readonly string[]> {
  let batch: string[] = [];
  for (const uuid of uuids) {
    batch.push(uuid);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function isFailed({ kind }: FillOutcome): boolean {
  return kind === 'failed';
}

function givingUp(
  outcomes: readonly FillOutcome[],
  { done, total }: { readonly done: number; readonly total: number },
  vector: string,
): DatabaseError {
  const last = outcomes.at(-1);
  const cause = last?.kind === 'failed' ? last.error : undefined;
  const message = `backfill of vector ${vector} stopped at object ${done} of ${total}: ${failedBatchesMax} batches in a row failed, the last with: ${cause?.message}`;
  return new DatabaseError('vectorizer-failed', { message }, { cause });
}
