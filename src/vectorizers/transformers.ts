// The inference service of text2vec-transformers: one text a call, one vector back. It is asked without
// a key, and may have one address for what is stored and another for queries.

import { isRecord } from './http-provider.ts';
import {
  contentOf,
  packByKind,
  type RemoteService,
  type ServiceProtocol,
} from './service-protocol.ts';
import { readSingleVector, refused } from './token-vectors.ts';
import type { Embedding, VectorizerConfig } from './vectorizer.ts';

/** The service embeds one text at a time. */
const oneText = { countMax: 1, bytesMax: Number.MAX_SAFE_INTEGER };
const noImages = { countMax: 1, bytesMax: 0 };

/** How the service is spoken to. */
export function transformersProtocol(
  { settings }: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  const pooling = { pooling_strategy: settings['poolingStrategy'] ?? 'masked_mean' };
  return {
    service: 'transformers inference service',
    kind: 'single',
    accepts: { text: true, image: false },
    pack: (inputs) => packByKind(inputs, { text: oneText, image: noImages }),
    request: ([content], purpose) => ({
      ...(purpose === 'query' ? { baseUrl: service.queryBaseUrl } : {}),
      path: '/vectors',
      body: {
        text: content === undefined ? '' : contentOf(content),
        config: { ...pooling, task_type: purpose === 'query' ? 'query' : 'passage' },
      },
    }),
    read: (reply) => [readReply(reply)],
    keyHeaders: () => ({}),
    statusMessage: (status, detail) =>
      `transformers inference service failed with status: ${status} error: ${detail}`,
  };
}

function readReply(reply: unknown): Embedding {
  if (!isRecord(reply)) return refused('expected an object with "vector"');
  const { error, vector } = reply;
  if (typeof error === 'string' && error !== '') return refused(`it says ${JSON.stringify(error)}`);
  return readSingleVector(vector);
}
