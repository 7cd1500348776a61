// Modules that make one vector of a text: the local model pooled, and the inference service.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { minilmOrSkip } from '../../test/require-or-skip.ts';
import { tinyFolderWords, tinyState, writeTinyFolder } from '../../test/tiny-model.ts';
import { createVectorizers, vectorizerSettings } from './create-vectorizers.ts';
import { retryPolicy } from './retries.ts';
import type { Embedding, VectorizerConfig } from './vectorizer.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tesserae-single-'));
  await writeTinyFolder(join(root, 'tiny'));
});
after(() => rm(root, { recursive: true }));

function config(module: string, settings: Record<string, unknown> = {}): VectorizerConfig {
  return { collection: 'Demo', vectorName: '', module, settings, metric: 'cosine' };
}

const caller = { headers: {} };

function valuesOf(embedding: Embedding | undefined): number[] {
  assert.equal(embedding?.kind, 'vector');
  const { vector, places } = embedding as Extract<Embedding, { kind: 'vector' }>;
  assert.equal(vector.kind, 'single');
  assert.equal(places, undefined);
  return [...vector.values];
}

function assertNear(found: readonly number[], expected: readonly number[], tolerance = 1e-6) {
  assert.equal(found.length, expected.length);
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs((found[index] ?? 0) - value) <= tolerance, `${found} is not ${expected}`);
  }
}

/** The mean of the states of attended tokens, at unit length. */
function meanOf(words: readonly string[]): number[] {
  const states = words.map((word) => tinyState(tinyFolderWords.indexOf(word)));
  const sum = [0, 1, 2].map((at) =>
    states.reduce((total, state) => total + (state[at] ?? 0) + 1, 0),
  );
  return sum.map((value) => value / Math.hypot(...sum));
}

test('one vector is the mean of all states, those of special and skipped tokens and of every window', async () => {
  await using make = createVectorizers({ modelsDirectory: root, ownModels: root });
  const settings = { inferenceUrl: 'local:tiny' };
  const vectorizer = make(config('text2vec-transformers', settings))!;
  assert.deepEqual([vectorizer.kind, vectorizer.accepts], ['single', { text: true, image: false }]);
  const texts = ['red, fox', 'red fox blue whale red fox blue'];
  const found = await vectorizer.embedObjects(
    [...texts.map((text) => ({ texts: [text], images: [] })), { texts: [], images: [] }],
    caller,
  );
  const around = (words: string[]) => ['[CLS]', '[D] ', ...words, '[SEP]'];
  assertNear(valuesOf(found[0]), meanOf(around(['red', ',', 'fox'])));
  assertNear(
    valuesOf(found[1]),
    meanOf([...around(['red', 'fox', 'blue', 'whale', 'red']), ...around(['fox', 'blue'])]),
  );
  assert.equal(found[2]?.kind, 'none');
  const query = await vectorizer.embedQueryText('red', caller);
  assertNear([...query.values], meanOf(['[CLS]', '[Q] ', 'red', '[SEP]']));
  const first = make(config('text2vec-transformers', { ...settings, poolingStrategy: 'cls' }))!;
  assertNear([...(await first.embedQueryText('red', caller)).values], meanOf(['[CLS]']));
});

test('without an address both modules give the sentence vectors that the default model is known for', async (context) => {
  const directory = await minilmOrSkip(context);
  if (directory === undefined) return;
  await using make = createVectorizers({ modelsDirectory: dirname(directory) });
  // Component by component, the unquantised model says this of the sentence.
  const known = [0.0677, 0.0635, 0.0487, 0.0793, 0.0374];
  for (const module of ['text2vec-transformers', 'text2vec-contextionary']) {
    const vectorizer = make(config(module))!;
    const { values } = await vectorizer.embedQueryText('This is an example sentence', caller);
    assert.equal(values.length, 384);
    assertNear([...values.subarray(0, 5)], known, 0.015);
    const texts = ['fruit', 'banana', 'apple', 'truck'].map((text) => ({
      texts: [text],
      images: [],
    }));
    const [fruit = [], ...others] = (await vectorizer.embedObjects(texts, caller)).map(valuesOf);
    const [banana = 0, apple = 0, truck = 0] = others.map((other) =>
      other.reduce((sum, value, at) => sum + value * (fruit[at] ?? 0), 0),
    );
    assert.ok(Math.min(banana, apple) > truck + 0.1, `${banana}, ${apple} against ${truck}`);
  }
});

interface Call {
  readonly path: string | undefined;
  readonly body: { readonly text: string; readonly config: object };
}

async function startInference() {
  const calls: Call[] = [];
  const read = async (request: IncomingMessage): Promise<Call['body']> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    return JSON.parse(Buffer.concat(parts).toString());
  };
  const server = createServer(async (request, response) => {
    const body = await read(request);
    calls.push({ path: request.url, body });
    const { text } = body;
    const vector = text === 'odd' ? [1, 'x'] : [text.length, 0.5];
    const error = text === 'sorry' ? 'out of words' : '';
    response.statusCode = text === 'broken' ? 500 : 200;
    response.end(JSON.stringify({ text, dims: 2, vector, error }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { calls, url, [Symbol.asyncDispose]: async () => void server.close() };
}

test('the inference service is asked for one text at a time and fails objects one by one', async () => {
  await using service = await startInference();
  await using make = createVectorizers({
    modelsDirectory: root,
    transformersUrl: `${service.url}/`,
    retryPolicy: retryPolicy(0),
  });
  const vectorizer = make(config('text2vec-transformers', { poolingStrategy: 'cls' }))!;
  const texts = ['one', 'odd', 'sorry', 'broken', 'three'];
  const inputs = texts.map((text) => ({ texts: [text], images: [] }));
  const found = await vectorizer.embedObjects(inputs, {
    headers: { authorization: 'Bearer secret' },
  });
  assert.deepEqual(
    [valuesOf(found[0]), valuesOf(found[4])],
    [
      [3, 0.5],
      [5, 0.5],
    ],
  );
  const messages = found.map((each) => (each.kind === 'failed' ? each.error.message : ''));
  assert.match(messages[1] ?? '', /component 1 is not a finite number/);
  assert.match(messages[2] ?? '', /it says "out of words"/);
  assert.match(messages[3] ?? '', /failed with status: 500/);
  assert.deepEqual(service.calls.map(({ body }) => body.text).toSorted(), texts.toSorted());
  await vectorizer.embedQueryText('what', caller);
  assert.deepEqual(service.calls.at(-1), {
    path: '/vectors',
    body: { text: 'what', config: { pooling_strategy: 'cls', task_type: 'query' } },
  });
});

test('queries may go to a service of their own, said by the operator or by the collection', async () => {
  await using passages = await startInference();
  await using queries = await startInference();
  const environment = {
    TRANSFORMERS_PASSAGE_INFERENCE_API: passages.url,
    TRANSFORMERS_QUERY_INFERENCE_API: queries.url,
  };
  const settings = { passageInferenceUrl: passages.url, queryInferenceUrl: queries.url };
  await using byOperator = createVectorizers({
    ...vectorizerSettings(environment),
    modelsDirectory: root,
  });
  await using byCollection = createVectorizers({ modelsDirectory: root });
  for (const vectorizer of [
    byOperator(config('text2vec-transformers'))!,
    byCollection(config('text2vec-transformers', settings))!,
  ]) {
    await vectorizer.embedObjects([{ texts: ['stored'], images: [] }], caller);
    await vectorizer.embedQueryText('asked', caller);
  }
  const texts = [passages, queries].map(({ calls }) => calls.map(({ body }) => body.text));
  assert.deepEqual(texts, [
    ['stored', 'stored'],
    ['asked', 'asked'],
  ]);
});

test('modules of services embed with a local model where the operator or the collection says so', async () => {
  const operator = {
    modelsDirectory: root,
    ownModels: root,
    openaiBaseUrl: 'local:tiny',
    googleBaseUrl: 'local:tiny',
    clipUrl: 'local:tiny',
  };
  await using make = createVectorizers(operator);
  const expected = meanOf(['[CLS]', '[D] ', 'red', 'fox', '[SEP]']);
  const modules: readonly [string, Record<string, unknown>][] = [
    ['text2vec-openai', { baseURL: 'https://api.openai.com', dimensions: 1536 }],
    ['text2vec-openai', { isAzure: true, resourceName: 'r', deploymentId: 'd' }],
    ['text2vec-google', { apiEndpoint: 'generativelanguage.googleapis.com' }],
    ['text2vec-ollama', { apiEndpoint: 'local:tiny' }],
    ['text2vec-palm', { apiEndpoint: 'local:tiny' }],
    ['multi2vec-clip', {}],
  ];
  for (const [module, settings] of modules) {
    const vectorizer = make(config(module, settings))!;
    const [found] = await vectorizer.embedObjects([{ texts: ['red', 'fox'], images: [] }], caller);
    assertNear(valuesOf(found), expected);
    assert.equal(vectorizer.accepts.image, module.startsWith('multi2'));
  }
  assert.throws(
    () => make(config('multi2vec-jinaai', { baseURL: 'local:colmodernvbert' })),
    /multi2vec-jinaai makes one vector/,
  );
});

test('addresses that can make no single vectors, or stand half, are refused', async () => {
  const half = { TRANSFORMERS_PASSAGE_INFERENCE_API: 'http://x' };
  assert.throws(() => vectorizerSettings(half), /set either TRANSFORMERS_INFERENCE_API, or both/);
  assert.throws(
    () => createVectorizers({ modelsDirectory: root, transformersUrl: 'nowhere' }),
    /TRANSFORMERS_INFERENCE_API: expected an http or https URL/,
  );
  await using make = createVectorizers({ modelsDirectory: root });
  for (const inferenceUrl of ['vllm+http://x', 'local:colmodernvbert']) {
    assert.throws(
      () => make(config('text2vec-transformers', { inferenceUrl })),
      /text2vec-transformers makes one vector of a text, .* makes multi-vectors/,
    );
  }
});
