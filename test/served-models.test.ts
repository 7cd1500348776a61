// One server embeds through another: the second has the local model and serves it by the protocols of
// embedding services, the first stores and searches. Both are processes of their own.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import type { JsonObject } from './grpc/golden-messages.ts';
import { type Colour, cellBlock, drawPage, pngOf } from './page-picture.ts';
import { Wire } from './replay/wire.ts';
import { minilmOrSkip } from './require-or-skip.ts';
import { tinyPageFolder } from './tiny-page-model.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function send(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** A picture of one colour. */
function coloured(colour: Colour): string {
  const sheet = { width: 128, height: 128, across: 1, down: 1 };
  const blocks = [cellBlock(colour, { x: 0, y: 0 }, sheet)];
  return pngOf(drawPage(sheet.width, sheet.height, blocks)).toString('base64');
}

const embedderKey = 'key-of-the-embedder';
const keys = {
  AUTHENTICATION_APIKEY_ENABLED: 'true',
  AUTHENTICATION_APIKEY_ALLOWED_KEYS: `${embedderKey},key-of-nobody`,
  AUTHENTICATION_APIKEY_USERS: 'reader,nobody',
  AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'false',
  AUTHORIZATION_ADMINLIST_ENABLED: 'true',
  AUTHORIZATION_ADMINLIST_USERS: 'admin',
  AUTHORIZATION_ADMINLIST_READONLY_USERS: 'reader',
};

describe('a server embeds through another one', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tesserae-served-'));
  const running: ServerProcess[] = [];
  let embedder: ServerProcess;
  let store: ServerProcess;
  let hasText = false;

  const start = async (name: string, env: Record<string, string>): Promise<ServerProcess> => {
    const server = await startServerProcess({ data: join(scratch, name), env });
    running.push(server);
    return server;
  };
  before(async (context) => {
    const models = join(scratch, 'models');
    const own = join(scratch, 'own');
    await mkdir(models);
    const page = await tinyPageFolder({ longestEdge: 512 });
    await cp(page, join(own, 'tiny-page'), { recursive: true });
    await rm(page, { recursive: true });
    const text = await minilmOrSkip(context as TestContext);
    if (text !== undefined) await symlink(text, join(models, 'minilm'));
    hasText = text !== undefined;
    embedder = await start('embedder', {
      ...keys,
      TESSERAE_MODELS: models,
      MODEL_DIR: own,
      TESSERAE_SERVED_MODELS: 'minilm,other-name=minilm,colmodernvbert=tiny-page',
    });
    store = await start('store', {
      TESSERAE_MODELS: join(scratch, 'no-models'),
      JINAAI_BASE_URL: `${embedder.url}?model=other-name&mark=server`,
      JINAAI_APIKEY: embedderKey,
      WEAVIATE_EMBEDDINGS_BASE_URL: embedder.url,
      WEAVIATE_EMBEDDINGS_APIKEY: embedderKey,
    });
  });
  after(async () => {
    for (const server of running) await server.kill();
    rmSync(scratch, { recursive: true });
  });

  /** The nearest object as JSON text. */
  const nearest = async (collection: string, search: JsonObject): Promise<string> => {
    const wire = new Wire(store, '');
    try {
      const { status, details, reply } = await wire.unary({
        kind: 'grpc',
        method: '/weaviate.v1.Weaviate/Search',
        request: {
          collection,
          limit: 1,
          metadata: { uuid: true },
          ...search,
          uses_123_api: true,
          uses_125_api: true,
          uses_127_api: true,
        },
        status: 'OK',
        reply: {},
      });
      if (status !== 'OK') throw new Error(details);
      return JSON.stringify(reply);
    } finally {
      wire.close();
    }
  };

  test('objects and queries get the vectors of its model', async (context) => {
    if (!hasText) return context.skip('no model minilm');
    const texts = ['a red fox in the snow', 'tax return form', 'whales sing in the deep sea'];
    const created = await send('POST', `${store.url}/v1/schema`, {
      class: 'Served',
      vectorConfig: {
        mv: { vectorizer: { 'text2multivec-jinaai': { vectorizeClassName: false } } },
      },
      properties: [{ name: 'text', dataType: ['text'] }],
    });
    assert.equal(created.status, 200);
    const objects = texts.map((text) => ({ class: 'Served', properties: { text } }));
    const batch = await send('POST', `${store.url}/v1/batch/objects`, { objects });
    const results = batch.body as { result: { status: string } }[];
    assert.deepEqual(
      results.map(({ result }) => result),
      texts.map(() => ({ status: 'SUCCESS' })),
    );
    const list = await send('GET', `${store.url}/v1/objects?class=Served&include=vector`);
    const stored = (
      list.body as { objects: { properties: { text: string }; vectors: { mv: number[][] } }[] }
    ).objects;
    const direct = await send(
      'POST',
      `${embedder.url}/v1/multi-vector`,
      { model: 'minilm', input: stored.map((object) => object.properties.text) },
      { authorization: `Bearer ${embedderKey}` },
    );
    assert.equal(direct.status, 200);
    const { data } = direct.body as { data: { index: number; embeddings: number[][] }[] };
    assert.deepEqual(
      stored.map((object) => object.vectors.mv),
      data.map((entry) => entry.embeddings),
    );
    assert.deepEqual([stored.length, stored[0]?.vectors.mv[0]?.length], [3, 384]);
  });

  test('a search by text finds the nearest', async (context) => {
    if (!hasText) return context.skip('no model minilm');
    const found = await nearest('Served', { near_text: { query: ['income tax'] } });
    assert.match(found, /"tax return form"/);
  });

  test('page images get the patch vectors of its page model (the tiny fixture)', async () => {
    const { url } = store;
    const created = await send('POST', `${url}/v1/schema`, {
      class: 'Pages',
      vectorConfig: {
        document: { vectorizer: { 'multi2multivec-weaviate': { imageFields: ['page'] } } },
      },
      properties: [
        { name: 'title', dataType: ['text'] },
        { name: 'page', dataType: ['blob'] },
      ],
    });
    assert.equal(created.status, 200);
    const objects = (['red', 'blue', 'green'] as const).map((title) => ({
      class: 'Pages',
      properties: { title, page: coloured(title) },
    }));
    const batch = await send('POST', `${url}/v1/batch/objects`, { objects });
    const results = batch.body as { result: unknown }[];
    assert.deepEqual(
      results.map(({ result }) => result),
      objects.map(() => ({ status: 'SUCCESS' })),
    );
    assert.match(await nearest('Pages', { near_text: { query: ['blue'] } }), /"blue"/);
    assert.match(await nearest('Pages', { near_image: { image: coloured('green') } }), /"green"/);
    const wrong = { near_image: { image: Buffer.from('no picture').toString('base64') } };
    await assert.rejects(
      nearest('Pages', wrong),
      /multi2multivec-weaviate module: .* 422 input\[0\]/,
    );
  });

  test('a text model looks for words in an image, and says when there are none', async (context) => {
    if (!hasText) return context.skip('no model minilm');
    const headers = { authorization: `Bearer ${embedderKey}` };
    const url = `${embedder.url}/v1/embeddings/embed`;
    const answer = await send('POST', url, { model: 'minilm', input: [coloured('red')] }, headers);
    assert.equal(answer.status, 422);
    assert.match(JSON.stringify(answer.body), /input\[0\]: .*no word can be read in the image/);
  });

  test('it asks for a key, a right and a model that it serves', async () => {
    const url = `${embedder.url}/v1/multi-vector`;
    const body = { model: 'minilm', input: ['x'] };
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    assert.equal((await send('POST', url, body)).status, 401);
    const nobody = await send('POST', url, body, as('key-of-nobody'));
    assert.equal(nobody.status, 403);
    const unknown = await send('POST', url, { ...body, model: 'gpt' }, as(embedderKey));
    assert.deepEqual(unknown, {
      status: 422,
      body: { detail: 'unknown model "gpt"; known are minilm, other-name, colmodernvbert' },
    });
    const long = { model: 'minilm', input: ['fine', 'a '.repeat(17_000)] };
    if (hasText) {
      const refused = await send('POST', url, long, as(embedderKey));
      assert.equal(refused.status, 422);
      assert.match(JSON.stringify(refused.body), /input\[1\]: local model minilm: the text has/);
    }
    const models = await send(
      'GET',
      `${embedder.url}/v1/tesserae/models`,
      undefined,
      as(embedderKey),
    );
    assert.equal(models.status, 200);
    const names = (models.body as { models: { name: string }[] }).models.map(({ name }) => name);
    assert.deepEqual(names, ['minilm', 'other-name', 'colmodernvbert']);
  });
});
