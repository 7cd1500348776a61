// Gauges of what collections hold at this moment, looked up when somebody reads the metrics.

import type { Segment } from '../../engine/segment/segment.ts';
import type { BackfillJobs } from '../backfill/backfill-jobs.ts';
import type { Collection } from '../collection.ts';
import type { MetricsRegistry, Sample } from './registry.ts';

/** Adds the gauges; `collections` tells those that exist. */
export function addCollectionGauges(
  registry: MetricsRegistry,
  collections: () => readonly Collection[],
): void {
  const each = (samplesOf: (collection: Collection) => readonly Sample[]) => () =>
    collections().flatMap(samplesOf);
  registry.gauge(
    'tesserae_objects',
    'Live objects.',
    each(({ name, segments }) => [{ labels: { collection: name }, value: segments.liveCount }]),
  );
  registry.gauge(
    'tesserae_objects_unsealed',
    'Objects that are only in memory and in the log.',
    each(({ name, segments }) => [{ labels: { collection: name }, value: segments.unsealedCount }]),
  );
  registry.gauge('tesserae_segments', 'Segments, in memory and sealed.', each(segmentCounts));
  registry.gauge(
    'tesserae_segments_untrained',
    'Sealed segments with multi-vectors that are scored one by one.',
    each(untrainedCounts),
  );
  registry.gauge(
    'tesserae_token_vectors',
    'Vectors in segments, those of deleted objects included until a merge drops them.',
    each(vectorCounts),
  );
  registry.gauge('tesserae_disk_bytes', 'Bytes of segment files.', each(diskBytes));
  registry.gauge(
    'tesserae_memory_bytes',
    'Bytes in memory: of memory segments, of codes, of offsets and scales of sealed vectors.',
    each(memoryBytes),
  );
  addRecallGauges(registry, each);
}

/** Adds the gauge of what backfills still have to do. */
export function addBackfillGauge(registry: MetricsRegistry, backfills: BackfillJobs): void {
  registry.gauge(
    'tesserae_backfill_remaining',
    'Stored objects that wait for a vector added later.',
    () =>
      backfills.jobs().map(({ collection, vector, status, remaining }) => ({
        labels: { collection, vector, status },
        value: remaining,
      })),
  );
}

type Each = (samplesOf: (collection: Collection) => readonly Sample[]) => () => readonly Sample[];

/** What the last recall check of each vector name found. */
function addRecallGauges(registry: MetricsRegistry, each: Each): void {
  const recall = (of: (at: { recall: number; low: number; high: number }) => number) =>
    each((collection) =>
      recallSources(collection).flatMap(({ labels, checked }) =>
        checked.recall.map((at) => ({ labels: { ...labels, k: String(at.k) }, value: of(at) })),
      ),
    );
  registry.gauge(
    'tesserae_recall',
    'Recall of the last check: the share of the true answers that searches found.',
    recall((at) => at.recall),
  );
  registry.gauge(
    'tesserae_recall_low',
    'Lower end of the 95 % confidence interval of tesserae_recall.',
    recall((at) => at.low),
  );
  registry.gauge(
    'tesserae_recall_high',
    'Upper end of the 95 % confidence interval of tesserae_recall.',
    recall((at) => at.high),
  );
  registry.gauge(
    'tesserae_recall_queries',
    'Queries of the last recall check.',
    each((collection) =>
      recallSources(collection).map(({ labels, checked }) => ({ labels, value: checked.queries })),
    ),
  );
  registry.gauge(
    'tesserae_recall_check_timestamp_seconds',
    'When the last recall check ended.',
    each(({ name, recall: monitor }) =>
      monitor.states().flatMap(({ vector, report }) => {
        if (!report) return [];
        return [{ labels: { collection: name, vector }, value: report.checkedAt / 1000 }];
      }),
    ),
  );
}

function recallSources({ name, recall }: Collection) {
  return recall.states().flatMap(({ vector, report }) =>
    (report?.sources ?? []).map((checked) => ({
      labels: { collection: name, vector, source: checked.source },
      checked,
    })),
  );
}

function memorySegments({ segments }: Collection) {
  return [segments.active, ...segments.frozen.map(({ segment }) => segment)];
}

function everySegment(collection: Collection): Segment[] {
  const sealed = collection.segments.sealed.map(({ segment }) => segment);
  return [...sealed, ...memorySegments(collection)];
}

function segmentCounts(collection: Collection): Sample[] {
  const { name, segments } = collection;
  return [
    { labels: { collection: name, state: 'memory' }, value: memorySegments(collection).length },
    { labels: { collection: name, state: 'sealed' }, value: segments.sealed.length },
  ];
}

function untrainedCounts({ name, segments }: Collection): Sample[] {
  const untrained = segments.sealed.filter(({ segment }) =>
    segment.vectorNames.some(
      (vector) =>
        segment.vectorKind(vector) === 'multi' &&
        segment.codes(vector) === undefined &&
        (segment.vectors(vector)?.vectorCount ?? 0) > 0,
    ),
  );
  return [{ labels: { collection: name }, value: untrained.length }];
}

function vectorCounts(collection: Collection): Sample[] {
  return collection.config.vectors.map(({ name }) => {
    let value = 0;
    for (const segment of everySegment(collection)) {
      value += segment.vectors(name)?.vectorCount ?? 0;
    }
    return { labels: { collection: collection.name, vector: name }, value };
  });
}

function diskBytes({ name, segments }: Collection): Sample[] {
  const value = segments.sealed.reduce((sum, { bytes }) => sum + bytes, 0);
  return [{ labels: { collection: name }, value }];
}

function memoryBytes(collection: Collection): Sample[] {
  let codes = 0;
  let vectors = 0;
  for (const { segment } of collection.segments.sealed) {
    for (const name of segment.vectorNames) {
      codes += (segment.codes(name)?.bytes ?? 0) + (segment.lists(name)?.bytes ?? 0);
      vectors += segment.vectors(name)?.bytes ?? 0;
    }
  }
  const memory = memorySegments(collection).reduce((sum, { bytes }) => sum + bytes, 0);
  return Object.entries({ segments: memory, codes, vectors }).map(([part, value]) => ({
    labels: { collection: collection.name, part },
    value,
  }));
}
