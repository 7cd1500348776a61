// The whole system: a server process driven over gRPC, its processor time, memory and disk, and the
// recall of its answers against exact MaxSim. For numbers (Linux, a quiet machine):
//   node --no-liftoff bench/server.bench.ts [--profile FOLDER] [passages] [queries]
// As a test it runs with tiny sizes and checks answers only.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import type { VectorValue } from '../src/engine/document.ts';
import { openKernels } from '../src/engine/kernels/kernels.ts';
import { MaxSimScorer, prepareQuery } from '../src/engine/multivector/maxsim.ts';
import type { MemoryTokenVectors } from '../src/engine/multivector/memory-token-vectors.ts';
import { randomFrom, vectorsOf } from '../src/engine/multivector/vectors-for-tests.ts';
import { type ServerProcess, startServerProcess } from '../test/clients/server-process.ts';
import { cpuMs, diskBytes, hasProcessFigures, memoryOf, untilIdle } from './process-figures.ts';
import { createCollection, decodeHits, encodeBatch, encodeSearch, WireClient } from './wire.ts';
import { madeUpWorkload, makeWorkload, type Workload } from './workload.ts';

interface RunSizes {
  readonly batch: number;
  /** Every round measures all query sets and some exhaustive scans; medians of rounds are reported. */
  readonly rounds: number;
  /** Queries of a set whose answers are compared with exact ones. */
  readonly judged: number;
  /** Queries of a round that are also answered by an exhaustive scan, for the ratio. */
  readonly scanned: number;
  readonly emptyCalls: number;
  readonly restarts: number;
  readonly quietMs: number;
  /** Where the server writes profiles; then only import and queries are run. */
  readonly profile: string | undefined;
  /** Hears each line of the report when it is known. */
  readonly print: (line: string) => void;
}

/** Recall is the share of the exact top k that was returned, over all judged queries. */
interface Outcome {
  readonly lines: readonly string[];
  readonly recalls: readonly (readonly [name: string, recall: number])[];
}

const collection = 'Bench';
const clientCounts = [1, 8];
const importsInFlight = 2;
/** Values of `number`: a filter below 10 passes 1 %. */
const numbers = 1000;
const filters = [
  ['all', undefined],
  ['10 % allowed', numbers / 10],
  ['1 % allowed', numbers / 100],
] as const;

/** One benchmark: a data folder, the server on it, the workload, and what was found. */
class Bench {
  readonly #work: Workload;
  readonly #sizes: RunSizes;
  readonly #folder: string;
  readonly #uuids: readonly string[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #vectors: MemoryTokenVectors;
  readonly #scorer = MaxSimScorer.open(openKernels({ forcePlain: false, clock: performance }));
  readonly lines: string[] = [];
  readonly recalls: [string, number][] = [];
  #server: ServerProcess | undefined;

  constructor(work: Workload, sizes: RunSizes, folder: string) {
    this.#work = work;
    this.#sizes = sizes;
    this.#folder = folder;
    this.#uuids = makeUuids(work.passages.length);
    this.#indexes = new Map(this.#uuids.map((uuid, index) => [uuid, index]));
    this.#vectors = vectorsOf(work.passages, true);
  }

  async run(): Promise<void> {
    const { passages, dims, source } = this.#work;
    const { vectorCount } = this.#vectors;
    this.#say(
      `${passages.length} passages, ${vectorCount} token vectors of ${dims} ` +
        `(${(vectorCount / passages.length).toFixed(1)} each): ${source}`,
    );
    const { profile } = this.#sizes;
    try {
      await this.#start('import');
      if (profile === undefined) await this.#measureEmpty();
      await this.#measureImport();
      if (profile !== undefined) {
        await this.#stop();
        await this.#start('queries');
      }
      await this.#measureQueries();
      if (profile === undefined) {
        this.#measureSpace();
        await this.#measureRestart();
        await this.#measureWhileWriting();
      }
    } finally {
      await this.#stop();
    }
  }

  get #pid(): number {
    return this.#running.process.pid!;
  }

  get #running(): ServerProcess {
    assert.ok(this.#server, 'the server is running');
    return this.#server;
  }

  #say(line: string): void {
    this.lines.push(line);
    this.#sizes.print(line);
  }

  async #start(phase: string): Promise<void> {
    const { profile } = this.#sizes;
    const flags = ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profile}/${phase}`];
    this.#server = await startServerProcess({
      data: join(this.#folder, 'data'),
      ...(profile === undefined ? {} : { env: { NODE_OPTIONS: flags.join(' ') } }),
    });
  }

  async #stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** Processor time of the server while `work` runs. */
  async #cpuOf<T>(work: () => Promise<T>): Promise<{ readonly cpu: number; readonly result: T }> {
    const before = cpuMs(this.#pid);
    const result = await work();
    return { cpu: cpuMs(this.#pid) - before, result };
  }

  async #measureEmpty(): Promise<void> {
    await createCollection(this.#running.url, 'Empty');
    const client = WireClient.open(this.#running.grpcPort);
    const vector = this.#work.querySets.at(-1)!.queries[0]!;
    const request = encodeSearch({ collection: 'Empty', vector, limit: 10 });
    const { emptyCalls, rounds } = this.#sizes;
    for (let i = 0; i < emptyCalls; i++) await client.search(request);
    const costs: number[] = [];
    const walls: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { cpu } = await this.#cpuOf(async () => {
        for (let i = 0; i < emptyCalls; i++) {
          const start = performance.now();
          assert.equal(decodeHits(await client.search(request)).length, 0);
          walls.push(performance.now() - start);
        }
      });
      costs.push(cpu / emptyCalls);
    }
    client.close();
    this.#say(
      `a call of an empty collection: ${median(costs).toFixed(2)} ms server CPU, ${percentiles(walls)}`,
    );
  }

  #objects(from: number, to: number) {
    const { passages, texts } = this.#work;
    return passages.slice(from, to).map((vector, i) => ({
      uuid: this.#uuids[from + i]!,
      text: texts[from + i]!,
      number: numberOf(from + i),
      vector,
    }));
  }

  async #measureImport(): Promise<void> {
    const { passages } = this.#work;
    const count = passages.length;
    const { url, grpcPort } = this.#running;
    await createCollection(url, collection);
    const client = WireClient.open(grpcPort);
    const before = cpuMs(this.#pid);
    const own = process.cpuUsage();
    const start = performance.now();
    await this.#write(client, 0, count);
    const wall = performance.now() - start;
    const acknowledged = cpuMs(this.#pid) - before;
    const { user, system } = process.cpuUsage(own);
    const searchable = await this.#untilLastIsFound(client);
    const trained = searchable + (await untilIdle(this.#pid, this.#sizes.quietMs));
    const settled = cpuMs(this.#pid) - before;
    client.close();
    const each = (ms: number): string => (ms / count).toFixed(2);
    this.#say(
      `import, batches of ${this.#sizes.batch}, ${importsInFlight} in flight: ` +
        `${each(acknowledged)} ms server CPU a passage when acknowledged, ${each(settled)} when settled; ` +
        `client ${each((user + system) / 1000)}; ${(count / (wall / 1000)).toFixed(0)} passages a second; ` +
        `the last one found ${searchable.toFixed(0)} ms after its acknowledgement, settled after ` +
        `${(trained / 1000).toFixed(1)} s; ${this.#memory()}`,
    );
  }

  async #write(client: WireClient, from: number, to: number): Promise<void> {
    const { batch } = this.#sizes;
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < to) {
        const start = next;
        next = Math.min(to, next + batch);
        await client.write(encodeBatch(collection, this.#objects(start, next)));
      }
    };
    await Promise.all(Array.from({ length: importsInFlight }, lane));
  }

  async #untilLastIsFound(client: WireClient): Promise<number> {
    const index = this.#work.passages.length - 1;
    const vector = this.#work.passages[index]!;
    const start = performance.now();
    const hits = decodeHits(await client.search(encodeSearch({ collection, vector, limit: 1 })));
    assert.equal(hits[0]?.uuid, this.#uuids[index], 'what is acknowledged is found');
    return performance.now() - start;
  }

  async #measureQueries(): Promise<void> {
    const warm = WireClient.open(this.#running.grpcPort);
    for (const { queries } of this.#work.querySets) {
      for (const vector of queries) {
        await warm.search(encodeSearch({ collection, vector, limit: 10 }));
      }
    }
    for (const { name, queries } of this.#work.querySets) {
      const tokens = queries.map(({ dims, values }) => values.length / dims).sort((a, b) => a - b);
      this.#say(
        `${name}: ${queries.length} queries of ${tokens[0]} to ${tokens.at(-1)} token vectors, median ${median(tokens)}`,
      );
      await this.#judge(warm, name, queries);
      await this.#time(queries);
    }
    warm.close();
  }

  /** Recall at 10 and 100, with everything allowed and with filters. */
  async #judge(client: WireClient, name: string, queries: readonly VectorValue[]): Promise<void> {
    const judged = queries.slice(0, this.#sizes.judged);
    for (const [filter, numberBelow] of filters) {
      const allowed = this.#allowed(numberBelow);
      const found = new Map<number, number[]>([10, 100].map((k) => [k, []]));
      for (const vector of judged) {
        const best = this.#exact(vector, allowed, 100);
        for (const [k, shares] of found) {
          const condition = numberBelow === undefined ? {} : { numberBelow };
          const request = encodeSearch({ collection, vector, limit: k, ...condition });
          const hits = decodeHits(await client.search(request));
          const wanted = new Set(best.slice(0, k));
          assert.equal(hits.length, wanted.size, 'as many hits as asked for');
          const right = hits.filter(({ uuid }) => wanted.has(this.#indexes.get(uuid)!));
          shares.push(wanted.size === 0 ? 1 : right.length / wanted.size);
        }
      }
      const words = [...found].map(([k, shares]) => {
        const recall = mean(shares);
        this.recalls.push([`${name}, ${filter}, @${k}`, recall]);
        return `recall@${k} ${recall.toFixed(4)} (worst ${Math.min(...shares).toFixed(2)})`;
      });
      this.#say(`  ${filter} (${allowed.length}): ${words.join(', ')}`);
    }
  }

  #allowed(numberBelow: number = numbers): Uint32Array {
    const all = this.#work.passages.map((_, index) => index);
    return Uint32Array.from(all.filter((index) => numberOf(index) < numberBelow));
  }

  /** The exact best, best first, from scores in double precision of the original vectors. */
  #exact(vector: VectorValue, docs: Uint32Array | 'all', k: number): number[] {
    const query = prepareQuery(vector, true);
    return Array.from(this.#scorer.topExact(query, this.#vectors, docs, k).docs);
  }

  /** Processor and wall time of a query, in turns with exhaustive scans in this process. */
  async #time(queries: readonly VectorValue[]): Promise<void> {
    const { rounds, scanned } = this.#sizes;
    const scans: number[] = [];
    const loads = clientCounts.map((clients) => ({
      ...{ clients, cpu: [] as number[], rate: [] as number[], walls: [] as number[] },
    }));
    const filtered = filters.slice(1).map(([name, numberBelow]) => ({
      ...{ name, numberBelow, cpu: [] as number[] },
    }));
    for (let round = 0; round < rounds; round++) {
      for (const { clients, cpu, rate, walls } of loads) {
        const load = await this.#load(queries, clients);
        cpu.push(load.cpu);
        rate.push(load.rate);
        walls.push(...load.walls);
      }
      for (const { numberBelow, cpu } of filtered) {
        cpu.push((await this.#load(queries, 1, numberBelow)).cpu);
      }
      for (let i = 0; i < scanned; i++) {
        const own = process.cpuUsage();
        this.#exact(queries[(round * scanned + i) % queries.length]!, 'all', 10);
        const { user, system } = process.cpuUsage(own);
        scans.push((user + system) / 1000);
      }
    }
    const scan = median(scans);
    for (const { clients, cpu, rate, walls } of loads) {
      this.#say(
        `  ${clients} client${clients > 1 ? 's' : ''}: ${median(cpu).toFixed(2)} ms server CPU a query ` +
          `(exhaustive scan alone: ${scan.toFixed(1)} ms, ${(scan / median(cpu)).toFixed(1)} times as much), ` +
          `${median(rate).toFixed(0)} a second, ${percentiles(walls)}`,
      );
    }
    const words = filtered.map(({ name, cpu }) => `${name} ${median(cpu).toFixed(2)} ms`);
    this.#say(`  server CPU a query with a filter: ${words.join(', ')}`);
  }

  /** All queries once, from so many clients, each with a connection of its own. */
  async #load(queries: readonly VectorValue[], clients: number, numberBelow?: number) {
    const condition = numberBelow === undefined ? {} : { numberBelow };
    const requests = queries.map((vector) =>
      encodeSearch({ collection, vector, limit: 10, ...condition }),
    );
    const walls: number[] = [];
    let next = 0;
    const lane = async (client: WireClient): Promise<void> => {
      while (next < requests.length) {
        const request = requests[next]!;
        next += 1;
        const start = performance.now();
        await client.search(request);
        walls.push(performance.now() - start);
      }
    };
    const open = Array.from({ length: clients }, () => WireClient.open(this.#running.grpcPort));
    await Promise.all(open.map((client) => client.search(requests[0]!)));
    const start = performance.now();
    const { cpu } = await this.#cpuOf(() => Promise.all(open.map(lane)));
    const seconds = (performance.now() - start) / 1000;
    for (const client of open) client.close();
    return { cpu: cpu / requests.length, rate: requests.length / seconds, walls };
  }

  #measureSpace(): void {
    const { vectorCount } = this.#vectors;
    const data = join(this.#folder, 'data');
    const perVector = (bytes: number): string => (bytes / vectorCount).toFixed(1);
    const segments = diskBytes(data, (path) => path.includes('.segment'));
    const rest = diskBytes(data, (path) => !path.includes('.segment'));
    this.#say(
      `on disk ${perVector(segments)} bytes a token vector in segments, ${perVector(rest)} in the rest; ${this.#memory()}`,
    );
  }

  #memory(): string {
    const { resident, anonymous } = memoryOf(this.#pid);
    const perVector = (anonymous / this.#vectors.vectorCount).toFixed(1);
    const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
    return `resident ${mebi(resident)} MiB, ${mebi(anonymous)} of it not files (${perVector} bytes a token vector)`;
  }

  async #measureRestart(): Promise<void> {
    const vector = this.#work.querySets[0]!.queries[0]!;
    const request = encodeSearch({ collection, vector, limit: 10 });
    const ready: number[] = [];
    const empty: number[] = [];
    const first: number[] = [];
    const tenth: number[] = [];
    await this.#stop();
    for (let i = 0; i < this.#sizes.restarts; i++) {
      const bare = mkdtempSync(join(this.#folder, 'empty-'));
      const emptyStart = performance.now();
      const other = await startServerProcess({ data: bare });
      empty.push(performance.now() - emptyStart);
      if (i === 0) this.#say(`an empty server: ${memoryWords(other.process.pid!)}`);
      await other.stop();
      const start = performance.now();
      await this.#start('restart');
      ready.push(performance.now() - start);
      const client = WireClient.open(this.#running.grpcPort);
      for (let n = 1; n <= 10; n++) {
        const asked = performance.now();
        await client.search(request);
        if (n === 1) first.push(performance.now() - asked);
        if (n === 10) tenth.push(performance.now() - asked);
      }
      client.close();
      if (i === this.#sizes.restarts - 1)
        this.#say(`after a restart and 10 queries: ${this.#memory()}`);
      if (i < this.#sizes.restarts - 1) await this.#stop();
    }
    this.#say(
      `restart: ready after ${median(ready).toFixed(0)} ms (an empty server: ${median(empty).toFixed(0)}), ` +
        `first query ${median(first).toFixed(1)} ms (worst ${Math.max(...first).toFixed(1)}), tenth ${median(tenth).toFixed(1)}`,
    );
  }

  /** Latencies of one client while a quarter of the passages is written again, until all is settled. */
  async #measureWhileWriting(): Promise<void> {
    const { querySets, passages } = this.#work;
    const requests = querySets[0]!.queries.map((vector) =>
      encodeSearch({ collection, vector, limit: 10 }),
    );
    const writer = WireClient.open(this.#running.grpcPort);
    const reader = WireClient.open(this.#running.grpcPort);
    const walls: { readonly isWriting: boolean; readonly ms: number }[] = [];
    let isWriting = true;
    let isDone = false;
    const reading = (async (): Promise<void> => {
      for (let n = 0; !isDone; n++) {
        const start = performance.now();
        const during = isWriting;
        await reader.search(requests[n % requests.length]!);
        walls.push({ isWriting: during, ms: performance.now() - start });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await this.#write(writer, 0, Math.ceil(passages.length / 4));
    isWriting = false;
    await new Promise((resolve) => setTimeout(resolve, this.#sizes.quietMs * 2));
    isDone = true;
    await reading;
    reader.close();
    writer.close();
    await untilIdle(this.#pid, this.#sizes.quietMs);
    const of = (wanted: boolean): string =>
      percentiles(walls.filter((one) => one.isWriting === wanted).map(({ ms }) => ms));
    this.#say(`one client while a quarter is written again: ${of(true)}; just after: ${of(false)}`);
  }
}

function numberOf(index: number): number {
  return (index * 7919) % numbers;
}

function makeUuids(count: number): string[] {
  const random = randomFrom(3);
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  return Array.from(
    { length: count },
    () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  );
}

function memoryWords(pid: number): string {
  const { resident, anonymous } = memoryOf(pid);
  return `resident ${(resident / 2 ** 20).toFixed(0)} MiB, ${(anonymous / 2 ** 20).toFixed(0)} of it not files`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function percentiles(values: readonly number[]): string {
  const [half, most, nearly] = [0.5, 0.95, 0.99].map((share) => quantile(values, share).toFixed(2));
  return `wall p50 ${half} p95 ${most} p99 ${nearly} ms`;
}

async function report(work: Workload, sizes: RunSizes): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-bench-'));
  try {
    const bench = new Bench(work, sizes, folder);
    await bench.run();
    return bench;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const fullSizes: RunSizes = {
  ...{ batch: 100, rounds: 3, judged: 100, scanned: 10, emptyCalls: 1000, restarts: 3 },
  ...{ quietMs: 2000, profile: undefined, print: (line) => process.stdout.write(`${line}\n`) },
};
const tinySizes: RunSizes = {
  ...{ batch: 20, rounds: 1, judged: 4, scanned: 1, emptyCalls: 3, restarts: 1 },
  ...{ quietMs: 200, profile: undefined, print: () => undefined },
};

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  const { values, positionals } = parseArgs({
    options: { profile: { type: 'string' } },
    allowPositionals: true,
  });
  const [passages = 10_000, queries = 200] = positionals.map(Number);
  const { profile } = values;
  if (profile !== undefined) mkdirSync(profile, { recursive: true });
  const load = (): string =>
    `load ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}`;
  process.stdout.write(`${cpus().length} cores of ${cpus()[0]?.model}, ${load()}\n`);
  const work = await makeWorkload({ passages, queries });
  await report(work, { ...fullSizes, profile });
  process.stdout.write(`${load()}\n`);
} else {
  const skip = !hasProcessFigures && 'processor time of a process is read as Linux shows it';
  test('a server finds all that is written, as exact MaxSim has it', { skip }, async () => {
    const work = madeUpWorkload({ passages: 60, queries: 4, tokens: 6, dims: 16 });
    const { recalls, lines } = await report(work, tinySizes);
    assert.ok(recalls.length >= 6, lines.join('\n'));
    for (const [name, recall] of recalls) assert.equal(recall, 1, `${name}\n${lines.join('\n')}`);
  });
}
