// The few file operations that storage is made of, so that a real folder and a simulated one that
// crashes, tears writes and fills up are exchangeable. Paths are words joined by '/', below one root.

import { DatabaseError } from '../engine/errors.ts';

/** One name inside a folder. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** Length of a file; 0 for a folder. */
  readonly bytes: number;
}

/** A file that grows at its end. Calls must not overlap: each waits for the one before. */
export interface WritableFile {
  /** Bytes in the file, written but perhaps not yet durable. */
  readonly length: number;
  /** Appends the parts joined. After a failure any part of them may be in the file. */
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** Writes bytes again that lie inside the file already; durable after sync. */
  rewrite(offset: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when everything written, and the length, survive a crash. */
  sync(): Promise<void>;
  /** Cuts the file to `length` bytes; durable after sync. */
  truncate(length: number): Promise<void>;
  /** Releases the file; syncs nothing. */
  close(): Promise<void>;
}

/** A file to read from, at any position, without waiting. Stays readable after it is removed. */
export interface ReadableFile {
  /** Bytes in the file when it was opened. */
  readonly length: number;
  /** Fills `into` from `offset` as far as the file goes and returns the number of bytes. */
  read(offset: number, into: Uint8Array): number;
  /** Further reads throw; closing twice is allowed. */
  close(): void;
}

/**
 * Implementations: NodeDirectory, MemoryDirectory. Every failure of the medium (full disk, I/O
 * error) is a DatabaseError 'storage-failed' that names the operation and the path.
 */
export interface Directory {
  /** Where it is, for messages. */
  readonly location: string;
  /** Makes a folder and those above it; it survives a crash. An existing one is fine. */
  makeFolder(path: string): Promise<void>;
  /** What is in the folder, by ascending name; nothing when there is no such folder. */
  list(path: string): Promise<readonly DirectoryEntry[]>;
  /** Makes a new, empty file; fails when the name is taken. Its name is durable after syncFolder. */
  create(path: string): Promise<WritableFile>;
  /** Opens an existing file to write at its end. */
  append(path: string): Promise<WritableFile>;
  /** Opens a file for reading; undefined when there is none. */
  open(path: string): Promise<ReadableFile | undefined>;
  /** Gives a file another name, replacing what had it, in one step; durable after syncFolder of the new one's folder. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; an absent one is fine. Durable after syncFolder. */
  remove(path: string): Promise<void>;
  /** Resolves when names made, changed and removed in the folder survive a crash. */
  syncFolder(path: string): Promise<void>;
}

/** The error of a failed operation on a path. */
export function storageFailed(operation: string, path: string, cause: unknown): DatabaseError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${operation} ${path} failed: ${reason}`;
  return new DatabaseError('storage-failed', { message }, { cause });
}

/** The folder that a path is in; '' at the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
