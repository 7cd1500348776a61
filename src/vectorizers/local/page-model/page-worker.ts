// The worker thread that runs a page model. It gets one job at a time (page-encoder.ts keeps the queue)
// and hands the memory of its vectors over with the answer.

import { parentPort, workerData } from 'node:worker_threads';
import { assert, unreachable } from '../../../engine/assert.ts';
import type { RgbImage } from '../../../pages/page.ts';
import {
  type EncodedPage,
  type EncodedQuery,
  PageModel,
  type PageModelOptions,
} from './page-model.ts';

/** What is to be encoded. */
export type PageWork =
  | { readonly kind: 'page'; readonly image: RgbImage }
  | { readonly kind: 'query'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string };

/** What the encoder sends: work, or the end after the work before it. */
export type PageRequest = PageWork | { readonly kind: 'close' };

/** What the worker answers: `loaded` or `broken` first, then one reply for each work. */
export type PageReply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'encoded'; readonly result: EncodedPage | EncodedQuery }
  | { readonly kind: 'failed'; readonly message: string };

assert(parentPort !== null, 'the page worker runs in a worker thread');
const port = parentPort;

function send(reply: PageReply, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer as ArrayBuffer[]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function encode(model: PageModel, work: PageWork): Promise<EncodedPage | EncodedQuery> {
  switch (work.kind) {
    case 'page':
      return model.encodePage(work.image);
    case 'query':
      return model.encodeQuery(work.text);
    case 'text':
      return model.encodeText(work.text);
    default:
      return unreachable(work);
  }
}

async function answer(model: PageModel, request: PageRequest): Promise<void> {
  if (request.kind === 'close') {
    await model.close();
    port.close();
    return;
  }
  try {
    const result = await encode(model, request);
    const places = 'boxes' in result ? result.boxes : result.spans;
    send({ kind: 'encoded', result }, [result.vectors.buffer, places.buffer]);
  } catch (error) {
    send({ kind: 'failed', message: messageOf(error) });
  }
}

try {
  const model = await PageModel.open(workerData as PageModelOptions);
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: PageRequest) => {
    last = last.then(() => answer(model, request));
  });
  send({ kind: 'loaded' });
} catch (error) {
  send({ kind: 'broken', message: messageOf(error) });
  port.close();
}
