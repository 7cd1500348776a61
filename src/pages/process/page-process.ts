// The child process that reads foreign bytes. It answers one request after the other and holds nothing
// that can't be lost: the parent kills it when it takes too long and opens its files again in the next.

import { Worker } from 'node:worker_threads';
import { assert } from '../../engine/assert.ts';
import type { PageReply, PageRequest, ProcessSettings, ReplyEnvelope } from '../messages.ts';
import { decodePicture, toRgb } from './canvas.ts';
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
    default: {
      checkSize(request.bytes.length, limits.fileBytesMax);
      const image = await decodePicture(request.bytes, limits.pixelsMax);
      return { kind: 'decoded', image: await toRgb(image) };
    }
  }
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
  return { reply: answered, memoryBytes: process.memoryUsage.rss(), isSpent };
}

// A thread of its own sees what this one can't while it decodes: its memory, and that the parent is gone.
const watcher = import.meta.url.endsWith('.ts') ? './watch-worker.ts' : './watch-worker.js';
new Worker(new URL(watcher, import.meta.url), {
  workerData: { memoryBytesMax: limits.memoryBytesMax, parent: process.ppid },
  execArgv: [],
}).unref();

process.on('message', (request: PageRequest) => {
  void reply(request).then((envelope) => process.send?.(envelope));
});
process.on('disconnect', () => process.exit());
