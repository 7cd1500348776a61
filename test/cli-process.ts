// The command line as users run it: a process of its own, with an environment that no setting of the
// tester's shell reaches.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { modelState, modelsDirectory } from '../src/vectorizers/local/model-store.ts';
import { modelEntry } from '../src/vectorizers/local/models.ts';

const main = join(import.meta.dirname, '../src/cli/main.ts');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Variables = Readonly<Record<string, string>>;

/** Starts a command and leaves it running. */
export function startCommand(args: readonly string[], variables: Variables = {}): ChildProcess {
  const kept = ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const env = { ...Object.fromEntries(kept), TESSERAE_MODELS: modelsDirectory(), ...variables };
  return spawn(process.execPath, ['--no-liftoff', main, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. */
export function runCommand(args: readonly string[], variables: Variables = {}): Promise<Ended> {
  return ended(startCommand(args, variables));
}

/** What a command printed, and how it ended. */
export function ended(child: ChildProcess): Promise<Ended> {
  const printed = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...printed }));
  });
}

/** A directory that is gone after the test. */
export function scratchFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A reason to skip when the local text model is not on this machine. */
export async function withoutModel(): Promise<string | false> {
  const state = await modelState(modelEntry('minilm'), modelsDirectory());
  if (state.kind === 'present') return false;
  return 'the model is not here: npm run --silent tesserae -- models pull minilm';
}

/** An environment in which no model can be had. */
export function modelless(folder: string): Variables {
  return {
    TESSERAE_MODELS: join(folder, 'models'),
    HF_ENDPOINT: 'http://127.0.0.1:9',
    PIP_NO_INDEX: '1',
  };
}
