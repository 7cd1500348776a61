// The gRPC server: what is served, where it listens, and how it ends. Messages come and go as bytes; each
// call has a file that says what they mean.

import type { Duplex } from 'node:stream';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { aggregate } from './aggregate/aggregate.ts';
import { batchDelete } from './batch-delete.ts';
import { batchObjects } from './batch-objects.ts';
import { batchStreamHandler, type HandlerParts, unaryHandler } from './handlers.ts';
import { healthCheckHandler, healthWatchHandler } from './health.ts';
import { openCodecs } from './protocol.ts';
import { batchReferences } from './references/write-references.ts';

import { search } from './search.ts';
import { tenantsGet } from './tenants-get.ts';

/** `limits` of a search, and the largest message in either direction. */
export interface GrpcServerOptions extends Omit<HandlerParts, 'closing'> {
  /** A call with a larger message, either way, ends with RESOURCE_EXHAUSTED. */
  readonly limits: HandlerParts['limits'] & { readonly messageBytesMax: number };
}

export interface GrpcServer {
  /** Resolves to the port, which the system chooses for port 0. Rejects when it can't be had. */
  listen(host: string, port: number): Promise<number>;
  /** Serves the calls of a connection that somebody else has made. */
  accept(connection: Duplex): void;
  /**
   * Takes no new calls, tells batch streams to stop, and resolves when all calls have ended; those
   * that have not after `graceMs` are cut off.
   */
  close(graceMs: number): Promise<void>;
}

/** The server of weaviate.v1.Weaviate and grpc.health.v1.Health over a database; not yet listening. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { messageBytesMax } = options.limits;
  const server = new Server({
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
  });
  const closing = new AbortController();
  const codec = openCodecs();
  addWeaviateService(server, codec, { ...options, closing: closing.signal });
  addHealthService(server, codec, closing.signal);
  return {
    listen: (host, port) => listen(server, host, port),
    accept: (connection) => {
      const credentials = ServerCredentials.createInsecure();
      server.createConnectionInjector(credentials).injectConnection(connection);
    },
    close: (graceMs) => {
      closing.abort();
      return close(server, graceMs);
    },
  };
}

type CodecOf = ReturnType<typeof openCodecs>;
type CallName =
  | 'Search'
  | 'BatchObjects'
  | 'BatchReferences'
  | 'BatchDelete'
  | 'TenantsGet'
  | 'Aggregate'
  | 'BatchStream';

function addWeaviateService(server: Server, codec: CodecOf, parts: HandlerParts): void {
  const path = '/weaviate.v1.Weaviate';
  const codecs = <Name extends CallName>(name: Name) => ({
    request: codec(`weaviate.v1.${name}Request` as const),
    reply: codec(`weaviate.v1.${name}Reply` as const),
  });
  const definition: ServiceDefinition = {
    Search: bytesMethod(`${path}/Search`),
    BatchObjects: bytesMethod(`${path}/BatchObjects`),
    BatchReferences: bytesMethod(`${path}/BatchReferences`),
    BatchDelete: bytesMethod(`${path}/BatchDelete`),
    TenantsGet: bytesMethod(`${path}/TenantsGet`),
    Aggregate: bytesMethod(`${path}/Aggregate`),
    BatchStream: {
      ...bytesMethod(`${path}/BatchStream`),
      requestStream: true,
      responseStream: true,
    },
  };
  server.addService(definition, {
    Search: unaryHandler('Search', codecs('Search'), search, parts),
    BatchObjects: unaryHandler('BatchObjects', codecs('BatchObjects'), batchObjects, parts),
    BatchReferences: unaryHandler(
      'BatchReferences',
      codecs('BatchReferences'),
      batchReferences,
      parts,
    ),
    BatchDelete: unaryHandler('BatchDelete', codecs('BatchDelete'), batchDelete, parts),
    TenantsGet: unaryHandler('TenantsGet', codecs('TenantsGet'), tenantsGet, parts),
    Aggregate: unaryHandler('Aggregate', codecs('Aggregate'), aggregate, parts),
    BatchStream: batchStreamHandler(codecs('BatchStream'), parts),
  });
}

function addHealthService(server: Server, codec: CodecOf, closing: AbortSignal): void {
  const path = '/grpc.health.v1.Health';
  const response = codec('grpc.health.v1.HealthCheckResponse');
  const definition: ServiceDefinition = {
    Check: bytesMethod(`${path}/Check`),
    Watch: { ...bytesMethod(`${path}/Watch`), responseStream: true },
  };
  server.addService(definition, {
    Check: healthCheckHandler(response, closing),
    Watch: healthWatchHandler(response, closing),
  });
}

const keepBytes = (bytes: Buffer): Buffer => bytes;

/** A method with one request and one reply whose messages grpc-js leaves as bytes. */
function bytesMethod(path: string): ServiceDefinition[string] {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: keepBytes,
    requestDeserialize: keepBytes,
    responseSerialize: keepBytes,
    responseDeserialize: keepBytes,
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
