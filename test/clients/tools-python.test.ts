// Tools in Python that are built on the official client, as their users drive them. The programs assert
// what they get; here it counts that they come to their end, step by step.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writeTinyFolder } from '../tiny-model.ts';
import { hasPython, pythonMinorOfTools, pythonSettings, pythonWithTools } from './python.ts';
import { runCommand } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';

const skip = skipWithout(
  await hasPython(pythonMinorOfTools),
  `there is no python3 of 3.${pythonMinorOfTools} or later with venv`,
);

const journeys: Readonly<Record<string, readonly string[]>> = {
  'langchain_journey.py': [
    'store',
    'similarity',
    'variety',
    'filters',
    'hybrid',
    'retrievers',
    'deleting',
    'async',
    'tenants',
    'token vectors',
  ],
  'llama_index_journey.py': ['store', 'queries', 'filters', 'index', 'deleting', 'async', 'texts'],
  'haystack_journey.py': [
    'writing',
    'filters',
    'retrievers',
    'figures',
    'deleting',
    'async',
    'texts',
  ],
  'weaviate_cli_journey.py': [
    'command',
    'collections',
    'data',
    'queries',
    'changes',
    'nodes',
    'tenants',
    'refusals',
  ],
};

describe('a journey of a tool in Python', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-tools-python-'));
  let server: ServerProcess;
  let printed = '';

  before(async () => {
    const models = join(folder, 'models');
    await writeTinyFolder(join(models, 'tiny'));
    server = await startServerProcess({
      data: join(folder, 'data'),
      env: {
        AUTHENTICATION_APIKEY_ENABLED: 'true',
        AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'tools-key',
        AUTHENTICATION_APIKEY_USERS: 'owner',
        MODEL_DIR: models,
        TRANSFORMERS_INFERENCE_API: 'local:tiny',
      },
    });
    server.process.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    rmSync(folder, { recursive: true });
  });

  for (const [file, steps] of Object.entries(journeys)) {
    test(`${file} comes to its end`, async () => {
      const program = join(import.meta.dirname, 'tools-python', file);
      const command = [await pythonWithTools(), '-W', 'ignore', program];
      const lines = await runCommand(command, server, pythonSettings);
      // The tools print lines of their own between.
      assert.deepEqual(
        lines.filter((line) => steps.includes(line)),
        steps,
      );
      assert.doesNotMatch(printed, /"level":"error"/);
    });
  }
});
