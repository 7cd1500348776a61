// Google's text embeddings: Vertex AI, whose address has a project in it, and AI Studio.

import { providerError } from '../http-provider.ts';
import {
  checkedCount,
  contentOf,
  modelOf,
  type Purpose,
  type RemoteService,
  type ServiceProtocol,
} from '../service-protocol.ts';
import { readSingleVector } from '../token-vectors.ts';
import type { Embedding, VectorizerConfig } from '../vectorizer.ts';
import { fieldOf, singleProtocol, textSetting } from './single-protocol.ts';

/** The host of AI Studio, as collections name it in `apiEndpoint`. */
export const studioHost = 'generativelanguage.googleapis.com';

const limits = { text: { countMax: 100, bytesMax: 60_000 } };

/** How the one of the two is spoken to that the settings name. */
export function googleProtocol(config: VectorizerConfig, service: RemoteService): ServiceProtocol {
  return textSetting(config, 'apiEndpoint') === studioHost
    ? studioProtocol(config, service)
    : vertexProtocol(config, service);
}

function taskType(config: VectorizerConfig, purpose: Purpose): string {
  if (purpose === 'query') return 'RETRIEVAL_QUERY';
  return textSetting(config, 'taskType') ?? 'RETRIEVAL_DOCUMENT';
}

function modelIn(config: VectorizerConfig, service: RemoteService, byDefault: string): string {
  const settings = {
    ...config.settings,
    model: config.settings['modelId'] ?? config.settings['model'],
  };
  return encodeURIComponent(modelOf({ ...config, settings }, service, byDefault));
}

function vertexProtocol(config: VectorizerConfig, service: RemoteService): ServiceProtocol {
  const model = modelIn(config, service, 'gemini-embedding-001');
  const { dimensions } = config.settings;
  const parameters =
    typeof dimensions === 'number' ? { parameters: { outputDimensionality: dimensions } } : {};
  return singleProtocol(service, {
    name: 'Google',
    key: { owner: 'googleVertex' },
    limits,
    request: (contents, purpose) => ({
      path: `/v1/projects/${part(config, 'projectId')}/locations/${part(config, 'location', 'us-central1')}/publishers/google/models/${model}:predict`,
      body: {
        instances: contents.map((content) => ({
          content: contentOf(content),
          ...(model.endsWith('%40001') ? {} : { task_type: taskType(config, purpose) }),
        })),
        ...parameters,
      },
    }),
    read: (reply, count) =>
      checkedCount(fieldOf(reply, 'predictions'), count, 'predictions').map((each) =>
        readSingleVector(fieldOf(fieldOf(each, 'embeddings'), 'values'), service.dimsWanted),
      ),
  });
}

function part(config: VectorizerConfig, name: string, byDefault?: string): string {
  const value = textSetting(config, name) ?? byDefault;
  if (value !== undefined) return encodeURIComponent(value);
  throw providerError(`${config.module} module: ${name} is missing in the collection's settings`);
}

function studioProtocol(config: VectorizerConfig, service: RemoteService): ServiceProtocol {
  const model = modelIn(config, service, 'gemini-embedding-001');
  const { dimensions } = config.settings;
  return singleProtocol(service, {
    name: 'Google',
    key: { owner: 'googleStudio', header: 'x-goog-api-key' },
    limits,
    request: (contents, purpose) => ({
      path: `/v1beta/models/${model}:batchEmbedContents`,
      body: {
        requests: contents.map((content) => ({
          model: `models/${decodeURIComponent(model)}`,
          content: { parts: [{ text: contentOf(content) }] },
          taskType: taskType(config, purpose),
          ...(typeof dimensions === 'number' ? { outputDimensionality: dimensions } : {}),
        })),
      },
    }),
    read: (reply, count): readonly Embedding[] =>
      checkedCount(fieldOf(reply, 'embeddings'), count, 'embeddings').map((each) =>
        readSingleVector(fieldOf(each, 'values'), service.dimsWanted),
      ),
  });
}
