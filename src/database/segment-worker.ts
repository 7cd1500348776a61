// A thread that builds segments or finds codes: takes one task after another, answers each.

import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { DirectoryStore } from '../storage/directory-store.ts';
import { NodeDirectory } from '../storage/node-directory.ts';
import {
  type BuildAnswer,
  type BuildTask,
  buildSegment,
  type CodingTask,
  codeVectors,
} from './segment-builder.ts';

let tasks = 0;

yieldToSearches();

/**
 * Lowers the priority of this thread. On Linux a priority belongs to the thread that asks for it,
 * elsewhere to the process, which keeps its own.
 */
function yieldToSearches(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A system that allows no change of priorities: segments are built all the same.
  }
}

parentPort?.on('message', async (task: BuildTask | CodingTask) => {
  parentPort?.postMessage(await answer(task));
});

async function answer(task: BuildTask | CodingTask): Promise<BuildAnswer> {
  try {
    if (task.kind === 'code') return { kind: 'coded', coded: codeVectors(task) };
    tasks += 1;
    const directory = await NodeDirectory.open(workerData as string);
    await buildSegment(await DirectoryStore.join(directory, `build${tasks}`), task);
    return { kind: 'built' };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
