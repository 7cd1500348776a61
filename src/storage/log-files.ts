// The files of a log in their folder: found and recovered when the log is opened, begun while it grows,
// and read from. Layout: docs/FORMAT.md, "Log".

import { assert } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { SequenceNumber } from '../engine/ids.ts';
import {
  type Directory,
  type ReadableFile,
  storageFailed,
  type WritableFile,
} from './directory.ts';
import type { CutTail } from './file-log.ts';
import type { LogRecord } from './log.ts';
import { checkFileHeader, encodeFileHeader, fileHeaderBytes, GroupReader } from './log-format.ts';

/** A file of the log; its name is the number of its first record. */
export interface LogFile {
  readonly path: string;
  readonly first: number;
  /** Durable bytes. */
  length: number;
}

/** A log as it was found, ready to go on. */
export interface OpenedFiles {
  /** Oldest first, at least one; the last one is written to. */
  readonly files: LogFile[];
  readonly writer: WritableFile;
  readonly lastSequence: number;
  /** The newest group is the mark of a clean close. */
  readonly marked: boolean;
  readonly cutTail: CutTail | undefined;
}

/** Finds the log in the folder, or begins it; see FileLog.open for what it repairs and refuses. */
export async function openFiles(directory: Directory, folder: string): Promise<OpenedFiles> {
  await directory.makeFolder(folder);
  const files = await findFiles(directory, folder);
  const last = files.at(-1);
  if (last === undefined) {
    const { file, writer } = await beginFile(directory, folder, 1);
    return { files: [file], writer, lastSequence: 0, marked: false, cutTail: undefined };
  }
  const writer = await directory.append(last.path);
  try {
    const file = await openToRead(directory, last.path);
    const reader = new GroupReader(file, last.length);
    try {
      if (wasBegun(last, file, files.length > 1)) {
        const recovered = await recover(last, reader, writer);
        return { files, writer, ...recovered };
      }
    } finally {
      reader.close();
    }
    await writer.truncate(0);
    await writeHeader(directory, folder, last, writer);
    const lastSequence = last.first - 1;
    return { files, writer, lastSequence, marked: false, cutTail: undefined };
  } catch (error) {
    await writer.close();
    throw error;
  }
}

/** A new file, durable with its name, ready to be written. */
export async function beginFile(
  directory: Directory,
  folder: string,
  first: number,
): Promise<{ readonly file: LogFile; readonly writer: WritableFile }> {
  const path = `${folder}/${String(first).padStart(20, '0')}.log`;
  const file = { path, first, length: 0 };
  const writer = await directory.create(path);
  try {
    await writeHeader(directory, folder, file, writer);
  } catch (error) {
    await writer.close();
    throw error;
  }
  return { file, writer };
}

/**
 * The records of one file from number `from`; the next file begins with `next`. Throws 'corrupt'
 * at the first thing that is not as it was written.
 */
export async function* readFile(
  directory: Directory,
  { path, first, length }: LogFile,
  { from, next }: { readonly from: number; readonly next: number },
): AsyncGenerator<LogRecord> {
  const file = await openToRead(directory, path);
  const reader = new GroupReader(file, length);
  try {
    checkFileHeader(file, path, first);
    let sequence = first;
    let offset = fileHeaderBytes;
    for (;;) {
      const found = reader.read(offset, sequence);
      if (found.kind === 'bad') throw corrupt(path, found.offset, found.expected);
      if (found.kind === 'end') break;
      for (const bytes of found.records) {
        if (sequence >= from) yield { sequence: sequence as SequenceNumber, bytes };
        sequence += 1;
      }
      offset = found.end;
    }
    if (sequence === next) return;
    throw corrupt(path, offset, `expected records up to ${next - 1}, found ${sequence - 1}`);
  } finally {
    reader.close();
  }
}

/** The file that is written to. */
export function newest(files: readonly LogFile[]): LogFile {
  const last = files.at(-1);
  assert(last !== undefined, 'the log has a file');
  return last;
}

async function findFiles(directory: Directory, folder: string): Promise<LogFile[]> {
  const files: LogFile[] = [];
  for (const { name, kind, bytes } of await directory.list(folder)) {
    if (kind !== 'file' || !/^\d{20}\.log$/.test(name)) continue;
    files.push({ path: `${folder}/${name}`, first: Number(name.slice(0, 20)), length: bytes });
  }
  return files;
}

/** Expects an empty file. */
async function writeHeader(
  directory: Directory,
  folder: string,
  file: LogFile,
  writer: WritableFile,
): Promise<void> {
  await writer.write([encodeFileHeader(file.first)]);
  await writer.sync();
  await directory.syncFolder(folder);
  file.length = writer.length;
}

/** False when a crash interrupted the making of the file, before any record could be in it. */
function wasBegun(last: LogFile, file: ReadableFile, hasOlder: boolean): boolean {
  try {
    checkFileHeader(file, last.path, last.first);
    return true;
  } catch (error) {
    const torn = error instanceof DatabaseError && error.code === 'corrupt';
    const follows = last.first === 1 || hasOlder;
    if (torn && follows && last.length <= fileHeaderBytes) return false;
    throw error;
  }
}

/** Finds the end of the newest file, cuts what a crash left behind it and makes the rest durable. */
async function recover(
  last: LogFile,
  reader: GroupReader,
  writer: WritableFile,
): Promise<Pick<OpenedFiles, 'lastSequence' | 'marked' | 'cutTail'>> {
  let marked = false;
  let next = last.first;
  let offset = fileHeaderBytes;
  let newestGroup = offset;
  let found = reader.read(offset, next);
  while (found.kind === 'group') {
    marked = found.records.length === 0;
    next += found.records.length;
    newestGroup = offset;
    offset = found.end;
    found = reader.read(offset, next);
  }
  let cutTail: CutTail | undefined;
  if (found.kind === 'bad') {
    const good = reader.goodGroupAfter(offset, next);
    if (good !== undefined) {
      const expected = `${found.expected}; whole records follow at byte ${good}`;
      throw corrupt(last.path, found.offset, expected);
    }
    cutTail = { file: last.path, offset, bytes: last.length - offset };
    marked = false;
    await writer.truncate(offset);
  }
  if (!marked && offset > newestGroup) {
    // Its sync may have failed, after which the system no longer knows that it is to be written.
    const bytes = new Uint8Array(offset - newestGroup);
    reader.copy(newestGroup, bytes);
    await writer.rewrite(newestGroup, bytes);
  }
  await writer.sync();
  last.length = offset;
  return { lastSequence: next - 1, marked, cutTail };
}

async function openToRead(directory: Directory, path: string): Promise<ReadableFile> {
  const file = await directory.open(path);
  if (file === undefined) throw storageFailed('reading', path, 'the file is gone');
  return file;
}

function corrupt(file: string, offset: number, expected: string): DatabaseError {
  return new DatabaseError('corrupt', { file, offset, expected });
}
