// Makes the sections of a sealed segment from the live documents of one or more segments, ordered by
// uuid: sealing is encoding one memory segment, a merge is encoding several sealed ones.

import { assert } from '../assert.ts';
import { ByteWriter } from '../bytes.ts';
import { encodeColumns, MemoryColumns } from '../filter/columns.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { encodeTokenVectors } from '../multivector/encode-token-vectors.ts';
import { joinTokenVectors } from '../multivector/joined-token-vectors.ts';
import { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import { orderTokenVectors } from '../multivector/ordered-token-vectors.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { encodeCodes } from '../quantize/encode-codes.ts';
import { trainCentroids } from '../quantize/train-centroids.ts';
import type { CollectionSchema } from '../schema.ts';
import { encodeTextParts } from '../text/encode-text-index.ts';
import { writeUuid } from '../uuid.ts';
import { encodeStored } from './document-codec.ts';
import type { SegmentHead } from './sealed-segment.ts';
import type { Section } from './sections.ts';
import type { Segment } from './segment.ts';

/** A document of one of the sources. */
interface Source {
  readonly segment: number;
  readonly doc: number;
}

/** Trains centroids for multi-vectors of a segment, so that it can be searched by candidates. */
export interface SegmentTraining {
  readonly kernels: Kernels;
  /** Names with fewer vectors than this stay untrained: they are scored exactly. */
  readonly vectorsMin: number;
}

/** The same vectors give the same centroids, always. */
const trainingSeed = 1;

/**
 * The sections of one segment with every live document of the sources. The same uuid must not be live
 * in two of them. `schema` says which properties have columns. Without training this takes as long as
 * copying; with it, some tenths of a millisecond a passage.
 */
export function encodeSegment(
  sources: readonly Segment[],
  schema: CollectionSchema,
  training?: SegmentTraining,
): Section[] {
  const order = liveInOrder(sources);
  const vectors = namedVectors(sources);
  const head = new ByteWriter();
  const named = vectors.map(({ name, kind }) => ({ name, kind }));
  head.text(JSON.stringify({ documentCount: order.length, vectors: named } satisfies SegmentHead));
  const sections: Section[] = [
    { name: 'head', parts: [head.finish()] },
    ...encodeDocuments(sources, order),
    ...encodeText(sources, order),
    ...encodeFilterColumns(sources, order, schema),
  ];
  const firstDocs = firstDocsOf(sources);
  const joinedOrder = Uint32Array.from(order, ({ segment, doc }) => firstDocs[segment]! + doc);
  for (const [index, { kind, parts }] of vectors.entries()) {
    const joined = parts.length === 1 ? parts[0]! : joinTokenVectors(parts);
    const prefix = `vectors.${index}`;
    sections.push(...encodeTokenVectors(prefix, joined, joinedOrder));
    if (!training || kind === 'single') continue;
    const ordered = orderTokenVectors(joined, joinedOrder);
    if (ordered.vectorCount < training.vectorsMin) continue;
    const centroids = trainCentroids(training.kernels, ordered, { seed: trainingSeed });
    sections.push(...encodeCodes(training.kernels, `${prefix}.codes`, ordered, centroids));
  }
  return sections;
}

/** The live documents of all sources in ascending order of uuid: a merge of sorted lists. */
function liveInOrder(sources: readonly Segment[]): Source[] {
  const order: (Source & { readonly uuid: string })[] = [];
  for (const [segment, source] of sources.entries()) {
    for (const doc of source.order) {
      if (source.live.has(doc)) order.push({ segment, doc, uuid: source.uuid(doc) });
    }
  }
  if (sources.length > 1) order.sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
  return order;
}

function firstDocsOf(sources: readonly Segment[]): number[] {
  let first = 0;
  return sources.map(({ documentCount }) => {
    const own = first;
    first += documentCount;
    return own;
  });
}

interface NamedVectors {
  readonly name: string;
  readonly kind: 'multi' | 'single';
  /** One for each source, empty ones where a source has no vector of that name. */
  readonly parts: readonly TokenVectors[];
}

function namedVectors(sources: readonly Segment[]): NamedVectors[] {
  const names = new Set(sources.flatMap(({ vectorNames }) => vectorNames));
  return [...names].map((name) => {
    const first = sources.find((source) => source.vectorNames.includes(name));
    const normalized = first?.vectors(name)?.normalized ?? false;
    const parts = sources.map((source) => {
      const own = source.vectors(name) ?? MemoryTokenVectors.open({ normalized });
      return own.documentCount === source.documentCount ? own : padded(own, source.documentCount);
    });
    assert(first !== undefined, `a source has vectors named ${name}`);
    return { name, kind: first.vectorKind(name), parts };
  });
}

/** Token vectors that know of documents after the last one with a vector. */
function padded(vectors: TokenVectors, documentCount: number): TokenVectors {
  const within = vectors.documentCount;
  return {
    dims: vectors.dims,
    normalized: vectors.normalized,
    documentCount,
    vectorCount: vectors.vectorCount,
    stride: vectors.stride,
    bytes: vectors.bytes,
    start: (doc) => (doc < within ? vectors.start(doc) : vectors.vectorCount),
    count: (doc) => (doc < within ? vectors.count(doc) : 0),
    norm: (doc) => (doc < within ? vectors.norm(doc) : 0),
    errorNorm: (doc) => (doc < within ? vectors.errorNorm(doc) : 0),
    readPlane: (start, count, rows, scales, at) =>
      vectors.readPlane(start, count, rows, scales, at),
    readOriginals: (doc, into) => {
      if (doc < within) vectors.readOriginals(doc, into);
    },
  };
}

function encodeDocuments(sources: readonly Segment[], order: readonly Source[]): Section[] {
  const uuids = new Uint8Array(order.length * 16);
  const offsets = new Float64Array(order.length + 1);
  const stored = new ByteWriter(order.length * 256);
  for (const [position, { segment, doc }] of order.entries()) {
    const document = sources[segment]!.document(doc, { vectors: false });
    writeUuid(document.uuid, uuids, position * 16);
    offsets[position] = stored.length;
    encodeStored(document, stored);
  }
  offsets[order.length] = stored.length;
  return [
    { name: 'uuids', parts: [uuids] },
    { name: 'stored.offsets', parts: [new Uint8Array(offsets.buffer)] },
    { name: 'stored.data', parts: [stored.finish()] },
  ];
}

function encodeText(sources: readonly Segment[], order: readonly Source[]): Section[] {
  const places = sources.map(({ documentCount }) => new Int32Array(documentCount).fill(-1));
  for (const [position, { segment, doc }] of order.entries()) places[segment]![doc] = position;
  const parts = sources.map(({ text }, segment) => ({ index: text, places: places[segment]! }));
  return encodeTextParts(parts, order.length);
}

/** One source's columns are put in order; those of several are made again from the documents. */
function encodeFilterColumns(
  sources: readonly Segment[],
  order: readonly Source[],
  schema: CollectionSchema,
): Section[] {
  const [only, ...others] = sources;
  if (only && others.length === 0) {
    return encodeColumns(
      only.columns,
      Uint32Array.from(order, ({ doc }) => doc),
    );
  }
  const columns = new MemoryColumns();
  for (const [position, { segment, doc }] of order.entries()) {
    columns.add(position, sources[segment]!.document(doc, { vectors: false }), schema);
  }
  return encodeColumns(columns, Uint32Array.from(order.keys()));
}
