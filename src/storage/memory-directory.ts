// A simulated folder for tests and whole-database simulation. It keeps apart what was written and what
// was synced, so that a crash can lose, tear or keep the rest; operations can be made to fail, and the
// medium to fill up. The seed decides everything that is left to chance.

import { assert } from '../engine/assert.ts';
import {
  type Directory,
  type DirectoryEntry,
  folderOf,
  type ReadableFile,
  storageFailed,
  type WritableFile,
} from './directory.ts';
import { type RandomBelow, randomFrom } from './random.ts';
import { SimulatedFile } from './simulated-file.ts';

export interface MemoryDirectoryOptions {
  readonly seed: number;
  /** Bytes that fit; a write that would exceed them fails with ENOSPC, partly done. */
  readonly capacity: number;
}

/** Room without end. */
export const memoryDirectoryDefaults: MemoryDirectoryOptions = { seed: 1, capacity: Infinity };

/** What a crash does to what was not synced. */
export type CrashKind =
  /** All of it is gone. */
  | 'lose'
  /** Any of it may have arrived: of each file some blocks, torn at any byte; of the changes of names one without the other. */
  | 'tear';

/** A change of names that no syncFolder has made durable yet. */
interface Naming {
  /** Syncing this one makes it durable. */
  readonly folder: string;
  readonly removed: string | undefined;
  readonly made: { readonly path: string; readonly file: SimulatedFile } | undefined;
}

/** Files in memory. Two seeds that are equal, with equal calls, end in equal bytes. */
export class MemoryDirectory implements Directory {
  readonly location = 'memory:';
  readonly #random: RandomBelow;
  readonly #options: MemoryDirectoryOptions;
  readonly #folders = new Set<string>(['']);
  readonly #names = new Map<string, SimulatedFile>();
  readonly #durableNames = new Map<string, SimulatedFile>();
  #namings: Naming[] = [];
  #operations = 0;
  #failAt = Infinity;
  #failForever = false;
  #crashed = false;

  constructor(options: Partial<MemoryDirectoryOptions> = {}) {
    this.#options = { ...memoryDirectoryDefaults, ...options };
    this.#random = randomFrom(this.#options.seed);
  }

  /** Operations that changed or synced something so far, failed ones included. */
  get operations(): number {
    return this.#operations;
  }

  /**
   * The n-th changing or syncing operation from now fails: 1 is the next one. A write that fails is
   * done up to a random byte. With 'forever' every later one fails too, as after a crash.
   */
  failOperation(n: number, kind: 'once' | 'forever'): void {
    this.#failAt = this.#operations + n;
    this.#failForever = kind === 'forever';
  }

  /** What is on the medium after power is lost now. This directory is dead afterwards. */
  crash(kind: CrashKind): MemoryDirectory {
    this.#crashed = true;
    const after = new MemoryDirectory({ ...this.#options, seed: this.#random(0x1_0000_0000) });
    for (const folder of this.#folders) after.#folders.add(folder);
    const names = new Map(this.#durableNames);
    if (kind === 'tear') this.#keepSomeNamings(names);
    for (const [path, file] of names) {
      const bytes = kind === 'tear' ? file.torn(this.#random) : file.durable();
      const copy = SimulatedFile.of(bytes);
      after.#names.set(path, copy);
      after.#durableNames.set(path, copy);
    }
    return after;
  }

  /** Changes one stored byte, durably: what a failing disk does. */
  flipByte(path: string, offset: number): void {
    this.#file(path).flip(offset);
  }

  /** The present bytes of a file; a copy. */
  contentOf(path: string): Uint8Array<ArrayBuffer> {
    return this.#file(path).content.slice();
  }

  /** Puts a file there, durable at once. */
  plant(path: string, bytes: Uint8Array): void {
    const file = SimulatedFile.of(bytes);
    for (let above = folderOf(path); above !== ''; above = folderOf(above)) {
      this.#folders.add(above);
    }
    this.#names.set(path, file);
    this.#durableNames.set(path, file);
  }

  async makeFolder(path: string): Promise<void> {
    await this.#operation('making folder', path);
    for (let above = path; above !== ''; above = folderOf(above)) this.#folders.add(above);
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    this.#alive('listing', path);
    const entries: DirectoryEntry[] = [];
    for (const folder of this.#folders) {
      if (folder === '' || folderOf(folder) !== path) continue;
      entries.push({ name: lastWord(folder), kind: 'folder', bytes: 0 });
    }
    for (const [name, file] of this.#names) {
      if (folderOf(name) !== path) continue;
      entries.push({ name: lastWord(name), kind: 'file', bytes: file.length });
    }
    return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async create(path: string): Promise<WritableFile> {
    await this.#operation('creating', path);
    if (!this.#folders.has(folderOf(path))) throw storageFailed('creating', path, 'no such folder');
    if (this.#names.has(path)) throw storageFailed('creating', path, 'the name is taken');
    const file = new SimulatedFile();
    this.#names.set(path, file);
    this.#namings.push({ folder: folderOf(path), removed: undefined, made: { path, file } });
    return this.#writable(path, file);
  }

  async append(path: string): Promise<WritableFile> {
    this.#alive('opening', path);
    return this.#writable(path, this.#file(path));
  }

  async open(path: string): Promise<ReadableFile | undefined> {
    this.#alive('opening', path);
    const file = this.#names.get(path);
    return file === undefined ? undefined : new MemoryReadableFile(file);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation('renaming to', to);
    const file = this.#file(from);
    if (!this.#folders.has(folderOf(to))) throw storageFailed('renaming to', to, 'no such folder');
    this.#names.delete(from);
    this.#names.set(to, file);
    this.#namings.push({ folder: folderOf(to), removed: from, made: { path: to, file } });
  }

  async remove(path: string): Promise<void> {
    await this.#operation('removing', path);
    if (!this.#names.delete(path)) return;
    this.#namings.push({ folder: folderOf(path), removed: path, made: undefined });
  }

  async syncFolder(path: string): Promise<void> {
    await this.#operation('syncing folder', path);
    const synced = (naming: Naming) => naming.folder === path;
    for (const naming of this.#namings.filter(synced)) apply(naming, this.#durableNames);
    this.#namings = this.#namings.filter((naming) => !synced(naming));
  }

  #writable(path: string, file: SimulatedFile): WritableFile {
    return new MemoryWritableFile(file, {
      operation: (name) => this.#operation(name, path),
      room: () => this.#options.capacity - this.#used(),
      random: this.#random,
      path,
    });
  }

  #used(): number {
    let used = 0;
    for (const file of this.#names.values()) used += file.length;
    return used;
  }

  #file(path: string): SimulatedFile {
    const file = this.#names.get(path);
    if (file === undefined) throw storageFailed('opening', path, 'no such file');
    return file;
  }

  #alive(operation: string, path: string): void {
    if (this.#crashed) throw storageFailed(operation, path, 'the machine has crashed');
  }

  async #operation(operation: string, path: string): Promise<void> {
    await Promise.resolve();
    this.#alive(operation, path);
    this.#operations += 1;
    const failing = this.#failForever
      ? this.#operations >= this.#failAt
      : this.#operations === this.#failAt;
    if (failing) throw storageFailed(operation, path, 'EIO: simulated I/O error');
  }

  /** Changes of names that were not synced arrive one without the other. */
  #keepSomeNamings(names: Map<string, SimulatedFile>): void {
    for (const naming of this.#namings) {
      if (this.#random(2) === 0) apply(naming, names);
    }
  }
}

interface Medium {
  readonly operation: (name: string) => Promise<void>;
  /** Bytes that still fit. */
  readonly room: () => number;
  readonly random: RandomBelow;
  readonly path: string;
}

class MemoryWritableFile implements WritableFile {
  readonly #file: SimulatedFile;
  readonly #medium: Medium;
  #open = true;

  constructor(file: SimulatedFile, medium: Medium) {
    this.#file = file;
    this.#medium = medium;
  }

  get length(): number {
    return this.#file.length;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    assert(this.#open, `${this.#medium.path} is open`);
    const bytes = join(parts);
    try {
      await this.#medium.operation('writing');
    } catch (error) {
      this.#file.append(bytes.subarray(0, this.#medium.random(bytes.length + 1)));
      throw error;
    }
    const room = Math.max(0, this.#medium.room());
    this.#file.append(bytes.subarray(0, Math.min(bytes.length, room)));
    if (bytes.length <= room) return;
    throw storageFailed('writing', this.#medium.path, 'ENOSPC: no space left on device');
  }

  async rewrite(offset: number, bytes: Uint8Array): Promise<void> {
    assert(this.#open, `${this.#medium.path} is open`);
    assert(offset + bytes.length <= this.length, 'only written bytes are written again');
    await this.#medium.operation('writing');
    this.#file.write(offset, bytes.slice());
  }

  async sync(): Promise<void> {
    assert(this.#open, `${this.#medium.path} is open`);
    try {
      await this.#medium.operation('syncing');
    } catch (error) {
      this.#file.failSync(this.#medium.random);
      throw error;
    }
    this.#file.sync();
  }

  async truncate(length: number): Promise<void> {
    assert(this.#open, `${this.#medium.path} is open`);
    await this.#medium.operation('truncating');
    this.#file.truncate(length);
  }

  async close(): Promise<void> {
    this.#open = false;
  }
}

class MemoryReadableFile implements ReadableFile {
  readonly length: number;
  readonly #file: SimulatedFile;
  #open = true;

  constructor(file: SimulatedFile) {
    this.#file = file;
    this.length = file.length;
  }

  read(offset: number, into: Uint8Array): number {
    assert(this.#open, 'the file is open');
    const found = this.#file.content.subarray(offset, offset + into.length);
    into.set(found);
    return found.length;
  }

  close(): void {
    this.#open = false;
  }
}

function apply(naming: Naming, names: Map<string, SimulatedFile>): void {
  if (naming.removed !== undefined) names.delete(naming.removed);
  if (naming.made !== undefined) names.set(naming.made.path, naming.made.file);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function lastWord(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
