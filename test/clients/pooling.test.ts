// Token pooling, which the official clients have no word for, through what they put through.

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

describe('token pooling by official clients', () => {
  const data = mkdtempSync(join(tmpdir(), 'tesserae-pooling-'));
  let server: ServerProcess;
  before(async () => {
    server = await startServerProcess({ data });
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    rmSync(data, { recursive: true });
  });

  test('TypeScript', async () => {
    assert.deepEqual(await runProgram('pooling.ts', server), ['done']);
  });

  test('Python', { skip: skipPython }, async () => {
    assert.deepEqual(await runProgram('pooling.py', server), ['done']);
  });
});
