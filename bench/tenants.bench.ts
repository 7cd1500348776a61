// Many small tenants in a server with little memory: how fast they are filled, what the server takes, how
// soon a closed or inactive one answers, and how long a restart takes; beside the same objects in one
// collection without tenants. For numbers (Linux, a quiet machine):
//   node --no-liftoff bench/tenants.bench.ts [tenants] [--objects N] [--memory 1GiB] [--json FILE]
// As a test it runs with few tenants and checks answers.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { randomFrom } from '../src/storage/random.ts';
import { type ServerProcess, startServerProcess } from '../test/clients/server-process.ts';
import { ObjectClient } from './objects/object-client.ts';
import { diskBytes, memoryOf, peakBytes } from './process-figures.ts';
import { Report } from './report.ts';
import { median } from './statistics.ts';

interface Sizes {
  readonly tenants: number;
  /** Of each tenant. */
  readonly objects: number;
  readonly memory: string;
  readonly queries: number;
}

interface Run extends Sizes {
  readonly report: Report;
  readonly folder: string;
}

/** VECTOR_TYPE_MULTI_FP32. */
const multiVector = 2;
const dims = 128;
const tokens = 30;
/** Objects of one request. */
const batchSize = 100;
/** Tenants of one request that makes them or changes their state. */
const tenantsAtOnce = 100;
const mebi = 2 ** 20;

function schemaOf(name: string, enabled: boolean) {
  return {
    class: name,
    multiTenancyConfig: { enabled, autoTenantActivation: enabled },
    properties: [
      { name: 'text', dataType: ['text'] },
      { name: 'number', dataType: ['int'] },
    ],
    vectorConfig: {
      mv: {
        vectorizer: { none: {} },
        vectorIndexType: 'hnsw',
        vectorIndexConfig: { multivector: { enabled: true } },
      },
    },
  };
}

/** The token vectors of an object as gRPC has them: u16 dims, then f32 values [tokens × dims]. */
function vectorOf(seed: number): Buffer {
  const random = randomFrom(seed + 1);
  const values = Float32Array.from({ length: tokens * dims }, () => random(2001) / 1000 - 1);
  const bytes = Buffer.alloc(2 + values.byteLength);
  bytes.writeUInt16LE(dims, 0);
  Buffer.from(values.buffer).copy(bytes, 2);
  return bytes;
}

function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

function nameOf(tenant: number): string {
  return `tenant-${tenant}`;
}

/** The n-th object of all. */
function objectOf(collection: string, tenant: string, n: number) {
  return {
    ...{ uuid: uuidOf(n), collection, tenant },
    vectors: [{ name: 'mv', type: multiVector, vector_bytes: vectorOf(n) }],
    properties: {
      non_ref_properties: {
        fields: { text: { stringValue: `object ${n} of all` }, number: { numberValue: n } },
      },
    },
  };
}

async function makeTenants(client: ObjectClient, count: number, status: string): Promise<void> {
  for (let from = 0; from < count; from += tenantsAtOnce) {
    const some = Array.from({ length: Math.min(tenantsAtOnce, count - from) }, (_, index) => ({
      name: nameOf(from + index),
      activityStatus: status,
    }));
    const method = status === 'HOT' ? 'POST' : 'PUT';
    await client.sendJson(method, '/v1/schema/Tenants/tenants', some);
  }
}

/** Objects by batches, of one tenant after the other; returns objects a second. */
async function fill(client: ObjectClient, run: Run, collection: string): Promise<number> {
  const start = performance.now();
  const all = run.tenants * run.objects;
  for (let from = 0; from < all; from += batchSize) {
    const objects = Array.from({ length: Math.min(batchSize, all - from) }, (_, index) => {
      const n = from + index;
      const tenant = collection === 'Tenants' ? nameOf(Math.floor(n / run.objects)) : '';
      return objectOf(collection, tenant, n);
    });
    const { errors } = await client.call('BatchObjects', { objects });
    assert.deepEqual(errors.slice(0, 1), []);
  }
  return all / ((performance.now() - start) / 1000);
}

/** Finds an object of a tenant by its own vector; returns milliseconds. */
async function ask(client: ObjectClient, run: Run, tenant: number): Promise<number> {
  const n = tenant * run.objects;
  const start = performance.now();
  const { results } = await client.call('Search', {
    ...{ collection: 'Tenants', tenant: nameOf(tenant), limit: 10, uses_127_api: true },
    metadata: { uuid: true },
    near_vector: {
      vectors: [{ name: 'mv', type: multiVector, vector_bytes: vectorOf(n) }],
      targets: { target_vectors: ['mv'] },
    },
  });
  const ms = performance.now() - start;
  assert.equal(results[0]?.metadata?.id, uuidOf(n));
  assert.equal(results.length, Math.min(10, run.objects));
  return ms;
}

/** Different tenants, spread over all, so that few are open already. */
async function askMany(client: ObjectClient, run: Run, row: string): Promise<void> {
  const random = randomFrom(row.length);
  const times: number[] = [];
  for (let query = 0; query < run.queries; query += 1) {
    times.push(await ask(client, run, random(run.tenants)));
  }
  times.sort((a, b) => a - b);
  const p95 = times[Math.floor(times.length * 0.95)] as number;
  run.report.row('answers', row, { 'median ms': median(times), 'p95 ms': p95 });
}

function noteMemory({ report }: Run, server: ServerProcess, row: string): void {
  const pid = server.process.pid as number;
  const { resident } = memoryOf(pid);
  const values = { 'resident MiB': resident / mebi, 'peak MiB': peakBytes(pid) / mebi };
  report.row('memory', row, values);
}

async function withServer(
  run: Run,
  name: string,
  work: (client: ObjectClient, server: ServerProcess) => Promise<void>,
): Promise<void> {
  const start = performance.now();
  const data = join(run.folder, name);
  const server = await startServerProcess({ data, args: ['--memory', run.memory] });
  run.report.row('start', name, { ms: performance.now() - start });
  const client = new ObjectClient(server.grpcPort, server.url);
  try {
    await work(client, server);
  } finally {
    client.close();
    await server.stop();
  }
  run.report.flush();
}

async function measure(run: Run): Promise<void> {
  await withServer(run, 'one collection', async (client, server) => {
    await client.create(schemaOf('Plain', false));
    run.report.row('filling', 'one collection', {
      'objects a second': await fill(client, run, 'Plain'),
    });
    noteMemory(run, server, 'one collection, filled');
  });
  await withServer(run, 'tenants', async (client, server) => {
    await client.create(schemaOf('Tenants', true));
    const start = performance.now();
    await makeTenants(client, run.tenants, 'HOT');
    const seconds = (performance.now() - start) / 1000;
    run.report.row('filling', 'making tenants', { 'tenants a second': run.tenants / seconds });
    const perSecond = await fill(client, run, 'Tenants');
    run.report.row('filling', 'tenants', { 'objects a second': perSecond });
    noteMemory(run, server, 'tenants, filled');
    await askMany(client, run, 'tenants anywhere, after filling');
    noteMemory(run, server, 'tenants, asked');
    await makeTenants(client, run.tenants, 'COLD');
    await askMany(client, run, 'inactive tenants, activated by the query');
  });
  await withServer(run, 'tenants', async (client, server) => {
    await askMany(client, run, 'tenants anywhere, after a restart');
    noteMemory(run, server, 'tenants, after a restart');
  });
  const disk = diskBytes(join(run.folder, 'tenants'), () => true) / mebi;
  run.report.row('disk', 'tenants', { MiB: disk });
  run.report.flush();
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: 'string' },
      memory: { type: 'string', default: '1GiB' },
      objects: { type: 'string', default: '10' },
      queries: { type: 'string', default: '2000' },
    },
    allowPositionals: true,
  });
  const [tenants = 10_000] = positionals.map(Number);
  const report = new Report({ file: values.json, print: (text) => process.stdout.write(text) });
  const [objects, queries] = [Number(values.objects), Number(values.queries)];
  report.fact('tenants', `${tenants} of ${objects} objects with ${values.memory}`);
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-tenants-'));
  try {
    await measure({ tenants, objects, queries, memory: values.memory, folder, report });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  await main();
} else {
  test('tenants answer with their own objects while filled, inactive, and after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tesserae-tenants-'));
    const report = new Report({ print: () => true });
    const sizes = { tenants: 30, objects: 3, queries: 10, memory: '512MiB' };
    try {
      await measure({ ...sizes, folder, report });
    } finally {
      rmSync(folder, { recursive: true });
    }
    const answers = report.figures.filter(({ section }) => section === 'answers');
    assert.equal(answers.length, 6);
  });
}
