// Generators: what each service is posted, with whose key, what is read from its reply, and what becomes of
// services that fail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StandInAnswer, startStandIn } from '../../test/service-stand-in.ts';
import type { ServiceSettings } from '../vectorizers/module-service.ts';
import { createGenerators } from './create-generators.ts';
import type { Generator } from './generator.ts';

type Settings = Readonly<Record<string, unknown>>;

const impatient = {
  objectsMax: 0,
  queryMax: 0,
  pauseMs: 1,
  objectsBudgetMs: 100,
  queryBudgetMs: 100,
};
const task = { prompt: 'say hello', images: [] };
const png = 'iVBORw0KGgo=';

function make(
  module: string,
  settings: Settings = {},
  { operator = {}, ofQuery = {} }: { operator?: ServiceSettings; ofQuery?: Settings } = {},
): Generator {
  const generators = createGenerators({ retryPolicy: impatient, ...operator });
  return generators({ collection: 'C', module, settings, ofQuery });
}

const chatReply = {
  choices: [{ message: { content: 'hello' } }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};
const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const messages = [{ role: 'user', content: 'say hello' }];

interface Case {
  readonly module: string;
  /** The setting with the address, when it is not `baseURL`. */
  readonly field?: string;
  readonly settings?: Settings;
  readonly sent?: Readonly<Record<string, string>>;
  readonly reply: unknown;
  readonly path: string;
  readonly body: object;
  readonly key?: readonly [name: string, value: string];
  readonly found: object;
}

const bearer = ['authorization', 'Bearer secret'] as const;
const cases: readonly Case[] = [
  {
    module: 'generative-openai',
    settings: { model: 'small', temperature: 0.5, maxTokens: 9, topP: 1, frequencyPenalty: 0 },
    sent: { 'x-openai-api-key': 'secret' },
    reply: chatReply,
    path: '/v1/chat/completions',
    body: {
      model: 'small',
      messages,
      temperature: 0.5,
      max_tokens: 9,
      top_p: 1,
      frequency_penalty: 0,
    },
    key: bearer,
    found: { text: 'hello', usage },
  },
  {
    module: 'generative-openai',
    settings: { resourceName: 'r', deploymentId: 'd', apiVersion: 'v', temperatureProperty: 0 },
    sent: { 'x-azure-api-key': 'secret' },
    reply: chatReply,
    path: '/openai/deployments/d/chat/completions?api-version=v',
    body: { messages, temperature: 0 },
    key: ['api-key', 'secret'],
    found: { text: 'hello', usage },
  },
  {
    module: 'generative-mistral',
    sent: { 'x-mistral-api-key': 'secret' },
    reply: { choices: [{ message: { content: [{ type: 'text', text: 'hel' }, { text: 'lo' }] } }] },
    path: '/v1/chat/completions',
    body: { model: 'mistral-small-latest', messages },
    key: bearer,
    found: { text: 'hello' },
  },
  {
    module: 'generative-databricks',
    field: 'endpoint',
    sent: { 'x-databricks-token': 'secret' },
    reply: chatReply,
    path: '/',
    body: { messages },
    key: bearer,
    found: { text: 'hello', usage },
  },
  {
    module: 'generative-anthropic',
    settings: { model: 'm', topK: 4, stopSequences: ['x'] },
    sent: { 'x-anthropic-api-key': 'secret' },
    reply: {
      content: [{ type: 'text', text: 'hello' }],
      usage: { input_tokens: 3, output_tokens: 2 },
    },
    path: '/v1/messages',
    body: {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'say hello' }] }],
      max_tokens: 4096,
      top_k: 4,
      stop_sequences: ['x'],
    },
    key: ['x-api-key', 'secret'],
    found: { text: 'hello', usage: { inputTokens: 3, outputTokens: 2 } },
  },
  {
    module: 'generative-cohere',
    settings: { k: 2 },
    sent: { 'x-cohere-api-key': 'secret' },
    reply: {
      message: { content: [{ type: 'text', text: 'hello' }] },
      usage: { tokens: { input_tokens: 3, output_tokens: 2 } },
    },
    path: '/v2/chat',
    body: {
      model: 'command-a-03-2025',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'say hello' }] }],
      stream: false,
      k: 2,
    },
    key: bearer,
    found: { text: 'hello', usage: { inputTokens: 3, outputTokens: 2 } },
  },
  {
    module: 'generative-ollama',
    field: 'apiEndpoint',
    settings: { model: 'm', temperature: 0 },
    reply: { response: 'hello', prompt_eval_count: 3, eval_count: 2 },
    path: '/api/generate',
    body: { model: 'm', prompt: 'say hello', stream: false, options: { temperature: 0 } },
    found: { text: 'hello', usage: { inputTokens: 3, outputTokens: 2 } },
  },
  {
    module: 'generative-google',
    field: 'apiEndpoint',
    settings: { projectId: 'p', location: 'here', modelId: 'm', maxOutputTokens: 7 },
    sent: { 'x-goog-vertex-api-key': 'secret' },
    reply: {
      candidates: [{ content: { parts: [{ text: 'hello' }] } }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
    },
    path: '/v1/projects/p/locations/here/publishers/google/models/m:generateContent',
    body: {
      contents: [{ role: 'user', parts: [{ text: 'say hello' }] }],
      generationConfig: { maxOutputTokens: 7 },
    },
    key: bearer,
    found: { text: 'hello', usage },
  },
  {
    module: 'generative-contextualai',
    settings: { knowledge: ['a'], maxNewTokens: 4 },
    sent: { 'x-contextual-api-key': 'secret' },
    reply: { response: 'hello' },
    path: '/v1/generate',
    body: { model: 'v2', messages, knowledge: ['a'], max_new_tokens: 4 },
    key: bearer,
    found: { text: 'hello' },
  },
];

for (const {
  module,
  field = 'baseURL',
  settings,
  sent = {},
  reply,
  path,
  body,
  key,
  found,
} of cases) {
  test(`${module} posts ${path} with the settings under the service's names`, async () => {
    await using service = await startStandIn(() => ({ body: reply }));
    const generator = make(module, { ...settings, [field]: service.url });
    assert.deepEqual(await generator.generate(task, { headers: sent }), found);
    const [call] = service.calls;
    assert.equal(call?.path, path);
    assert.deepEqual(call?.body, body);
    if (key) assert.equal(call?.headers[key[0]], key[1]);
  });
}

test('the organization of the caller is told to OpenAI', async () => {
  await using service = await startStandIn(() => ({ body: chatReply }));
  const headers = { 'x-openai-organization': 'ours' };
  await make('generative-openai', { baseURL: service.url }).generate(task, { headers });
  assert.equal(service.calls[0]?.headers['openai-organization'], 'ours');
});

test('what a query says counts before what the collection says', async () => {
  await using service = await startStandIn(() => ({ body: chatReply }));
  const ofQuery = { temperature: 1, baseURL: service.url };
  const settings = { model: 'mine', temperature: 0 };
  await make('generative-openai', settings, { ofQuery }).generate(task, { headers: {} });
  assert.deepEqual(service.calls[0]?.body, { model: 'mine', messages, temperature: 1 });
});

test('an address of the query gets no key of the server, and none at all where callers have keys', async () => {
  await using service = await startStandIn(() => ({ body: chatReply }));
  const ofQuery = { baseURL: service.url };
  const apiKeys = { openai: 'own' };
  const generator = make('generative-openai', {}, { ofQuery, operator: { apiKeys } });
  await generator.generate(task, { headers: {} });
  assert.equal(service.calls[0]?.headers.authorization, undefined);
  const redirected = { apiKeys, openaiBaseUrl: `${service.url}/v1` };
  await make('generative-openai', {}, { operator: redirected }).generate(task, { headers: {} });
  assert.equal(service.calls[1]?.headers.authorization, 'Bearer own');
  assert.equal(service.calls[1]?.path, '/v1/chat/completions');
  assert.throws(
    () => make('generative-openai', {}, { ofQuery, operator: { hasOwnKeys: true } }),
    /callers of this server choose no addresses/,
  );
});

test('images go along in the form of the service, and are refused where it has none', async () => {
  await using service = await startStandIn(({ path }) => ({
    body: path === '/api/generate' ? { response: 'seen' } : chatReply,
  }));
  const withImage = { prompt: 'what', images: [png] };
  const { url } = service;
  await make('generative-openai', { baseURL: url }).generate(withImage, { headers: {} });
  await make('generative-ollama', { apiEndpoint: url }).generate(withImage, { headers: {} });
  const [chat, ollama] = service.calls;
  assert.deepEqual(chat?.body['messages'], [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'what' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
      ],
    },
  ]);
  assert.deepEqual(ollama?.body['images'], [png]);
  await assert.rejects(
    make('generative-mistral', { baseURL: url }).generate(withImage, { headers: {} }),
    /images can't be sent to Mistral/,
  );
});

test('without a key nothing is sent to the public service', async () => {
  await assert.rejects(make('generative-openai').generate(task, { headers: {} }), {
    message:
      'OpenAI API Key: no api key found neither in request header: X-Openai-Api-Key nor in environment variable under OPENAI_APIKEY',
  });
});

const failures: Readonly<Record<string, [StandInAnswer, RegExp]>> = {
  'no text': [{ body: { choices: [] } }, /OpenAI: there is no text in the reply/],
  'a list': [{ body: [1] }, /OpenAI: there is no text in the reply/],
  'a page': [{ body: '<html>' }, /HTML/],
  'a refused key': [
    { status: 401, body: { error: { message: 'key secret is wrong' } } },
    /connection to: OpenAI API failed with status: 401 error: key \*\*\* is wrong/,
  ],
  'no answer': ['hang', /no answer from .* within 200 ms/],
  'a broken connection': ['break off', /cannot reach/],
};

for (const [what, [answer, message]] of Object.entries(failures)) {
  test(`a service that sends ${what} is an error that says so, without the key`, async () => {
    await using service = await startStandIn(() => answer);
    const operator = { timeoutMs: 200 };
    const generator = make('generative-openai', { baseURL: service.url }, { operator });
    const text = generator.generate(task, { headers: { 'x-openai-api-key': 'secret' } });
    await assert.rejects(text, message);
  });
}

test('a service that limits its callers is asked again', async () => {
  await using service = await startStandIn((_, before) =>
    before === 0 ? { status: 429, body: {} } : { body: chatReply },
  );
  const retryPolicy = { ...impatient, queryMax: 1, queryBudgetMs: 5000 };
  const generator = make(
    'generative-openai',
    { baseURL: service.url },
    { operator: { retryPolicy } },
  );
  assert.equal((await generator.generate(task, { headers: {} })).text, 'hello');
  assert.equal(service.calls.length, 2);
});

test('modules without a service that can be asked are refused by name', () => {
  assert.throws(() => make('generative-aws'), /no generative module with name "generative-aws"/);
  assert.throws(() => make('generative-databricks'), /the settings name no address in endpoint/);
  assert.throws(
    () => make('generative-ollama', {}, { operator: { ollamaBaseUrl: 'local:minilm' } }),
    /minilm is a model that embeds, it writes no texts/,
  );
});
