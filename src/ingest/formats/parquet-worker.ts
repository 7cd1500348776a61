// The thread that reads a Parquet file, a group of rows at a time: what a damaged or hostile file makes the
// reader do, it does here, where memory and time are limited. parquet.ts starts it.

import { type FileHandle, open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { compressors as others } from 'hyparquet-compressors';
import type { RowFields } from './row-file.ts';

/** What the thread says: some rows, the end, or why it can't go on. It waits for a reply to rows. */
export type ParquetMessage =
  | {
      readonly kind: 'rows';
      /** Number of the first one, from 1. */
      readonly first: number;
      readonly rows: readonly RowFields[];
      readonly bytesRead: number;
    }
  | { readonly kind: 'end'; readonly bytesRead: number }
  | { readonly kind: 'failed'; readonly reason: string };

/** Rows that are handed on together. */
const batchRows = 256;
/** Unpacked bytes of one group of rows, which are in memory together. */
const groupBytesMax = 1024 * 1024 * 1024;
const metadataBytesMax = 64 * 1024 * 1024;

/** What unpacks may not grow beyond what the file says, which is checked before. */
const compressors: Compressors = {
  ...others,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: length }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: length }),
};

async function read(path: string): Promise<void> {
  await using handle = await open(path);
  const file = await bufferOf(handle);
  const metadata = await readMetadata(file);
  let rowStart = 0;
  let bytesRead = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    checkGroup(metadata, index, file.byteLength);
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
    if (rows.length !== rowEnd - rowStart) {
      throw new Error(`row group ${index} has ${rows.length} rows, not ${rowEnd - rowStart}`);
    }
    for (let from = 0; from < rows.length; from += batchRows) {
      const batch = rows.slice(from, from + batchRows).map((row) => jsonValue(row) as RowFields);
      await say({ kind: 'rows', first: rowStart + from + 1, rows: batch, bytesRead });
    }
    rowStart = rowEnd;
    bytesRead = Math.round((file.byteLength * (index + 1)) / metadata.row_groups.length);
  }
  parentPort?.postMessage({ kind: 'end', bytesRead: file.byteLength } satisfies ParquetMessage);
}

/** Resolves when the rows are taken. */
function say(message: ParquetMessage): Promise<void> {
  return new Promise((resolve) => {
    parentPort?.once('message', () => resolve());
    parentPort?.postMessage(message);
  });
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size: byteLength } = await handle.stat();
  const part = async (start: number, end: number): Promise<ArrayBuffer> => {
    const [from, until] = [Math.max(0, start), Math.min(byteLength, end)];
    if (!(from <= until)) throw new Error(`it points to bytes ${start} to ${end}`);
    const bytes = new Uint8Array(Math.max(0, until - from));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    if (bytesRead < bytes.length) throw new Error(`the file ends at byte ${from + bytesRead}`);
    return bytes.buffer;
  };
  const slice = (start: number, end = byteLength): Promise<ArrayBuffer> => {
    const bytes = part(start, end);
    // The library asks for parts ahead and may stop before it waits for them.
    bytes.catch(() => undefined);
    return bytes;
  };
  return { byteLength, slice };
}

async function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  if (file.byteLength < 12) throw new Error('it is too short for a Parquet file');
  const tail = new DataView(await file.slice(file.byteLength - 8));
  const length = tail.getUint32(0, true);
  if (tail.getUint32(4, true) !== 0x31524150) throw new Error('it does not end as a Parquet file');
  if (length > Math.min(metadataBytesMax, file.byteLength - 8)) {
    throw new Error(`its metadata would be ${length} bytes long`);
  }
  return await parquetMetadataAsync(file);
}

/** A damaged or hostile file must not ask for memory beyond the limit. */
function checkGroup({ row_groups: groups }: FileMetaData, index: number, fileBytes: number): void {
  const group = groups[index];
  let unpacked = 0;
  for (const { meta_data: column, file_path: path } of group?.columns ?? []) {
    if (path) throw new Error(`row group ${index} lies in another file, ${path}`);
    if (!column) throw new Error(`row group ${index} has a column without metadata`);
    const start = Number(column.dictionary_page_offset ?? column.data_page_offset);
    const length = Number(column.total_compressed_size);
    if (start < 0 || length < 0 || start + length > fileBytes) {
      throw new Error(`row group ${index} lies beyond the end of the file`);
    }
    unpacked += Number(column.total_uncompressed_size);
  }
  if (unpacked > groupBytesMax || Number(group?.num_rows) > groupBytesMax / 16) {
    const size = `${group?.num_rows} rows, ${unpacked} bytes`;
    throw new Error(`row group ${index} has ${size}; allowed are ${groupBytesMax} bytes unpacked`);
  }
}

function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, jsonValue);
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, jsonValue(each)]));
}

try {
  await read(String(workerData));
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  parentPort?.postMessage({ kind: 'failed', reason } satisfies ParquetMessage);
}
