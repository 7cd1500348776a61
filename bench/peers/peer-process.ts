// A peer in a process of its own, on one core where the system can say so: told what to do by lines, its
// processor time, memory and disk seen from outside.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { cpuMs, diskBytes, memoryOf, peakBytes } from '../process-figures.ts';
import type { PeerAnswer, PeerCall } from './peer.ts';

/** Every pool of threads that a peer may have is told to have one. */
const oneThread = Object.fromEntries(
  [
    'OMP_NUM_THREADS',
    'OPENBLAS_NUM_THREADS',
    'RAYON_NUM_THREADS',
    'LANCE_CPU_THREADS',
    'TOKIO_WORKER_THREADS',
  ].map((name) => [name, '1']),
);

/** What a call cost. */
export interface PeerCost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly answer: PeerAnswer;
}

/** A running peer. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #lines: AsyncIterator<string>;
  readonly #pid: number;

  private constructor(child: ChildProcess, folder: string, pid: number) {
    this.#child = child;
    this.#folder = folder;
    this.#pid = pid;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts a command; its files are counted in `folder`. */
  static start(command: readonly string[], folder: string): PeerProcess {
    const [taskset, core] = ['/usr/bin/taskset', '0'];
    const pinned = existsSync(taskset) ? [taskset, '-c', core, ...command] : command;
    const [program, ...args] = pinned;
    const child = spawn(program!, args, {
      env: { ...process.env, ...oneThread },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new PeerProcess(child, folder, child.pid!);
  }

  /** Resolves when the peer has answered; throws what it says went wrong. */
  async call(call: PeerCall): Promise<PeerCost> {
    const cpu = cpuMs(this.#pid);
    const start = performance.now();
    this.#child.stdin!.write(`${JSON.stringify(call)}\n`);
    const { value, done } = await this.#lines.next();
    const wallMs = performance.now() - start;
    assert.ok(!done, `the peer ended during ${call.op}`);
    const answer = JSON.parse(value) as PeerAnswer;
    if (answer.error !== undefined) throw new Error(answer.error);
    return { wallMs, cpuMs: cpuMs(this.#pid) - cpu, answer };
  }

  /** Resident bytes now, those of them that are not pages of files, the most ever, and files. */
  space(): {
    readonly resident: number;
    readonly anonymous: number;
    readonly peak: number;
    readonly disk: number;
  } {
    const disk = diskBytes(this.#folder, () => true);
    return { ...memoryOf(this.#pid), peak: peakBytes(this.#pid), disk };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, 'exit');
    }
  }
}
