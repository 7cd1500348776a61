// What is not search by vectors: filters of each kind, aggregations, going through everything, deleting
// many, over gRPC against a server process. For numbers (Linux, a quiet machine):
//   node --no-liftoff bench/objects.bench.ts [objects] [--data FOLDER] [--phases a,b] [--json FILE] [--rounds N]
// With --data a filled folder is used again. Phases: filters, aggregates, iteration, deletion. As a test it runs with few objects and checks answers.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { type ServerProcess, startServerProcess } from '../test/clients/server-process.ts';
import { ObjectClient } from './objects/object-client.ts';
import {
  fieldsOf,
  numberOf,
  objectCollection,
  objectSchema,
  targetCount,
  uuidOf,
  vectorOf,
} from './objects/objects.ts';
import { aggregates, filtersOver } from './objects/questions.ts';
import { cpuMs, untilIdle } from './process-figures.ts';
import { Report } from './report.ts';
import { median } from './statistics.ts';

interface Run {
  readonly client: ObjectClient;
  readonly server: ServerProcess;
  readonly count: number;
  readonly rounds: number;
  readonly report: Report;
}

const batchSize = 1000;
/** Objects of one page, as the official clients ask for. */
const pageSize = 100;
/** The first objects of 1,000 that are deleted: a twentieth of all. */
const deletedBelow = 50;

async function importObjects({ client, count, report }: Run): Promise<void> {
  await client.create(objectSchema);
  const start = performance.now();
  for (let from = 0; from < count; from += batchSize) {
    const numbers = Array.from(
      { length: Math.min(batchSize, count - from) },
      (_, index) => from + index,
    );
    const objects = numbers.map((n) => ({
      ...{ uuid: uuidOf(n), collection: objectCollection },
      vectors: [{ name: 'v', vector_bytes: Buffer.from(vectorOf(n).buffer) }],
      properties: {
        non_ref_properties: { fields: fieldsOf(n) },
        single_target_ref_props: [{ prop_name: 'related', uuids: [uuidOf(n % targetCount)] }],
      },
    }));
    const { errors } = await client.call('BatchObjects', { objects });
    assert.deepEqual(errors.slice(0, 1), []);
  }
  const seconds = (performance.now() - start) / 1000;
  report.row('import', 'all', { objects: count, seconds, 'objects a second': count / seconds });
}

/** The first call, then the middle of the others, and the server's processor time for each of them. */
async function timeCalls(
  { server, rounds }: Run,
  call: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const pid = server.process.pid as number;
  const timed = async (): Promise<number> => {
    const start = performance.now();
    await call();
    return performance.now() - start;
  };
  const first = await timed();
  const cpuBefore = cpuMs(pid);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await timed());
  const cpu = (cpuMs(pid) - cpuBefore) / rounds;
  return { 'first ms': first, 'median ms': median(times), 'server CPU ms': cpu };
}

/** Ten objects that pass, as a client asks for them; how many pass is counted once. */
async function measureFilters(run: Run): Promise<void> {
  const { client, count, report } = run;
  for (const { name, filter, passes } of filtersOver(count)) {
    const asked = { collection: objectCollection, filters: filter };
    const search = client.encode('Search', {
      ...{ ...asked, limit: 10, metadata: { uuid: true } },
      properties: { return_all_nonref_properties: true },
    });
    const times = await timeCalls(run, () => client.send('Search', search));
    const counted = await client.call('Aggregate', { ...asked, objects_count: true });
    const found = counted.single_result?.objects_count ?? 0;
    if (passes && count < batchSize) {
      const wanted = Array.from({ length: count }, (_, n) => n).filter(passes).length;
      assert.equal(found, wanted, name);
    }
    report.row('filters, 10 hits', name, { passing: found, ...times });
  }
}

async function measureAggregates(run: Run): Promise<void> {
  const { client, report } = run;
  for (const { name, request } of aggregates()) {
    const bytes = client.encode('Aggregate', { ...request, collection: objectCollection });
    const times = await timeCalls(run, () => client.send('Aggregate', bytes));
    const reply = await client.call('Aggregate', { ...request, collection: objectCollection });
    const { single_result, grouped_results } = reply;
    assert.ok(single_result ?? grouped_results?.groups.length, name);
    const groups = grouped_results && { groups: grouped_results.groups.length };
    report.row('aggregations', name, {
      ...{ objects: single_result?.objects_count, ...groups },
      ...times,
    });
  }
}

/** Goes through up to 100,000 objects by cursor, as the official clients' iterators do. */
async function measureIteration({ client, count, report, server }: Run): Promise<void> {
  const pid = server.process.pid as number;
  const most = Math.min(count, 100_000);
  for (const [name, vectors] of [
    ['properties', []],
    ['properties and vectors', ['v']],
  ] as const) {
    const [start, cpuBefore] = [performance.now(), cpuMs(pid)];
    let [seen, after] = [0, ''];
    while (seen < most) {
      const { results } = await client.call('Search', {
        ...{ collection: objectCollection, limit: pageSize, after },
        properties: { return_all_nonref_properties: true },
        metadata: { uuid: true, vectors },
      });
      if (results.length === 0) break;
      seen += results.length;
      const last: string = results.at(-1)?.metadata?.id ?? '';
      assert.ok(last > after, 'pages go on in order of uuid');
      after = last;
    }
    assert.equal(seen, most);
    const seconds = (performance.now() - start) / 1000;
    const perPage = (cpuMs(pid) - cpuBefore) / (seen / pageSize);
    report.row('iteration', name, {
      ...{ objects: seen, seconds, 'objects a second': seen / seconds },
      'server CPU ms a page': perPage,
    });
  }
}

/** Deletes a twentieth by filter, at most 10,000: first as a dry run, then in earnest. */
async function measureDeletion({ client, count, report, server }: Run): Promise<void> {
  const pid = server.process.pid as number;
  const filters = filtersOver(count).find(({ name }) => name === 'int below')?.filter;
  const wanted = Array.from({ length: count }, (_, n) => n).filter(
    (n) => numberOf(n) < deletedBelow,
  ).length;
  for (const [name, dry_run] of [
    ['dry run', true],
    ['deletion', false],
  ] as const) {
    const [start, cpuBefore] = [performance.now(), cpuMs(pid)];
    const reply = await client.call('BatchDelete', {
      ...{ collection: objectCollection, dry_run, verbose: true },
      filters: { ...filters, value_int: deletedBelow },
    });
    const ms = performance.now() - start;
    assert.equal(reply.matches, Math.min(wanted, 10_000));
    assert.equal(reply.objects.length, reply.matches);
    const cpu = cpuMs(pid) - cpuBefore;
    report.row('batch delete', name, { objects: reply.matches, ms, 'server CPU ms': cpu });
  }
  const left = await client.call('Aggregate', {
    ...{ collection: objectCollection, objects_count: true },
  });
  assert.equal(left.single_result?.objects_count, count - Math.min(wanted, 10_000));
}

/** In the order in which they run; the last one changes what is stored. */
const phases = {
  filters: measureFilters,
  aggregates: measureAggregates,
  iteration: measureIteration,
  deletion: measureDeletion,
} as const;

async function measure(
  folder: string,
  asked: Pick<Run, 'count' | 'rounds' | 'report'> & {
    readonly phases: readonly string[];
    readonly quietMs: number;
  },
): Promise<void> {
  const isFilled = existsSync(folder);
  mkdirSync(folder, { recursive: true });
  const server = await startServerProcess({ data: folder });
  const client = new ObjectClient(server.grpcPort, server.url);
  const run: Run = { ...asked, client, server };
  try {
    if (!isFilled) {
      await importObjects(run);
      await untilIdle(server.process.pid as number, asked.quietMs, 600_000);
    }
    for (const [name, phase] of Object.entries(phases)) {
      if (!asked.phases.includes(name)) continue;
      await phase(run);
      run.report.flush();
    }
  } finally {
    client.close();
    await server.stop();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      data: { type: 'string' },
      json: { type: 'string' },
      phases: { type: 'string', default: Object.keys(phases).join(',') },
      rounds: { type: 'string', default: '7' },
    },
    allowPositionals: true,
  });
  const [count = 200_000] = positionals.map(Number);
  const report = new Report({ file: values.json, print: (text) => process.stdout.write(text) });
  report.fact('objects', String(count));
  const scratch = mkdtempSync(join(tmpdir(), 'tesserae-objects-'));
  try {
    const folder = values.data ?? join(scratch, 'data');
    const wanted = values.phases.split(',');
    const sizes = { count, rounds: Number(values.rounds), quietMs: 2000 };
    await measure(folder, { ...sizes, report, phases: wanted });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  await main();
} else {
  test('filters, aggregations, iteration and deletion find what is there', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'tesserae-objects-'));
    const report = new Report({ print: () => true });
    try {
      const folder = join(scratch, 'data');
      const sizes = { count: 400, rounds: 1, quietMs: 0 };
      await measure(folder, { ...sizes, report, phases: Object.keys(phases) });
    } finally {
      rmSync(scratch, { recursive: true });
    }
    const sections = new Set(report.figures.map(({ section }) => section));
    assert.equal(sections.size, 5);
  });
}
