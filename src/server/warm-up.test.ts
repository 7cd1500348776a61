// A server that has asked itself before it listens has nothing to show for it.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createGrpcServer } from '../api/grpc/grpc-server.ts';
import { Database, systemSources } from '../database/database.ts';
import { MemoryLog } from '../storage/memory-log.ts';
import { MemoryStore } from '../storage/memory-store.ts';
import { createLogger } from './logger.ts';
import { OwnClient } from './own-client.ts';
import { Server } from './server.ts';
import { resolveSettings } from './settings.ts';
import { warmUp } from './warm-up.ts';
import {
  batch,
  createCollections,
  partlySealed,
  searchPath,
  writePath,
} from './warm-up-requests.ts';

for (const threads of ['0', '2']) {
  test(`a started server with ${threads} search threads has counted, logged and stored nothing`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tesserae-warm-'));
    const lines: string[] = [];
    const logger = createLogger({
      ...{ level: 'debug', clock: Date.now },
      write: (line) => lines.push(line),
    });
    const ports = { port: '0', 'grpc-port': '0', 'search-threads': threads };
    const settings = resolveSettings({ ...ports, data: folder }, {});
    try {
      await using server = await Server.start(settings, logger);
      const text = server.database.metrics.registry.text();
      const counts = text.split('\n').filter((line) => /^[a-z_]+_(count|total)\b/.test(line));
      const busy = counts.filter((line) => !line.startsWith('process_') && !line.endsWith(' 0'));
      assert.deepEqual(
        busy.filter((line) => !line.startsWith('tesserae_event_loop')),
        [],
      );
      assert.equal(server.database.collections().length, 0);
      const stored = readdirSync(join(folder, 'store'), { recursive: true }).map(String);
      assert.deepEqual(
        stored.filter((name) => name.includes('collections')),
        [],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.deepEqual(lines, []);
  });
}

describe('a server asks itself', () => {
  test('without threads, and with plain kernels', async () => {
    await warmUp({ pool: undefined, plainKernels: true, budgetMs: 0 });
  });

  test('through everything that a call from outside goes through', async () => {
    await using database = await Database.open({
      ...systemSources,
      ...{ log: new MemoryLog(), store: new MemoryStore(), vectorizers: () => undefined },
      ...{ autoSchema: false, flushBytes: 1 << 20 },
    });
    const called: string[] = [];
    const server = createGrpcServer({
      database,
      authenticate: () => ({ name: 'somebody', mayRead: true, mayWrite: true }),
      limits: { defaultLimit: 10, maximumResults: 100, messageBytesMax: 1 << 24 },
      answered: (call, status) => called.push(`${call} ${status}`),
      logError: (message) => assert.fail(message),
    });
    const client = OwnClient.open(server);
    await createCollections(database);
    await client.call(writePath, batch(partlySealed));
    assert.equal(database.collection(partlySealed).count(), 30);
    await assert.rejects(client.call(searchPath, Buffer.from('no message')), /status 13/);
    assert.deepEqual(called, ['BatchObjects OK', 'Search INTERNAL']);
    await client.close();
    await server.close(0);
  });
});
