// Parquet files, a group of rows at a time. Values that JSON lacks become the nearest ones it has:
// instants RFC 3339 text, bytes base64, whole numbers beyond 2^53 text.

import { type FileHandle, open } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { compressors as others } from 'hyparquet-compressors';
import { type RowBatch, type RowFile, type RowItem, unreadable } from './row-file.ts';

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

/** Reads the file from its start. Rejects with 'invalid-argument' when it is no Parquet file or is damaged. */
export async function* readParquet({ path, name }: RowFile): AsyncGenerator<RowBatch> {
  await using handle = await open(path);
  try {
    const file = await bufferOf(handle);
    const metadata = await readMetadata(file);
    let rowStart = 0;
    let packed = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      checkGroup(metadata, index, file.byteLength);
      const rowEnd = rowStart + Number(group.num_rows);
      const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
      if (rows.length !== rowEnd - rowStart) {
        throw new Error(`row group ${index} has ${rows.length} rows, not ${rowEnd - rowStart}`);
      }
      for (let from = 0; from < rows.length; from += batchRows) {
        const items = rows.slice(from, from + batchRows).map((row, offset): RowItem => {
          const place = `row ${rowStart + from + offset + 1}`;
          return { kind: 'row', place, fields: jsonValue(row) as Record<string, unknown> };
        });
        yield { items, bytesRead: Math.round(packed) };
      }
      rowStart = rowEnd;
      packed = (file.byteLength * (index + 1)) / metadata.row_groups.length;
    }
    yield { items: [], bytesRead: file.byteLength };
  } catch (error) {
    throw unreadable(name, error);
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size: byteLength } = await handle.stat();
  const slice = async (start: number, end = byteLength): Promise<ArrayBuffer> => {
    const [from, until] = [Math.max(0, start), Math.min(byteLength, end)];
    const bytes = new Uint8Array(Math.max(0, until - from));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    if (bytesRead < bytes.length) throw new Error(`the file ends at byte ${from + bytesRead}`);
    return bytes.buffer;
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
