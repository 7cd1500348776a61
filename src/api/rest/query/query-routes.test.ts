// The route of questions: what it reads, refuses and answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noContext, openDatabase, uuidOf } from '../../../../test/simulation/world.ts';
import { resolveCollection } from '../../../database/schema/collection-schema.ts';
import type { TextAnswer } from '../../../database/text-query/text-query.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import { createRestApp } from '../rest-app.ts';

const properties = [
  { name: 'text', type: 'text' },
  { name: 'year', type: 'int' },
] as const;

async function openApp(mayRead = true) {
  const database = await openDatabase();
  await database.createCollection(resolveCollection({ name: 'Notes', properties }));
  const texts = ['a red fox', 'a red barn'];
  const objects = texts.map((text, year) => ({
    ...{ uuid: uuidOf(year + 1), properties: { text, year }, vectors: new Map() },
  }));
  await database.collection('Notes').insertMany(objects, noContext);
  const app = createRestApp({
    ...{ database, address: () => '', isReady: () => true, clock: () => 0 },
    authenticate: () => {
      if (!mayRead) throw new DatabaseError('unauthenticated', { message: 'who are you' });
      return { name: 'reader', mayRead: true, mayWrite: false };
    },
    settings: {
      limits: { defaultLimit: 25, maximumResults: 10_000 },
      ...{ bodyBytesMax: 10_000, grpcMessageBytesMax: 10_000, modules: {} },
    },
    logError: (message, error) => assert.fail(`${message}: ${String(error)}`),
  });
  app.addHook('onClose', () => database.close());
  const ask = async (payload: object, collection = 'Notes') => {
    const url = `/v1/tesserae/query/${collection}`;
    const { statusCode, body } = await app.inject({ method: 'POST', url, payload });
    return { status: statusCode, body };
  };
  return { app, ask };
}

test('a question is answered with passages and terms, and may be narrowed', async (t) => {
  const { app, ask } = await openApp();
  t.after(() => app.close());
  const where = { path: ['year'], operator: 'Equal', valueInt: 1 };
  const { status, body } = await ask({ query: 'red fox', detail: 'all', where });
  assert.equal(status, 200, body);
  const { mode, hits } = JSON.parse(body) as TextAnswer;
  assert.equal(mode, 'keyword');
  assert.deepEqual(
    hits.map(({ properties: found, snippet, terms, boxes }) => [found, snippet, terms, boxes]),
    [
      [
        { text: 'a red barn', year: 1 },
        { text: 'a red barn', start: 0, marks: [[2, 5]] },
        [{ property: 'text', term: 'red', spans: [[2, 5]] }],
        [],
      ],
    ],
  );
  const both = JSON.parse((await ask({ query: 'red fox', limit: 1 })).body) as TextAnswer;
  assert.deepEqual(
    both.hits.map(({ uuid, terms }) => [uuid, terms]),
    [[uuidOf(1), undefined]],
  );
});

test('what makes no sense is refused, and who may not read', async (t) => {
  const { app, ask } = await openApp();
  t.after(() => app.close());
  for (const [body, status, message] of [
    [{}, 400, /query/],
    [{ query: 7 }, 400, /query/],
    [{ query: 'x', colour: 1 }, 400, /colour.*no such field/],
    [{ query: 'x', mode: 'guess' }, 400, /mode.*not one of/],
    [{ query: 'x', vectors: 'text' }, 400, /vectors.*list of names/],
    [{ query: 'x', limit: '3' }, 400, /limit.*number/],
    [{ query: 'x', limit: 101 }, 422, /limit is 101; allowed: whole numbers from 0 to 100/],
    [{ query: 'x', alpha: 2, mode: 'hybrid', vectors: [] }, 422, /alpha/],
    [{ query: 'x', mode: 'vector' }, 422, /no vectorizer/],
    [[], 400, /object/],
  ] as const) {
    const answer = await ask(body);
    assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.body}`);
    assert.match(answer.body, message);
  }
  assert.equal((await ask({ query: 'x' }, 'Nobody')).status, 404);
  const closed = await openApp(false);
  t.after(() => closed.app.close());
  assert.equal((await closed.ask({ query: 'x' })).status, 401);
});
