// The one vectorizer over HTTP: takes a protocol's description of calls and replies, and adds what all
// of them need: batches, keys that stay out of messages, errors beside their objects.

import type { VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { embedCalls } from './batching.ts';
import { postJson, providerError } from './http-provider.ts';
import {
  type Content,
  imageQueryPrefix,
  type Purpose,
  type RemoteService,
  type ServiceProtocol,
  textQueryPrefix,
} from './service-protocol.ts';
import type { Embedding, EmbedOptions, Vectorizer, VectorizerConfig } from './vectorizer.ts';

/** Makes the vectorizer of a named vector that a service of this protocol embeds. */
export function createServiceVectorizer(
  config: VectorizerConfig,
  service: RemoteService,
  protocol: ServiceProtocol,
): Vectorizer {
  const call = (contents: readonly Content[], purpose: Purpose, options: EmbedOptions) =>
    embedOnce(service, protocol, { contents, purpose, options });
  const query = (content: Content, prefix: string, options: EmbedOptions) =>
    queryVector(prefix, () => call([content], 'query', options));
  return {
    module: config.module,
    kind: protocol.kind ?? 'multi',
    accepts: protocol.accepts,
    embedObjects: async (inputs, options) => {
      const problems = inputs.map((input) => protocol.objectProblem?.(input));
      const sent = inputs.map((input, index) =>
        problems[index] === undefined ? input : { texts: [], images: [] },
      );
      const found = await embedCalls(inputs.length, protocol.pack(sent), (contents) =>
        call(contents, 'document', options),
      );
      return found.map((embedding, index) => {
        const problem = problems[index];
        return problem === undefined
          ? embedding
          : { kind: 'failed', error: providerError(problem) };
      });
    },
    embedQueryText: (text, options) => query({ kind: 'text', text }, textQueryPrefix, options),
    embedQueryImage: async (base64, options) => {
      if (protocol.accepts.image)
        return query({ kind: 'image', base64 }, imageQueryPrefix, options);
      throw providerError(`${imageQueryPrefix}${config.module} embeds text only`);
    },
  };
}

async function embedOnce(
  service: RemoteService,
  protocol: ServiceProtocol,
  {
    contents,
    purpose,
    options,
  }: {
    readonly contents: readonly Content[];
    readonly purpose: Purpose;
    readonly options: EmbedOptions;
  },
): Promise<readonly Embedding[]> {
  const keys = protocol.keyHeaders(options.headers);
  const { baseUrl, path, body, headers } = protocol.request(contents, purpose);
  const reply = await postJson({
    url: `${baseUrl ?? service.baseUrl}${path}`,
    headers: { ...headers, ...keys },
    body,
    timeoutMs: service.timeoutMs,
    signal: options.signal,
    secrets: secretsOf(keys),
    statusMessage: protocol.statusMessage,
    service: protocol.service,
  });
  return protocol.read(reply, contents.length);
}

/** An Authorization header whole, and without its scheme. */
function secretsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  const authorization = headers['authorization'] ?? '';
  return [authorization, authorization.replace(/^\S+\s+/, '')];
}

/**
 * The one vector of a query's call. Throws DatabaseError 'vectorizer-failed' with the module's prefix
 * when the call failed or brought no token vectors.
 */
async function queryVector(
  prefix: string,
  call: () => Promise<readonly Embedding[]>,
): Promise<VectorValue> {
  try {
    const [found] = await call();
    if (found?.kind === 'vector') return found.vector;
    if (found?.kind === 'failed') throw found.error;
    throw providerError('vectorizer returned no vectors for the query');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseError('vectorizer-failed', { message: `${prefix}${message}` }, { cause });
  }
}
