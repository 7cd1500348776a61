// Servers that are migrated from and to: whole ones over a database in memory, behind real ports.

import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Authenticate } from '../../src/api/caller.ts';
import { createGrpcServer } from '../../src/api/grpc/grpc-server.ts';
import { createRestApp } from '../../src/api/rest/rest-app.ts';
import { Database } from '../../src/database/database.ts';
import { DatabaseError } from '../../src/engine/errors.ts';
import type { Patience } from '../../src/migrate/patience.ts';
import { ServerSide } from '../../src/migrate/server-side.ts';
import { MemoryLog } from '../../src/storage/memory-log.ts';
import { MemoryStore } from '../../src/storage/memory-store.ts';
import type { Vectorizer, VectorizerConfig } from '../../src/vectorizers/vectorizer.ts';

/** A server of this process. */
export interface TestServer {
  readonly url: string;
  readonly grpcPort: number;
  readonly database: Database;
  /** What a call of REST answers with; it must succeed. */
  send(method: string, path: string, body?: unknown): Promise<unknown>;
}

export interface TestServerOptions {
  /** Milliseconds that every page of objects takes. */
  readonly slowMs?: number;
  readonly messageBytesMax?: number;
  readonly objectVectorsMax?: number;
  /** Objects that a reply shows at most. */
  readonly maximumResults?: number;
  /** What embeds; nothing does by default. */
  readonly vectorizers?: (config: VectorizerConfig) => Vectorizer | undefined;
  /** What every caller must send as a key; anyone may come without. */
  readonly key?: string;
}

/** Every server's clock shows another time, so that kept times are told from new ones. */
let epoch = 1_700_000_000_000;

/** Ends with the test. */
export async function openServer(
  t: TestContext,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const { slowMs = 0, messageBytesMax = 104_858_000, objectVectorsMax = 4_096, key } = options;
  const { vectorizers = () => undefined, maximumResults = 10_000 } = options;
  epoch += 1_000_000_000;
  let now = epoch;
  const clock = (): number => {
    now += 1;
    return now;
  };
  const database = await Database.open({
    ...{ log: new MemoryLog(), store: new MemoryStore(), clock, objectVectorsMax },
    ...{ newUuid: () => crypto.randomUUID(), vectorizers },
    ...{ autoSchema: true, flushBytes: 1 << 24 },
  });
  const limits = { defaultLimit: 10, graphqlDefaultLimit: 100, maximumResults };
  const authenticate: Authenticate = async ({ authorization }) => {
    if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
    if (key !== undefined && authorization !== `Bearer ${key}`) {
      throw new DatabaseError('unauthenticated', { message: 'no such key' });
    }
    return { name: 'anonymous', mayRead: true, mayWrite: true };
  };
  const logError = (message: string, error: unknown): void => {
    throw new Error(message, { cause: error });
  };
  const grpc = createGrpcServer({
    ...{ database, authenticate, logError },
    limits: { ...limits, messageBytesMax },
  });
  const grpcPort = await grpc.listen('127.0.0.1', 0);
  const app = createRestApp({
    ...{ database, authenticate, clock, logError, isReady: () => true },
    settings: { limits, bodyBytesMax: 1 << 26, grpcMessageBytesMax: messageBytesMax, modules: {} },
    address: () => 'http://127.0.0.1',
    grpcPort: () => grpcPort,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  t.after(async () => {
    app.server.closeAllConnections();
    await Promise.all([app.close(), grpc.close(0)]);
    await database.close();
  });
  return { url, grpcPort, database, send: (...call) => send(url, key, ...call) };
}

async function send(
  url: string,
  key: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

/** One side of a migration, that gives up soon. Ends with the test. */
export async function openSide(
  t: TestContext,
  url: string,
  { grpc, onRetry = () => undefined }: { grpc?: string; onRetry?: Patience['onRetry'] } = {},
): Promise<ServerSide> {
  const patience: Patience = {
    ...{ attemptsMax: 8, firstWaitMs: 1, waitMsMax: 20, random: () => 0.5, onRetry },
    signal: new AbortController().signal,
  };
  const side = await ServerSide.open({ url: new URL(url), headers: {}, grpc }, patience);
  t.after(() => side[Symbol.dispose]());
  return side;
}
