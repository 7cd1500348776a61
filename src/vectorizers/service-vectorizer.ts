// The one vectorizer over HTTP: takes a protocol's description of calls and replies, and adds what all
// of them need: batches, keys that stay out of messages, errors beside their objects.

import type { VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { embedCalls, type JoinEntries } from './batching.ts';
import { postJson, providerError } from './http-provider.ts';
import { readAddress } from './provider-address.ts';
import { Retries } from './retries.ts';
import {
  type Content,
  imageQueryPrefix,
  type Purpose,
  type RemoteService,
  type ServiceProtocol,
  textQueryPrefix,
} from './service-protocol.ts';
import { meanVector } from './single/mean-vector.ts';
import { joinVectors } from './token-vectors.ts';
import type {
  ContentInput,
  Embedding,
  EmbedOptions,
  Vectorizer,
  VectorizerConfig,
} from './vectorizer.ts';

/** Makes the vectorizer of a named vector that a service of this protocol embeds. */
export function createServiceVectorizer(
  config: VectorizerConfig,
  service: RemoteService,
  protocol: ServiceProtocol,
): Vectorizer {
  const call = (contents: readonly Content[], purpose: Purpose, patient: PatientOptions) =>
    embedOnce(service, protocol, { contents, purpose, options: patient });
  const query = (content: Content, prefix: string, options: EmbedOptions) =>
    queryVector(prefix, () => call([content], 'query', withPatience(service, 'query', options)));
  return {
    module: config.module,
    kind: protocol.kind ?? 'multi',
    accepts: protocol.accepts,
    embedObjects: async (inputs, options) => {
      const problems = inputs.map((input) => protocol.objectProblem?.(input));
      const sent = inputs.map((input, index) =>
        problems[index] === undefined ? input : { texts: [], images: [] },
      );
      const patient = withPatience(service, 'objects', options);
      const found = await embedCalls(inputs.length, protocol.pack(sent), {
        embed: (contents) => call(contents, 'document', patient),
        join: joinOf(protocol, sent),
      });
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

interface PatientOptions extends EmbedOptions {
  readonly retries: Retries | undefined;
}

function withPatience(
  { retryPolicy }: RemoteService,
  purpose: 'objects' | 'query',
  options: EmbedOptions,
): PatientOptions {
  const retries = retryPolicy && new Retries(retryPolicy, purpose, options.onRetry);
  return { ...options, retries };
}

/** Token vectors stand one after the other; of single vectors there is a mean. */
function joinOf({ kind }: ServiceProtocol, inputs: readonly ContentInput[]): JoinEntries {
  if (kind !== 'single') return (parts) => joinVectors(parts.map(({ vector }) => vector));
  return (parts, object) => {
    const weights = inputs[object]?.weights;
    return meanVector(
      parts.map(({ vector }) => vector),
      weights && parts.map(({ index }) => weights[index] ?? 0),
    );
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
    readonly options: PatientOptions;
  },
): Promise<readonly Embedding[]> {
  const keys = protocol.keyHeaders(options.headers);
  const named = namedByCaller(service, protocol, options, keys);
  const { baseUrl, path, body, headers } = protocol.request(contents, purpose);
  const reply = await postJson({
    url: `${baseUrl ?? named ?? service.baseUrl}${path}`,
    headers: { ...headers, ...keys },
    body,
    timeoutMs: service.timeoutMs,
    signal: options.signal,
    retries: options.retries,
    secrets: secretsOf(keys),
    statusMessage: protocol.statusMessage,
    service: protocol.service,
  });
  return protocol.read(reply, contents.length);
}

/**
 * The address that the caller's request names in a header. Throws DatabaseError where that is not
 * followed, or where the server's own key would go there.
 */
function namedByCaller(
  { apiKey, callersAddress }: RemoteService,
  { baseUrlHeader = '' }: ServiceProtocol,
  { headers }: EmbedOptions,
  keys: Readonly<Record<string, string>>,
): string | undefined {
  const value = headers[baseUrlHeader];
  if (!value || callersAddress === 'ignore') return undefined;
  const say = (problem: string) => providerError(`request header ${baseUrlHeader}: ${problem}`);
  if (callersAddress !== 'follow') {
    throw say('callers of this server choose no addresses; set baseURL in the collection');
  }
  const address = readAddress(value, `request header ${baseUrlHeader}`);
  if (address.kind !== 'service' || address.protocol !== undefined) {
    throw say('expected an http or https URL');
  }
  const isOwnKey = apiKey !== undefined && Object.values(keys).some((key) => key.includes(apiKey));
  if (isOwnKey) throw say('the key of this server is not sent there; send one of your own');
  return address.url;
}

/** The headers' values whole, and without their schemes. */
function secretsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.values(headers).flatMap((value) => [value, value.replace(/^\S+\s+/, '')]);
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
