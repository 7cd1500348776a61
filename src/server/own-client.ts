// A client of a gRPC server in the same process, over a connection that never leaves it: one call after
// another goes through everything that a call from outside goes through.

import { type ClientHttp2Session, connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import type { GrpcServer } from '../api/grpc/grpc-server.ts';

/** Bytes before a message: 0 for uncompressed, and its length. */
const prefixBytes = 5;

/** Calls of one connection; `close()` ends it. */
export class OwnClient {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static open(server: GrpcServer): OwnClient {
    const [ours, theirs] = duplexPair();
    server.accept(theirs);
    const session = connect('http://localhost', { createConnection: () => ours });
    // A call in progress fails with it.
    session.on('error', () => undefined);
    return new OwnClient(session);
  }

  /** The bytes of the reply; rejects for every status but OK. */
  call(path: string, message: Uint8Array): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const stream = this.#session.request({
      ...{ ':method': 'POST', ':path': path, te: 'trailers' },
      'content-type': 'application/grpc',
    });
    const chunks: Buffer[] = [];
    let status: unknown;
    const note = (headers: Record<string, unknown>): void => {
      status = headers['grpc-status'] ?? status;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      if (status === '0') resolve(Buffer.concat(chunks).subarray(prefixBytes));
      else reject(new Error(`${path} ended with status ${status}`));
    });
    const prefix = Buffer.alloc(prefixBytes);
    prefix.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([prefix, message]));
    return promise;
  }

  /** Resolves when the connection is closed. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#session.close(resolve);
    return promise;
  }
}
