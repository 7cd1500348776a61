// The first requests of a server, made by itself before it listens: made-up objects in a database that
// lives in memory, written and searched over a connection of its own, so that no caller waits while
// decoders are made and code is compiled. Nothing of it is stored, counted or logged.

import { createGrpcServer } from '../api/grpc/grpc-server.ts';
import { Database, systemSources } from '../database/database.ts';
import type { SearchPool } from '../database/search-pool.ts';
import type { VectorSearcher } from '../database/vector-searcher.ts';
import type { Segment } from '../engine/segment/segment.ts';
import { MemoryLog } from '../storage/memory-log.ts';
import { MemoryStore } from '../storage/memory-store.ts';
import { OwnClient } from './own-client.ts';
import {
  batch,
  createCollections,
  inMemory,
  partlySealed,
  searchPath,
  smallSearches,
  threadSearch,
  writePath,
} from './warm-up-requests.ts';

export interface WarmUpOptions {
  /** The pool whose threads take part, when it has started; undefined where this thread searches. */
  readonly pool: SearchPool | undefined;
  readonly plainKernels: boolean;
  /** Searches are not repeated after so long. */
  readonly budgetMs: number;
}

/** Repeats of every search: with more, the first real ones were no faster. */
const rounds = 2;
/** Enough that they are not searched by the serving thread. */
const freshBatches = 2;

/** Rejects when a request of its own fails or the pool can't start. */
export async function warmUp({ pool, plainKernels, budgetMs }: WarmUpOptions): Promise<void> {
  const start = performance.now();
  await using database = await Database.open({
    ...systemSources,
    log: new MemoryLog(),
    store: new MemoryStore(),
    vectorizers: () => undefined,
    autoSchema: false,
    flushBytes: Number.MAX_SAFE_INTEGER,
    plainKernels,
    ...(pool && { searcher: async () => borrowed(pool) }),
  });
  await createCollections(database);
  const server = createGrpcServer({
    database,
    authenticate: () => ({ name: 'warm-up', mayRead: true, mayWrite: true }),
    limits: { defaultLimit: 10, maximumResults: 100, messageBytesMax: 2 ** 24 },
    logError: () => undefined,
  });
  const client = OwnClient.open(server);
  try {
    await client.call(writePath, batch(partlySealed));
    await database.flush();
    await client.call(writePath, batch(partlySealed));
    for (let i = 0; i < freshBatches; i++) await client.call(writePath, batch(inMemory));
    for (let round = 0; round < rounds && performance.now() - start < budgetMs; round++) {
      for (const search of smallSearches()) await client.call(searchPath, search);
    }
    await pool?.ready;
    const together = Array.from({ length: pool?.threads ?? 1 });
    for (let round = 0; round < rounds; round++) {
      await Promise.all(together.map(() => client.call(searchPath, threadSearch())));
    }
  } finally {
    await client.close();
    await server.close(0);
  }
}

/** The pool for a while: its threads forget what they were told of when the while is over. */
function borrowed(pool: SearchPool): VectorSearcher {
  const told = new Set<Segment>();
  return {
    find: (snapshot, request, signal) => {
      for (const { segment } of snapshot.segments) told.add(segment);
      return pool.find(snapshot, request, signal);
    },
    prepare: () => undefined,
    forget: (segment) => pool.forget(segment),
    close: async () => {
      for (const segment of told) pool.forget(segment);
    },
  };
}
