// (skeleton: signatures first, bodies follow)
import type { SequenceNumber } from '../engine/ids.ts';
import type { Log, LogRecord } from './log.ts';

export class MemoryLog implements Log {
  readonly lastSequence: SequenceNumber = 0 as SequenceNumber;
  readonly bytes: number = 0;
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
