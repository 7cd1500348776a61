// Services of texts that answer as OpenAI's embeddings do, {"data": [{"index", "embedding"}]}: a row for
// each says its key, its path, and what a body has beside the texts.

import type { CallLimits } from '../batching.ts';
import { providerError } from '../http-provider.ts';
import { readIndexedReply } from '../indexed-reply.ts';
import type { KeyOwner } from '../provider-keys.ts';
import { contentOf, modelOf, type Purpose, type RemoteService } from '../service-protocol.ts';
import { readSingleVector } from '../token-vectors.ts';
import type { VectorizerConfig } from '../vectorizer.ts';
import { isAzure } from './azure.ts';
import {
  fieldOf,
  type MakeProtocol,
  singleProtocol,
  textSetting,
  versionedPath,
} from './single-protocol.ts';

/** Texts of one call, and their bytes: far below what the services refuse. */
const ordinaryLimits: CallLimits = { countMax: 256, bytesMax: 200_000 };

interface EmbeddingsRow {
  readonly name: string;
  readonly owner: KeyOwner;
  readonly keyHeader?: string;
  readonly baseUrlHeader?: string;
  readonly passedOn?: Readonly<Record<string, string>>;
  readonly limits?: CallLimits;
  /** Below the address. */
  readonly path: (service: RemoteService, config: VectorizerConfig) => string;
  /** Beside `input`. */
  readonly body: (config: VectorizerConfig, service: RemoteService, purpose: Purpose) => object;
}

const openAi: EmbeddingsRow = {
  name: 'OpenAI API',
  owner: 'openai',
  baseUrlHeader: 'x-openai-baseurl',
  passedOn: { 'x-openai-organization': 'openai-organization' },
  path: ({ baseUrl }) => versionedPath(baseUrl, '/embeddings'),
  body: (config, service, purpose) => {
    const model = openAiModel(config, service, purpose);
    return { model, ...dimensionsOf(config, 'dimensions', openAiDimensions[model]) };
  },
};

/** The reference asks for these widths by name. */
const openAiDimensions: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
};

/** Models of the first generations have names that are put together. */
function openAiModel(config: VectorizerConfig, service: RemoteService, purpose: Purpose): string {
  const model = modelOf(config, service, 'text-embedding-3-small');
  if (!['ada', 'babbage', 'curie', 'davinci'].includes(model) || service.model) return model;
  const type = textSetting(config, 'type') ?? 'text';
  const isSecond = model === 'ada' && type === 'text';
  const version = textSetting(config, 'modelVersion') ?? (isSecond ? '002' : '001');
  if (version !== '001') return `text-embedding-${model}-${version}`;
  const ends =
    type === 'code' ? { document: 'code', query: 'text' } : { document: 'doc', query: 'query' };
  return `${type}-search-${model}-${ends[purpose]}-001`;
}

const azure: EmbeddingsRow = {
  name: 'Azure OpenAI API',
  owner: 'azure',
  keyHeader: 'api-key',
  path: (_, config) => {
    const deployment = encodeURIComponent(textSetting(config, 'deploymentId') ?? '');
    const version = encodeURIComponent(textSetting(config, 'apiVersion') ?? '2024-02-01');
    return `/openai/deployments/${deployment}/embeddings?api-version=${version}`;
  },
  body: (config) => dimensionsOf(config),
};

const bareEndpoint = ({ baseUrl }: RemoteService): string =>
  baseUrl.endsWith('/embeddings') ? '' : versionedPath(baseUrl, '/embeddings');

type RowName =
  | 'openai'
  | 'mistral'
  | 'voyageai'
  | 'nvidia'
  | 'morph'
  | 'digitalocean'
  | 'databricks'
  | 'jinaai';

const rows: Readonly<Record<RowName, EmbeddingsRow>> = {
  openai: openAi,
  mistral: {
    name: 'Mistral',
    owner: 'mistral',
    limits: { countMax: 64, bytesMax: 30_000 },
    path: bareEndpoint,
    body: (config, service) => ({
      model: modelOf(config, service, 'mistral-embed'),
      encoding_format: 'float',
    }),
  },
  voyageai: {
    name: 'VoyageAI',
    owner: 'voyageai',
    baseUrlHeader: 'x-voyageai-baseurl',
    limits: { countMax: 128, bytesMax: 120_000 },
    path: () => '/embeddings',
    body: (config, service, purpose) => ({
      model: modelOf(config, service, 'voyage-3'),
      truncation: config.settings['truncate'] !== false,
      input_type: purpose,
      ...dimensionsOf(config, 'output_dimension'),
    }),
  },
  nvidia: {
    name: 'NVIDIA API',
    owner: 'nvidia',
    baseUrlHeader: 'x-nvidia-baseurl',
    limits: { countMax: 64, bytesMax: 120_000 },
    path: ({ baseUrl }) => versionedPath(baseUrl, '/embeddings'),
    body: (config, service, purpose) => ({
      model: modelOf(config, service, 'nvidia/nv-embed-v1'),
      encoding_format: 'float',
      input_type: purpose === 'query' ? 'query' : 'passage',
      truncate: truncation(config),
    }),
  },
  morph: {
    name: 'Morph API',
    owner: 'morph',
    path: ({ baseUrl }) => versionedPath(baseUrl, '/embeddings'),
    body: (config, service) => ({ model: modelOf(config, service, 'morph-embedding-v3') }),
  },
  digitalocean: {
    name: 'DigitalOcean API',
    owner: 'digitalocean',
    path: ({ baseUrl }) => versionedPath(baseUrl, '/embeddings'),
    body: (config, service) => ({ model: modelOf(config, service) }),
  },
  databricks: {
    name: 'Databricks Foundation Model API',
    owner: 'databricks',
    path: () => '',
    body: (config) => {
      const instruction = textSetting(config, 'instruction');
      return instruction === undefined ? {} : { instruction };
    },
  },
  jinaai: {
    name: 'JinaAI API',
    owner: 'jinaai',
    baseUrlHeader: 'x-jinaai-baseurl',
    limits: { countMax: 256, bytesMax: 120_000 },
    path: () => '/v1/embeddings',
    body: (config, service, purpose) => {
      const model = modelOf(config, service, 'jina-embeddings-v4');
      return {
        model,
        embedding_type: 'float',
        ...(hasTasks(model) ? { task: tasks[purpose] } : {}),
        ...dimensionsOf(config),
      };
    },
  },
};

const tasks = { query: 'retrieval.query', document: 'retrieval.passage' } as const;

/** Models of the third generation and later are told what a text is for. */
function hasTasks(model: string): boolean {
  const generation = /embeddings-v(\d+)/.exec(model)?.[1];
  return generation !== undefined && Number(generation) >= 3;
}

function truncation({ settings }: VectorizerConfig): string {
  const { truncate } = settings;
  if (typeof truncate === 'boolean') return truncate ? 'END' : 'NONE';
  return typeof truncate === 'string' ? truncate : 'NONE';
}

/** The width that a collection asks for, under the service's name for it. */
export function dimensionsOf(
  { settings }: VectorizerConfig,
  name = 'dimensions',
  byDefault?: number,
): Readonly<Record<string, number>> {
  const dimensions = settings['dimensions'] ?? byDefault;
  return typeof dimensions === 'number' ? { [name]: dimensions } : {};
}

/** How the service of a row is spoken to. */
export function embeddingsProtocol(which: RowName): MakeProtocol {
  return (config, service) => {
    const row = which === 'openai' && isAzure(config) ? azure : rows[which];
    const { name, owner, keyHeader, baseUrlHeader, passedOn, limits = ordinaryLimits } = row;
    return singleProtocol(service, {
      name,
      key: { owner, ...(keyHeader === undefined ? {} : { header: keyHeader }) },
      limits: { text: limits },
      ...(baseUrlHeader === undefined ? {} : { baseUrlHeader }),
      ...(passedOn === undefined ? {} : { passedOn }),
      request: (contents, purpose) => ({
        path: row.path(service, config),
        body: { input: contents.map(contentOf), ...row.body(config, service, purpose) },
      }),
      read: (reply, count) => {
        const error = fieldOf(fieldOf(reply, 'error'), 'message');
        if (error !== undefined) throw providerError(`${name}: ${String(error).slice(0, 500)}`);
        return readIndexedReply(reply, count, (entry) =>
          readSingleVector(entry['embedding'], service.dimsWanted),
        );
      },
    });
  };
}
