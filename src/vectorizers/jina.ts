// The Jina modules' protocol. text2colbert-jinaai and text2multivec-jinaai (two client names of one
// module) send queries and documents alike, as the reference does; the tutorial's scores rely on it.

import { readIndexedReply } from './indexed-reply.ts';
import { demandKey } from './provider-keys.ts';
import {
  type Content,
  contentOf,
  entriesOf,
  modelOf,
  type Purpose,
  packByKind,
  type RemoteService,
  type ServiceProtocol,
} from './service-protocol.ts';
import { createServiceVectorizer } from './service-vectorizer.ts';
import { readTokenVectors } from './token-vectors.ts';
import type { Embedding, Vectorizer, VectorizerConfig } from './vectorizer.ts';

/** Sizes of one call; far below what the service refuses. */
const textLimits = { countMax: 256, bytesMax: 120_000 };
const noImages = { countMax: 1, bytesMax: 0 };
const dimensionsDefault = 128;

/** Makes the vectorizer of a named vector that the Jina text module embeds. */
export function createJinaText(config: VectorizerConfig, service: RemoteService): Vectorizer {
  const { dimensions } = config.settings;
  const ofSettings = typeof dimensions === 'number' ? dimensions : dimensionsDefault;
  // A model that the address names has a width of its own.
  const width = service.width ?? (service.model === undefined ? ofSettings : undefined);
  const body = {
    model: modelOf(config, service, 'jina-colbert-v2'),
    embedding_type: 'float',
    ...(width === undefined ? {} : { dimensions: width }),
  };
  return createServiceVectorizer(config, service, {
    ...jinaProtocol(service),
    accepts: { text: true, image: false },
    pack: (inputs) => packByKind(inputs, { text: textLimits, image: noImages }),
    request: (contents, purpose) => ({
      path: '/v1/multi-vector',
      body: {
        input: contents.map(contentOf),
        ...body,
        ...(service.marking?.kind === 'server' ? { input_type: purpose } : {}),
      },
    }),
  });
}

const tasks: Readonly<Record<Purpose, string>> = {
  query: 'retrieval.query',
  document: 'retrieval.passage',
};

/** Makes the vectorizer of a named vector that multi2multivec-jinaai embeds: one object a call. */
export function createJinaMultimodal(config: VectorizerConfig, service: RemoteService): Vectorizer {
  const body = {
    model: modelOf(config, service, 'jina-embeddings-v4'),
    embedding_type: 'float',
    return_multivector: true,
  };
  return createServiceVectorizer(config, service, {
    ...jinaProtocol(service),
    accepts: { text: true, image: true },
    pack: (inputs) => inputs.map(entriesOf).filter((entries) => entries.length > 0),
    request: (contents, purpose) => ({
      path: '/v1/embeddings',
      body: {
        input: contents.map((content) => multimodalInput(content, purpose)),
        ...body,
        ...(service.marking?.kind === 'server' ? { task: tasks[purpose] } : {}),
      },
    }),
  });
}

function multimodalInput(content: Content, purpose: Purpose): string | object {
  if (content.kind === 'image') return { image: content.base64 };
  return purpose === 'query' ? content.text : { text: content.text };
}

type JinaParts = Pick<ServiceProtocol, 'service' | 'keyHeaders' | 'statusMessage' | 'read'>;

function jinaProtocol(service: RemoteService): JinaParts {
  const read = (entry: Readonly<Record<string, unknown>>): Embedding =>
    readTokenVectors(entry['embeddings'] ?? entry['embedding'], service.dimsWanted);
  return {
    service: 'connection to: JinaAI API',
    keyHeaders: (headers) => ({
      authorization: `Bearer ${demandKey('jinaai', headers, service.apiKey)}`,
      'x-header-vectordb-source': 'Weaviate',
    }),
    statusMessage: (status, detail) =>
      `connection to: JinaAI API failed with status: ${status} error: ${detail}`,
    read: (reply, count) => readIndexedReply(reply, count, read),
  };
}
