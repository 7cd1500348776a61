// The log in files of one folder: the embedded default. Concurrent appends share one write and one
// sync; opening cuts what a crash interrupted and refuses anything else that is wrong. Step 4 of an
// insert. Layout: docs/FORMAT.md, "Log".

import { DatabaseError } from '../engine/errors.ts';
import type { SequenceNumber } from '../engine/ids.ts';
import type { Directory, WritableFile } from './directory.ts';
import type { Log, LogRecord } from './log.ts';
import {
  beginFile,
  type LogFile,
  newest,
  type OpenedFiles,
  openFiles,
  readFile,
} from './log-files.ts';
import { encodeGroup, fileHeaderBytes, framedBytes } from './log-format.ts';

export interface FileLogOptions {
  /** Folder of the directory that holds the log's files. */
  readonly folder: string;
  /** A file that has reached this size is not written any more. */
  readonly segmentBytes: number;
  /** Concurrent appends are gathered into one write up to this size; a larger one goes alone. */
  readonly groupBytes: number;
}

export const fileLogDefaults: FileLogOptions = {
  folder: 'log',
  segmentBytes: 64 * 1024 * 1024,
  groupBytes: 16 * 1024 * 1024,
};

/** What one append may bring; a reader holds a group as one piece. */
export const appendBytesMax: number = 1024 * 1024 * 1024;

/** What opening cut off: the write that a crash interrupted. Nothing acknowledged is ever in it. */
export interface CutTail {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** An append that waits for its group. */
interface Waiting {
  readonly records: readonly Uint8Array[];
  readonly bytes: number;
  readonly resolve: (last: SequenceNumber) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Owned by one process at a time (lock.ts). After a failed write or sync it refuses everything; the
 * append that failed may or may not be there when it is opened again.
 */
export class FileLog implements Log {
  readonly #directory: Directory;
  readonly #options: FileLogOptions;
  /** Oldest first; the last one is written to. */
  readonly #files: LogFile[];
  #writer: WritableFile;
  #lastSequence: number;
  readonly #cutTail: CutTail | undefined;
  /** The newest group is the mark of a clean close. */
  #marked: boolean;
  #waiting: Waiting[] = [];
  #commitPlanned = false;
  /** Work on the files, one after another; never rejects. */
  #work: Promise<void> = Promise.resolve();
  #failure: unknown;
  #closing: Promise<void> | undefined;

  private constructor(directory: Directory, options: FileLogOptions, opened: OpenedFiles) {
    this.#directory = directory;
    this.#options = options;
    this.#files = opened.files;
    this.#writer = opened.writer;
    this.#lastSequence = opened.lastSequence;
    this.#marked = opened.marked;
    this.#cutTail = opened.cutTail;
  }

  /**
   * Opens or begins the log. An interrupted write at the end of the newest file is cut; anything
   * else that is not as it was written is 'corrupt', naming file, offset and what was expected.
   * Older files are checked when they are read.
   */
  static async open(
    directory: Directory,
    options: FileLogOptions = fileLogDefaults,
  ): Promise<FileLog> {
    return new FileLog(directory, options, await openFiles(directory, options.folder));
  }

  /** What opening had to cut; undefined when every write had ended. */
  get cutTail(): CutTail | undefined {
    return this.#cutTail;
  }

  get lastSequence(): SequenceNumber {
    return this.#lastSequence as SequenceNumber;
  }

  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.length - fileHeaderBytes, 0);
  }

  /** The records must not change until it resolves. Without records it waits for those before. */
  append(records: readonly Uint8Array[]): Promise<SequenceNumber> {
    return new Promise((resolve, reject) => {
      this.#usable();
      const bytes = framedBytes(records);
      if (bytes > appendBytesMax) {
        const message = `one write of ${bytes} bytes; the log takes ${appendBytesMax} at once`;
        throw new DatabaseError('invalid-argument', { message });
      }
      this.#waiting.push({ records, bytes, resolve, reject });
      this.#planCommit();
    });
  }

  read(from: SequenceNumber): AsyncIterable<LogRecord> {
    const next = (index: number) => this.#files[index + 1]?.first ?? this.#lastSequence + 1;
    const files = this.#files.map((file, index) => ({ ...file, next: next(index) }));
    return this.#read(
      files.filter((file) => file.next > from),
      from,
    );
  }

  /** Removes files all of whose records are forgotten, and begins a new one when the newest is among them. */
  async trim(through: SequenceNumber): Promise<void> {
    this.#usable();
    await this.#inTurn(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      const last = newest(this.#files);
      if (through >= this.#lastSequence && last.first <= this.#lastSequence) {
        await this.#poisonOnFailure(() => this.#rotate());
      }
      // Oldest first and each one durable, so that a crash leaves no gap.
      for (;;) {
        const [oldest, next] = this.#files;
        if (oldest === undefined || next === undefined || next.first - 1 > through) return;
        await this.#directory.remove(oldest.path);
        this.#files.shift();
        await this.#directory.syncFolder(this.#options.folder);
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#inTurn(async () => {
      while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup());
      try {
        if (this.#failure === undefined && !this.#marked) {
          await this.#poisonOnFailure(() => this.#writeGroup([]));
        }
      } finally {
        await this.#writer.close();
      }
    });
    return this.#closing;
  }

  #usable(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw new DatabaseError('closed');
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #poisonOnFailure(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #planCommit(): void {
    if (this.#commitPlanned) return;
    this.#commitPlanned = true;
    // A failure reaches the appends that it concerns.
    this.#inTurn(() => this.#commit()).catch(() => undefined);
  }

  /** Writes one group of what waits. */
  async #commit(): Promise<void> {
    // Everything that this turn of the event loop brings shares the group.
    await new Promise((resolve) => setImmediate(resolve));
    this.#commitPlanned = false;
    await this.#commitGroup(this.#takeGroup());
    if (this.#waiting.length > 0) this.#planCommit();
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    const before = this.#lastSequence;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const records = group.flatMap((waiting) => waiting.records);
      await this.#poisonOnFailure(async () => {
        if (records.length === 0) return;
        if (newest(this.#files).length >= this.#options.segmentBytes) await this.#rotate();
        await this.#writeGroup(records);
      });
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
      return;
    }
    let last = before;
    for (const waiting of group) {
      last += waiting.records.length;
      waiting.resolve(last as SequenceNumber);
    }
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && bytes + waiting.bytes > this.#options.groupBytes) break;
      bytes += waiting.bytes;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(records: readonly Uint8Array[]): Promise<void> {
    await this.#writer.write(encodeGroup(this.#lastSequence + 1, records));
    await this.#writer.sync();
    newest(this.#files).length = this.#writer.length;
    this.#lastSequence += records.length;
    this.#marked = records.length === 0;
  }

  async #rotate(): Promise<void> {
    const first = this.#lastSequence + 1;
    const { file, writer } = await beginFile(this.#directory, this.#options.folder, first);
    const old = this.#writer;
    this.#files.push(file);
    this.#writer = writer;
    this.#marked = false;
    await old.close();
  }

  async *#read(
    files: readonly (LogFile & { readonly next: number })[],
    from: number,
  ): AsyncGenerator<LogRecord> {
    if (this.#failure !== undefined) throw this.#failure;
    for (const file of files) {
      yield* readFile(this.#directory, file, { from, next: file.next });
    }
  }
}
