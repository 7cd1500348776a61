// Services that people run themselves, and that ask for no key unless told to: Ollama, Hugging Face's
// feature extraction, CLIP, and Weaviate's embeddings for texts.

import type { VectorValue } from '../../engine/document.ts';
import { isRecord } from '../http-provider.ts';
import {
  type Content,
  checkedCount,
  contentOf,
  modelOf,
  type RemoteService,
  type ServiceProtocol,
} from '../service-protocol.ts';
import { readSingleVector, readTokenVectors, refused } from '../token-vectors.ts';
import type { Embedding, VectorizerConfig } from '../vectorizer.ts';
import { passedOnHeaders } from '../weaviate-embeddings.ts';
import { dimensionsOf } from './embeddings-services.ts';
import { meanVector } from './mean-vector.ts';
import { fieldOf, readVectorList, singleProtocol, textSetting } from './single-protocol.ts';

/** How Ollama is spoken to. */
export function ollamaProtocol(config: VectorizerConfig, service: RemoteService): ServiceProtocol {
  const model = modelOf(config, service, 'nomic-embed-text');
  return singleProtocol(service, {
    name: 'Ollama API',
    baseUrlHeader: 'x-ollama-baseurl',
    limits: { text: { countMax: 64, bytesMax: 120_000 } },
    request: (contents) => ({
      path: '/api/embed',
      body: { model, input: contents.map(contentOf) },
    }),
    read: (reply, count) =>
      readVectorList(fieldOf(reply, 'embeddings'), count, 'embeddings', service.dimsWanted),
  });
}

/** How Hugging Face is spoken to: its router, which wants a model, or an endpoint of one model. */
export function huggingFaceProtocol(
  config: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  const isEndpoint = huggingFaceEndpoint(config) !== undefined;
  const modelFor = (purpose: 'query' | 'document'): string => {
    const own = textSetting(config, purpose === 'query' ? 'queryModel' : 'passageModel');
    const byDefault = 'sentence-transformers/msmarco-bert-base-dot-v5';
    const model = service.model ?? textSetting(config, 'model') ?? own ?? byDefault;
    return model.split('/').map(encodeURIComponent).join('/');
  };
  const options = fieldOf(config.settings, 'options');
  const option = (name: string, byDefault: boolean): boolean => {
    const value = fieldOf(options, name);
    return typeof value === 'boolean' ? value : byDefault;
  };
  return singleProtocol(service, {
    name: 'HuggingFace',
    key: { owner: 'huggingface' },
    baseUrlHeader: 'x-huggingface-baseurl',
    limits: { text: { countMax: 32, bytesMax: 60_000 } },
    request: (contents, purpose) => ({
      path: isEndpoint ? '' : `/models/${modelFor(purpose)}/pipeline/feature-extraction`,
      body: {
        inputs: contents.map(contentOf),
        options: {
          wait_for_model: option('waitForModel', false),
          use_gpu: option('useGPU', false),
          use_cache: option('useCache', true),
        },
      },
    }),
    read: (reply, count) => {
      const list = isRecord(reply) ? reply['embeddings'] : reply;
      // Some pipelines answer with one more list around it.
      const isWrapped = Array.isArray(list) && list.length === 1 && depthOf(list) === 4;
      return checkedCount(isWrapped ? list[0] : list, count, 'embeddings').map((each) =>
        readPooled(each, service.dimsWanted),
      );
    },
  });
}

/** The address of a collection's own endpoint. */
export function huggingFaceEndpoint({
  settings,
}: Pick<VectorizerConfig, 'settings'>): string | undefined {
  const value = settings['endpointURL'] || settings['endpointUrl'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** How deep lists stand in each other, by their first elements; looked at to a depth of 5. */
function depthOf(value: unknown): number {
  let depth = 0;
  for (let at = value; Array.isArray(at) && depth < 5; [at] = at) depth += 1;
  return depth;
}

/** A vector, or the mean of the vectors of a text's tokens. */
function readPooled(value: unknown, dims: number | undefined): Embedding {
  if (depthOf(value) < 2) return readSingleVector(value, dims);
  const found = readTokenVectors(value, dims);
  if (found.kind !== 'vector') return found;
  const { vector } = found;
  const rows = Array.from({ length: vector.values.length / vector.dims }, (_, row): VectorValue => {
    const values = vector.values.slice(row * vector.dims, (row + 1) * vector.dims);
    return { kind: 'single', dims: vector.dims, values };
  });
  return meanVector(rows);
}

/** How the inference service of multi2vec-clip is spoken to: texts or images a call. */
export function clipProtocol(_: VectorizerConfig, service: RemoteService): ServiceProtocol {
  const isImages = (contents: readonly Content[]): boolean => contents[0]?.kind === 'image';
  return singleProtocol(service, {
    name: 'CLIP inference service',
    limits: {
      text: { countMax: 32, bytesMax: 60_000 },
      image: { countMax: 4, bytesMax: 16 * 1024 * 1024 },
    },
    request: (contents) => {
      const values = contents.map(contentOf);
      return {
        path: '/vectorize',
        body: isImages(contents) ? { texts: [], images: values } : { texts: values, images: [] },
      };
    },
    read: (reply, count) => {
      const error = fieldOf(reply, 'error');
      if (typeof error === 'string' && error !== '') {
        return Array.from({ length: count }, () => refused(`it says ${JSON.stringify(error)}`));
      }
      const lists = ['textVectors', 'imageVectors'].map((name) => fieldOf(reply, name));
      const list = lists.find((each) => Array.isArray(each) && each.length > 0);
      return readVectorList(list ?? [], count, 'vectors', service.dimsWanted);
    },
  });
}

/** How Weaviate's embeddings service is spoken to for single vectors of texts. */
export function weaviateTextProtocol(
  config: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  const model = modelOf(config, service, 'Snowflake/snowflake-arctic-embed-l-v2.0');
  const protocol = singleProtocol(service, {
    name: 'Weaviate embed API',
    limits: { text: { countMax: 200, bytesMax: 200_000 } },
    request: (contents, purpose) => ({
      path: '/v1/embeddings/embed',
      body: {
        input: contents.map(contentOf),
        ...(purpose === 'query' ? { is_search_query: true } : {}),
        model,
        ...dimensionsOf(config),
      },
    }),
    read: (reply, count) =>
      readVectorList(fieldOf(reply, 'embeddings'), count, 'embeddings', service.dimsWanted),
  });
  return {
    ...protocol,
    keyHeaders: (headers) => passedOnHeaders(service, headers),
    statusMessage: (status, detail) => `Weaviate embed API error: ${status} ${detail}`,
  };
}
