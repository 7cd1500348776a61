// The same library filled by each official client with every kind of write it has, then read by both:
// whoever wrote and whoever asks, the answers are the same, and they are the expected ones.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type EmbeddingMock, startEmbeddingMock } from '../embedding-mock.ts';
import { answersIn, assertAlike } from './answers-alike.ts';
import { askedByBoth, askedByOne, whileWriting } from './library-answers.ts';
import { hasPython } from './python.ts';
import { runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';

const skip = skipWithout(await hasPython(), 'there is no python3 with venv');

const languages = ['python', 'typescript'] as const;
const writers = { python: 'library_write.py', typescript: 'library-write.ts' } as const;
const readers = { python: 'library_read.py', typescript: 'library-read.ts' } as const;

// The two clients write to servers of their own, side by side.
describe('a library', { skip, concurrency: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-library-'));
  let mock: EmbeddingMock;
  before(async () => {
    mock = await startEmbeddingMock();
  });
  after(async () => {
    await mock.close();
    rmSync(folder, { recursive: true });
  });

  for (const writer of languages) {
    describe(`of ${writers[writer]}`, { concurrency: 1 }, () => {
      let server: ServerProcess;
      before(async () => {
        const env = { TRANSFORMERS_INFERENCE_API: mock.url };
        server = await startServerProcess({ data: join(folder, writer), env });
      });
      after(async () => {
        assert.equal(await server.stop(), 0);
      });

      test('takes every kind of write', async () => {
        assertAlike(answersIn(await runProgram(writers[writer], server)), whileWriting[writer]);
      });
      for (const reader of languages) {
        test(`answers ${readers[reader]}`, async () => {
          const expected = { ...askedByBoth, ...askedByOne[reader] };
          assertAlike(answersIn(await runProgram(readers[reader], server)), expected);
        });
      }
    });
  }
});
