// The thread that ends its process when that takes more memory than it may, or when the parent process
// is gone: the main thread is deaf while it decodes.

import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { memoryMark } from '../messages.ts';

const { memoryBytesMax, parent } = workerData as {
  readonly memoryBytesMax: number;
  readonly parent: number;
};
/** Between two looks; a decoder fills about 50 MB in that time. */
const intervalMs = 25;

setInterval(() => {
  const bytes = process.memoryUsage.rss();
  if (bytes > memoryBytesMax) writeSync(2, `\n${memoryMark} ${bytes}\n`);
  else if (process.ppid === parent) return;
  process.kill(process.pid, 'SIGKILL');
}, intervalMs);
