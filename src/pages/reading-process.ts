// One child process that reads pages, as the parent sees it: started when first used, one request at a
// time, killed when a request takes too long, and replaced by the next request.

import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  memoryMark,
  type PageReply,
  type PageRequest,
  type PixelPart,
  type ProcessSettings,
  type ReplyEnvelope,
} from './messages.ts';
import type { RgbImage } from './page.ts';

/** The reply, or that the process ended before it came; `problem` as in a reply. */
export type Outcome =
  | Exclude<PageReply, { readonly kind: 'decoded' }>
  | { readonly kind: 'decoded'; readonly image: RgbImage }
  | { readonly kind: 'died'; readonly problem: string };

/** What a turn can do: ask the process. Its number tells it from those before; none is running without. */
export interface Turn {
  readonly generation: () => number | undefined;
  readonly ask: (request: PageRequest) => Promise<Outcome>;
}

/** The source runs as .ts, what is published as .js. */
const program = new URL(
  `./process/page-process.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** JavaScript objects of a page are small; pixels and PDFs lie outside of this heap. */
const heapMiBMax = 512;
/** A reply that came while this process was busy itself is seen before the clock counts. */
const graceMs = 200;
/** A process that is idle is ended after this long. */
const idleMs = 30_000;
/** From this share of its memory a process is replaced between requests, if that can help. */
const wornShare = 0.6;
const wornRequests = 2;
const stderrCharactersMax = 8_192;

interface Running {
  readonly child: ChildProcess;
  readonly generation: number;
  readonly ended: Promise<void>;
  /** Gets the reply, or why the process ended. */
  receive: (outcome: ReplyEnvelope | string) => void;
  /** What came of a picture's pixels. */
  pixels: Uint8Array<ArrayBuffer>;
  requests: number;
  memoryBytes: number;
}

export class ReadingProcess {
  readonly #settings: ProcessSettings;
  #running: Running | undefined;
  #generations = 0;
  #isClosed = false;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
  }

  /** Turns that wait or run. */
  get load(): number {
    return this.#waiting;
  }

  /** Resident memory as of its last reply; 0 when none runs. */
  get memoryBytes(): number {
    return this.#running?.memoryBytes ?? 0;
  }

  /** Runs `work` when every turn before it is done; nobody else asks meanwhile. */
  async turn<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    this.#waiting++;
    clearTimeout(this.#idle);
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      const ask = async (request: PageRequest): Promise<Outcome> => await this.#ask(request);
      const generation = (): number | undefined => this.#running?.generation;
      return await work({ generation, ask });
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#rest();
      resolve();
    }
  }

  /** Ends the process; a request in progress or later gets `died`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    hold(running.child);
    running.child.kill('SIGKILL');
    await running.ended;
  }

  async #ask(request: PageRequest): Promise<Outcome> {
    if (this.#isClosed) return { kind: 'died', problem: 'was not read: the reader is closed' };
    const running = this.#running ?? this.#start();
    running.requests++;
    const { child } = running;
    // One promise for either end: racing against `ended` would keep every reply alive as long as it.
    const { promise, resolve } = Promise.withResolvers<ReplyEnvelope | string>();
    running.receive = resolve;
    const clock = new AbortController();
    const late = this.#expire(child, clock.signal);
    hold(child);
    // When it can't be sent, the process has ended or is about to.
    child.send(request, () => undefined);
    const outcome = await promise;
    clock.abort();
    if (typeof outcome === 'string') {
      const problem = (await late) ? this.#lateProblem() : outcome;
      return { kind: 'died', problem };
    }
    running.memoryBytes = outcome.memoryBytes;
    if (outcome.isSpent || this.#isWorn(running)) await this.#stop();
    if (outcome.reply.kind !== 'decoded') return outcome.reply;
    const { width, height } = outcome.reply;
    const rgb = running.pixels;
    running.pixels = new Uint8Array();
    return { kind: 'decoded', image: { width, height, rgb } };
  }

  #lateProblem(): string {
    const { pageSecondsMax } = this.#settings.limits;
    return `took more than ${pageSecondsMax} seconds, the limit for one page or file to open`;
  }

  /** Kills the process after the time for one request; whether it did. */
  async #expire(child: ChildProcess, signal: AbortSignal): Promise<boolean> {
    try {
      const ms = this.#settings.limits.pageSecondsMax * 1_000;
      await sleep(ms, undefined, { signal });
      await sleep(graceMs, undefined, { signal });
      child.kill('SIGKILL');
      return true;
    } catch {
      return false;
    }
  }

  #isWorn({ requests, memoryBytes }: Running): boolean {
    const { memoryBytesMax } = this.#settings.limits;
    return requests >= wornRequests && memoryBytes > wornShare * memoryBytesMax;
  }

  /** Nobody waits: the process does not keep the parent alive, and ends after a while. */
  #rest(): void {
    const running = this.#running;
    if (running === undefined) return;
    release(running.child);
    this.#idle = setTimeout(() => void this.#stop(), idleMs);
    this.#idle.unref();
  }

  #start(): Running {
    const child = fork(program, [JSON.stringify(this.#settings)], {
      serialization: 'advanced',
      env: minimalEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: processFlags(this.#settings.limits.memoryBytesMax),
    });
    let told = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told = (told + text).slice(-stderrCharactersMax);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const running: Running = {
      child,
      generation: this.#generations++,
      ended: promise,
      receive: () => undefined,
      pixels: new Uint8Array(),
      requests: 0,
      memoryBytes: 0,
    };
    const end = (why: string): void => {
      if (this.#running === running) this.#running = undefined;
      running.receive(why);
      resolve();
    };
    child.on('message', (message: ReplyEnvelope | PixelPart) => {
      if ('reply' in message) running.receive(message);
      else addPixels(running, message);
    });
    child.on('error', (error: Error) => end(`can't be read: no reading process: ${error.message}`));
    child.on('close', (code, signal) => end(this.#reasonOf(told, signal ?? `exit code ${code}`)));
    this.#running = running;
    return running;
  }

  #reasonOf(told: string, end: string): string {
    const bytes = told.match(new RegExp(`^${memoryMark} (\\d+)$`, 'm'))?.[1];
    if (bytes !== undefined) {
      const { memoryBytesMax } = this.#settings.limits;
      return `needs ${bytes} bytes of memory, more than the limit of ${memoryBytesMax}`;
    }
    if (told.includes('heap out of memory')) {
      return `needs more than ${heapMiBMax} MiB of JavaScript memory`;
    }
    const last = told.trim().split('\n').at(-1);
    return `ended the reading process (${end})${last ? `: ${last}` : ''}`;
  }
}

/** Files may be read and nothing be written, started or changed; canvas is an add-on, OCR a worker. */
function processFlags(memoryBytesMax: number): string[] {
  return [
    '--permission',
    '--allow-fs-read=*',
    '--allow-addons',
    '--allow-worker',
    '--no-warnings',
    '--expose-gc',
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${heapMiBMax}`,
    `--wasm-max-mem-pages=${Math.max(1_024, Math.ceil(memoryBytesMax / 2 ** 16))}`,
  ];
}

/** Nothing of the parent's: keys and tokens are no business of a decoder. Windows needs one. */
function minimalEnvironment(): NodeJS.ProcessEnv {
  const root = process.env['SystemRoot'];
  return root === undefined ? {} : { SystemRoot: root };
}

function addPixels(running: Running, { part, start, bytes }: PixelPart): void {
  if (start === 0) running.pixels = new Uint8Array(bytes);
  running.pixels.set(part, start);
}

function hold(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  const { stderr } = child;
  if (stderr !== null && 'unref' in stderr && typeof stderr.unref === 'function') stderr.unref();
}
