// A day of a program with a client: it knows a key of the server, and everything that it asks is answered
// without an error in the server's log.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddingMock } from '../embedding-mock.ts';
import { answersIn } from './answers-alike.ts';
import type { Answers } from './library-answers.ts';
import { runCommand } from './run-program.ts';
import { startServerProcess } from './server-process.ts';

const key = {
  AUTHENTICATION_APIKEY_ENABLED: 'true',
  AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'the-key',
  AUTHENTICATION_APIKEY_USERS: 'owner',
  AUTHORIZATION_ADMINLIST_ENABLED: 'true',
  AUTHORIZATION_ADMINLIST_USERS: 'owner',
};

/** Runs a command against a server of its own and resolves to the answers that it printed. */
export async function answersOfDay(command: readonly string[]): Promise<Answers> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-day-'));
  await using mock = await startEmbeddingMock();
  const env = { ...key, TRANSFORMERS_INFERENCE_API: mock.url };
  const server = await startServerProcess({ data: join(folder, 'data'), env });
  let printed = '';
  server.process.stderr?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  try {
    const answers = answersIn(await runCommand(command, server));
    assert.doesNotMatch(printed, /"level":"error"/);
    return answers;
  } finally {
    assert.equal(await server.stop(), 0);
    rmSync(folder, { recursive: true });
  }
}
