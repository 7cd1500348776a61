// REST and gRPC over one database, in this process.

import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import { createRestApp } from '../src/api/rest/rest-app.ts';
import type { Database } from '../src/database/database.ts';
import { DatabaseError } from '../src/engine/errors.ts';
import { keys, openWireServer, type WireServer } from './grpc/wire-client.ts';

export interface RestReply {
  readonly status: number;
  readonly json: unknown;
}

export interface TwoWires extends AsyncDisposable {
  readonly wire: WireServer;
  /** Sends a request below `/v1`, as `admin` unless a key is given. */
  rest(method: string, path: string, body?: unknown, key?: string): Promise<RestReply>;
}

/** Over a database that is closed with them, or over a new one in memory. */
export async function openTwoWires(database?: Database): Promise<TwoWires> {
  const wire = await openWireServer(undefined, database);
  const app: FastifyInstance = createRestApp({
    database: wire.database,
    authenticate: ({ authorization = '' }) => {
      const name = authorization.replace(/^Bearer /, '');
      const rights = keys[name];
      if (!rights) throw new DatabaseError('unauthenticated', { message: 'unauthorized' });
      return { name, ...rights };
    },
    settings: {
      limits: { defaultLimit: 25, maximumResults: 10_000 },
      bodyBytesMax: 1_000_000,
      grpcMessageBytesMax: 1_000_000,
      modules: {},
    },
    clock: () => 1_700_000_000_000,
    address: () => 'http://127.0.0.1:8080',
    isReady: () => true,
    logError: (message, error) => assert.fail(`${message}: ${String(error)}`),
  });
  return {
    wire,
    rest: async (method, path, body, key = 'admin') => {
      const authorization = `Bearer ${key}`;
      const { statusCode: status, body: text } = await app.inject({
        method: method as 'GET',
        url: `/v1${path}`,
        ...(body === undefined
          ? { headers: { authorization } }
          : {
              payload: JSON.stringify(body),
              headers: { authorization, 'content-type': 'application/json' },
            }),
      });
      return { status, json: text === '' ? null : JSON.parse(text) };
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await wire[Symbol.asyncDispose]();
    },
  };
}
