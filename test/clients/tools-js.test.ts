// Tools in JavaScript that are built on the official clients, and the client before today's, as their
// users drive them. The programs assert what they get; here it counts that they come to their end.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type EmbeddingMock, startEmbeddingMock } from '../embedding-mock.ts';
import { type StandIn, startStandIn } from '../service-stand-in.ts';
import { runCommand } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';
import { hasNpm, toolCommand } from './tools-js.ts';

const skip = skipWithout(await hasNpm(), 'there is no npm');

const journeys: Readonly<Record<string, readonly string[]>> = {
  'old-client.mjs': ['server', 'schema', 'objects', 'batches', 'references', 'lists', 'deleting'],
  'old-client-search.mjs': [
    'objects',
    'vectors',
    'keywords',
    'filters',
    'order',
    'aggregates',
    'refusals',
  ],
  'old-client-texts.mjs': ['texts', 'token vectors'],
  'old-client-tenants.mjs': ['tenants', 'objects', 'searches', 'states', 'deleting'],
  'langchain.mjs': [
    'store',
    'similarity',
    'filters',
    'hybrid',
    'retriever',
    'generate',
    'named vectors',
    'token vectors',
    'tenants',
    'deleting',
  ],
  'llamaindex.mjs': ['store', 'queries', 'filters', 'index', 'deleting'],
};

describe('a journey of a tool in JavaScript', { skip }, () => {
  const data = mkdtempSync(join(tmpdir(), 'tesserae-tools-js-'));
  let embeddings: EmbeddingMock;
  let writer: StandIn;
  let server: ServerProcess;
  let printed = '';

  before(async () => {
    embeddings = await startEmbeddingMock();
    writer = await startStandIn(({ body }) => {
      const [message] = body['messages'] as readonly { readonly content: string }[];
      return { body: { choices: [{ message: { content: `said: ${message?.content}` } }] } };
    });
    const env = {
      TRANSFORMERS_INFERENCE_API: embeddings.url,
      OPENAI_BASE_URL: writer.url,
      OPENAI_APIKEY: 'own',
    };
    server = await startServerProcess({ data, env });
    server.process.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    await writer[Symbol.asyncDispose]();
    await embeddings.close();
    rmSync(data, { recursive: true });
  });

  for (const [file, steps] of Object.entries(journeys)) {
    test(`${file} comes to its end`, async () => {
      const lines = await runCommand(await toolCommand(file), server);
      // The tools print lines of their own between.
      assert.deepEqual(
        lines.filter((line) => steps.includes(line)),
        steps,
      );
      assert.doesNotMatch(printed, /"level":"error"/);
    });
  }
});
