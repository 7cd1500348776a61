// Processes that run a model apart from the server, seen from both sides: a model that crashes or takes
// all memory ends its own process only.

import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Starts the program `name` (a file beside `from`, a module's URL, without its ending), to be spoken to by
 * messages of any structured data.
 */
export function forkModelProcess(name: string, from: string): ChildProcess {
  const extension = from.endsWith('.ts') ? 'ts' : 'js';
  return fork(fileURLToPath(new URL(`./${name}.${extension}`, from)), [], {
    // The server's own flags (an --eval script's, say) need not be ones that a program takes.
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Whether this process stays alive for a child. */
export function keepAliveFor(child: ChildProcess, isKept: boolean): void {
  for (const part of [child, child.channel]) {
    if (isKept) part?.ref();
    else part?.unref();
  }
}

/** How a child came to its end, from what its event `close` tells. */
export function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  return `the process of the model ended ${signal === null ? `with status ${code}` : `by ${signal}`}`;
}

/** Waits until a child that was told to end has, and kills it after `msMax`. */
export async function endWithin(
  child: ChildProcess,
  { ended, msMax }: { readonly ended: Promise<void>; readonly msMax: number },
): Promise<void> {
  const stuck = setTimeout(() => child.kill('SIGKILL'), msMax);
  await ended;
  clearTimeout(stuck);
}

/** Called first in a model's process: it ends with its server, and before it where memory runs out. */
export function serveParent(): void {
  // A signal for the whole group is the server's to follow; it lets requests finish first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.once('disconnect', () => process.exit(0));
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // A system that does not allow it decides by size, as it always does.
  }
}
