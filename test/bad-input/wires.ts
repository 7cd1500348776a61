// Both wires of a server process, with nothing between the test and the bytes.

import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { ServerProcess } from '../clients/server-process.ts';
import type { JsonObject } from '../grpc/golden-messages.ts';
import { callMethod, openStream, type WireReply, type WireStream } from '../grpc/wire-client.ts';

export interface RestReply {
  readonly status: number;
  readonly text: string;
  /** The text with its quotes as they were before they became JSON. */
  readonly said: string;
}

export interface Wires extends Disposable {
  /** A path below /v1; text is sent as it is, anything else as JSON. */
  rest(method: string, path: string, body?: unknown): Promise<RestReply>;
  /** A method of weaviate.v1.Weaviate; bytes are sent as they are. */
  grpc(method: string, request: JsonObject | Buffer): Promise<WireReply>;
  stream(): WireStream;
  /** Status details of a batch stream whose only message is these bytes. */
  streamOf(bytes: Buffer): Promise<string>;
}

export function openWires(server: ServerProcess): Wires {
  const client = new Client(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure());
  return {
    rest: async (method, path, body) => {
      const sent = typeof body === 'string' ? body : JSON.stringify(body);
      const reply = await fetch(`${server.url}/v1${path}`, {
        method,
        ...(sent === undefined
          ? {}
          : { body: sent, headers: { 'content-type': 'application/json' } }),
      });
      const text = await reply.text();
      return { status: reply.status, text, said: text.replaceAll('\\"', '"') };
    },
    grpc: (method, request) =>
      callMethod(
        client,
        `/weaviate.v1.Weaviate/${method}`,
        `weaviate.v1.${method}`,
        request,
        undefined,
      ),
    stream: () => openStream(client),
    streamOf: (bytes) => sendToStream(client, bytes),
    [Symbol.dispose]: () => client.close(),
  };
}

function sendToStream(client: Client, bytes: Buffer): Promise<string> {
  const keep = (each: Buffer): Buffer => each;
  const path = '/weaviate.v1.Weaviate/BatchStream';
  const stream = client.makeBidiStreamRequest(path, keep, keep, new Metadata());
  return new Promise((resolve) => {
    stream.on('data', () => undefined);
    stream.on('error', () => undefined);
    stream.on('status', ({ details }) => resolve(details));
    stream.end(bytes);
  });
}
