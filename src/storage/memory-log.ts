// A log that lives as long as the process: for tests, and for a database that is kept in memory only.

import { DatabaseError } from '../engine/errors.ts';
import type { SequenceNumber } from '../engine/ids.ts';
import type { Log, LogRecord } from './log.ts';

/** Keeps copies of its records. Nothing about it fails. */
export class MemoryLog implements Log {
  #records: LogRecord[] = [];
  #lastSequence = 0;
  #closed = false;

  get lastSequence(): SequenceNumber {
    return this.#lastSequence as SequenceNumber;
  }

  get bytes(): number {
    return this.#records.reduce((sum, record) => sum + record.bytes.length, 0);
  }

  async append(records: readonly Uint8Array[]): Promise<SequenceNumber> {
    if (this.#closed) throw new DatabaseError('closed');
    for (const bytes of records) {
      this.#lastSequence += 1;
      this.#records.push({ sequence: this.lastSequence, bytes: bytes.slice() });
    }
    return this.lastSequence;
  }

  read(from: SequenceNumber): AsyncIterable<LogRecord> {
    return iterate(this.#records.filter((record) => record.sequence >= from));
  }

  async trim(through: SequenceNumber): Promise<void> {
    if (this.#closed) throw new DatabaseError('closed');
    this.#records = this.#records.filter((record) => record.sequence > through);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

async function* iterate(records: readonly LogRecord[]): AsyncGenerator<LogRecord> {
  yield* records;
}
