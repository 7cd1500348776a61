// The thread that builds segments: takes one task after another, answers each.

import { parentPort, workerData } from 'node:worker_threads';
import { DirectoryStore } from '../storage/directory-store.ts';
import { NodeDirectory } from '../storage/node-directory.ts';
import { type BuildAnswer, type BuildTask, buildSegment } from './segment-builder.ts';

let tasks = 0;

parentPort?.on('message', async (task: BuildTask) => {
  parentPort?.postMessage(await answer(task));
});

async function answer(task: BuildTask): Promise<BuildAnswer> {
  try {
    tasks += 1;
    const directory = await NodeDirectory.open(workerData as string);
    await buildSegment(await DirectoryStore.join(directory, `build${tasks}`), task);
    return { kind: 'built' };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
