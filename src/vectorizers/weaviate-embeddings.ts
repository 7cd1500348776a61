// multi2multivec-weaviate: page images to patch vectors through a service that speaks the protocol of
// Weaviate's hosted one. Self-hosted: the caller's key and cluster address are passed on when they are
// there and never demanded.

import { embedCalls, packCalls } from './batching.ts';
import { isRecord, postJson, providerError, readTokenVectors } from './http-provider.ts';
import {
  checkedCount,
  imageQueryPrefix,
  queryVector,
  type RemoteService,
  stringSetting,
  textQueryPrefix,
} from './remote.ts';
import type {
  ContentInput,
  Embedding,
  EmbedOptions,
  RequestHeaders,
  Vectorizer,
  VectorizerConfig,
} from './vectorizer.ts';

/** Images of one call, as on the reference; an image is large and slow to embed. */
const callLimits = { countMax: 2, charactersMax: Number.POSITIVE_INFINITY };
const moduleName = 'multi2multivec-weaviate module';
const passedOn = ['authorization', 'x-weaviate-cluster-url'] as const;

/** Makes the vectorizer of a named vector that the embeddings service embeds. */
export function createWeaviateEmbeddings(
  config: VectorizerConfig,
  service: RemoteService,
): Vectorizer {
  const model = stringSetting(config.settings, 'model', 'ModernVBERT/colmodernvbert');
  const call = async (
    body: { readonly input: readonly string[]; readonly is_search_query?: true },
    options: EmbedOptions,
  ): Promise<readonly Embedding[]> => {
    const headers = headersToPassOn(options.headers);
    const reply = await postJson({
      url: `${service.baseUrl}/v1/embeddings/embed`,
      headers,
      body: { ...body, model },
      timeoutMs: service.timeoutMs,
      signal: options.signal,
      secrets: secretsOf(headers),
      statusMessage: (status, detail) =>
        `${moduleName}: Weaviate embed API error: ${status} ${detail}`,
      service: moduleName,
    });
    const list = isRecord(reply) ? reply['embeddings'] : undefined;
    return checkedCount(list, body.input.length, 'embeddings').map((vectors) =>
      readTokenVectors(vectors, service.dimsWanted),
    );
  };
  return {
    module: config.module,
    kind: 'multi',
    accepts: { text: true, image: true },
    embedObjects: async (inputs, options) => {
      const entries = inputs.flatMap((input, object) =>
        input.images.map((content) => ({ object, content })),
      );
      const calls = packCalls(entries, callLimits);
      const found = await embedCalls(inputs.length, calls, (input) => call({ input }, options));
      return found.map((embedding, index) => refuseText(inputs[index], embedding));
    },
    embedQueryText: (text, options) =>
      queryVector(textQueryPrefix, () => call({ input: [text], is_search_query: true }, options)),
    embedQueryImage: (image, options) =>
      queryVector(imageQueryPrefix, () => call({ input: [image] }, options)),
  };
}

function refuseText(input: ContentInput | undefined, embedding: Embedding): Embedding {
  if (input === undefined || input.texts.length === 0) return embedding;
  const message = `${moduleName}: objects are embedded from imageFields only, not from textFields`;
  return { kind: 'failed', error: providerError(message) };
}

function headersToPassOn(headers: RequestHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function secretsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  const authorization = headers['authorization'] ?? '';
  return [authorization, authorization.replace(/^\S+\s+/, '')];
}
