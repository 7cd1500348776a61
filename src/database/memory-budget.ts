// How much memory the process may take, and what follows from it: how large memory segments get, and
// when writes are refused. What grows with the data beside them is small (codes of token vectors, uuids,
// postings); vectors themselves are read from disk, where the system's page cache holds what is used.

import { totalmem } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseError } from '../engine/errors.ts';
import type { OpenLimits } from './tenants/tenants.ts';

/** The smallest budget: a process that does nothing takes about a fifth of it. */
export const memoryBudgetMin: number = 512 * 1024 * 1024;
/**
 * Memory segments are sealed at this share at most. One takes up to twice its size while it grows, two more
 * may wait to be sealed, and what they leave behind is collected late: in an import of 200,000 passages on
 * a busy machine a sixteenth of 1 GiB came within a twentieth of what is refused.
 */
const flushShare = 1 / 24;
/** What tenants that nobody uses may keep in memory: so many of a MiB of the budget, and this share of it. */
const openTenantsRange = [128, 2048] as const;
const openTenantsShare = 1 / 4;
/** Writes are refused above the budget by this share. */
const excessMax = 0.1;
/** The process is measured so often at most. */
const measureMs = 100;

/** Waits for room, in ms: the first one, and the longest; each is twice the one before. */
const roomMsMin = 250;
const roomMsMax = 30_000;
/** So often in a row, when nobody says otherwise; two minutes together. */
const roomWaitsMax = 10;

export interface MemoryBudgetOptions {
  readonly bytes: number;
  /** Bytes that the process has in memory. */
  readonly measure?: () => number;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** One for a process. */
export class MemoryBudget {
  readonly bytes: number;
  readonly #measure: () => number;
  readonly #now: () => number;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measured = 0;

  constructor({
    bytes,
    measure = () => process.memoryUsage.rss(),
    now = () => performance.now(),
  }: MemoryBudgetOptions) {
    this.bytes = bytes;
    this.#measure = measure;
    this.#now = now;
  }

  /** A memory segment of this size is sealed, when `wanted` asks for no smaller one. */
  flushBytes(wanted: number): number {
    return Math.min(wanted, Math.floor(this.bytes * flushShare));
  }

  /** What of tenants may be open though nobody uses it: a small one takes about a tenth of a MiB. */
  get openLimits(): OpenLimits {
    const [least, most] = openTenantsRange;
    const tenants = Math.min(most, Math.max(least, mebibytes(this.bytes)));
    return { tenants, bytes: this.bytes * openTenantsShare };
  }

  /** Throws 'memory-full' while the process takes more than the budget and a tenth. */
  refuseWhenFull(): void {
    if (this.hasRoom) return;
    const params = { seen: mebibytes(this.#measured), allowed: mebibytes(this.bytes) };
    throw new DatabaseError('memory-full', params);
  }

  /** False while the process takes more than the budget and a tenth. */
  get hasRoom(): boolean {
    const now = this.#now();
    if (now - this.#measuredAt >= measureMs) {
      this.#measuredAt = now;
      this.#measured = this.#measure();
    }
    return this.#measured <= this.bytes * (1 + excessMax);
  }
}

/** Half of what the machine, or the container around the process, has. */
export function memoryBudgetDefault(): number {
  const limit = process.constrainedMemory();
  const all = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.max(memoryBudgetMin, Math.floor(all / 2));
}

export interface RoomOptions {
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** How often memory may still be full: after 250 ms, and after twice as long each time. */
  readonly waitsMax?: number;
}

/**
 * Does a write for someone who has time: while memory is full it waits for what is being written to disk,
 * and does it again. Throws 'memory-full' when that does not help, and when the signal ends the waiting.
 */
export async function whenRoom<T>(
  write: () => Promise<T>,
  { signal, waitsMax = roomWaitsMax }: RoomOptions = {},
): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await write();
    } catch (error) {
      const isFull = error instanceof DatabaseError && error.code === 'memory-full';
      if (!isFull || waits === waitsMax) throw error;
    }
    await wait(Math.min(roomMsMax, roomMsMin * 2 ** waits), undefined, signal ? { signal } : {});
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
