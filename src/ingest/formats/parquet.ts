// Parquet files, read by a thread of their own with limits. Values that JSON lacks become the nearest ones
// it has: instants RFC 3339 text, bytes base64, whole numbers beyond 2^53 text.

import { Worker } from 'node:worker_threads';
import type { ParquetMessage } from './parquet-worker.ts';
import { type RowBatch, type RowFile, type RowItem, unreadable } from './row-file.ts';

/** For one group of rows. */
const groupMsMax = 120_000;
/** Of JavaScript's own memory; what is unpacked comes on top and is checked beforehand. */
const heapMebibytesMax = 2_048;

/**
 * Reads the file from its start. Rejects with 'invalid-argument' when it is no Parquet file or is damaged,
 * and with the signal's reason.
 */
export async function* readParquet(
  { path, name }: RowFile,
  signal?: AbortSignal,
): AsyncGenerator<RowBatch> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./parquet-worker.${extension}`, import.meta.url), {
    workerData: path,
    name: 'parquet',
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMebibytesMax },
  });
  worker.on('error', () => undefined);
  try {
    for (;;) {
      const message = await next(worker, signal);
      if (message.kind === 'failed') throw new Error(message.reason);
      const { bytesRead } = message;
      if (message.kind === 'end') return yield { items: [], bytesRead };
      const items = message.rows.map((fields, offset): RowItem => {
        return { kind: 'row', place: `row ${message.first + offset}`, fields };
      });
      yield { items, bytesRead };
      worker.postMessage('next');
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(name, error);
  } finally {
    await worker.terminate();
  }
}

/** The next message; throws when the thread dies or takes too long, and when the signal ends it. */
async function next(worker: Worker, signal: AbortSignal | undefined): Promise<ParquetMessage> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<ParquetMessage>();
  const slow = (): void => {
    reject(new Error(`a group of rows takes longer than ${groupMsMax / 1_000} s to read`));
  };
  const timer = setTimeout(slow, groupMsMax);
  const ended = (): void => reject(new Error('its reader has ended'));
  const stop = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  worker.once('message', resolve).once('error', reject).once('exit', ended);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    worker.off('message', resolve).off('error', reject).off('exit', ended);
  }
}
