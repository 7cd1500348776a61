// The topics of the wire recordings: on which server each was recorded and what was there before.

import { type RecordedCall, setupCalls } from './recording.ts';

/** `plain`: anonymous, default limit 25. `keys`: API keys, no anonymous access, default limit 10. */
export type ServerKind = 'plain' | 'keys';

/** Topics that must be answered alike. */
export const assertedTopics = [
  'seed_python',
  'seed_typescript',
  'seed_multimodal',
  'connect',
  'objects',
  'batch',
  'near_vector',
  'hybrid',
  'bm25',
  'embedding_module',
  'query_collection',
  'filters',
  'fetch',
  'aggregate',
  'aliases',
  'schema',
  'autoschema_names',
  'multi_target',
  'rerank_generate',
  'typescript_misc',
  'references',
  'raw_grpc',
  'auth',
  'limits',
  'graphql',
  'defects_restart',
  'defects_replace',
  'defects_muvera_dimensions',
  'tenants',
] as const;

/** A collection that a topic found: made by calls that stand in another topic. */
interface FoundCollection {
  readonly topic: string;
  readonly collection: string;
  /** The case that it is made for; the first one when absent. */
  readonly before?: string;
  /** The server that it is made on; all of a topic's when absent. */
  readonly server?: ServerKind;
  /** An alias that led to it. */
  readonly alias?: string;
}

const queryCollection: FoundCollection = { topic: 'query_collection', collection: 'Q' };
const operatorCollection: FoundCollection = { topic: 'defects_replace', collection: 'Fx' };

const found: Readonly<Record<string, readonly FoundCollection[]>> = {
  batch: [{ topic: 'objects', collection: 'Bt' }],
  near_vector: [queryCollection],
  hybrid: [queryCollection],
  bm25: [queryCollection, operatorCollection],
  filters: [{ ...queryCollection, before: 'text_equal_word' }, operatorCollection],
  fetch: [queryCollection],
  aggregate: [queryCollection],
  rerank_generate: [queryCollection],
  multi_target: [{ topic: 'raw_grpc', collection: 'Mt', before: 'list_of_queries_one_target_sum' }],
  raw_grpc: [{ topic: 'typescript_misc', collection: 'Raw' }],
  embedding_module: [{ topic: 'aliases', collection: 'Em', server: 'plain' }],
  limits: [
    { topic: 'embedding_module', collection: 'Li', server: 'plain' },
    { topic: 'auth', collection: 'Li', server: 'keys' },
  ],
  aliases: [{ topic: 'aliases', collection: 'Al2', before: 'delete_by_alias_name', alias: 'Ali' }],
  graphql: [{ topic: 'limits', collection: 'Gq' }],
  defects_restart: ['RsCos', 'RsDot', 'RsMuv', 'RsRq'].map((collection) => ({
    topic: 'seed_python',
    collection,
  })),
  defects_replace: [{ topic: 'graphql', collection: 'Dmulti' }],
  defects_muvera_dimensions: [{ topic: 'embedding_module', collection: 'Ma' }],
};

/** What was not there when a case was recorded. */
interface Gone {
  readonly before: string;
  readonly paths: readonly string[];
  readonly status: number;
}

/**
 * A collection that no recorded call removes; objects that the reference refused and this server stores,
 * which later cases would find.
 */
const gone: Readonly<Record<string, Gone>> = {
  embedding_module: { before: 'empty_embeddings_get#2', paths: ['/v1/schema/Li'], status: 200 },
  typescript_misc: {
    before: 'insert_rest',
    paths: [
      'c093b00a-d81a-53eb-945d-17a77e85797b',
      'fe6d35c4-41ad-509e-bd1e-0bc72974e94e',
      'b819b477-1f33-579d-bc91-63058afd818a',
      '9261f6ed-0db9-59a5-8f63-38a833f4c584',
      'd4456a43-0126-584e-88ed-4a9de40854c5',
    ].map((uuid) => `/v1/objects/TsM/${uuid}`),
    status: 204,
  },
};

/** Cases before which the recorded server was started anew over its data. */
const restarts: Readonly<Record<string, string>> = { defects_restart: 'post_RsCos' };

/** True when a topic's server is stopped and started again before a case. */
export function isRestartedBefore(topic: string, name: string): boolean {
  return restarts[topic] === name;
}

const keyGroups = new Set([
  'limits_default',
  'auth',
  'auth_grpc',
  'seed_multimodal_weaviate',
  'multimodal_jina',
]);

/** The server that a group of cases ran on. */
export function serverOf(group: string): ServerKind {
  return keyGroups.has(group) ? 'keys' : 'plain';
}

/** What to send to a server before a case, the topic's first one being `first`. */
export function setupBefore(
  topic: string,
  name: string,
  { first, server }: { readonly first: string; readonly server: ServerKind },
): readonly RecordedCall[] {
  const removed = gone[topic];
  if (removed?.before === name) {
    return removed.paths.map((path) => ({
      ...{ kind: 'rest', method: 'DELETE', path },
      status: removed.status,
      reply: null,
    }));
  }
  return (found[topic] ?? [])
    .filter((each) => (each.before ?? first) === name && (each.server ?? server) === server)
    .flatMap((each) => {
      const calls = setupCalls(each.topic, each.collection);
      if (calls.length === 0) throw new Error(`${each.topic} makes no ${each.collection}`);
      return each.alias === undefined ? calls : [...calls, aliasCall(each.alias, each.collection)];
    });
}

function aliasCall(alias: string, collection: string): RecordedCall {
  const request = { alias, class: collection };
  return {
    kind: 'rest',
    method: 'POST',
    path: '/v1/aliases',
    request,
    status: 200,
    reply: request,
  };
}
