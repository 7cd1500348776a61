// Services that compare texts with a query over HTTP: a row for each says its address and key, what it is
// posted, and where the scores stand in its reply.

import { isRecord, providerError } from '../vectorizers/http-provider.ts';
import { defaultTextModel } from '../vectorizers/local/models.ts';
import {
  callService,
  type ServicePlace,
  type ServiceRow,
  type ServiceSettings,
} from '../vectorizers/module-service.ts';
import type { Reranker, RerankerConfig } from './reranker.ts';

interface RerankRow extends ServiceRow {
  readonly path: string;
  /** Empty: the service has one model. */
  readonly model: string;
  readonly body: (query: string, texts: readonly string[], config: RerankerConfig) => object;
  /** The list of the reply, and the score in each of its entries, which name their text by `index`. */
  readonly list: string;
  readonly score: string;
}

const plain = (query: string, documents: readonly string[]): object => ({ query, documents });

/** How each module's service is spoken to. */
export const rerankRows: Readonly<Record<string, RerankRow>> = {
  'reranker-cohere': {
    service: 'Cohere',
    key: { owner: 'cohere' },
    field: 'baseURL',
    baseUrlHeader: 'x-cohere-baseurl',
    operator: 'cohereBaseUrl',
    own: ['https://api.cohere.com', 'https://api.cohere.ai'],
    path: '/v2/rerank',
    model: 'rerank-v3.5',
    body: plain,
    list: 'results',
    score: 'relevance_score',
  },
  'reranker-jinaai': {
    service: 'JinaAI',
    key: { owner: 'jinaai' },
    field: 'baseURL',
    baseUrlHeader: 'x-jinaai-baseurl',
    operator: 'jinaBaseUrl',
    own: ['https://api.jina.ai'],
    path: '/v1/rerank',
    model: 'jina-reranker-v2-base-multilingual',
    body: (query, documents) => ({ query, documents, return_documents: false }),
    list: 'results',
    score: 'relevance_score',
  },
  'reranker-voyageai': {
    service: 'VoyageAI',
    key: { owner: 'voyageai' },
    field: 'baseURL',
    baseUrlHeader: 'x-voyageai-baseurl',
    operator: 'voyageaiBaseUrl',
    own: ['https://api.voyageai.com/v1'],
    path: '/rerank',
    model: 'rerank-2',
    body: (query, documents) => ({ query, documents, return_documents: false }),
    list: 'data',
    score: 'relevance_score',
  },
  'reranker-nvidia': {
    service: 'NVIDIA',
    key: { owner: 'nvidia' },
    field: 'baseURL',
    baseUrlHeader: 'x-nvidia-baseurl',
    operator: 'nvidiaBaseUrl',
    own: ['https://ai.api.nvidia.com'],
    path: '/v1/retrieval/nvidia/reranking',
    model: 'nvidia/rerank-qa-mistral-4b',
    body: (query, texts) => ({
      query: { text: query },
      passages: texts.map((text) => ({ text })),
    }),
    list: 'rankings',
    score: 'logit',
  },
  'reranker-contextualai': {
    service: 'Contextual AI',
    key: { owner: 'contextualai' },
    field: 'baseURL',
    own: ['https://api.contextual.ai'],
    path: '/v1/rerank',
    model: 'ctxl-rerank-v2-instruct-multilingual',
    body: (query, documents, { settings: { instruction } }) => ({
      query,
      documents,
      ...(typeof instruction === 'string' && instruction !== '' ? { instruction } : {}),
    }),
    list: 'results',
    score: 'relevance_score',
  },
  'reranker-transformers': {
    service: 'transformers',
    field: 'inferenceUrl',
    operator: 'rerankerUrl',
    own: [`local:${defaultTextModel}`],
    path: '/rerank',
    model: '',
    body: plain,
    list: 'scores',
    score: 'score',
  },
};

/** Texts of one call. */
const textsMax = 256;

/** Makes the reranker that asks a service. */
export function createServiceReranker(
  config: RerankerConfig,
  row: RerankRow,
  place: Extract<ServicePlace, { kind: 'service' }>,
  operator: ServiceSettings,
): Reranker {
  const { model: ofSettings } = config.settings;
  const own = typeof ofSettings === 'string' && ofSettings !== '' ? ofSettings : row.model;
  const model = place.model ?? own;
  return {
    module: config.module,
    score: async (query, texts, options) => {
      const scores: number[] = [];
      for (let at = 0; at < texts.length; at += textsMax) {
        const some = texts.slice(at, at + textsMax);
        const body = { ...(model === '' ? {} : { model }), ...row.body(query, some, config) };
        const reply = await callService(row, place, { path: row.path, body }, operator, options);
        scores.push(...readScores(reply, row, some));
      }
      return scores;
    },
  };
}

/** Beside the texts. Throws for a reply that does not say one finite score of each. */
function readScores(
  reply: unknown,
  { list, score, service }: RerankRow,
  texts: readonly string[],
): number[] {
  const entries = isRecord(reply) ? reply[list] : undefined;
  const bad = (problem: string): Error => providerError(`${service}: bad reply: ${problem}`);
  if (!Array.isArray(entries)) throw bad(`"${list}" is not a list`);
  if (entries.length !== texts.length) {
    throw bad(`${entries.length} scores for ${texts.length} texts`);
  }
  const scores = new Map<number, number>();
  entries.forEach((entry: unknown, position) => {
    const fields = isRecord(entry) ? entry : {};
    const index = fields['index'] ?? placeOf(fields['document'], position, texts, scores);
    const value = fields[score];
    if (typeof index !== 'number' || !(index in texts) || scores.has(index)) {
      throw bad(`entry ${position} is of no text, or of one that another entry is of`);
    }
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw bad(`entry ${position} has no finite "${score}"`);
    }
    scores.set(index, value);
  });
  return texts.map((_, index) => scores.get(index) ?? 0);
}

/** A service that repeats the texts may have put them in another order. */
function placeOf(
  document: unknown,
  position: number,
  texts: readonly string[],
  taken: ReadonlyMap<number, number>,
): number {
  if (document === undefined) return position;
  return texts.findIndex((text, index) => text === document && !taken.has(index));
}
