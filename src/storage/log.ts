// The promise of durability: an append-only sequence of records. Every write goes through it before it
// is applied; recovery reads it again.

import type { SequenceNumber } from '../engine/ids.ts';

/** One record as read back. */
export interface LogRecord {
  readonly sequence: SequenceNumber;
  readonly bytes: Uint8Array;
}

/**
 * Implementations: local file, memory; later NATS JetStream. test/contract/log.ts is the suite that
 * every one of them runs.
 */
export interface Log {
  /** Number of the newest record; 0 when the log never had one. Trimming does not change it. */
  readonly lastSequence: SequenceNumber;
  /** Bytes that the records kept at present occupy. */
  readonly bytes: number;
  /**
   * Appends records in order, all or none, and resolves with the number of the last one when they
   * will survive a crash. Concurrent calls share one sync (group commit) and are ordered by call.
   * After a failed append the log is unusable: every later call rejects with the same error.
   */
  append(records: readonly Uint8Array[]): Promise<SequenceNumber>;
  /** Records with a number of at least `from`, in order, that were there when the call was made. */
  read(from: SequenceNumber): AsyncIterable<LogRecord>;
  /** Forgets records up to and including `through`; may keep some of them for its own convenience. */
  trim(through: SequenceNumber): Promise<void>;
  /** Waits for appends in progress, then releases what it holds. */
  close(): Promise<void>;
}
