// The program of a thread of the search pool: answers one message after the other.

import { parentPort, workerData } from 'node:worker_threads';
import { DirectoryStore } from '../storage/directory-store.ts';
import { NodeDirectory } from '../storage/node-directory.ts';
import type { ThreadAnswer, ThreadMessage, ThreadStart } from './search-messages.ts';
import { SearchThread } from './search-thread.ts';

const start = workerData as ThreadStart;
const directory = await NodeDirectory.open(start.directory);
const thread = new SearchThread(start, await DirectoryStore.join(directory, start.name));

let turn = Promise.resolve();
parentPort?.on('message', (message: ThreadMessage) => {
  turn = turn.then(async () => {
    const answer = await thread.answer(message);
    if (answer) parentPort?.postMessage(answer);
  });
});
const ready: ThreadAnswer = { kind: 'ready' };
parentPort?.postMessage(ready);
