// The program of the process that runs a page model. It gets one piece of work at a time
// (page-encoder.ts keeps the queue) and answers with vectors.

import { unreachable } from '../../../engine/assert.ts';
import type { RgbImage } from '../../../pages/page.ts';
import { serveParent } from '../model-process.ts';
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

/** What the encoder sends: the model first, then work, or the end after the work before it. */
export type PageRequest =
  | { readonly kind: 'open'; readonly options: PageModelOptions }
  | PageWork
  | { readonly kind: 'close' };

/** What the process answers: `loaded` or `broken` first, then one reply for each work. */
export type PageReply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'encoded'; readonly result: EncodedPage | EncodedQuery }
  | { readonly kind: 'failed'; readonly message: string };

function send(reply: PageReply): void {
  process.send?.(reply);
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

let model: PageModel | undefined;

async function answer(request: PageRequest): Promise<void> {
  try {
    if (request.kind === 'open') {
      model = await PageModel.open(request.options);
      send({ kind: 'loaded' });
    } else if (request.kind === 'close') {
      await model?.close();
      process.disconnect();
    } else if (model !== undefined) {
      send({ kind: 'encoded', result: await encode(model, request) });
    }
  } catch (error) {
    const message = messageOf(error);
    if (request.kind !== 'open') return send({ kind: 'failed', message });
    send({ kind: 'broken', message });
    process.disconnect();
  }
}

serveParent();
let last: Promise<void> = Promise.resolve();
process.on('message', (request: PageRequest) => {
  last = last.then(() => answer(request));
});
