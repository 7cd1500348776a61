// The page models that this process runs, each loaded once, when first used, and shared by every
// collection; and the way of an image into one: decoded in a child process, a few at a time.

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { DatabaseError } from '../../../engine/errors.ts';
import type { RgbImage } from '../../../pages/page.ts';
import { type EncodePageOptions, PageEncoder } from './page-encoder.ts';
import type { EncodedPage, EncodedQuery } from './page-model.ts';
import { isPageModelFolder } from './page-model-settings.ts';

/** The one page model that has a name of its own; others are folders that say what they are. */
export const colModernVbert = 'colmodernvbert';

export interface PageModelsOptions {
  /** Directory of all local models, a folder each. */
  readonly directory: string;
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

/** Names of folders right below the models' directory. */
const folderName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** Decoded images that wait for a model or are in one: the next is ready when one is done. */
const imagesInMemoryMax = 2;

export class PageModels implements AsyncDisposable {
  readonly #options: PageModelsOptions;
  readonly #encoders = new Map<string, Promise<PageEncoder>>();
  readonly #waiting: (() => void)[] = [];
  #imagesInMemory = 0;
  #isClosed = false;

  constructor(options: PageModelsOptions) {
    this.#options = options;
  }

  /** True for a name that means a page model: the known one, or a folder that says it holds one. */
  isPageModel(name: string): boolean {
    if (name === colModernVbert) return true;
    return folderName.test(name) && isPageModelFolder(join(this.#options.directory, name));
  }

  /** Whether a model's files are there now; it need not have been a moment ago. */
  isPresent(name: string): boolean {
    const folder = join(this.#options.directory, name);
    return ['model.onnx', 'tokenizer.json'].every((file) => existsSync(join(folder, file)));
  }

  /** Vectors of a query. Throws DatabaseError that names the model. */
  async encodeQuery(
    name: string,
    text: string,
    options: EncodePageOptions = {},
  ): Promise<EncodedQuery> {
    const encoder = await this.#encoder(name);
    return await named(name, encoder.encodeQuery(text, options));
  }

  /** Vectors of an object's text. Throws DatabaseError that names the model. */
  async encodeText(
    name: string,
    text: string,
    options: EncodePageOptions = {},
  ): Promise<EncodedQuery> {
    const encoder = await this.#encoder(name);
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
    const encoder = await this.#encoder(name);
    const isUrgent = options.priority === 'urgent';
    if (!isUrgent) await this.#takeRoom();
    try {
      const image = await this.#options.decodeImage(bytes);
      const { width, height } = image;
      return { ...(await named(name, encoder.encodePage(image, options))), width, height };
    } finally {
      if (!isUrgent) this.#giveRoom();
    }
  }

  /** Ends every worker. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const loading = await Promise.allSettled(this.#encoders.values());
    await Promise.all(
      loading.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.close() : undefined,
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The worker of a model, loaded when there is none or when the last one has ended by itself. */
  async #encoder(name: string): Promise<PageEncoder> {
    if (this.#isClosed) throw new DatabaseError('closed');
    const known = this.#encoders.get(name);
    if (known !== undefined) {
      const encoder = await known;
      if (!encoder.isEnded) return encoder;
      if (this.#encoders.get(name) === known) this.#encoders.delete(name);
      return await this.#encoder(name);
    }
    const loading = this.#load(name);
    this.#encoders.set(name, loading);
    try {
      return await loading;
    } catch (error) {
      this.#encoders.delete(name);
      throw error;
    }
  }

  async #load(name: string): Promise<PageEncoder> {
    const directory = join(this.#options.directory, name);
    const found = await stat(join(directory, 'model.onnx')).catch(() => undefined);
    if (found === undefined) {
      throw new DatabaseError('vectorizer-failed', {
        message: `the local model ${name} is not in ${this.#options.directory}; run: tesserae models pull ${name}`,
      });
    }
    const threads = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)));
    const options = { directory, threads: this.#options.threads ?? threads };
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

async function named<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof DatabaseError) || cause.code !== 'vectorizer-failed') throw cause;
    const message = `local model ${name}: ${cause.message}`;
    throw new DatabaseError('vectorizer-failed', { message }, { cause });
  }
}
