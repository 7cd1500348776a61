// The page models that this process runs, each loaded once, when first used, and shared by every
// collection; and the way of an image into one: decoded in a child process, a few at a time.

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { DatabaseError } from '../../../engine/errors.ts';
import type { RgbImage } from '../../../pages/page.ts';
import {
  type LocalModelSettings,
  type LocatedModel,
  locatedModels,
  locateModel,
  modelPath,
} from '../model-location.ts';
import { modelState } from '../model-store.ts';
import type { ModelEntry } from '../models.ts';
import { OpenEncoders } from '../open-encoders.ts';
import { type EncodePageOptions, PageEncoder } from './page-encoder.ts';
import type { EncodedPage, EncodedQuery } from './page-model.ts';

/** The page model that the hosted module would run. */
export const colModernVbert = 'colmodernvbert';

export interface PageModelsOptions {
  readonly settings: LocalModelSettings;
  /** Threads of one model; by default half the processors, at most four. */
  readonly threads?: number | undefined;
  /** Pixels of an image file; throws DatabaseError for one that can't be decoded or is too large. */
  readonly decodeImage: (bytes: Uint8Array) => Promise<RgbImage>;
}

/** A page with the size of its picture in pixels. */
export interface EncodedImage extends EncodedPage {
  readonly width: number;
  readonly height: number;
}

/** Decoded images that wait for a model or are in one: the next is ready when one is done. */
const imagesInMemoryMax = 2;
const threadsMax = 4;
const weightsName = 'model.onnx';

export class PageModels implements AsyncDisposable {
  readonly #options: PageModelsOptions;
  readonly #encoders = new OpenEncoders((name) => this.#load(name));
  readonly #waiting: (() => void)[] = [];
  #imagesInMemory = 0;

  constructor(options: PageModelsOptions) {
    this.#options = options;
  }

  /** True for a name that means a page model, on this machine or to be pulled. */
  isPageModel(name: string): boolean {
    return this.#locate(name)?.kind === 'page';
  }

  /** Whether a model's files are there now; they need not have been a moment ago. */
  isPresent(name: string): boolean {
    const model = this.#locate(name);
    if (model === undefined) return false;
    return existsSync(join(modelPath(model, this.#options.settings), weightsName));
  }

  /** Vectors of a query. Throws DatabaseError that names the model. */
  async encodeQuery(
    name: string,
    text: string,
    options: EncodePageOptions = {},
  ): Promise<EncodedQuery> {
    const encoder = await this.#encoders.get(name);
    return await named(name, encoder.encodeQuery(text, options));
  }

  /** Vectors of an object's text. Throws DatabaseError that names the model. */
  async encodeText(
    name: string,
    text: string,
    options: EncodePageOptions = {},
  ): Promise<EncodedQuery> {
    const encoder = await this.#encoders.get(name);
    return await named(name, encoder.encodeText(text, options));
  }

  /**
   * Vectors, boxes and size of an image file. Throws DatabaseError, as `decodeImage` where the image is
   * at fault. Urgent ones do not wait until others are out of memory.
   */
  async encodeImage(
    name: string,
    bytes: Uint8Array,
    options: EncodePageOptions = {},
  ): Promise<EncodedImage> {
    const isUrgent = options.priority === 'urgent';
    if (!isUrgent) await this.#takeRoom();
    try {
      // Not before: while this one waited, the process of the model may have come to its end.
      const encoder = await this.#encoders.get(name);
      if (options.signal?.aborted) throw cancelled();
      const image = await this.#options.decodeImage(bytes);
      const { width, height } = image;
      return { ...(await named(name, encoder.encodePage(image, options))), width, height };
    } finally {
      if (!isUrgent) this.#giveRoom();
    }
  }

  /** Ends every process. */
  async close(): Promise<void> {
    await this.#encoders[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #locate(name: string): LocatedModel | undefined {
    return locatedModels(this.#options.settings).find((model) => model.name === name);
  }

  async #load(name: string): Promise<PageEncoder> {
    const { settings, threads } = this.#options;
    const model = locateModel(name, settings);
    if (model.from === 'catalogue') await checkPulled(model.entry, settings.directory);
    const half = Math.max(1, Math.min(threadsMax, Math.floor(availableParallelism() / 2)));
    const options = { directory: modelPath(model, settings), threads: threads ?? half };
    return await named(name, PageEncoder.open(options));
  }

  async #takeRoom(): Promise<void> {
    while (this.#imagesInMemory >= imagesInMemoryMax) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#imagesInMemory += 1;
  }

  #giveRoom(): void {
    this.#imagesInMemory -= 1;
    this.#waiting.shift()?.();
  }
}

function cancelled(): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message: 'the request was cancelled' });
}

/** Throws DatabaseError 'vectorizer-failed' where the files are not all there as they were pulled. */
async function checkPulled(entry: ModelEntry, directory: string): Promise<void> {
  const state = await modelState(entry, directory);
  if (state.kind === 'present') return;
  const problem =
    state.kind === 'absent' ? `is not in ${directory}` : `is damaged: ${state.problem}`;
  throw new DatabaseError('vectorizer-failed', {
    message: `the local model ${entry.name} ${problem}; run: tesserae models pull ${entry.name}`,
  });
}

async function named<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof DatabaseError) || cause.code !== 'vectorizer-failed') throw cause;
    const message = `local model ${name}: ${cause.message}`;
    throw new DatabaseError('vectorizer-failed', { message }, { cause });
  }
}
