// Storage's file operations on a real folder. Writing goes through the thread pool, positioned reading
// is synchronous: a warm read takes microseconds, less than handing it over.

import {
  close,
  closeSync,
  type Dirent,
  fdatasync,
  fstatSync,
  fsync,
  ftruncate,
  mkdir,
  open,
  openSync,
  readdir,
  readSync,
  rename,
  stat,
  unlink,
  writev,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { assert } from '../engine/assert.ts';
import {
  type Directory,
  type DirectoryEntry,
  type ReadableFile,
  storageFailed,
  type WritableFile,
} from './directory.ts';

// Plain descriptors instead of FileHandle: fewer promises for each write, and nothing that a garbage
// collection could close.
const files = {
  close: promisify(close),
  fdatasync: promisify(fdatasync),
  fsync: promisify(fsync),
  ftruncate: promisify(ftruncate),
  mkdir: promisify(mkdir),
  open: promisify(open),
  rename: promisify(rename),
  stat: promisify(stat),
  unlink: promisify(unlink),
};

/** One call to the system takes at most this many parts and bytes (Linux: 1024 parts, 2 GiB). */
const partsMax = 1024;
const bytesMax = 1 << 30;

/** The folder `root` and what is below it. */
export class NodeDirectory implements Directory {
  readonly location: string;

  private constructor(root: string) {
    this.location = root;
  }

  /** Makes the folder when it is absent. */
  static async open(root: string): Promise<NodeDirectory> {
    const directory = new NodeDirectory(resolve(root));
    await directory.makeFolder('');
    return directory;
  }

  async makeFolder(path: string): Promise<void> {
    const full = this.#full(path);
    await attempt('making folder', full, async () => {
      const first = await files.mkdir(full, { recursive: true });
      if (first === undefined) return;
      // Each folder made is a name in the one above it.
      for (let made = full; made.length >= first.length; made = resolve(made, '..')) {
        await syncFolder(resolve(made, '..'));
      }
    });
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    const full = this.#full(path);
    return attempt('listing', full, async () => {
      const entries: DirectoryEntry[] = [];
      for (const found of await readFolder(full)) {
        if (found.isDirectory()) entries.push({ name: found.name, kind: 'folder', bytes: 0 });
        if (!found.isFile()) continue;
        const bytes = await sizeOf(join(full, found.name));
        // It may be gone by now: other threads remove files.
        if (bytes !== undefined) entries.push({ name: found.name, kind: 'file', bytes });
      }
      return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
    });
  }

  create(path: string): Promise<WritableFile> {
    return this.#write('creating', path, 'wx');
  }

  append(path: string): Promise<WritableFile> {
    return this.#write('opening', path, 'r+');
  }

  async open(path: string): Promise<ReadableFile | undefined> {
    const full = this.#full(path);
    try {
      return new NodeReadableFile(openSync(full, 'r'), full);
    } catch (cause) {
      if (isCode(cause, 'ENOENT')) return undefined;
      throw storageFailed('opening', full, cause);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const target = this.#full(to);
    await attempt('renaming to', target, () => files.rename(this.#full(from), target));
  }

  async remove(path: string): Promise<void> {
    const full = this.#full(path);
    await attempt('removing', full, async () => {
      try {
        await files.unlink(full);
      } catch (cause) {
        if (!isCode(cause, 'ENOENT')) throw cause;
      }
    });
  }

  async syncFolder(path: string): Promise<void> {
    const full = this.#full(path);
    await attempt('syncing folder', full, () => syncFolder(full));
  }

  async #write(operation: string, path: string, flags: string): Promise<WritableFile> {
    const full = this.#full(path);
    return attempt(operation, full, async () => {
      const fd = await files.open(full, flags);
      return new NodeWritableFile(fd, full, fstatSync(fd).size);
    });
  }

  #full(path: string): string {
    assert(!path.split('/').includes('..'), `a path below the root: ${path}`);
    return path === '' ? this.location : join(this.location, path);
  }
}

class NodeWritableFile implements WritableFile {
  readonly #fd: number;
  readonly #path: string;
  #length: number;

  constructor(fd: number, path: string, length: number) {
    this.#fd = fd;
    this.#path = path;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    await attempt('writing', this.#path, async () => {
      this.#length = await writeAll(this.#fd, parts, this.#length);
    });
  }

  async rewrite(offset: number, bytes: Uint8Array): Promise<void> {
    assert(offset + bytes.length <= this.#length, 'only written bytes are written again');
    await attempt('writing', this.#path, () => writeAll(this.#fd, [bytes], offset));
  }

  async sync(): Promise<void> {
    await attempt('syncing', this.#path, () => files.fdatasync(this.#fd));
  }

  async truncate(length: number): Promise<void> {
    await attempt('truncating', this.#path, () => files.ftruncate(this.#fd, length));
    this.#length = length;
  }

  async close(): Promise<void> {
    await attempt('closing', this.#path, () => files.close(this.#fd));
  }
}

class NodeReadableFile implements ReadableFile {
  readonly length: number;
  readonly #path: string;
  #fd: number | undefined;

  constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#path = path;
    this.length = fstatSync(fd).size;
  }

  read(offset: number, into: Uint8Array): number {
    assert(this.#fd !== undefined, `${this.#path} is open`);
    let filled = 0;
    try {
      while (filled < into.length) {
        const got = readSync(
          this.#fd,
          into,
          filled,
          Math.min(into.length - filled, bytesMax),
          offset + filled,
        );
        if (got === 0) break;
        filled += got;
      }
    } catch (cause) {
      throw storageFailed('reading', this.#path, cause);
    }
    return filled;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** Returns the offset behind what was written. */
async function writeAll(fd: number, parts: readonly Uint8Array[], offset: number): Promise<number> {
  let end = offset;
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) {
    const written = await writeParts(fd, oneCall(left), end);
    end += written;
    left = after(left, written);
  }
  return end;
}

/** As many of the parts from the start as one call takes. */
function oneCall(parts: readonly Uint8Array[]): Uint8Array[] {
  const taken: Uint8Array[] = [];
  let room = bytesMax;
  for (const part of parts) {
    if (room === 0 || taken.length === partsMax) break;
    const piece = part.length > room ? part.subarray(0, room) : part;
    taken.push(piece);
    room -= piece.length;
  }
  return taken;
}

/** What is left of the parts after their first `bytes` bytes. */
function after(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  let index = 0;
  for (; index < parts.length; index += 1) {
    const length = parts[index]?.length ?? 0;
    if (skip < length) break;
    skip -= length;
  }
  const left = parts.slice(index);
  const first = left[0];
  if (first !== undefined && skip > 0) left[0] = first.subarray(skip);
  return left;
}

function writeParts(fd: number, parts: readonly Uint8Array[], offset: number): Promise<number> {
  return new Promise((resolvePromise, reject) => {
    writev(fd, parts, offset, (error, written) => {
      if (error) reject(error);
      else resolvePromise(written);
    });
  });
}

/** Undefined when there is no such file. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await files.stat(path)).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readFolder(path: string): Promise<readonly Dirent[]> {
  return new Promise((resolvePromise, reject) => {
    readdir(path, { withFileTypes: true }, (error, found) => {
      if (!error) resolvePromise(found);
      else if (error.code === 'ENOENT') resolvePromise([]);
      else reject(error);
    });
  });
}

/** On Windows folders can't be opened, and names are durable without. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const fd = await files.open(path, 'r');
  try {
    await files.fsync(fd);
  } finally {
    await files.close(fd);
  }
}

async function attempt<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw storageFailed(operation, path, cause);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
