// text2colbert-jinaai and text2multivec-jinaai (two client names of one module): texts to token
// vectors. Queries and documents are sent alike, as the reference does; the tutorial's scores rely on it.

import { embedCalls, packCalls } from './batching.ts';
import { postJson, providerError } from './http-provider.ts';
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
import type { Embedding, EmbedOptions, Vectorizer, VectorizerConfig } from './vectorizer.ts';

/** Sizes of one call; far below what the service refuses. */
const callLimits = { countMax: 256, charactersMax: 250_000 };
const dimensionsDefault = 128;

/** Makes the vectorizer of a named vector that the Jina text module embeds. */
export function createJinaText(config: VectorizerConfig, service: RemoteService): Vectorizer {
  const dimensions = config.settings['dimensions'];
  const body = {
    model: stringSetting(config.settings, 'model', 'jina-colbert-v2'),
    embedding_type: 'float',
    dimensions: typeof dimensions === 'number' ? dimensions : dimensionsDefault,
  };
  const call = async (
    texts: readonly string[],
    options: EmbedOptions,
  ): Promise<readonly Embedding[]> => {
    const key = jinaKey(service, options.headers);
    const reply = await postJson({
      url: `${service.baseUrl}/v1/multi-vector`,
      headers: jinaHeaders(key),
      body: { input: texts, ...body },
      timeoutMs: service.timeoutMs,
      signal: options.signal,
      secrets: [key],
      statusMessage: jinaStatusMessage,
      service: 'connection to: JinaAI API',
    });
    return readJinaReply(reply, texts.length, service.dimsWanted);
  };
  return {
    module: config.module,
    kind: 'multi',
    accepts: { text: true, image: false },
    embedObjects: (inputs, options) => {
      const entries = inputs.flatMap((input, object) =>
        input.texts.map((content) => ({ object, content })),
      );
      const calls = packCalls(entries, callLimits);
      return embedCalls(inputs.length, calls, (texts) => call(texts, options));
    },
    embedQueryText: (text, options) => queryVector(textQueryPrefix, () => call([text], options)),
    embedQueryImage: async () => {
      throw providerError(`${imageQueryPrefix}${config.module} embeds text only`);
    },
  };
}
