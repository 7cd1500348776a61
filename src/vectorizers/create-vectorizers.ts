// From the settings of the server and of one named vector to its vectorizer: which module, which
// service or local model, and with which key.

import { unreachable } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import { PageReader } from '../pages/page-reader.ts';
import { infinityProtocol } from './address-protocols/infinity.ts';
import { nextPlaidProtocol } from './address-protocols/next-plaid.ts';
import { vllmProtocol } from './address-protocols/vllm.ts';
import {
  checkAddresses,
  type Destination,
  findDestination,
  missingAddress,
  type OperatorAddresses,
  operatorAddresses,
} from './destination.ts';
import { providerError } from './http-provider.ts';
import { createJinaMultimodal, createJinaText } from './jina.ts';
import { LocalModels } from './local/local-models.ts';
import { createLocalVectorizer } from './local/local-vectorizer.ts';
import { findModelFolders } from './local/model-folder.ts';
import { type LocalModelSettings, locatedModels, locateModel } from './local/model-location.ts';
import { type LongText, longTextWays } from './local/model-settings.ts';
import { modelsDirectory } from './local/model-store.ts';
import { colModernVbert, PageModels } from './local/page-model/page-models.ts';
import { createPageVectorizer } from './local/page-model/page-vectorizer.ts';
import {
  isMultimodal,
  isVectorizerModule,
  makesSingleVectors,
  type VectorizerModule,
  vectorizerModules,
} from './modules.ts';
import { readPatience, timeoutMsDefault } from './patience.ts';
import type { AddressProtocol, ProviderAddress } from './provider-address.ts';
import { keyOwner, type ProviderKeys, readProviderKeys } from './provider-keys.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retries.ts';
import { readServedModels, type ServedModels } from './served-models.ts';
import type { RemoteService, ServiceProtocol } from './service-protocol.ts';
import { createServiceVectorizer } from './service-vectorizer.ts';
import { singleProtocols } from './single/single-services.ts';
import { unavailableVectorizer } from './unavailable.ts';
import type { Vectorizer, VectorizerConfig } from './vectorizer.ts';
import { createWeaviateEmbeddings } from './weaviate-embeddings.ts';

/** What the operator decides for the whole server. */
export interface VectorizerSettings extends OperatorAddresses {
  /** Sent when a request brings no key, but only to a public address or to one of the operator's. */
  readonly apiKeys?: ProviderKeys | undefined;
  /** Sent to `embeddingsBaseUrl` only, in place of what the caller brought. */
  readonly embeddingsApiKey?: string | undefined;
  /**
   * Callers prove with `Authorization` who they are to this server: it is not passed on to an address that
   * a collection chose.
   */
  readonly hasOwnKeys?: boolean | undefined;
  /** Local models that other processes may embed with; absent: all (see served-models.ts). */
  readonly servedModels?: string | undefined;
  /** Directory of the local models that were pulled. */
  readonly modelsDirectory: string;
  /** A model folder of the operator's own, or a directory of such folders. */
  readonly ownModels?: string | undefined;
  /** Worker processes of a local text model. */
  readonly modelWorkers?: number | undefined;
  /** What happens to documents that are too long for a local text model. */
  readonly longText?: LongText | undefined;
  /** How long one attempt of a call to a service may take. */
  readonly timeoutMs?: number | undefined;
  /** When calls are made again; absent: as `defaultRetryPolicy` has it. */
  readonly retryPolicy?: RetryPolicy | undefined;
  /** Threads of a local page model. */
  readonly threads?: number | undefined;
}

/** Makes vectorizers; a module `none` has none. Owns the local models. */
export interface Vectorizers extends AsyncDisposable {
  /** Throws DatabaseError 'invalid-argument' for an unknown module or a bad address. */
  (config: VectorizerConfig): Vectorizer | undefined;
  /** The local models that other processes may use through this one. */
  readonly served: ServedModels;
  /** Ends the local models; vectorizers made before fail afterwards. */
  close(): Promise<void>;
}

/** What collections of `multi2multivec-weaviate` name when they name a model. */
const hostedModel = 'ModernVBERT/colmodernvbert';
const workersVariable = 'TESSERAE_MODEL_WORKERS';
const workersMax = 64;
const longTextVariable = 'TESSERAE_LONG_TEXT';

/** Reads the variables of providers and local models. Throws DatabaseError 'invalid-argument'. */
export function vectorizerSettings(environment: NodeJS.ProcessEnv): VectorizerSettings {
  return {
    ...operatorAddresses(environment),
    apiKeys: readProviderKeys(environment),
    embeddingsApiKey: environment['WEAVIATE_EMBEDDINGS_APIKEY'] || undefined,
    servedModels: environment['TESSERAE_SERVED_MODELS'] || undefined,
    modelsDirectory: modelsDirectory(environment),
    ownModels: environment['MODEL_DIR'] || undefined,
    modelWorkers: readWorkers(environment[workersVariable]),
    longText: readLongText(environment[longTextVariable]),
    ...readPatience(environment),
  };
}

function readWorkers(value: string | undefined): number | undefined {
  if (!value) return undefined;
  if (/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= workersMax)
    return Number(value);
  const allowed = `a whole number from 1 to ${workersMax}`;
  throw new DatabaseError('invalid-argument', {
    message: `${workersVariable} is ${JSON.stringify(value)}, expected ${allowed}`,
  });
}

function readLongText(value: string | undefined): LongText | undefined {
  const found = longTextWays.find((way) => way === value);
  if (!value || found !== undefined) return found;
  throw new DatabaseError('invalid-argument', {
    message: `${longTextVariable} is ${JSON.stringify(value)}, expected ${longTextWays.join(' or ')}`,
  });
}

/** Throws DatabaseError 'invalid-argument' when a redirection is no address and no known model. */
export function createVectorizers(settings: VectorizerSettings): Vectorizers {
  const local = openLocal(settings);
  checkAddresses(settings, (model) => checkLocalModel(model, local));
  const make = (config: VectorizerConfig): Vectorizer | undefined => {
    const { module } = config;
    if (module === 'none') return undefined;
    if (!isVectorizerModule(module)) {
      throw new DatabaseError('invalid-argument', {
        message: `no vectorizer module "${module}"; known modules: none, ${vectorizerModules.join(', ')}`,
      });
    }
    return makeVectorizer(config, module, settings, local);
  };
  const served = readServedModels(settings.servedModels, {
    present: () => presentModels(local),
    isKnown: (model) => isLocalModel(model, local),
    make: (model) => makeLocalVectorizer(servedConfig(model), model, local),
  });
  const close = async (): Promise<void> => {
    await Promise.all([local.models.close(), local.pageModels.close(), local.reader.close()]);
  };
  return Object.assign(make, { served, close, [Symbol.asyncDispose]: close });
}

/** What runs on this machine: text models, page models, and the reader of images for them. */
interface Local {
  readonly models: LocalModels;
  readonly pageModels: PageModels;
  readonly reader: PageReader;
  readonly settings: LocalModelSettings;
}

function openLocal(given: VectorizerSettings): Local {
  const { modelsDirectory: directory, threads } = given;
  const reader = PageReader.open();
  const settings: LocalModelSettings = {
    directory,
    ownDirectory: given.ownModels,
    workers: given.modelWorkers,
    longText: given.longText,
  };
  return {
    reader,
    settings,
    models: new LocalModels(settings),
    pageModels: new PageModels({
      settings,
      threads,
      decodeImage: (bytes) => reader.decodeImage(bytes),
    }),
  };
}

function makeLocalVectorizer(config: VectorizerConfig, model: string, local: Local): Vectorizer {
  const { models, pageModels, reader } = local;
  const module = isVectorizerModule(config.module) ? config.module : undefined;
  const isSingle = module !== undefined && makesSingleVectors(module);
  if (pageModels.isPageModel(model)) {
    if (isSingle) throw multiVectorsOnly(config, model);
    return createPageVectorizer(config, model, pageModels);
  }
  const hasImages = module !== undefined && isMultimodal(module);
  const readImage = hasImages ? (bytes: Uint8Array) => reader.readImage(bytes) : undefined;
  const form = isSingle ? poolingForm(config) : 'tokens';
  return createLocalVectorizer(config, model, { models, readImage, form });
}

/** How the states of a text's tokens become one vector. */
function poolingForm({ settings }: VectorizerConfig): 'mean' | 'first' {
  return settings['poolingStrategy'] === 'cls' ? 'first' : 'mean';
}

function multiVectorsOnly({ module }: VectorizerConfig, address: string): DatabaseError {
  return new DatabaseError('invalid-argument', {
    message: `${module} makes one vector of a text, ${address} makes multi-vectors`,
  });
}

/** Throws DatabaseError 'invalid-argument' for a name that no local model has. */
function checkLocalModel(model: string, { pageModels, settings }: Local): void {
  if (!pageModels.isPageModel(model)) locateModel(model, settings);
}

function isLocalModel(model: string, { pageModels, settings }: Local): boolean {
  return (
    pageModels.isPageModel(model) || locatedModels(settings).some(({ name }) => name === model)
  );
}

/** Folders of the operator's own, then what was pulled; other folders beside those have no name. */
function presentModels({ settings }: Local): readonly string[] {
  const pulled = new Set(findModelFolders(settings.directory).map(({ name }) => name));
  return locatedModels(settings)
    .filter(({ from, name }) => from === 'folder' || pulled.has(name))
    .map(({ name }) => name);
}

function makeVectorizer(
  config: VectorizerConfig,
  module: VectorizerModule,
  settings: VectorizerSettings,
  local: Local,
): Vectorizer {
  const destination = findDestination(config, module, {
    addresses: settings,
    checkModel: (model) => checkLocalModel(model, local),
  });
  if (destination === undefined) {
    return module === 'multi2multivec-weaviate'
      ? undirectedService(config, local)
      : unconfiguredService(config, module);
  }
  const { address } = destination;
  if (address.kind === 'local') return makeLocalVectorizer(config, address.model, local);
  const service = remoteService(config, module, { ...destination, address }, settings);
  if (address.protocol !== undefined) {
    if (makesSingleVectors(module)) throw multiVectorsOnly(config, address.protocol);
    const protocol = protocols[address.protocol](config, service);
    return createServiceVectorizer(config, service, protocol);
  }
  if (makesSingleVectors(module)) {
    return createServiceVectorizer(config, service, singleProtocols[module](config, service));
  }
  switch (module) {
    case 'text2colbert-jinaai':
    case 'text2multivec-jinaai':
      return createJinaText(config, service);
    case 'multi2multivec-jinaai':
      return createJinaMultimodal(config, service);
    case 'multi2multivec-weaviate':
      return createWeaviateEmbeddings(config, service);
    default:
      return unreachable(module);
  }
}

const protocols: Readonly<
  Record<AddressProtocol, (config: VectorizerConfig, service: RemoteService) => ServiceProtocol>
> = { vllm: vllmProtocol, 'next-plaid': nextPlaidProtocol, infinity: infinityProtocol };

function remoteService(
  config: VectorizerConfig,
  module: VectorizerModule,
  { address, queryUrl, chosenBy }: Destination<Extract<ProviderAddress, { kind: 'service' }>>,
  settings: VectorizerSettings,
): RemoteService {
  const { dimensions } = config.settings;
  const { url, model, width, marking, protocol } = address;
  const isOfModule = protocol === undefined && model === undefined && chosenBy !== 'operator';
  const dimsWanted =
    width ?? (isOfModule && typeof dimensions === 'number' ? dimensions : undefined);
  const owner = keyOwner(module, config.settings);
  const ofCallers = settings.hasOwnKeys ? undefined : 'follow';
  const callersAddress = chosenBy === 'operator' ? 'ignore' : ofCallers;
  const key = module.endsWith('-weaviate')
    ? settings.embeddingsApiKey
    : owner && settings.apiKeys?.[owner];
  return {
    baseUrl: url,
    timeoutMs: settings.timeoutMs ?? timeoutMsDefault,
    retryPolicy: settings.retryPolicy ?? defaultRetryPolicy,
    isPublic: chosenBy === 'default',
    ...(callersAddress === undefined ? {} : { callersAddress }),
    marking,
    ...(model === undefined ? {} : { model }),
    ...(width === undefined ? {} : { width }),
    ...(queryUrl === undefined ? {} : { queryBaseUrl: queryUrl }),
    ...(dimsWanted === undefined ? {} : { dimsWanted }),
    ...(key === undefined || chosenBy === 'collection' ? {} : { apiKey: key }),
    ...(settings.hasOwnKeys && chosenBy === 'collection' ? { keepsAuthorization: true } : {}),
  };
}

/** What a model that is served has in place of a collection's vector: texts and images are sent to it. */
function servedConfig(model: string): VectorizerConfig {
  const module = 'multi2multivec-weaviate';
  return { collection: '', vectorName: model, module, settings: {}, metric: 'cosine' };
}

/**
 * Nobody said where the service is. The model that it would run embeds here while it is on this machine;
 * else collections can be made and fed with vectors, and nothing is embedded.
 */
function undirectedService(config: VectorizerConfig, { pageModels }: Local): Vectorizer {
  const { model } = config.settings;
  const isWanted = typeof model !== 'string' || model === '' || model === hostedModel;
  const here = createPageVectorizer(config, colModernVbert, pageModels);
  const pull = isWanted ? `, or run: tesserae models pull ${colModernVbert}` : '';
  const nowhere = unconfiguredService(config, 'multi2multivec-weaviate', pull);
  const chosen = (): Vectorizer =>
    isWanted && pageModels.isPresent(colModernVbert) ? here : nowhere;
  return {
    module: config.module,
    kind: 'multi',
    accepts: { text: true, image: true },
    embedObjects: (inputs, options) => chosen().embedObjects(inputs, options),
    embedQueryText: (text, options) => chosen().embedQueryText(text, options),
    embedQueryImage: (image, options) => chosen().embedQueryImage(image, options),
    // Asked only where a text was embedded.
    queryTokens: (text, options) => here.queryTokens(text, options),
  };
}

function unconfiguredService(
  config: VectorizerConfig,
  module: VectorizerModule,
  more = '',
): Vectorizer {
  const error = providerError(
    `${module} module: no embedding service is configured; ${missingAddress(module)}, to a compatible service, or give vectors of your own${more}`,
  );
  return unavailableVectorizer(
    config.module,
    error,
    makesSingleVectors(module) ? 'single' : 'multi',
  );
}
