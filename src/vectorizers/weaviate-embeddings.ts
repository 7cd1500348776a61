// multi2multivec-weaviate: page images to patch vectors through a service that speaks the protocol of
// Weaviate's hosted one. Self-hosted: the caller's key and cluster address are passed on when they are
// there and never demanded; a key of the operator's own takes the caller's place.

import { isRecord } from './http-provider.ts';
import {
  checkedCount,
  contentOf,
  modelOf,
  packByKind,
  type RemoteService,
} from './service-protocol.ts';
import { createServiceVectorizer } from './service-vectorizer.ts';
import { readTokenVectors } from './token-vectors.ts';
import type { RequestHeaders, Vectorizer, VectorizerConfig } from './vectorizer.ts';

/** Images of one call, as on the reference; an image is large and slow to embed. */
const imageLimits = { countMax: 2, bytesMax: 32 * 1024 * 1024 };
const noTexts = { countMax: 1, bytesMax: 0 };
const moduleName = 'multi2multivec-weaviate module';
const passedOn = ['authorization', 'x-weaviate-cluster-url'] as const;

/** Makes the vectorizer of a named vector that the embeddings service embeds. */
export function createWeaviateEmbeddings(
  config: VectorizerConfig,
  service: RemoteService,
): Vectorizer {
  const model = modelOf(config, service, 'ModernVBERT/colmodernvbert');
  return createServiceVectorizer(config, service, {
    service: moduleName,
    accepts: { text: true, image: true },
    objectProblem: ({ texts }) =>
      texts.length > 0
        ? `${moduleName}: objects are embedded from imageFields only, not from textFields`
        : undefined,
    pack: (inputs) => packByKind(inputs, { text: noTexts, image: imageLimits }),
    request: (contents, purpose) => ({
      path: '/v1/embeddings/embed',
      body: {
        input: contents.map(contentOf),
        // A string is an image, unless the call is a search by text.
        ...(purpose === 'query' && contents[0]?.kind === 'text' ? { is_search_query: true } : {}),
        model,
      },
    }),
    read: (reply, count) => {
      const list = isRecord(reply) ? reply['embeddings'] : undefined;
      return checkedCount(list, count, 'embeddings').map((vectors) =>
        readTokenVectors(vectors, service.dimsWanted),
      );
    },
    keyHeaders: (headers) => passedOnHeaders(service, headers),
    statusMessage: (status, detail) =>
      `${moduleName}: Weaviate embed API error: ${status} ${detail}`,
  });
}

/** What a caller says to a service of this protocol, or the operator's key in its place. */
export function passedOnHeaders(
  { apiKey, keepsAuthorization }: RemoteService,
  headers: RequestHeaders,
): Readonly<Record<string, string>> {
  const passed = passedOn.flatMap((name) => {
    const value = headers[name];
    const isKept = keepsAuthorization === true && name === 'authorization';
    return value === undefined || isKept ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}
