// One file while its pages are read. Its process may be replaced between two pages, by its own fault or
// that of another file: then the file is opened again, and what was read is not read twice.

import { lostProcessesMax, type PageLimits } from './limits.ts';
import type { Page, PageFile, PageItem } from './page.ts';
import type { Outcome, ReadingProcess, Turn } from './reading-process.ts';

interface Range {
  readonly firstPage?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Failed = Extract<PageItem, { readonly kind: 'failed' }>;

let nextFile = 0;

export class FileSession {
  readonly #file: PageFile;
  readonly #process: ReadingProcess;
  readonly #limits: PageLimits;
  readonly #number: number = nextFile++;
  /** The generation of the process that has the file open. */
  #openIn: number | undefined;
  #content: 'pdf' | 'image' = 'pdf';
  #milliseconds = 0;
  #lostProcesses = 0;

  constructor(file: PageFile, process: ReadingProcess, limits: PageLimits) {
    this.#file = file;
    this.#process = process;
    this.#limits = limits;
  }

  /** Every page or why there is none, one read ahead. Throws only the signal's reason. */
  async *items({ firstPage = 1, signal }: Range): AsyncGenerator<PageItem> {
    const opened = await unlessAborted(this.#open(), signal);
    if (opened.kind !== 'opened') {
      yield this.#failed(opened);
      return;
    }
    const { pageCount } = opened;
    let ahead = firstPage <= pageCount ? this.#read(firstPage) : undefined;
    for (let number = firstPage; ahead !== undefined; number++) {
      const item: PageItem = await unlessAborted(ahead, signal);
      const problem = number < pageCount ? this.#reasonToStop() : undefined;
      const isLast = number === pageCount || problem !== undefined;
      ahead = isLast ? undefined : this.#read(number + 1);
      yield item;
      if (problem === undefined) continue;
      const rest = `pages ${number + 1} to ${pageCount} of ${this.#file.name}`;
      yield { kind: 'failed', message: `${rest} were not read: ${problem}` };
    }
  }

  /** Lets the process forget the file, when it has done what was asked before. */
  close(): void {
    void this.#process.turn(async ({ generation, ask }) => {
      if (this.#openIn === undefined || this.#openIn !== generation()) return;
      await ask({ kind: 'close', file: this.#number });
    });
  }

  async #open(): Promise<Outcome> {
    return await this.#timed(async (turn) => await this.#openIfNeeded(turn));
  }

  async #read(number: number): Promise<PageItem> {
    const outcome = await this.#timed(async (turn) => {
      if (this.#openIn !== turn.generation()) {
        const opened = await this.#openIfNeeded(turn);
        if (opened.kind !== 'opened') return opened;
      }
      return await turn.ask({ kind: 'page', file: this.#number, number });
    });
    return outcome.kind === 'page'
      ? { kind: 'page', page: ownPage(outcome.page) }
      : this.#failed(outcome, number);
  }

  async #openIfNeeded({ generation, ask }: Turn): Promise<Outcome> {
    const { path, bytes } = this.#file;
    const opened = await ask({ kind: 'open', file: this.#number, path, bytes });
    if (opened.kind !== 'opened') return opened;
    this.#openIn = generation();
    this.#content = opened.content;
    return opened;
  }

  async #timed(work: (turn: Turn) => Promise<Outcome>): Promise<Outcome> {
    return await this.#process.turn(async (turn) => {
      const start = performance.now();
      const outcome = await work(turn);
      this.#milliseconds += performance.now() - start;
      if (outcome.kind === 'died') this.#lostProcesses++;
      return outcome;
    });
  }

  #reasonToStop(): string | undefined {
    const { fileSecondsMax } = this.#limits;
    if (this.#lostProcesses >= lostProcessesMax) {
      return `${this.#lostProcesses} pages before ended the reading process, the limit`;
    }
    if (this.#milliseconds <= fileSecondsMax * 1_000) return undefined;
    return `the file took more than ${fileSecondsMax} seconds, the limit`;
  }

  #failed(outcome: Outcome, number?: number): Failed {
    const { name } = this.#file;
    const problem = 'problem' in outcome ? outcome.problem : `was answered with ${outcome.kind}`;
    if (number === undefined || this.#content === 'image') {
      return { kind: 'failed', message: `${name} ${problem}` };
    }
    return { kind: 'failed', number, message: `page ${number} of ${name} ${problem}` };
  }
}

/** A page that came through a channel, with bytes of its own: they share the message's memory there. */
export function ownPage(page: Page): Page {
  const { image, thumbnail } = page;
  return {
    ...page,
    image: { ...image, bytes: Uint8Array.from(image.bytes) },
    thumbnail: { ...thumbnail, bytes: Uint8Array.from(thumbnail.bytes) },
  };
}

/** Throws the signal's reason when that comes first; `work` goes on and must not reject. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
