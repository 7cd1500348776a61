// Services that put texts and images into one space of single vectors: Jina, Voyage AI and NVIDIA. Cohere
// and CLIP, which take texts and images in different ways, have places of their own.

import { readIndexedReply } from '../indexed-reply.ts';
import { dataUri } from '../other-services.ts';
import {
  type Content,
  modelOf,
  type RemoteService,
  type ServiceProtocol,
} from '../service-protocol.ts';
import { readSingleVector } from '../token-vectors.ts';
import type { Embedding, VectorizerConfig } from '../vectorizer.ts';
import { dimensionsOf } from './embeddings-services.ts';
import { singleProtocol, versionedPath } from './single-protocol.ts';

const limits = {
  text: { countMax: 64, bytesMax: 60_000 },
  image: { countMax: 4, bytesMax: 16 * 1024 * 1024 },
};

/** How Jina's multimodal models are spoken to. */
export function jinaSingleProtocol(
  config: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  return singleProtocol(service, {
    name: 'JinaAI API',
    key: { owner: 'jinaai' },
    baseUrlHeader: 'x-jinaai-baseurl',
    limits,
    request: (contents) => ({
      path: '/v1/embeddings',
      body: {
        input: contents.map((content) =>
          content.kind === 'image' ? { image: content.base64 } : { text: content.text },
        ),
        model: modelOf(config, service, 'jina-clip-v2'),
        embedding_type: 'float',
        normalized: true,
        ...dimensionsOf(config),
      },
    }),
    read: (reply, count) => readEmbeddings(reply, count, service),
  });
}

/** How Voyage AI's multimodal models are spoken to. */
export function voyageMultimodalProtocol(
  config: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  const contentPart = (content: Content): object =>
    content.kind === 'image'
      ? { type: 'image_base64', image_base64: dataUri(content.base64) }
      : { type: 'text', text: content.text };
  return singleProtocol(service, {
    name: 'VoyageAI',
    key: { owner: 'voyageai' },
    baseUrlHeader: 'x-voyageai-baseurl',
    limits,
    request: (contents, purpose) => ({
      path: '/multimodalembeddings',
      body: {
        inputs: contents.map((content) => ({ content: [contentPart(content)] })),
        model: modelOf(config, service, 'voyage-multimodal-3'),
        truncation: config.settings['truncation'] !== false,
        input_type: purpose,
        ...dimensionsOf(config, 'output_dimension'),
      },
    }),
    read: (reply, count) => readEmbeddings(reply, count, service),
  });
}

/** How NVIDIA's multimodal models are spoken to: images are texts that begin as data URIs do. */
export function nvidiaMultimodalProtocol(
  config: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  return singleProtocol(service, {
    name: 'NVIDIA API',
    key: { owner: 'nvidia' },
    baseUrlHeader: 'x-nvidia-baseurl',
    limits,
    request: (contents) => ({
      path: versionedPath(service.baseUrl, '/embeddings'),
      body: {
        input: contents.map((content) =>
          content.kind === 'image' ? dataUri(content.base64) : content.text,
        ),
        model: modelOf(config, service, 'nvidia/nvclip'),
        encoding_format: 'float',
      },
    }),
    read: (reply, count) => readEmbeddings(reply, count, service),
  });
}

function readEmbeddings(
  reply: unknown,
  count: number,
  service: RemoteService,
): readonly Embedding[] {
  return readIndexedReply(reply, count, (entry) =>
    readSingleVector(entry['embedding'], service.dimsWanted),
  );
}
