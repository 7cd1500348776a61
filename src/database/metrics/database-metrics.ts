// What a database counts of its work, for GET /metrics (docs/METRICS.md). The database and its parts call
// it as things happen; what can be looked up instead is in collection-gauges.ts.

import type { Query } from '../../engine/query/query.ts';
import type { RetryReason } from '../../vectorizers/retries.ts';
import type { BackfillProgress } from '../backfill/backfill.ts';
import type { SearchProfile, StageName } from '../search.ts';
import { callSeconds, MetricsRegistry, workSeconds } from './registry.ts';

/** How a vectorizer was called. */
export type EmbeddingCall = 'objects' | 'query';

/** Owned by Database. Who serves the metrics adds families of its own to the registry. */
export class DatabaseMetrics {
  readonly registry: MetricsRegistry = new MetricsRegistry();
  readonly #querySeconds = this.registry.histogram(
    'tesserae_query_seconds',
    'Searches of a collection, by kind: from the query to its hits, embedding included.',
    callSeconds,
  );
  readonly #stageSeconds = this.registry.counter(
    'tesserae_query_stage_seconds_total',
    'Time of searches by stage.',
  );
  readonly #queryDocuments = this.registry.counter(
    'tesserae_query_documents_total',
    'Documents that vector searches looked at, by how closely.',
  );
  readonly #written = this.registry.counter(
    'tesserae_objects_written_total',
    'Objects inserted or replaced.',
  );
  readonly #deleted = this.registry.counter('tesserae_objects_deleted_total', 'Objects deleted.');
  readonly #flushSeconds = this.registry.histogram(
    'tesserae_flush_seconds',
    'Memory segments written to disk.',
    workSeconds,
  );
  readonly #flushBytes = this.registry.counter(
    'tesserae_flush_bytes_total',
    'Bytes of segments written by flushes.',
  );
  readonly #mergeSeconds = this.registry.histogram(
    'tesserae_merge_seconds',
    'Segments built of others, training included.',
    workSeconds,
  );
  readonly #mergeBytes = this.registry.counter(
    'tesserae_merge_bytes_total',
    'Bytes of segments written by merges.',
  );
  readonly #embeddingSeconds = this.registry.histogram(
    'tesserae_embedding_seconds',
    'Calls of vectorizers, by module and by what was embedded.',
    callSeconds,
  );
  readonly #embeddedInputs = this.registry.counter(
    'tesserae_embedding_inputs_total',
    'Objects and queries given to vectorizers.',
  );
  readonly #embeddingFailures = this.registry.counter(
    'tesserae_embedding_failures_total',
    'Objects and queries that vectorizers failed on.',
  );
  readonly #embeddingRetries = this.registry.counter(
    'tesserae_embedding_retries_total',
    'Calls to embedding services that were made again, by why.',
  );
  readonly #moduleSeconds = this.registry.histogram(
    'tesserae_module_seconds',
    'Calls of rerankers and generators, by module.',
    callSeconds,
  );
  readonly #moduleFailures = this.registry.counter(
    'tesserae_module_failures_total',
    'Calls of rerankers and generators that failed.',
  );
  readonly #moduleRetries = this.registry.counter(
    'tesserae_module_retries_total',
    'Calls to services of rerankers and generators that were made again, by why.',
  );

  readonly #expired = this.registry.counter(
    'tesserae_objects_expired_total',
    'Objects deleted because their time to live was over; among the deleted ones, too.',
  );
  readonly #backfilled = this.registry.counter(
    'tesserae_backfill_objects_total',
    'Stored objects that were to get a vector added later, by what became of them.',
  );

  readonly #stages = new Map<StageName, (seconds: number) => void>();
  readonly #kinds = new Map<Query['kind'], (seconds: number) => void>();
  readonly #looks = {
    exact: this.#queryDocuments.adder({ look: 'exact' }),
    codes: this.#queryDocuments.adder({ look: 'codes' }),
    firstHalf: this.#queryDocuments.adder({ look: 'first_half' }),
    secondHalf: this.#queryDocuments.adder({ look: 'second_half' }),
    originals: this.#queryDocuments.adder({ look: 'originals' }),
  };

  /** A search came to its end; times in milliseconds. */
  searched(kind: Query['kind'], { stages, vector }: SearchProfile): void {
    let ms = 0;
    for (const stage of stages) {
      ms += stage.ms;
      const add = this.#stages.get(stage.name) ?? this.#stageSeconds.adder({ stage: stage.name });
      this.#stages.set(stage.name, add);
      add(stage.ms / 1000);
    }
    const observe = this.#kinds.get(kind) ?? this.#querySeconds.observer({ kind });
    this.#kinds.set(kind, observe);
    observe(ms / 1000);
    if (!vector) return;
    const { exactDocuments, scanned, firstHalves, secondHalves, finished } = vector.counts;
    this.#looks.exact(exactDocuments);
    this.#looks.codes(scanned);
    this.#looks.firstHalf(firstHalves);
    this.#looks.secondHalf(secondHalves);
    this.#looks.originals(finished);
  }

  /** Objects of a collection are stored. */
  written(collection: string, count: number): void {
    this.#written.add({ collection }, count);
  }

  /** Objects of a collection are deleted. */
  deleted(collection: string, count: number): void {
    this.#deleted.add({ collection }, count);
  }

  /** A memory segment is on disk. */
  flushed(ms: number, bytes: number): void {
    this.#flushSeconds.observe({}, ms / 1000);
    this.#flushBytes.add({}, bytes);
  }

  /** A segment was built of others and has taken their place. */
  merged(ms: number, bytes: number): void {
    this.#mergeSeconds.observe({}, ms / 1000);
    this.#mergeBytes.add({}, bytes);
  }

  /** A vectorizer was called with so many inputs. */
  embedded(
    module: string,
    call: EmbeddingCall,
    ms: number,
    inputs: number,
    failures: number,
  ): void {
    this.#embeddingSeconds.observe({ module, call }, ms / 1000);
    this.#embeddedInputs.add({ module, call }, inputs);
    this.#embeddingFailures.add({ module, call }, failures);
  }

  /** A call to the service of a vectorizer is made again. */
  embeddingRetried(module: string, reason: RetryReason): void {
    this.#embeddingRetries.add({ module, reason }, 1);
  }

  /** A reranker or generator was called. */
  moduleCalled(module: string, ms: number, hasFailed: boolean): void {
    this.#moduleSeconds.observe({ module }, ms / 1000);
    this.#moduleFailures.add({ module }, Number(hasFailed));
  }

  /** A call to the service of a reranker or generator is made again. */
  moduleRetried(module: string, reason: RetryReason): void {
    this.#moduleRetries.add({ module, reason }, 1);
  }

  /** Objects of a collection were deleted because they had expired. */
  expired(collection: string, count: number): void {
    if (count > 0) this.#expired.add({ collection }, count);
  }

  /** What is told how far a backfill is, each time from its beginning. */
  backfilled(collection: string, vector: string): (counts: BackfillProgress) => void {
    const told = { stored: 0, empty: 0, failed: 0, gone: 0 };
    return (counts) => {
      for (const outcome of ['stored', 'empty', 'failed', 'gone'] as const) {
        const more = counts[outcome] - told[outcome];
        if (more > 0) this.#backfilled.add({ collection, vector, outcome }, more);
        told[outcome] = counts[outcome];
      }
    };
  }

  /** The collection is gone, and its series with it. */
  forget(collection: string): void {
    this.#written.forget('collection', collection);
    this.#deleted.forget('collection', collection);
    this.#expired.forget('collection', collection);
    this.#backfilled.forget('collection', collection);
  }
}
