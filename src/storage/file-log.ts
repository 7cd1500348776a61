// (skeleton: signatures first, bodies follow)
import type { SequenceNumber } from '../engine/ids.ts';
import type { Directory } from './directory.ts';
import type { Log, LogRecord } from './log.ts';

export interface FileLogOptions {
  /** Folder of the directory that holds the log's files. */
  readonly folder: string;
  /** A file that has reached this size is not written any more. */
  readonly segmentBytes: number;
  /** Concurrent appends are gathered into one write up to this size. */
  readonly groupBytes: number;
}

export const fileLogDefaults: FileLogOptions = {
  folder: 'log',
  segmentBytes: 64 * 1024 * 1024,
  groupBytes: 16 * 1024 * 1024,
};

/** What opening cut off: the write that a crash interrupted. Nothing acknowledged is ever in it. */
export interface CutTail {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

export class FileLog implements Log {
  static open(_directory: Directory, _options: FileLogOptions = fileLogDefaults): Promise<FileLog> {
    throw new Error('not yet');
  }
  /** Undefined after a clean close. */
  get cutTail(): CutTail | undefined {
    throw new Error('not yet');
  }
  get lastSequence(): SequenceNumber {
    throw new Error('not yet');
  }
  get bytes(): number {
    throw new Error('not yet');
  }
  append(_records: readonly Uint8Array[]): Promise<SequenceNumber> {
    throw new Error('not yet');
  }
  read(_from: SequenceNumber): AsyncIterable<LogRecord> {
    throw new Error('not yet');
  }
  trim(_through: SequenceNumber): Promise<void> {
    throw new Error('not yet');
  }
  close(): Promise<void> {
    throw new Error('not yet');
  }
}
