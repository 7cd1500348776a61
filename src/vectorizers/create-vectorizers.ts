// From the settings of the server and of one named vector to its vectorizer: which module, which
// service or local model, and with which key.

import { unreachable } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import { checkedBaseUrl, providerError } from './http-provider.ts';
import { createJinaMultimodal } from './jina-multimodal.ts';
import { createJinaText } from './jina-text.ts';
import { LocalModels } from './local/local-models.ts';
import { createLocalVectorizer } from './local/local-vectorizer.ts';
import { modelsDirectory } from './local/model-store.ts';
import { modelEntry } from './local/models.ts';
import { isVectorizerModule, type VectorizerModule, vectorizerModules } from './modules.ts';
import type { RemoteService } from './remote.ts';
import type { Vectorizer, VectorizerConfig } from './vectorizer.ts';
import { createWeaviateEmbeddings } from './weaviate-embeddings.ts';

/** What the operator decides for the whole server. */
export interface VectorizerSettings {
  /** Where collections with the public Jina address go instead: a URL or `local:MODEL`. */
  readonly jinaBaseUrl?: string | undefined;
  /** Sent when a request brings no key, but only to the public address or to `jinaBaseUrl`. */
  readonly jinaApiKey?: string | undefined;
  /** Where `multi2multivec-weaviate` finds its service: a URL or `local:MODEL`. */
  readonly embeddingsBaseUrl?: string | undefined;
  /** Directory of all local models. */
  readonly modelsDirectory: string;
  /** How long one call to a service may take. */
  readonly timeoutMs?: number | undefined;
  /** Threads of a local model. */
  readonly threads?: number | undefined;
}

/** Makes vectorizers; a module `none` has none. Owns the local models. */
export interface Vectorizers extends AsyncDisposable {
  /** Throws DatabaseError 'invalid-argument' for an unknown module or a bad address. */
  (config: VectorizerConfig): Vectorizer | undefined;
  /** Ends the local models; vectorizers made before fail afterwards. */
  close(): Promise<void>;
}

/** Address of the public service; a collection that names it follows the operator's redirection. */
export const jinaBaseUrlDefault = 'https://api.jina.ai';
const timeoutMsDefault = 60_000;
const localPrefix = 'local:';

/** Reads JINAAI_BASE_URL, JINAAI_APIKEY, WEAVIATE_EMBEDDINGS_BASE_URL and where models are kept. */
export function vectorizerSettings(environment: NodeJS.ProcessEnv): VectorizerSettings {
  return {
    jinaBaseUrl: environment['JINAAI_BASE_URL'] || undefined,
    jinaApiKey: environment['JINAAI_APIKEY'] || undefined,
    embeddingsBaseUrl: environment['WEAVIATE_EMBEDDINGS_BASE_URL'] || undefined,
    modelsDirectory: modelsDirectory(environment),
  };
}

/** Throws DatabaseError 'invalid-argument' when a redirection is no address and no known model. */
export function createVectorizers(settings: VectorizerSettings): Vectorizers {
  if (settings.jinaBaseUrl) checkDestination(settings.jinaBaseUrl, 'JINAAI_BASE_URL');
  if (settings.embeddingsBaseUrl) {
    checkDestination(settings.embeddingsBaseUrl, 'WEAVIATE_EMBEDDINGS_BASE_URL');
  }
  const models = new LocalModels({
    directory: settings.modelsDirectory,
    threads: settings.threads,
  });
  const make = (config: VectorizerConfig): Vectorizer | undefined => {
    const { module } = config;
    if (module === 'none') return undefined;
    if (!isVectorizerModule(module)) {
      throw new DatabaseError('invalid-argument', {
        message: `no vectorizer module "${module}"; known modules: none, ${vectorizerModules.join(', ')}`,
      });
    }
    return makeVectorizer(config, module, settings, models);
  };
  const close = (): Promise<void> => models.close();
  return Object.assign(make, { close, [Symbol.asyncDispose]: close });
}

function makeVectorizer(
  config: VectorizerConfig,
  module: VectorizerModule,
  settings: VectorizerSettings,
  models: LocalModels,
): Vectorizer {
  const destination = findDestination(config, module, settings);
  if (destination.address.startsWith(localPrefix)) {
    const model = destination.address.slice(localPrefix.length);
    return createLocalVectorizer(config, model, models);
  }
  const service = remoteService(config, destination, settings);
  switch (module) {
    case 'text2colbert-jinaai':
    case 'text2multivec-jinaai':
      return createJinaText(config, service);
    case 'multi2multivec-jinaai':
      return createJinaMultimodal(config, service);
    case 'multi2multivec-weaviate':
      return destination.address === ''
        ? unconfiguredService(config)
        : createWeaviateEmbeddings(config, service);
    default:
      return unreachable(module);
  }
}

interface Destination {
  /** A URL, `local:MODEL`, or empty when nobody named one. */
  readonly address: string;
  /** `collection`: in its settings; `operator`: a redirection; `default`: the public address. */
  readonly chosenBy: 'collection' | 'operator' | 'default';
}

/** A collection's own address wins; the public one, or none, follows the operator's redirection. */
function findDestination(
  config: VectorizerConfig,
  module: VectorizerModule,
  settings: VectorizerSettings,
): Destination {
  const isService = module === 'multi2multivec-weaviate';
  const fallback = isService ? '' : jinaBaseUrlDefault;
  const setting = config.settings['baseURL'];
  const own = typeof setting === 'string' ? setting.replace(/\/+$/, '') : '';
  if (own !== '' && own !== fallback) {
    const source = `vector "${config.vectorName}" in collection "${config.collection}": baseURL`;
    checkDestination(own, source);
    return { address: own, chosenBy: 'collection' };
  }
  const redirection = isService ? settings.embeddingsBaseUrl : settings.jinaBaseUrl;
  if (redirection) return { address: redirection.replace(/\/+$/, ''), chosenBy: 'operator' };
  return { address: fallback, chosenBy: 'default' };
}

function checkDestination(value: string, source: string): void {
  if (value.startsWith(localPrefix)) modelEntry(value.slice(localPrefix.length));
  else checkedBaseUrl(value, source);
}

function remoteService(
  config: VectorizerConfig,
  destination: Destination,
  settings: VectorizerSettings,
): RemoteService {
  const { dimensions } = config.settings;
  const isDimsKnown = typeof dimensions === 'number' && destination.chosenBy !== 'operator';
  const isKeyOurs = settings.jinaApiKey !== undefined && destination.chosenBy !== 'collection';
  return {
    baseUrl: destination.address,
    timeoutMs: settings.timeoutMs ?? timeoutMsDefault,
    ...(isDimsKnown ? { dimsWanted: dimensions } : {}),
    ...(isKeyOurs ? { apiKey: settings.jinaApiKey } : {}),
  };
}

/** Nobody said where the service is: collections can be made and fed with vectors, nothing embedded. */
function unconfiguredService(config: VectorizerConfig): Vectorizer {
  const error = providerError(
    `${config.module} module: no embedding service is configured; set WEAVIATE_EMBEDDINGS_BASE_URL, or baseURL in the collection's settings, to a compatible service, or give vectors of your own`,
  );
  const refuse = async (): Promise<never> => {
    throw error;
  };
  return {
    module: config.module,
    kind: 'multi',
    accepts: { text: true, image: true },
    embedObjects: async (inputs) =>
      inputs.map(({ texts, images }) =>
        texts.length + images.length === 0 ? { kind: 'none' } : { kind: 'failed', error },
      ),
    embedQueryText: refuse,
    embedQueryImage: refuse,
  };
}
