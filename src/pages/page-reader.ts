// Files and images to pages. What parses foreign bytes runs in child processes with limits: one that
// dies takes only the page it was reading with it.

import { assert } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import { FileSession, ownPage } from './file-session.ts';
import { type PageLimits, resolvePageLimits } from './limits.ts';
import type { PageRequest, ProcessSettings, Recognition } from './messages.ts';
import type { Page, PageFile, PageItem, RgbImage } from './page.ts';
import { type Outcome, ReadingProcess } from './reading-process.ts';

export interface PageReaderOptions {
  readonly limits?: Partial<PageLimits> | undefined;
  /** Whether pictures of pages without text are searched for words; 'where-needed' by default. */
  readonly recognition?: Recognition | undefined;
  /** Longest edge of page images in pixels, 2,048 by default; images are never enlarged. */
  readonly imageEdge?: number | undefined;
  /** Longest edge of thumbnails in pixels, 320 by default. */
  readonly thumbnailEdge?: number | undefined;
  /** 1 to 100; 85 by default. */
  readonly jpegQuality?: number | undefined;
  /** Child processes at most, 2 by default; a second is started when the first is busy. */
  readonly processesMax?: number | undefined;
}

export interface ReadFileOptions {
  /** Ends the reading: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Number of the first page that is read, from 1; 1 by default. */
  readonly firstPage?: number | undefined;
}

/** Owns its child processes; nothing runs before the first call, and they end when idle for a while. */
export class PageReader implements AsyncDisposable {
  readonly #settings: ProcessSettings;
  readonly #processes: ReadingProcess[];
  #isClosed = false;

  private constructor(settings: ProcessSettings, processesMax: number) {
    this.#settings = settings;
    this.#processes = Array.from({ length: processesMax }, () => new ReadingProcess(settings));
  }

  /** Throws DatabaseError 'invalid-argument' for a limit that makes no sense. */
  static open(options: PageReaderOptions = {}): PageReader {
    const settings: ProcessSettings = {
      limits: resolvePageLimits(options.limits),
      recognition: options.recognition ?? 'where-needed',
      imageEdge: options.imageEdge ?? 2_048,
      thumbnailEdge: options.thumbnailEdge ?? 320,
      jpegQuality: options.jpegQuality ?? 85,
    };
    return new PageReader(settings, options.processesMax ?? 2);
  }

  /**
   * The pages of a PDF or an image, whichever the bytes are, in order: each as a page or as failed. The
   * next page is read while the caller has this one, no more. What is wrong with the file or exceeds a
   * limit comes as `failed`, with a message that names file, page, value and limit. Throws only
   * DatabaseError 'closed' and the signal's reason.
   */
  async *readFile(file: PageFile, options: ReadFileOptions = {}): AsyncGenerator<PageItem> {
    assert(file.path !== undefined || file.bytes !== undefined, 'a file has a path or bytes');
    this.#checkOpen();
    options.signal?.throwIfAborted();
    const session = new FileSession(file, this.#choose(), this.#settings.limits);
    try {
      for await (const item of session.items(options)) {
        this.#checkOpen();
        yield item;
      }
    } finally {
      if (!this.#isClosed) session.close();
    }
  }

  /**
   * The page that one image is, its words recognised. Throws DatabaseError 'invalid-argument' when it
   * can't be read or exceeds a limit, 'not-implemented' when a package for it is not installed.
   */
  async readImage(bytes: Uint8Array): Promise<Page> {
    const outcome = await this.#askOnce({ kind: 'image', bytes });
    assert(outcome.kind === 'page', 'an image is read as a page');
    return ownPage(outcome.page);
  }

  /** The pixels of one image, all of them. Throws as `readImage`. */
  async decodeImage(bytes: Uint8Array): Promise<RgbImage> {
    const outcome = await this.#askOnce({ kind: 'decode', bytes });
    assert(outcome.kind === 'decoded', 'a picture is answered with its pixels');
    return outcome.image;
  }

  /** Resident memory of the child processes, each as it said with its last reply. */
  get memoryBytes(): number {
    return this.#processes.reduce((sum, one) => sum + one.memoryBytes, 0);
  }

  /** Ends the child processes; what is being read ends with 'closed'. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#processes.map((one) => one.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #askOnce(request: PageRequest): Promise<Outcome> {
    this.#checkOpen();
    const outcome = await this.#choose().turn(async ({ ask }) => await ask(request));
    this.#checkOpen();
    if (!('problem' in outcome)) return outcome;
    const message = `the image ${outcome.problem}`;
    const isMissing = outcome.kind === 'failed' && outcome.isMissing;
    if (!isMissing) throw new DatabaseError('invalid-argument', { message });
    throw new DatabaseError('not-implemented', { what: `Reading images: ${message}; it` });
  }

  /** The first that is idle, so that the second is only started when needed. */
  #choose(): ReadingProcess {
    const [first, ...others] = this.#processes;
    assert(first !== undefined, 'a reader has a process');
    return others.reduce((best, one) => (one.load < best.load ? one : best), first);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DatabaseError('closed');
  }
}
