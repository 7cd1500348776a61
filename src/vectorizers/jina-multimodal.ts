// multi2multivec-jinaai: images or texts to token vectors, one object a call.

import { type Entry, embedCalls } from './batching.ts';
import { postJson } from './http-provider.ts';
import {
  imageQueryPrefix,
  jinaHeaders,
  jinaKey,
  jinaStatusMessage,
  queryVector,
  type RemoteService,
  readJinaReply,
  stringSetting,
  textQueryPrefix,
} from './remote.ts';
import type {
  ContentInput,
  Embedding,
  EmbedOptions,
  Vectorizer,
  VectorizerConfig,
} from './vectorizer.ts';

/** An input of the service: an object's text or image, or a query's plain text. */
type JinaInput = string | { readonly text: string } | { readonly image: string };

/** Makes the vectorizer of a named vector that the Jina multimodal module embeds. */
export function createJinaMultimodal(config: VectorizerConfig, service: RemoteService): Vectorizer {
  const model = stringSetting(config.settings, 'model', 'jina-embeddings-v4');
  const call = async (
    input: readonly JinaInput[],
    options: EmbedOptions,
  ): Promise<readonly Embedding[]> => {
    const key = jinaKey(service, options.headers);
    const reply = await postJson({
      url: `${service.baseUrl}/v1/embeddings`,
      headers: jinaHeaders(key),
      body: { input, model, embedding_type: 'float', return_multivector: true },
      timeoutMs: service.timeoutMs,
      signal: options.signal,
      secrets: [key],
      statusMessage: jinaStatusMessage,
      service: 'connection to: JinaAI API',
    });
    return readJinaReply(reply, input.length, service.dimsWanted);
  };
  return {
    module: config.module,
    kind: 'multi',
    accepts: { text: true, image: true },
    embedObjects: (inputs, options) => {
      const calls = inputs.map(objectEntries).filter((entries) => entries.length > 0);
      return embedCalls(inputs.length, calls, (entries) => call(entries, options));
    },
    embedQueryText: (text, options) => queryVector(textQueryPrefix, () => call([text], options)),
    embedQueryImage: (image, options) =>
      queryVector(imageQueryPrefix, () => call([{ image }], options)),
  };
}

function objectEntries(input: ContentInput, object: number): readonly Entry<JinaInput>[] {
  return [
    ...input.texts.map((text) => ({ object, content: { text } })),
    ...input.images.map((image) => ({ object, content: { image } })),
  ];
}
