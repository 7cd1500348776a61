// Reads one file out of a zip archive (a Python wheel is one) without unpacking the rest.

import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { DatabaseError } from '../../engine/errors.ts';

const inflate = promisify(inflateRaw);

const endSignature = 0x06054b50;
const endBytes = 22;
const commentBytesMax = 65_535;
const entrySignature = 0x02014b50;
const entryBytes = 46;
const localSignature = 0x04034b50;
const localBytes = 30;
const stored = 0;
const deflated = 8;

interface Entry {
  readonly method: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

/**
 * The bytes of the file `member` of the archive at `path`. Throws DatabaseError 'corrupt' when the
 * archive is damaged or the member is larger than `bytesMax`, and 'invalid-argument' when it has none.
 */
export async function readZipMember(
  path: string,
  member: string,
  bytesMax: number,
): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  const entry = await findEntry(file, path, member);
  if (entry.bytes > bytesMax) throw corrupt(path, entry.offset, `at most ${bytesMax} bytes`);
  const local = await readAt(file, path, entry.offset, localBytes);
  if (local.readUInt32LE(0) !== localSignature) {
    throw corrupt(path, entry.offset, 'a local file header');
  }
  const start = entry.offset + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = await readAt(file, path, start, entry.compressedBytes);
  const bytes = await unpack(entry, packed, path, start);
  if (bytes.length !== entry.bytes) throw corrupt(path, start, `${entry.bytes} bytes unpacked`);
  return bytes;
}

async function findEntry(file: FileHandle, path: string, member: string): Promise<Entry> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, endBytes + commentBytesMax);
  const tail = await readAt(file, path, size - tailBytes, tailBytes);
  let end = tailBytes - endBytes;
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end -= 1;
  if (end < 0) throw corrupt(path, size, 'the end record of a zip archive');
  const directoryBytes = tail.readUInt32LE(end + 12);
  const directoryOffset = tail.readUInt32LE(end + 16);
  const directory = await readAt(file, path, directoryOffset, directoryBytes);
  let at = 0;
  while (at + entryBytes <= directory.length) {
    if (directory.readUInt32LE(at) !== entrySignature) {
      throw corrupt(path, directoryOffset + at, 'a directory entry');
    }
    const nameBytes = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + entryBytes, at + entryBytes + nameBytes);
    if (name === member) {
      return {
        method: directory.readUInt16LE(at + 10),
        compressedBytes: directory.readUInt32LE(at + 20),
        bytes: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      };
    }
    const extraBytes = directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    at += entryBytes + nameBytes + extraBytes;
  }
  throw new DatabaseError('invalid-argument', { message: `${path} holds no file ${member}` });
}

async function readAt(
  file: FileHandle,
  path: string,
  offset: number,
  length: number,
): Promise<Buffer> {
  const { size } = await file.stat();
  if (offset < 0 || offset + length > size) throw corrupt(path, offset, `${length} more bytes`);
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  if (bytesRead !== length) throw corrupt(path, offset, `${length} more bytes`);
  return buffer;
}

async function unpack(
  entry: Entry,
  packed: Buffer,
  path: string,
  start: number,
): Promise<Uint8Array> {
  if (entry.method === stored) return packed;
  if (entry.method !== deflated) throw corrupt(path, start, 'a stored or deflated file');
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, entry.bytes) });
  } catch {
    throw corrupt(path, start, 'deflated data');
  }
}

function corrupt(file: string, offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file, offset, expected: `expected ${expected}` });
}
