// Everything that a user does with a client in a day, as one program for each official client. The
// programs assert what they get; here it counts that they come to their end, step by step.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hasPython } from './python.ts';
import { runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';

const skipPython = skipWithout(await hasPython(), 'there is no python3 with venv');

/** Keys that the programs know: one of an administrator, one of somebody who may only read. */
const keys = {
  AUTHENTICATION_APIKEY_ENABLED: 'true',
  AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'the-key,read-key',
  AUTHENTICATION_APIKEY_USERS: 'owner,reader',
  AUTHORIZATION_ADMINLIST_ENABLED: 'true',
  AUTHORIZATION_ADMINLIST_USERS: 'owner',
  AUTHORIZATION_ADMINLIST_READONLY_USERS: 'reader',
};

const steps = [
  'server',
  'collections',
  'configuration',
  'batches',
  'objects',
  'vectors',
  'keywords',
  'filters',
  'order',
  'deleting',
  'tenants',
  'rights',
];

describe('a journey', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-journey-'));
  let server: ServerProcess;
  let printed = '';

  before(async () => {
    server = await startServerProcess({ data: join(folder, 'data'), env: keys });
    server.process.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    rmSync(folder, { recursive: true });
  });

  for (const [file, skip] of [
    ['journey.py', skipPython],
    ['journey.ts', false],
  ] as const) {
    test(`${file} comes to its end`, { skip }, async () => {
      const lines = await runProgram(file, server);
      // The clients print lines of their own between.
      const done = lines.filter((line) => steps.includes(line));
      assert.deepEqual(done, steps);
      assert.doesNotMatch(printed, /"level":"error"/);
    });
  }
});
