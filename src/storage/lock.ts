// One process owns a data directory. Each contender makes a file whose name says who it is, then looks
// at the others: whoever finds another living one withdraws. Making comes before looking, so of two
// that start together at least one sees the other; a killed owner's file is found dead and removed.

import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  unlinkSync,
  utimes,
} from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { DatabaseError } from '../engine/errors.ts';

export interface DirectoryLockOptions {
  /** The owner shows that it lives by touching its file this often; milliseconds. */
  readonly heartbeat: number;
  /** An owner on another machine or in another container counts as gone after this long without a touch; milliseconds. */
  readonly patience: number;
  /** A contender that meets another tries again this often, at random moments. */
  readonly attempts: number;
}

export const directoryLockDefaults: DirectoryLockOptions = {
  heartbeat: 1000,
  patience: 5000,
  attempts: 6,
};

/** Who made a lock file, as its name says: `lock-PID-START-MACHINE`. */
interface Owner {
  readonly file: string;
  readonly pid: number;
  /** When the process began, so that a reused pid is told apart. */
  readonly start: string;
  /** The boot and the pid namespace (or the host) that the pid means something in. */
  readonly machine: string;
}

/** Ownership of a data directory by this process, until released or until the process is gone. */
export class DirectoryLock {
  readonly #file: string;
  readonly #heart: NodeJS.Timeout;

  private constructor(file: string, heartbeat: number) {
    this.#file = file;
    this.#heart = setInterval(() => touch(file), heartbeat);
    this.#heart.unref();
  }

  /**
   * Makes the directory when it is absent. Throws 'directory-locked' naming path and pid when
   * another living process owns it, or this one already does.
   */
  static async acquire(
    path: string,
    options: DirectoryLockOptions = directoryLockDefaults,
  ): Promise<DirectoryLock> {
    const folder = resolve(path);
    const self = ownName();
    mkdirSync(folder, { recursive: true });
    for (let attempt = 1; ; attempt += 1) {
      claim(folder, self);
      let rival: Owner | undefined;
      try {
        rival = await livingRival(folder, self, options);
      } catch (error) {
        removeFile(join(folder, self.file));
        throw error;
      }
      if (rival === undefined) return new DirectoryLock(join(folder, self.file), options.heartbeat);
      removeFile(join(folder, self.file));
      if (attempt >= options.attempts) throw locked(folder, rival.pid);
      // Two that started together both withdrew: chance decides who is first next time.
      await pause(5 + Math.random() * 30 * attempt);
    }
  }

  /** Lets others own the directory. Releasing twice is allowed. */
  async release(): Promise<void> {
    clearInterval(this.#heart);
    removeFile(this.#file);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

function claim(folder: string, self: Owner): void {
  try {
    closeSync(openSync(join(folder, self.file), 'wx'));
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) throw locked(folder, self.pid);
    const message = `locking ${folder} failed: ${cause instanceof Error ? cause.message : cause}`;
    throw new DatabaseError('storage-failed', { message }, { cause });
  }
}

/** Another owner that lives; files of dead ones are removed. */
async function livingRival(
  folder: string,
  self: Owner,
  options: DirectoryLockOptions,
): Promise<Owner | undefined> {
  for (const name of readdirSync(folder)) {
    const other = parseName(name);
    if (other === undefined || other.file === self.file) continue;
    const lives =
      other.machine === self.machine
        ? isRunning(other, self)
        : await isTouched(join(folder, name), options);
    if (lives) return other;
    removeFile(join(folder, name));
  }
  return undefined;
}

function isRunning(other: Owner, self: Owner): boolean {
  const start = startOf(other.pid);
  if (start !== undefined) return start === other.start;
  // The start can't be seen, so a process that reused the pid counts as the owner, unless we are it.
  if (other.pid === self.pid) return false;
  try {
    process.kill(other.pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/** Whether the owner of a file, whose pid says nothing here, touches it within the patience. */
async function isTouched(file: string, options: DirectoryLockOptions): Promise<boolean> {
  const first = touchedAt(file);
  for (let waited = 0; waited < options.patience; waited += options.heartbeat / 4) {
    await pause(options.heartbeat / 4);
    const now = touchedAt(file);
    if (now === undefined) return false;
    if (now !== first) return true;
  }
  return false;
}

function touchedAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** A failure is left alone: on one machine ownership doesn't depend on it, and the next write meets it too. */
function touch(file: string): void {
  const now = new Date();
  utimes(file, now, now, () => undefined);
}

function ownName(): Owner {
  const { pid } = process;
  const start = startOf(pid) ?? processStart;
  const machine = machineName();
  return { file: `lock-${pid}-${start}-${machine}`, pid, start, machine };
}

function parseName(file: string): Owner | undefined {
  const [, pid, start, machine] = /^lock-(\d+)-(\d+)-([0-9a-f]{8})$/.exec(file) ?? [];
  if (pid === undefined || start === undefined || machine === undefined) return undefined;
  return { file, pid: Number(pid), start, machine };
}

/** Where the system doesn't tell: the same for every call in this process, and different in another. */
const processStart = String(Math.round(Date.now() - process.uptime() * 1000));

/** Clock ticks between boot and the start of a process, '' when it has ended; undefined where it can't be seen. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold anything; the start is the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not noticed yet.
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : fields[19];
  } catch {
    return undefined;
  }
}

function machineName(): string {
  let text = hostname();
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    text = `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // Not Linux: the host's name tells machines apart well enough.
  }
  return crc32(text).toString(16).padStart(8, '0');
}

function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function locked(path: string, pid: number): DatabaseError {
  return new DatabaseError('directory-locked', { path, pid });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolvePause) => setTimeout(resolvePause, milliseconds));
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
