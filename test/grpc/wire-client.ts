// A gRPC server over a database in memory, and a client that sends the recordings' messages to it.

import {
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status as statusCodes,
} from '@grpc/grpc-js';
import { createGrpcServer, type GrpcServerOptions } from '../../src/api/grpc/grpc-server.ts';
import { Database } from '../../src/database/database.ts';
import { DatabaseError } from '../../src/engine/errors.ts';
import { MemoryLog } from '../../src/storage/memory-log.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import { goldenBytes, goldenJson, type JsonObject } from './golden-messages.ts';

export interface WireReply {
  readonly status: string;
  readonly details: string;
  readonly reply?: JsonObject;
}

export interface WireStream {
  readonly send: (message: JsonObject) => void;
  readonly end: () => void;
  /** The next message of the server; undefined when it has ended the stream well. */
  readonly next: () => Promise<JsonObject | undefined>;
}

export interface WireServer extends AsyncDisposable {
  readonly database: Database;
  readonly port: number;
  readonly errors: readonly unknown[];
  /** Calls weaviate.v1.Weaviate with a message in recorded form, or with bytes as they are. */
  call(method: string, request: JsonObject | Buffer, key?: string): Promise<WireReply>;
  /** Opens BatchStream. */
  stream(): WireStream;
  /** Asks grpc.health.v1.Health. */
  health(service: string): Promise<WireReply>;
  close(graceMs: number): Promise<void>;
}

/** What callers may do, by their keys. */
export const keys: Readonly<
  Record<string, { readonly mayRead: boolean; readonly mayWrite: boolean }>
> = {
  admin: { mayRead: true, mayWrite: true },
  viewer: { mayRead: true, mayWrite: false },
  other: { mayRead: false, mayWrite: false },
};

/** Callers are the keys admin, viewer and other, sent as themselves. A database that is given is closed with it. */
export async function openWireServer(
  limits: GrpcServerOptions['limits'] = {
    messageBytesMax: 104_858_000,
    defaultLimit: 25,
    maximumResults: 10_000,
  },
  given?: Database,
): Promise<WireServer> {
  const database = given ?? (await openMemoryDatabase());
  const errors: unknown[] = [];
  const server = createGrpcServer({
    database,
    limits,
    authenticate: (headers) => {
      const name = headers['authorization']?.replace(/^Bearer /, '') ?? '';
      const rights = keys[name];
      if (!rights) throw new DatabaseError('unauthenticated', { message: 'unauthorized' });
      return { name, ...rights };
    },
    logError: (_message, error) => errors.push(error),
  });
  const port = await server.listen('127.0.0.1', 0);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  });
  return {
    database,
    port,
    errors,
    call: (method, request, key = 'admin') =>
      callMethod(client, `/weaviate.v1.Weaviate/${method}`, `weaviate.v1.${method}`, request, key),
    stream: () => openStream(client),
    health: (service) =>
      callMethod(client, '/grpc.health.v1.Health/Check', 'health', { service }, undefined),
    close: (graceMs) => server.close(graceMs),
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server.close(0);
      await database.close();
    },
  };
}

async function openMemoryDatabase(): Promise<Database> {
  let ids = 0;
  let now = 1_795_241_924_389;
  return await Database.open({
    log: new MemoryLog(),
    store: new MemoryStore(),
    clock: () => {
      now += 1;
      return now;
    },
    newUuid: () => {
      ids += 1;
      return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
    },
    vectorizers: () => undefined,
    autoSchema: true,
    flushBytes: 1 << 24,
  });
}

const same = (bytes: Buffer): Buffer => bytes;

function metadataOf(key: string | undefined): Metadata {
  const metadata = new Metadata();
  if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);
  return metadata;
}

/** One call of a method by its full path; `name` is the message type without Request or Reply. */
export function callMethod(
  client: Client,
  path: string,
  name: string,
  request: JsonObject | Buffer,
  key: string | undefined,
): Promise<WireReply> {
  const [requestType, replyType]: readonly [string, string] =
    name === 'health'
      ? ['grpc.health.v1.HealthCheckRequest', 'grpc.health.v1.HealthCheckResponse']
      : [`${name}Request`, `${name}Reply`];
  const bytes = Buffer.isBuffer(request) ? request : bytesOf(requestType, request);
  return new Promise((resolve) => {
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      if (error) resolve({ status: statusCodes[error.code] ?? '', details: error.details });
      else resolve({ status: 'OK', details: '', reply: goldenJson(replyType, reply ?? bytes) });
    };
    client.makeUnaryRequest(path, same, same, bytes, metadataOf(key), done);
  });
}

function bytesOf(typeName: string, message: JsonObject): Buffer {
  const bytes = goldenBytes(typeName, message);
  if (bytes === undefined) throw new Error('the recording leaves out its vectors');
  return bytes;
}

/** Opens BatchStream as the key admin. */
export function openStream(client: Client): WireStream {
  const path = '/weaviate.v1.Weaviate/BatchStream';
  const stream = client.makeBidiStreamRequest(path, same, same, metadataOf('admin'));
  const received = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  return {
    send: (message) => {
      stream.write(bytesOf('weaviate.v1.BatchStreamRequest', message));
    },
    end: () => stream.end(),
    next: async () => {
      const { value, done } = await received.next();
      return done ? undefined : goldenJson('weaviate.v1.BatchStreamReply', value);
    },
  };
}
