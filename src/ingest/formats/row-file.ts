// What every format of rows gives: rows as fields by column name, and what could not be read, in lists so
// that nobody waits for each row. Also how their bytes are read.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DatabaseError } from '../../engine/errors.ts';

/** Fields of a row by column name, as JSON has them. */
export type RowFields = Readonly<Record<string, unknown>>;

/** One row, or why a part of the file gives none. `place` is as `line 12` or `row 3`. */
export type RowItem =
  | { readonly kind: 'row'; readonly place: string; readonly fields: RowFields }
  | { readonly kind: 'failed'; readonly place: string; readonly message: string };

/** Some rows in the file's order, with how much of the file they end at. */
export interface RowBatch {
  readonly items: readonly RowItem[];
  /** Bytes of the file that have been read so far. */
  readonly bytesRead: number;
}

/** A file of rows; a name that ends in `.gz` is unpacked. */
export interface RowFile {
  readonly path: string;
  /** Decides what is unpacked; the path may be that of a spooled upload. */
  readonly name: string;
}

/** How rows are read. */
export interface RowReading {
  /** Columns whose values stay text as they stand in the file. */
  readonly textColumns?: readonly string[] | undefined;
}

/** A row that is longer is refused. */
export const rowBytesMax: number = 16 * 1024 * 1024;

/** The bytes of a file as they come, unpacked where its name says so. Counts what is read of it. */
export interface FileBytes extends AsyncDisposable {
  readonly bytesRead: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/** Opens a file to be read from its start; what can't be read rejects the iteration. */
export function openBytes({ path, name }: RowFile): FileBytes {
  const raw = createReadStream(path);
  const isPacked = name.toLowerCase().endsWith('.gz');
  const chunks: AsyncIterable<Buffer> = isPacked
    ? pipeline(raw, createGunzip(), () => undefined)
    : raw;
  return {
    chunks,
    get bytesRead() {
      return raw.bytesRead;
    },
    [Symbol.asyncDispose]: async () => {
      raw.destroy();
    },
  };
}

/** The error of a file that can't be read on. */
export function unreadable(name: string, cause: unknown): DatabaseError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${name} can't be read: ${reason}`;
  return new DatabaseError('invalid-argument', { message }, { cause });
}
