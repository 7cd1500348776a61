// The child process that reads foreign bytes. It answers one request after the other and holds nothing
// that can't be lost: the parent kills it when it takes too long and opens its files again in the next.

import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { assert } from '../../engine/assert.ts';
import type {
  PageReply,
  PageRequest,
  PixelPart,
  ProcessSettings,
  ReplyEnvelope,
} from '../messages.ts';
import { decodePicture, rgbStrips } from './canvas.ts';
import { checkSize, openSource, type PageSource, readBytes, readImagePage } from './page-source.ts';
import { MissingPackage, ReadProblem } from './problem.ts';

const settings: ProcessSettings = JSON.parse(process.argv[2] ?? '{}');
const { limits } = settings;
const files = new Map<number, PageSource>();

async function answer(request: PageRequest): Promise<PageReply> {
  switch (request.kind) {
    case 'open':
      return await openFile(request);
    case 'page': {
      const source = files.get(request.file);
      assert(source !== undefined, 'pages are asked of opened files');
      return { kind: 'page', page: await source.readPage(request.number) };
    }
    case 'close':
      files.get(request.file)?.close();
      files.delete(request.file);
      return { kind: 'closed' };
    case 'image':
      checkSize(request.bytes.length, limits.fileBytesMax);
      return { kind: 'page', page: await readImagePage(request.bytes, settings) };
    default:
      checkSize(request.bytes.length, limits.fileBytesMax);
      return await decode(request.bytes);
  }
}

/** Sends the pixels part by part, each when the one before is on its way. */
async function decode(bytes: Uint8Array): Promise<PageReply> {
  const image = await decodePicture(bytes, limits.pixelsMax);
  const { width, height } = image;
  let start = 0;
  for await (const part of rgbStrips(image)) {
    await send({ part, start, bytes: width * height * 3 });
    start += part.length;
  }
  return { kind: 'decoded', width, height };
}

async function openFile(request: PageRequest & { readonly kind: 'open' }): Promise<PageReply> {
  const { file, path, bytes } = request;
  assert(path !== undefined || bytes !== undefined, 'a file has a path or bytes');
  if (bytes !== undefined) checkSize(bytes.length, limits.fileBytesMax);
  const content = bytes ?? (await readBytes(path ?? '', limits.fileBytesMax));
  const source = await openSource(content, settings);
  files.set(file, source);
  return { kind: 'opened', content: source.content, pageCount: source.pageCount };
}

async function reply(request: PageRequest): Promise<ReplyEnvelope> {
  let isSpent = false;
  let answered: PageReply;
  try {
    answered = await answer(request);
  } catch (error) {
    const isMissing = error instanceof MissingPackage;
    // Anything else, an abort of PDFium above all, may have left it in disorder.
    isSpent = !isMissing && !(error instanceof ReadProblem);
    const message = error instanceof Error ? error.message : String(error);
    const problem = isSpent ? `stopped its reader: ${message}` : message;
    answered = { kind: 'failed', problem, isMissing };
  }
  return { reply: answered, memoryBytes: await settledMemory(), isSpent };
}

/** Pixels are outside of the heap, where the collector does not see how many wait for it. */
const collectShare = 0.25;

async function settledMemory(): Promise<number> {
  const bytes = process.memoryUsage.rss();
  if (bytes < collectShare * limits.memoryBytesMax || globalThis.gc === undefined) return bytes;
  // What has a finalizer is only gone after a second round.
  for (let round = 0; round < 2; round++) {
    globalThis.gc();
    await setImmediate();
  }
  return process.memoryUsage.rss();
}

// A thread of its own sees what this one can't while it decodes: its memory, and that the parent is gone.
const watcher = import.meta.url.endsWith('.ts') ? './watch-worker.ts' : './watch-worker.js';
new Worker(new URL(watcher, import.meta.url), {
  workerData: { memoryBytesMax: limits.memoryBytesMax, parent: process.ppid },
  execArgv: [],
}).unref();

/** Resolves when the message is written, also when there is nobody any more to read it. */
async function send(message: ReplyEnvelope | PixelPart): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send?.(message, undefined, undefined, () => resolve());
  await promise;
}

process.on('message', (request: PageRequest) => {
  void reply(request).then(send);
});
process.on('disconnect', () => process.exit());
