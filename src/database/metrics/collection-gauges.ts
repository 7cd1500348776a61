// Gauges of what collections hold at this moment, looked up when somebody reads the metrics.

import type { Segment } from '../../engine/segment/segment.ts';
import type { BackfillJobs } from '../backfill/backfill-jobs.ts';
import type { Collection } from '../collection.ts';
import { sealedMemory } from '../segment-list.ts';
import type { Tenants } from '../tenants/tenants.ts';
import type { MetricsRegistry, Sample } from './registry.ts';

/** What the gauges look at. */
export interface GaugeScope {
  readonly collections: () => readonly Collection[];
  /** The collections, and tenants of them that are open. */
  readonly open: () => Iterable<Collection>;
  readonly tenants: Tenants;
}

/** Adds the gauges. Where a collection has tenants, they are of those that are open. */
export function addCollectionGauges(registry: MetricsRegistry, scope: GaugeScope): void {
  const each = (samplesOf: (collection: Collection) => readonly Sample[]) => () =>
    summed(Iterator.from(scope.open()).flatMap(samplesOf));
  registry.gauge('tesserae_objects', 'Live objects, those of closed tenants included.', () =>
    scope.collections().map((collection) => ({
      labels: { collection: collection.name },
      value: collection.segments.liveCount + scope.tenants.objectCount(collection),
    })),
  );
  registry.gauge('tesserae_tenants', 'Tenants, by state.', () =>
    scope.collections().flatMap((collection) => tenantCounts(collection, scope.tenants)),
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
  addRecallGauges(registry, (samplesOf) => () => scope.collections().flatMap(samplesOf));
}

/** One sample for each set of labels: tenants have those of their collection. */
function summed(samples: Iterable<Sample>): readonly Sample[] {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of samples) {
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}

function tenantCounts(collection: Collection, tenants: Tenants): Sample[] {
  if (!collection.config.multiTenancy.enabled) return [];
  const counts = { open: 0, closed: 0, inactive: 0 };
  for (const { status, collection: objects } of tenants.of(collection)) {
    counts[objects ? 'open' : status === 'active' ? 'closed' : 'inactive'] += 1;
  }
  return Object.entries(counts).map(([state, value]) => ({
    labels: { collection: collection.name, state },
    value,
  }));
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
  const { codes, vectors } = sealedMemory(collection.segments);
  const memory = memorySegments(collection).reduce((sum, { bytes }) => sum + bytes, 0);
  return Object.entries({ segments: memory, codes, vectors }).map(([part, value]) => ({
    labels: { collection: collection.name, part },
    value,
  }));
}
