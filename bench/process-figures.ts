// What the system knows of another process: processor time, memory, and what a folder takes on disk.
// Linux only.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Linux counts processor time of processes in hundredths of a second. */
const tickMs = 10;

/** True where the figures can be had. */
export const hasProcessFigures = process.platform === 'linux';

/** Milliseconds of processor time of all threads, user and system, since its start. */
export function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name in brackets that may hold spaces; utime and stime are the 14th and 15th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Resident bytes: all, and those that are not pages of files. */
export function memoryOf(pid: number): { readonly resident: number; readonly anonymous: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibi = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  return { resident: kibi('VmRSS') * 1024, anonymous: kibi('RssAnon') * 1024 };
}

/** The most that was ever resident, in bytes, since its start. */
export function peakBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1]) * 1024;
}

/** Notes the resident bytes of a process all the time, until it is told to stop. */
export class MemorySampler {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #max = 0;

  constructor(pid: number, everyMs = 100) {
    this.#pid = pid;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), everyMs);
    this.#timer.unref();
  }

  /** The most that was seen since the last call. */
  takeMax(): number {
    this.#sample();
    const max = this.#max;
    this.#max = 0;
    return max;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    this.#max = Math.max(this.#max, memoryOf(this.#pid).resident);
  }
}

/** Bytes of the files below a folder whose path passes the test. */
export function diskBytes(folder: string, counts: (path: string) => boolean): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(counts)
    .reduce((sum, path) => sum + statSync(path).size, 0);
}

/**
 * Resolves when the process has been idle for `quietMs`: to the milliseconds until its last work. Idle is
 * at most one tick in a tenth of a second. Throws when that takes longer than `maxMs`.
 */
export async function untilIdle(pid: number, quietMs: number, maxMs: number): Promise<number> {
  const start = performance.now();
  let lastWork = start;
  let before = cpuMs(pid);
  while (performance.now() - lastWork < quietMs) {
    if (performance.now() - start > maxMs) throw new Error(`still busy after ${maxMs} ms`);
    await wait(100);
    const now = cpuMs(pid);
    if (now - before > tickMs) lastWork = performance.now();
    before = now;
  }
  return lastWork - start;
}
