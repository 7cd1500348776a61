// A lean client of the server under measurement: schema over REST, objects and searches over gRPC with
// the project's own codecs, so that little of what is measured is the client's.

import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { FiltersOperator, VectorsVectorType } from '../src/api/grpc/generated/messages.ts';
import { openCodecs } from '../src/api/grpc/protocol.ts';
import type { VectorValue } from '../src/engine/document.ts';

export interface WireObject {
  readonly uuid: string;
  readonly text: string;
  readonly number: number;
  readonly vector: VectorValue;
}

export interface SearchAsked {
  readonly collection: string;
  readonly vector: VectorValue;
  readonly limit: number;
  /** Only objects whose `number` is below it. */
  readonly numberBelow?: number;
}

export interface Hit {
  readonly uuid: string;
  readonly distance: number;
}

const codec = openCodecs();
const codecs = {
  batch: codec('weaviate.v1.BatchObjectsRequest'),
  batchReply: codec('weaviate.v1.BatchObjectsReply'),
  search: codec('weaviate.v1.SearchRequest'),
  searchReply: codec('weaviate.v1.SearchReply'),
};
const vectorName = 'mv';

/** Creates a collection with a text, a number and a multi-vector that is given with each object. */
export async function createCollection(url: string, name: string): Promise<void> {
  const response = await fetch(`${url}/v1/schema`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      class: name,
      properties: [
        { name: 'text', dataType: ['text'] },
        { name: 'number', dataType: ['int'] },
      ],
      vectorConfig: {
        [vectorName]: {
          vectorizer: { none: {} },
          vectorIndexType: 'hnsw',
          vectorIndexConfig: { multivector: { enabled: true } },
        },
      },
    }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
}

/** The bytes of a BatchObjects call. */
export function encodeBatch(collection: string, objects: readonly WireObject[]): Buffer {
  return codecs.batch.encode({
    objects: objects.map(({ uuid, text, number, vector }) => ({
      ...{ uuid, collection, vectors: [encodeVector(vector)] },
      properties: {
        non_ref_properties: {
          fields: { text: { stringValue: text }, number: { numberValue: number } },
        },
      },
    })),
  });
}

/** The bytes of a Search call that asks for what the official clients ask for: all properties. */
export function encodeSearch({ collection, vector, limit, numberBelow }: SearchAsked): Buffer {
  const filters = numberBelow !== undefined && {
    filters: {
      operator: FiltersOperator.OPERATOR_LESS_THAN,
      value_int: numberBelow,
      target: { property: 'number' },
    },
  };
  return codecs.search.encode({
    ...{ collection, limit, ...filters },
    properties: { return_all_nonref_properties: true },
    metadata: { uuid: true, distance: true },
    near_vector: {
      targets: { target_vectors: [vectorName] },
      vectors: [encodeVector(vector)],
    },
    uses_123_api: true,
    uses_125_api: true,
    uses_127_api: true,
  });
}

function encodeVector({ dims, values }: VectorValue) {
  const bytes = Buffer.allocUnsafe(2 + values.byteLength);
  bytes.writeUInt16LE(dims, 0);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 2);
  return { name: vectorName, type: VectorsVectorType.VECTOR_TYPE_MULTI_FP32, vector_bytes: bytes };
}

/** What a Search call answered, best first. */
export function decodeHits(reply: Buffer): Hit[] {
  return codecs.searchReply.decode(reply).results.map(({ metadata }) => {
    if (metadata === undefined) throw new Error('a hit has metadata when asked for');
    return { uuid: metadata.id, distance: metadata.distance };
  });
}

/** One connection of its own. */
export class WireClient {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  static open(port: number): WireClient {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    });
    return new WireClient(client);
  }

  /** Sends the bytes of encodeBatch; throws when any object was refused. */
  async write(batch: Buffer): Promise<void> {
    const { errors } = codecs.batchReply.decode(await this.#call('BatchObjects', batch));
    if (errors.length > 0) throw new Error(`${errors.length} refused: ${errors[0]?.error}`);
  }

  /** Sends the bytes of encodeSearch; resolves to those of the reply. */
  search(request: Buffer): Promise<Buffer> {
    return this.#call('Search', request);
  }

  close(): void {
    this.#client.close();
  }

  #call(method: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/weaviate.v1.Weaviate/${method}`,
        keep,
        keep,
        request,
        new Metadata(),
        (error, reply) => {
          if (error) reject(error);
          else resolve(reply as Buffer);
        },
      );
    });
  }
}

const keep = (bytes: Buffer): Buffer => bytes;
