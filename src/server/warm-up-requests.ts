// What a server asks itself at its start: two collections of made-up objects, and every kind of search
// that is common, as the official clients ask.

import { randomUUID } from 'node:crypto';
import {
  FiltersOperator,
  HybridFusionType,
  type SearchRequest,
  VectorsVectorType,
} from '../api/grpc/generated/messages.ts';
import { type MessageInit, openCodecs } from '../api/grpc/protocol.ts';
import type { Database } from '../database/database.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';

export const writePath = '/weaviate.v1.Weaviate/BatchObjects';
export const searchPath = '/weaviate.v1.Weaviate/Search';

/** Searched by the serving thread. */
export const partlySealed = 'PartlySealed';
/** Searched by threads. */
export const inMemory = 'InMemory';

const dims = 128;
// Small, because what a start leaves behind as garbage stays for a while.
const batchObjects = 30;
const objectTokens = 8;
/**
 * The serving thread answers the small one itself; over 2 batches the large one is 10.8 million
 * multiply-adds, which are worth a thread.
 */
const [smallTokens, largeTokens] = [3, 176];
const words = 'late interaction compares every token of a query with every token of a page'.split(
  ' ',
);

/** Components of made-up vectors. */
const noise = Buffer.from(Float32Array.from({ length: 32_768 }, () => Math.random() - 0.5).buffer);

type Search = MessageInit<SearchRequest>;

/** Makes both collections, with a text, a number, a multi-vector and a single vector. */
export async function createCollections(database: Database): Promise<void> {
  for (const name of [partlySealed, inMemory]) {
    const config = resolveCollection({
      name,
      properties: [
        { name: 'text', type: 'text' },
        { name: 'number', type: 'int' },
      ],
      vectors: [
        { name: 'multi', kind: 'multi' },
        { name: 'single', kind: 'single' },
      ],
    });
    await database.createCollection(config);
  }
}

/** The bytes of a call that writes new objects. */
export function batch(collection: string): Uint8Array {
  const objects = Array.from({ length: batchObjects }, (_, i) => ({
    ...{ uuid: randomUUID(), collection },
    vectors: [multi(objectTokens), single()],
    properties: {
      non_ref_properties: {
        fields: { text: { stringValue: text(i) }, number: { numberValue: i } },
      },
    },
  }));
  return openCodecs()('weaviate.v1.BatchObjectsRequest').encode({ objects });
}

/** The bytes of one call for each kind of search. */
export function smallSearches(): Uint8Array[] {
  const [first = '', second = ''] = words;
  const query = `${first} ${second}`;
  const targets = { target_vectors: ['multi'] };
  const fusion_type = HybridFusionType.FUSION_TYPE_RELATIVE_SCORE;
  const searches: Search[] = [
    { near_vector: { targets, vectors: [multi(smallTokens)] } },
    {
      near_vector: { targets, vectors: [multi(smallTokens)] },
      filters: {
        operator: FiltersOperator.OPERATOR_LESS_THAN,
        value_int: batchObjects / 2,
        target: { property: 'number' },
      },
    },
    { near_vector: { targets: { target_vectors: ['single'] }, vectors: [single()] } },
    { bm25_search: { query, properties: ['text'] } },
    {
      hybrid_search: {
        ...{ query, alpha_param: 0.5, use_alpha_param: true, fusion_type, targets },
        near_vector: { vectors: [multi(smallTokens)] },
      },
    },
    {},
  ];
  return searches.map((search) => encode(partlySealed, search));
}

/** The bytes of a search that is worth a thread. */
export function threadSearch(): Uint8Array {
  const near_vector = { targets: { target_vectors: ['multi'] }, vectors: [multi(largeTokens)] };
  return encode(inMemory, { near_vector });
}

function encode(collection: string, search: Search): Uint8Array {
  return openCodecs()('weaviate.v1.SearchRequest').encode({
    ...{ collection, limit: 10, ...search },
    properties: { return_all_nonref_properties: true },
    metadata: { uuid: true, distance: true, score: true },
    ...{ uses_123_api: true, uses_125_api: true, uses_127_api: true },
  });
}

function text(from: number): string {
  return Array.from({ length: 50 }, (_, i) => words[(from * i) % words.length]).join(' ');
}

function multi(tokens: number) {
  const bytes = Buffer.alloc(2 + tokens * dims * 4);
  bytes.writeUInt16LE(dims, 0);
  fill(bytes, 2);
  return { name: 'multi', type: VectorsVectorType.VECTOR_TYPE_MULTI_FP32, vector_bytes: bytes };
}

function single() {
  const bytes = Buffer.alloc(dims * 4);
  fill(bytes, 0);
  return { name: 'single', type: VectorsVectorType.VECTOR_TYPE_SINGLE_FP32, vector_bytes: bytes };
}

/** Copies components from somewhere in the noise. */
function fill(bytes: Buffer, from: number): void {
  const length = bytes.length - from;
  const start = 4 * Math.floor((Math.random() * (noise.length - length)) / 4);
  noise.copy(bytes, from, start, start + length);
}
