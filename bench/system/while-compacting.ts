// Latencies of one client while segments are written, merged and trained, beside those of a quiet server.

import { setTimeout as wait } from 'node:timers/promises';
import { cpuMs } from '../process-figures.ts';
import { median, quantile } from '../statistics.ts';
import { encodeSearch, WireClient } from '../wire.ts';
import type { ServerRun } from './server-run.ts';

/** What the server was doing when a query was asked. */
type Activity = 'quiet' | 'writing' | 'compacting' | 'after';

/** Queries come so long after one another's answers. */
const pauseMs = 5;
/** More processor time than the queries take, as a share of the wall time, means work behind them. */
const busyShare = 0.25;
const windowMs = 250;
/** Enough passages for several memory segments, which are merged then; their batches are in memory. */
const writtenMax = 6500;

/** Passages are written again; queries go on until what that leads to is done. */
export async function measureWhileCompacting(run: ServerRun): Promise<void> {
  await run.start('compacting');
  await run.untilIdle();
  const { quietMs, settleMs, batch } = run.sizes;
  const written = Math.min(run.corpus.count, writtenMax);
  // Made before, so that the reader, in this thread too, does not wait for the writer's encoding.
  const batches = Array.from({ length: Math.ceil(written / batch) }, (_, i) =>
    run.encode(i * batch, Math.min(written, (i + 1) * batch)),
  );
  const reader = new Reader(run);
  const reading = reader.run();
  await wait(quietMs);
  await reader.endQuiet();
  const writer = WireClient.open(run.server.grpcPort);
  for (const bytes of batches) await writer.write(bytes);
  writer.close();
  reader.activity = 'compacting';
  const start = performance.now();
  while (performance.now() - start < settleMs && !(await reader.isQuietFor(quietMs))) {}
  reader.activity = 'after';
  await wait(quietMs);
  reader.stop();
  await reading;
  const quiet = median(reader.walls.quiet);
  for (const [activity, walls] of Object.entries(reader.walls)) {
    run.report.row('one client while segments change', activity, {
      queries: walls.length,
      'p50 ms': median(walls),
      'p95 ms': quantile(walls, 0.95),
      'p99 ms': quantile(walls, 0.99),
      'longest ms': Math.max(...walls),
      'p99 / quiet p50': quantile(walls, 0.99) / quiet,
    });
  }
  run.reportMemory('segments changed under queries');
}

/** Asks one query after another and notes how long each took, by what the server was doing. */
class Reader {
  readonly walls: Record<Activity, number[]> = {
    quiet: [],
    writing: [],
    compacting: [],
    after: [],
  };
  activity: Activity = 'quiet';
  readonly #run: ServerRun;
  readonly #requests: readonly Buffer[];
  #isStopped = false;
  #asked = 0;
  #quietCpuMs = 0;
  readonly #cpuAtStart: number;

  constructor(run: ServerRun) {
    this.#run = run;
    const { queries } = run.corpus.querySets[0]!;
    this.#requests = queries.map((vector) => encodeSearch(run.asked(vector, 10)));
    this.#cpuAtStart = cpuMs(run.pid);
  }

  async run(): Promise<void> {
    const client = WireClient.open(this.#run.server.grpcPort);
    while (!this.#isStopped) {
      const { activity } = this;
      const start = performance.now();
      await client.search(this.#requests[this.#asked % this.#requests.length]!);
      this.walls[activity].push(performance.now() - start);
      this.#asked += 1;
      await wait(pauseMs);
    }
    client.close();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Notes what a query costs while nothing else happens. */
  async endQuiet(): Promise<void> {
    while (this.#asked === 0) await wait(1);
    this.#quietCpuMs = (cpuMs(this.#run.pid) - this.#cpuAtStart) / this.#asked;
    this.activity = 'writing';
  }

  /** Watches the server for that long, or until it does more than answer. */
  async isQuietFor(ms: number): Promise<boolean> {
    for (let watched = 0; watched < ms; watched += windowMs) {
      const [cpu, asked] = [cpuMs(this.#run.pid), this.#asked];
      await wait(windowMs);
      const extra = cpuMs(this.#run.pid) - cpu - (this.#asked - asked) * this.#quietCpuMs;
      if (extra > windowMs * busyShare) return false;
    }
    return true;
  }
}
