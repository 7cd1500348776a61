// Builds the program of test/clients/go with the machine's own Go, in a folder of the project's own
// (.cache/go).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce, makeMsMax } from './made-once.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const sources = join(import.meta.dirname, 'go');
const folder = join(root, '.cache/go');

/** Where it may be: on PATH, or where its own installer puts it without telling PATH. */
const places = ['go', '/usr/local/go/bin/go'];

/** True when there is a Go that knows the language of the program. */
export async function hasGo(): Promise<boolean> {
  return (await goCommand()) !== undefined;
}

async function goCommand(): Promise<string | undefined> {
  for (const command of places) {
    try {
      const env = { ...process.env, ...local };
      const { stdout } = await run(command, ['env', 'GOVERSION'], { env });
      const [, major, minor] = /^go(\d+)\.(\d+)/.exec(stdout) ?? [];
      if (Number(major) > 1 || Number(minor) >= 24) return command;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** No other Go is downloaded than the one that is there. */
const local = { GOTOOLCHAIN: 'local' };

/**
 * What makes a cold build cheap, standard library and all: no optimization, no inlining, no debug
 * information, no C compiler, no garbage collection, one thread for each of the compilers that run side by
 * side, neither HTTP/2 of the standard library nor traces of gRPC. 70 to 85 s of CPU instead of 127.
 */
const cheap = {
  env: { CGO_ENABLED: '0', GOGC: 'off', GOMAXPROCS: '1' },
  flags: [
    ...[`-p=${availableParallelism()}`, '-buildvcs=false', '-tags=grpcnotrace,nethttpomithttp2'],
    ...['-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w'],
  ],
};

/** The program; builds it when it is missing or its sources changed. */
export async function goProgram(): Promise<string> {
  const program = join(folder, 'journey');
  const hash = createHash('sha256');
  for (const file of globSync(['*.go', 'go.mod', 'go.sum'], { cwd: sources }).sort()) {
    hash.update(`${file}\n`).update(readFileSync(join(sources, file)));
  }
  const make = async (): Promise<void> => {
    const env = { ...process.env, ...local, ...cheap.env };
    const limits = { cwd: sources, env, timeout: makeMsMax, maxBuffer: 1 << 26 };
    const go = await goCommand();
    assert(go !== undefined, 'whoever asks for the program has asked hasGo()');
    await run(go, ['build', ...cheap.flags, '-o', program, '.'], limits);
  };
  await madeOnce({ folder, stamp: hash.digest('hex'), make });
  return program;
}
