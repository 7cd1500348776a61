// A lean client for the benchmark of objects: REST for the schema, gRPC with the project's own codecs.

import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { MessageTypes } from '../../src/api/grpc/generated/messages.ts';
import { type MessageInit, openCodecs } from '../../src/api/grpc/protocol.ts';

const codec = openCodecs();

type Method = 'Search' | 'Aggregate' | 'BatchObjects' | 'BatchDelete';
type RequestOf<M extends Method> = MessageTypes[`weaviate.v1.${M}Request`];
type ReplyOf<M extends Method> = MessageTypes[`weaviate.v1.${M}Reply`];

/** One connection of its own. */
export class ObjectClient {
  readonly #client: Client;
  readonly #url: string;

  constructor(grpcPort: number, url: string) {
    this.#url = url;
    this.#client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
    });
  }

  /** Rejects with the status of a call that fails. */
  async call<M extends Method>(method: M, request: MessageInit<RequestOf<M>>): Promise<ReplyOf<M>> {
    const bytes = await this.send(method, this.encode(method, request));
    return codec(`weaviate.v1.${method}Reply`).decode(bytes) as ReplyOf<M>;
  }

  /** The bytes of a request. */
  encode<M extends Method>(method: M, request: MessageInit<RequestOf<M>>): Buffer {
    const { encode } = codec(`weaviate.v1.${method}Request`);
    return (encode as (message: unknown) => Buffer)(request);
  }

  /** Sends bytes of `encode`; resolves to those of the reply. */
  send(method: Method, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const path = `/weaviate.v1.Weaviate/${method}`;
      this.#client.makeUnaryRequest(path, keep, keep, request, new Metadata(), (error, reply) => {
        if (error) reject(error);
        else resolve(reply as Buffer);
      });
    });
  }

  /** Creates a collection; rejects when it is refused. */
  async create(schema: unknown): Promise<void> {
    await this.sendJson('POST', '/v1/schema', schema);
  }

  /** Sends JSON to a path; rejects when it is refused. */
  async sendJson(method: 'POST' | 'PUT' | 'DELETE', path: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  }

  close(): void {
    this.#client.close();
  }
}

const keep = (bytes: Buffer): Buffer => bytes;
