// A running server: the data directory, the database on it, and both interfaces. Starting takes things
// in that order; stopping gives them back in the opposite one.

import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createGrpcServer, type GrpcServer } from '../api/grpc/grpc-server.ts';
import { createRestApp } from '../api/rest/rest-app.ts';
import { Database, systemSources } from '../database/database.ts';
import { MemoryBudget } from '../database/memory-budget.ts';
import { SearchPool } from '../database/search-pool.ts';
import { WorkerBuilder } from '../database/segment-builder.ts';
import type { SearchEngine } from '../engine/query/search-engine.ts';
import { createGenerators, generatorInfo } from '../generators/create-generators.ts';
import { createRerankers, rerankerInfo } from '../rerankers/create-rerankers.ts';
import { DirectoryStore } from '../storage/directory-store.ts';
import { FileLog } from '../storage/file-log.ts';
import { DirectoryLock } from '../storage/lock.ts';
import { NodeDirectory } from '../storage/node-directory.ts';
import { createVectorizers, type Vectorizers } from '../vectorizers/create-vectorizers.ts';
import { moduleInfo } from '../vectorizers/modules.ts';
import { createAuthenticate } from './authentication.ts';
import { gitHash } from './git-hash.ts';
import { openIngest, type ServerIngest } from './ingest.ts';
import type { Logger } from './logger.ts';
import { createMetricsListener, type MetricsListener } from './metrics-listener.ts';
import { openServerMetrics, type ServerMetrics } from './server-metrics.ts';
import type { ServerSettings } from './settings.ts';
import { SettingsError } from './settings-source.ts';
import { warmUp } from './warm-up.ts';

/** Where a server listens. */
export interface ServerAddresses {
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  /** Of the metrics; absent while they have no port of their own. */
  readonly metricsPort?: number;
}

/** How long a server goes on asking itself before it listens. */
const warmUpMs = 300;

/** What changes while a server lives. */
interface ServerState {
  ready: boolean;
  addresses: ServerAddresses;
}

/** `start()` resolves when it serves; `close()` or `await using` ends it. */
export class Server {
  readonly #state: ServerState;
  readonly #resources: AsyncDisposableStack;
  /** What it serves, for callers in the same process; closed with the server. */
  readonly database: Database;
  #closing: Promise<void> | undefined;

  private constructor(state: ServerState, database: Database, resources: AsyncDisposableStack) {
    this.#state = state;
    this.database = database;
    this.#resources = resources;
  }

  /**
   * Throws 'directory-locked' when another server owns the directory, SettingsError when a port or
   * address can't be had, and what opening the database throws. Nothing is left open then.
   */
  static async start(settings: ServerSettings, logger: Logger): Promise<Server> {
    await using resources = new AsyncDisposableStack();
    const vectorizers = resources.use(createVectorizers(settings.vectorizers));
    const { database, pool } = await openDatabase(settings, logger, vectorizers, resources);
    const { host } = settings;
    const state: ServerState = { ready: false, addresses: { host, port: 0, grpcPort: 0 } };
    const metrics = resources.use(openServerMetrics(database.metrics));
    const ingest = await openIngest(database, settings, logger, resources);
    const interfaces = createInterfaces(
      { database, vectorizers, ingest },
      settings,
      logger,
      state,
      metrics,
    );
    resources.defer(() => closeInterfaces(interfaces, settings.drainMs));
    // While the threads of the pool start.
    await warmUp({ pool, plainKernels: settings.plainKernels, budgetMs: warmUpMs }).catch(
      (error: unknown) => logger.error('the first queries may be slow: warming up failed', error),
    );
    await pool?.ready;
    state.addresses = await listen(interfaces, settings);
    state.ready = true;
    return new Server(state, database, resources.move());
  }

  get addresses(): ServerAddresses {
    return this.#state.addresses;
  }

  /**
   * Takes no new requests, lets those in progress finish (for as long as settings.drainMs), closes the
   * database and gives the directory back. Closing twice is allowed.
   */
  close(): Promise<void> {
    this.#state.ready = false;
    this.#closing ??= this.#resources.disposeAsync();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A host and port as they stand in addresses; IPv6 goes into brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function openDatabase(
  settings: ServerSettings,
  logger: Logger,
  vectorizers: Vectorizers,
  resources: AsyncDisposableStack,
): Promise<{ readonly database: Database; readonly pool: SearchPool | undefined }> {
  const { dataDirectory, autoSchema, flushBytes, objectVectorsMax, plainKernels } = settings;
  const { searchThreads: threads, collectionDefaults: defaults } = settings;
  const onFault = (error: unknown): void => logger.error('a fault in the background', error);
  resources.use(await DirectoryLock.acquire(dataDirectory));
  const directory = await NodeDirectory.open(dataDirectory);
  const store = await DirectoryStore.open(directory);
  const log = await FileLog.open(directory);
  if (log.cutTail) {
    const { file, offset, bytes } = log.cutTail;
    logger.log('warning', 'cut an interrupted, never acknowledged write', { file, offset, bytes });
  }
  let pool: SearchPool | undefined;
  const searcher = async (engine: SearchEngine): Promise<SearchPool> => {
    pool = SearchPool.start(engine, { threads, directory: dataDirectory, plainKernels, onFault });
    return pool;
  };
  try {
    const database = await Database.open({
      ...systemSources,
      log,
      store,
      vectorizers,
      modules: {
        rerankers: createRerankers({ vectorizers, settings: settings.vectorizers }),
        generators: createGenerators(settings.vectorizers),
        ...(settings.defaultGenerator && { defaultGenerator: settings.defaultGenerator }),
      },
      autoSchema,
      defaults,
      flushBytes,
      objectVectorsMax,
      plainKernels,
      expiryMs: settings.expiryMs,
      memory: new MemoryBudget({ bytes: settings.memoryBytes }),
      builder: new WorkerBuilder(dataDirectory, store),
      ...(threads > 0 && { searcher }),
      onFault,
    });
    return { database: resources.use(database), pool };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** What the interfaces serve. */
interface Served {
  readonly database: Database;
  readonly vectorizers: Vectorizers;
  readonly ingest: ServerIngest;
}

/** The two interfaces, made but not listening. */
interface Interfaces {
  readonly rest: FastifyInstance;
  readonly grpc: GrpcServer;
  readonly metrics: MetricsListener;
}

function createInterfaces(
  { database, vectorizers, ingest }: Served,
  settings: ServerSettings,
  logger: Logger,
  state: ServerState,
  { answered }: ServerMetrics,
): Interfaces {
  const { defaultLimit, graphqlDefaultLimit, maximumResults } = settings;
  const { bodyBytesMax, grpcMessageBytesMax } = settings;
  const limits = { defaultLimit, graphqlDefaultLimit, maximumResults };
  const authenticate = createAuthenticate(settings.authentication);
  const logError = (message: string, error: unknown): void => logger.error(message, error);
  const rest = createRestApp({
    database,
    authenticate,
    settings: {
      limits,
      bodyBytesMax,
      grpcMessageBytesMax,
      modules: { ...moduleInfo, ...rerankerInfo(), ...generatorInfo() },
      gitHash: gitHash(join(import.meta.dirname, '../..')),
    },
    clock: systemSources.clock,
    address: () => `http://${hostPort(state.addresses.host, state.addresses.port)}`,
    grpcPort: () => state.addresses.grpcPort,
    isReady: () => state.ready,
    logError,
    served: vectorizers.served,
    ingest,
  });
  rest.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const { url: path = 'unknown' } = routeOptions;
    const { statusCode: status, elapsedTime: ms } = reply;
    answered({ wire: 'rest', call: `${method} ${path}`, status: String(status), ms });
    logger.log('debug', 'request', { method, path, status, ms: Math.round(ms) });
  });
  const grpc = createGrpcServer({
    database,
    authenticate,
    limits: { ...limits, messageBytesMax: grpcMessageBytesMax },
    answered: (call, status, ms) => answered({ wire: 'grpc', call, status, ms }),
    logError,
  });
  return { rest, grpc, metrics: createMetricsListener(database.metrics.registry) };
}

async function listen(
  { rest, grpc, metrics }: Interfaces,
  settings: ServerSettings,
): Promise<ServerAddresses> {
  const { host, port, grpcPort, metricsPort } = settings;
  const grpcBound = await bind(host, grpcPort, '--grpc-port', () => grpc.listen(host, grpcPort));
  await bind(host, port, '--port', () => rest.listen({ host, port }));
  const { port: bound } = rest.server.address() as AddressInfo;
  if (metricsPort === undefined) return { host, port: bound, grpcPort: grpcBound };
  const variable = 'PROMETHEUS_MONITORING_PORT';
  const listen = (): Promise<number> => metrics.listen(host, metricsPort);
  const metricsBound = await bind(host, metricsPort, variable, listen);
  return { host, port: bound, grpcPort: grpcBound, metricsPort: metricsBound };
}

/** Listens, and says in words why that can't be. */
async function bind<Bound>(
  host: string,
  port: number,
  option: string,
  start: () => Promise<Bound>,
): Promise<Bound> {
  try {
    return await start();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (reason.includes('EADDRINUSE')) {
      throw new SettingsError(`port ${port} on ${host} is taken: choose another with ${option}`);
    }
    throw new SettingsError(`can't listen on port ${port} of ${host} (${option}): ${reason}`);
  }
}

async function closeInterfaces(
  { rest, grpc, metrics }: Interfaces,
  graceMs: number,
): Promise<void> {
  const cutOff = setTimeout(() => rest.server.closeAllConnections(), graceMs);
  try {
    await Promise.all([rest.close(), grpc.close(graceMs), metrics[Symbol.asyncDispose]()]);
  } finally {
    clearTimeout(cutOff);
  }
}
