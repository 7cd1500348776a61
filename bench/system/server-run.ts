// One benchmark run of a server process: its data folder, the corpus, and what phases share.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from '../../src/engine/multivector/vectors-for-tests.ts';
import { type ServerProcess, startServerProcess } from '../../test/clients/server-process.ts';
import type { Corpus } from '../corpus.ts';
import { openScan, type Scan } from '../exact-answers.ts';
import { numberOf } from '../filters.ts';
import { cpuMs, MemorySampler, memoryOf, peakBytes, untilIdle } from '../process-figures.ts';
import type { Report } from '../report.ts';
import { encodeBatch, type SearchAsked, type WireClient, type WireObject } from '../wire.ts';

/** How often and how much is measured. */
export interface RunSizes {
  readonly batch: number;
  /** Batches on their way at a time. */
  readonly inFlight: number;
  /** Every round measures all query sets and some exhaustive scans; medians of rounds are reported. */
  readonly rounds: number;
  /** Queries of a set whose answers are compared with exact ones. */
  readonly judged: number;
  /** Queries of a round that are also answered by an exhaustive scan, for the ratio. */
  readonly scanned: number;
  readonly emptyCalls: number;
  /** Fresh processes whose first queries are timed. */
  readonly restarts: number;
  /** Passages that clients in other languages and the library import. */
  readonly otherImports: number;
  /** A server that did next to nothing for so long is idle. */
  readonly quietMs: number;
  /** The longest that a server is waited for. */
  readonly settleMs: number;
  /** True where exact answers are kept for the next run. */
  readonly cached: boolean;
}

export interface ServerRunOptions {
  readonly corpus: Corpus;
  readonly sizes: RunSizes;
  /** Where data folders are made. */
  readonly folder: string;
  readonly report: Report;
  /** Arguments of the server besides its ports and folder. */
  readonly serverArgs: readonly string[];
  /** Where the server writes processor profiles. */
  readonly profile: string | undefined;
}

/** Collection that the corpus is stored in. */
export const collection = 'Bench';

/** The server under measurement, started and stopped as phases need it. */
export class ServerRun {
  readonly corpus: Corpus;
  readonly sizes: RunSizes;
  readonly folder: string;
  readonly report: Report;
  readonly #options: ServerRunOptions;
  #server: ServerProcess | undefined;
  #sampler: MemorySampler | undefined;
  #scan: Scan | undefined;
  #vectorCount = 0;
  #emptyBytes = 0;

  constructor(options: ServerRunOptions) {
    this.corpus = options.corpus;
    this.sizes = options.sizes;
    this.folder = options.folder;
    this.report = options.report;
    this.#options = options;
  }

  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  /** The running server. */
  get server(): ServerProcess {
    assert.ok(this.#server, 'the server is running');
    return this.#server;
  }

  get pid(): number {
    return this.server.process.pid!;
  }

  /** Token vectors of the whole corpus. */
  get vectorCount(): number {
    if (this.#vectorCount > 0) return this.#vectorCount;
    const { corpus } = this;
    for (let i = 0; i < corpus.count; i++) {
      this.#vectorCount += corpus.passage(i).values.length / corpus.dims;
    }
    return this.#vectorCount;
  }

  /** Our own scan of everything, in this process. */
  get scan(): Scan {
    this.#scan ??= openScan(this.corpus, this.vectorCount);
    return this.#scan;
  }

  /** Starts the server on the run's data, unless it runs; `phase` names its profiles. */
  async start(phase: string): Promise<void> {
    if (this.#server !== undefined) return;
    if (this.#emptyBytes === 0) await this.#measureEmpty();
    this.#server = await this.startOn(this.dataFolder, phase);
    this.#sampler = new MemorySampler(this.pid);
  }

  /** What a server without data holds, so that it can be told from what the data takes. */
  async #measureEmpty(): Promise<void> {
    const server = await this.startOn(mkdtempSync(join(this.folder, 'empty-')), 'empty');
    const { resident, anonymous } = memoryOf(server.process.pid!);
    this.#emptyBytes = anonymous;
    const mebi = { 'resident MiB': resident / 2 ** 20, 'not files MiB': anonymous / 2 ** 20 };
    this.report.row('memory', 'an empty server', mebi);
    await server.stop();
  }

  /** A server with the run's arguments on a folder of its own; the caller stops it. */
  async startOn(data: string, phase: string): Promise<ServerProcess> {
    const { profile, serverArgs } = this.#options;
    const flags = ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profile}/${phase}`];
    return await startServerProcess({
      data,
      args: serverArgs,
      ...(profile === undefined ? {} : { env: { NODE_OPTIONS: flags.join(' ') } }),
    });
  }

  async stop(): Promise<void> {
    this.#sampler?.stop();
    this.#sampler = undefined;
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }

  /** Milliseconds of processor time of the server while `work` runs. */
  async cpuOf<T>(work: () => Promise<T>): Promise<{ readonly cpu: number; readonly result: T }> {
    const before = cpuMs(this.pid);
    const result = await work();
    return { cpu: cpuMs(this.pid) - before, result };
  }

  /** Waits until the server has nothing to do; resolves to the milliseconds until its last work. */
  async untilIdle(): Promise<number> {
    return await untilIdle(this.pid, this.sizes.quietMs, this.sizes.settleMs);
  }

  /** Reports what is resident now, and the most that was since the last time. */
  reportMemory(moment: string): void {
    const { resident, anonymous } = memoryOf(this.pid);
    this.report.row('memory', moment, {
      'resident MiB': resident / 2 ** 20,
      'not files MiB': anonymous / 2 ** 20,
      'over an empty server, bytes a token vector':
        (anonymous - this.#emptyBytes) / this.vectorCount,
      'most since the row above MiB': (this.#sampler?.takeMax() ?? 0) / 2 ** 20,
      'most ever MiB': peakBytes(this.pid) / 2 ** 20,
    });
  }

  uuidOf(index: number): string {
    return uuidOf(index);
  }

  /** What is written of a passage. */
  objectAt(index: number): WireObject {
    const { corpus } = this;
    return {
      uuid: uuidOf(index),
      text: corpus.text(index),
      number: numberOf(index),
      vector: corpus.passage(index),
    };
  }

  /** Writes passages over gRPC in batches. */
  async write(client: WireClient, from: number, to: number): Promise<void> {
    const { batch, inFlight } = this.sizes;
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < to) {
        const start = next;
        next = Math.min(to, next + batch);
        await client.write(this.encode(start, next));
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
  }

  /** The bytes of a batch of passages. */
  encode(from: number, to: number): Buffer {
    const objects = Array.from({ length: to - from }, (_, i) => this.objectAt(from + i));
    return encodeBatch(collection, objects);
  }

  /** A search of the corpus' collection. */
  asked(
    vector: SearchAsked['vector'],
    limit: number,
    numberBelow: number | undefined = undefined,
  ): SearchAsked {
    const condition = numberBelow === undefined ? {} : { numberBelow };
    return { collection, vector, limit, ...condition };
  }
}

/** Uuids in no order, the same for a passage every time. */
function uuidOf(index: number): string {
  const random = randomFrom(Math.imul(index + 1, 0x9e37_79b1) ^ 3);
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}
