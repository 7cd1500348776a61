// Makes the sections of a sealed segment from the live documents of one or more segments, ordered by
// uuid: sealing is encoding one memory segment, a merge is encoding several sealed ones.

import { assert } from '../assert.ts';
import { ByteWriter } from '../bytes.ts';
import { encodeColumns, MemoryColumns } from '../filter/columns.ts';
import { encodeTokenVectors } from '../multivector/encode-token-vectors.ts';
import { joinTokenVectors } from '../multivector/joined-token-vectors.ts';
import { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import { orderTokenVectors } from '../multivector/ordered-token-vectors.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { encodeCodes } from '../quantize/encode-codes.ts';
import { encodeSingleLists, isListMetric } from '../quantize/encode-single-lists.ts';
import type { CollectionSchema } from '../schema.ts';
import { encodeTextParts } from '../text/encode-text-index.ts';
import { encodeStored } from './document-codec.ts';
import { MergeOrder } from './merge-order.ts';
import type { SegmentHead } from './sealed-segment.ts';
import type { Section } from './sections.ts';
import type { Segment } from './segment.ts';
import {
  type CodedVectors,
  codesForSegment,
  codesOfSource,
  type SegmentTraining,
} from './segment-coding.ts';

/** How vectors get codes, so that they can be searched by candidates. */
export interface SegmentCoding {
  readonly training?: SegmentTraining;
  /** Codes that the only source's vectors under a name have been given already. */
  readonly coded?: (name: string) => CodedVectors | undefined;
}

/** Parts of sections that grow with the documents. */
const partBytes = 256 * 1024;
const partDocuments = 8192;

/**
 * The sections of one segment with every document of the sources that is live now. The same uuid must
 * not be live in two of them. `schema` says which properties have columns. The sections are made while
 * they are taken (sections.ts), which the sources must stay for; in memory are some 100 bytes a
 * document, the text index and the filter columns. Without `training` vectors get no other codes than
 * `coded`, which takes as long as copying; new centroids take up to a millisecond a passage.
 */
export function encodeSegment(
  sources: readonly Segment[],
  schema: CollectionSchema,
  coding: SegmentCoding = {},
): Iterable<Section> {
  return sectionsOf(sources, MergeOrder.of(sources), schema, coding);
}

function* sectionsOf(
  sources: readonly Segment[],
  order: MergeOrder,
  schema: CollectionSchema,
  { training, coded }: SegmentCoding,
): Generator<Section> {
  const vectors = namedVectors(sources);
  const head = new ByteWriter();
  const named = vectors.map(({ name, kind }) => ({ name, kind }));
  head.text(JSON.stringify({ documentCount: order.length, vectors: named } satisfies SegmentHead));
  yield { name: 'head', parts: [head.finish()] };
  yield* encodeDocuments(sources, order, schema);
  yield* encodeTextParts(
    sources.map(({ text }, segment) => ({ index: text, places: order.placesOf(segment) })),
    order.length,
  );
  for (const [index, { name, kind, parts }] of vectors.entries()) {
    const joined = parts.length === 1 ? parts[0]! : joinTokenVectors(parts);
    const prefix = `vectors.${index}`;
    yield* encodeTokenVectors(prefix, joined, order.joined);
    const ordered = orderTokenVectors(joined, order.joined);
    const given = coded?.(name);
    if (given !== undefined) {
      const known = codesOfSource(given, order);
      yield* encodeCodes(undefined, `${prefix}.codes`, ordered, given.codebook, { known });
    }
    if (!training || given !== undefined) continue;
    if (kind === 'single') {
      if (ordered.vectorCount < training.vectorsMin) continue;
      const metric = schema.vectors.find((one) => one.name === name)?.metric;
      if (metric === undefined || !isListMetric(metric)) continue;
      yield* encodeSingleLists(training.kernels, `${prefix}.lists`, ordered, metric);
      continue;
    }
    const found = codesForSegment(name, ordered, sources, order, training);
    if (found === undefined) continue;
    const { codebook, known } = found;
    yield* encodeCodes(training.kernels, `${prefix}.codes`, ordered, codebook, { known });
  }
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

/** Uuids, stored parts and filter columns. */
function* encodeDocuments(
  sources: readonly Segment[],
  order: MergeOrder,
  schema: CollectionSchema,
): Generator<Section> {
  const offsets = new Float64Array(order.length + 1);
  // One source's columns are put in order; those of several are made again from the documents.
  const made = sources.length > 1 ? new MemoryColumns('columns') : undefined;
  yield { name: 'uuids', parts: uuidParts(sources, order) };
  yield {
    name: 'stored.data',
    parts: storedParts(sources, order, offsets, made && { made, schema }),
  };
  yield { name: 'stored.offsets', parts: [new Uint8Array(offsets.buffer)] };
  const columns = made ?? sources[0]?.columns ?? new MemoryColumns();
  const merged = sources.map((source, segment) => ({
    source: source.columns,
    places: order.placesOf(segment),
  }));
  yield* made
    ? encodeColumns(columns, identity(order.length), merged)
    : encodeColumns(columns, order.joined);
}

function* uuidParts(sources: readonly Segment[], order: MergeOrder): Generator<Uint8Array> {
  const room = new Uint8Array(Math.min(order.length, partDocuments) * 16);
  for (let from = 0; from < order.length; from += partDocuments) {
    const to = Math.min(order.length, from + partDocuments);
    for (let i = from; i < to; i += 1) {
      sources[order.segmentOf(i)]!.writeUuid(order.docs[i]!, room, (i - from) * 16);
    }
    yield room.subarray(0, (to - from) * 16);
  }
}

/** Fills `offsets`, and columns where they are to be made. */
function* storedParts(
  sources: readonly Segment[],
  order: MergeOrder,
  offsets: Float64Array,
  columns: { readonly made: MemoryColumns; readonly schema: CollectionSchema } | undefined,
): Generator<Uint8Array> {
  // Most segments of tenants have a few documents: room for more would have to be cleared for each.
  const stored = new ByteWriter(Math.min(partBytes * 2, order.length * 1024));
  let end = 0;
  for (let i = 0; i < order.length; i += 1) {
    const source = sources[order.segmentOf(i)]!;
    const document = source.document(order.docs[i]!, { vectors: false });
    const start = stored.length;
    encodeStored(document, stored);
    end += stored.length - start;
    offsets[i + 1] = end;
    columns?.made.add(i, document, columns.schema);
    if (stored.length < partBytes) continue;
    yield stored.finish();
    stored.restart(partBytes * 2);
  }
  yield stored.finish();
}

function identity(length: number): Uint32Array {
  const numbers = new Uint32Array(length);
  for (let i = 0; i < length; i += 1) numbers[i] = i;
  return numbers;
}
