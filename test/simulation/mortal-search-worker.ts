// A thread of the search pool that dies of a query of 13 token vectors.

import { parentPort } from 'node:worker_threads';
import type { ThreadMessage } from '../../src/database/search-messages.ts';

parentPort?.on('message', (message: ThreadMessage) => {
  if (message.kind !== 'search') return;
  const { vector } = message.request.targets[0] ?? {};
  if (vector && vector.values.length === 13 * vector.dims) throw new Error('this thread dies');
});
await import('../../src/database/search-worker.ts');
