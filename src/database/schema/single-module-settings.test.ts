// Settings of the modules of single vectors: the defaults that collections are told of, and refusals.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveModule } from './module-settings.ts';

const where = 'vector "v"';
const settingsOf = (module: string, given: object = {}) =>
  resolveModule(module, given, where).settings;

test('collections are told what a module does by default', () => {
  const defaults: Readonly<Record<string, object>> = {
    'text2vec-openai': { baseURL: 'https://api.openai.com', vectorizeClassName: true },
    'text2vec-cohere': {
      baseURL: 'https://api.cohere.ai',
      model: 'embed-multilingual-v3.0',
      truncate: 'END',
      vectorizeClassName: true,
    },
    'text2vec-jinaai': {
      baseURL: 'https://api.jina.ai',
      model: 'jina-embeddings-v4',
      vectorizeClassName: false,
    },
    'text2vec-voyageai': {
      baseURL: 'https://api.voyageai.com/v1',
      model: 'voyage-3',
      truncate: true,
      vectorizeClassName: true,
    },
    'text2vec-mistral': {
      baseURL: 'https://api.mistral.ai/v1/embeddings',
      model: 'mistral-embed',
      vectorizeClassName: true,
    },
    'text2vec-ollama': {
      apiEndpoint: 'http://localhost:11434',
      model: 'nomic-embed-text',
      vectorizeClassName: false,
    },
    'text2vec-huggingface': { vectorizeClassName: true },
    'text2vec-nvidia': {
      baseURL: 'https://integrate.api.nvidia.com',
      model: 'nvidia/nv-embed-v1',
      vectorizeClassName: false,
    },
  };
  for (const [module, expected] of Object.entries(defaults)) {
    assert.deepEqual(settingsOf(module), expected, module);
  }
  assert.deepEqual(settingsOf('multi2vec-jinaai', { imageFields: ['img'] }), {
    baseURL: 'https://api.jina.ai',
    model: 'jina-clip-v2',
    vectorizeClassName: false,
    imageFields: ['img'],
  });
});

test('settings that do not go together are refused', () => {
  const cases: readonly [string, object, RegExp][] = [
    ['text2vec-openai', { type: 'image' }, /type is "image"; allowed: "text", "code"/],
    ['text2vec-openai', { dimensions: 0 }, /dimensions is 0; allowed: whole numbers from 1/],
    ['text2vec-openai', { isAzure: true, deploymentId: 'd' }, /resourceName and deploymentId/],
    ['text2vec-openai', { resourceName: 'r' }, /resourceName and deploymentId go together/],
    ['text2vec-cohere', { truncate: 'MIDDLE' }, /allowed: "NONE", "START", "END"/],
    ['text2vec-huggingface', { model: 'a', passageModel: 'b' }, /model stands beside passageModel/],
    ['text2vec-google', {}, /projectId is missing, which Vertex AI needs/],
    ['text2vec-databricks', {}, /endpoint is undefined; allowed: a string, not an empty one/],
    ['text2vec-digitalocean', {}, /model is undefined/],
    ['multi2vec-clip', {}, /textFields or imageFields must name a property/],
    ['multi2vec-clip', { textFields: ['a'], weights: { textFields: [1, 2] } }, /as long as textF/],
    ['multi2vec-clip', { textFields: ['a'], weights: { textFields: [-1] } }, /at least 0/],
    ['multi2vec-clip', { textFields: ['a'], weights: { textFields: 1 } }, /a list of numbers/],
  ];
  for (const [module, given, message] of cases) {
    assert.throws(() => settingsOf(module, given), { code: 'invalid-argument', message });
  }
});

test('settings that go together are taken', () => {
  const cases: readonly [string, object][] = [
    ['text2vec-openai', { isAzure: true, deploymentId: 'd', baseURL: 'http://proxy' }],
    ['text2vec-google', { apiEndpoint: 'generativelanguage.googleapis.com' }],
    ['text2vec-palm', { projectId: 'p' }],
    ['multi2vec-clip', { textFields: ['a'], weights: { textFields: [0.4], imageFields: null } }],
    ['text2vec-huggingface', { options: { waitForModel: true }, endpointURL: 'http://here' }],
  ];
  for (const [module, given] of cases) {
    const settings = settingsOf(module, given);
    for (const [name, value] of Object.entries(given)) assert.deepEqual(settings[name], value);
  }
});
