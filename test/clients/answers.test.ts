// The official clients rerank hits and have texts written about them, by a stand-in for OpenAI: settings of
// the collection and of the query reach it, with the server's key.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type StandIn, startStandIn } from '../service-stand-in.ts';
import { hasPython } from './python.ts';
import { runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';

const skipPython = skipWithout(await hasPython(), 'there is no python3 with venv');
const ranked = ['tile of glass', 'tile of clay', 'tile'];
const said = (prompt: unknown): string => `said: ${prompt}`;
const whole = `sum up: ${JSON.stringify(ranked.map((text) => ({ text })))}`;

describe('reranked hits and texts about them', () => {
  const data = mkdtempSync(join(tmpdir(), 'tesserae-answers-'));
  let service: StandIn;
  let server: ServerProcess;

  before(async () => {
    service = await startStandIn(({ body }) => {
      const [message] = body['messages'] as readonly { readonly content: string }[];
      return { body: { choices: [{ message: { content: said(message?.content) } }] } };
    });
    const env = { OPENAI_BASE_URL: service.url, OPENAI_APIKEY: 'own' };
    server = await startServerProcess({ data, env });
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    await service[Symbol.asyncDispose]();
    rmSync(data, { recursive: true });
  });

  const check = async (program: string): Promise<void> => {
    service.calls.length = 0;
    const lines = await runProgram(program, server);
    assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), {
      ranked: ranked.map((text) => [text, text.length]),
      plain: 2,
      written: ranked.map((text) => [said(`about ${text}`), `about ${text}`]),
      whole: said(whole),
    });
    assert.equal(service.calls.length, 4);
    for (const { path, body, headers } of service.calls) {
      assert.equal(path, '/v1/chat/completions');
      assert.equal(headers.authorization, 'Bearer own');
      assert.equal(body['model'], 'writer');
    }
    const prompts = service.calls.map(({ body: { messages } }) => {
      return (messages as readonly { readonly content: string }[])[0]?.content;
    });
    assert.deepEqual(prompts.sort(), [...ranked.map((text) => `about ${text}`), whole].sort());
  };

  test('the Python client', { skip: skipPython }, () => check('answers.py'));
  test('the TypeScript client', () => check('answers.ts'));
});
