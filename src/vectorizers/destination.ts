// Which service or local model embeds for a named vector: the address in the collection's settings, the
// operator's, or the module's own, in this order.

import { DatabaseError } from '../engine/errors.ts';
import { defaultTextModel } from './local/models.ts';
import type { VectorizerModule } from './modules.ts';
import { type ProviderAddress, readAddress, withoutSlashes } from './provider-address.ts';
import { isAzure } from './single/azure.ts';
import { studioHost } from './single/google.ts';
import type { VectorizerConfig } from './vectorizer.ts';

/** The environment variable of each address that an operator may give. */
const addressVariables = {
  /** Where collections with the public Jina address go instead (see provider-address.ts). */
  jinaBaseUrl: 'JINAAI_BASE_URL',
  openaiBaseUrl: 'OPENAI_BASE_URL',
  anthropicBaseUrl: 'ANTHROPIC_BASE_URL',
  cohereBaseUrl: 'COHERE_BASE_URL',
  voyageaiBaseUrl: 'VOYAGEAI_BASE_URL',
  mistralBaseUrl: 'MISTRAL_BASE_URL',
  ollamaBaseUrl: 'OLLAMA_BASE_URL',
  huggingfaceBaseUrl: 'HUGGINGFACE_BASE_URL',
  googleBaseUrl: 'GOOGLE_BASE_URL',
  nvidiaBaseUrl: 'NVIDIA_BASE_URL',
  morphBaseUrl: 'MORPH_BASE_URL',
  digitaloceanBaseUrl: 'DIGITALOCEAN_BASE_URL',
  /** Where `multi2multivec-weaviate` and `text2vec-weaviate` find their service. */
  embeddingsBaseUrl: 'WEAVIATE_EMBEDDINGS_BASE_URL',
  /** What `text2vec-transformers` and `text2vec-contextionary` embed with. */
  transformersUrl: 'TRANSFORMERS_INFERENCE_API',
  /** Where queries go instead, when `transformersUrl` is a service that embeds what is stored. */
  transformersQueryUrl: 'TRANSFORMERS_QUERY_INFERENCE_API',
  clipUrl: 'CLIP_INFERENCE_API',
  model2vecUrl: 'MODEL2VEC_INFERENCE_API',
  /** What `reranker-transformers` compares with. */
  rerankerUrl: 'RERANKER_INFERENCE_API',
} as const;
type AddressName = keyof typeof addressVariables;

/** Where the operator sends the modules' texts and images. */
export type OperatorAddresses = Readonly<Partial<Record<AddressName, string | undefined>>>;

export interface Destination<Address = ProviderAddress> {
  readonly address: Address;
  /** A service that queries go to instead; without a slash at the end. */
  readonly queryUrl?: string;
  /** `collection`: in its settings; `operator`: a redirection; `default`: the module's own. */
  readonly chosenBy: 'collection' | 'operator' | 'default';
}

interface AddressRow {
  /** Where a collection's settings have an address; the first one that is there counts. */
  readonly fields: readonly string[];
  readonly queryField?: string;
  /** The settings name a host, without `https://`. */
  readonly isHost?: boolean;
  readonly operator?: AddressName;
  readonly queryOperator?: AddressName;
  /** Addresses of the public service, which follow the operator's; the first is the default. Empty: none. */
  readonly own: readonly string[];
}

const publicRow = (operator: AddressName, ...own: readonly string[]): AddressRow => ({
  fields: ['baseURL'],
  operator,
  own,
});

const jina = publicRow('jinaBaseUrl', 'https://api.jina.ai');
const cohere = publicRow('cohereBaseUrl', 'https://api.cohere.com', 'https://api.cohere.ai');
const voyage = publicRow('voyageaiBaseUrl', 'https://api.voyageai.com/v1');
const nvidia = publicRow('nvidiaBaseUrl', 'https://integrate.api.nvidia.com');
const weaviate = publicRow('embeddingsBaseUrl');
const google: AddressRow = {
  fields: ['apiEndpoint'],
  isHost: true,
  operator: 'googleBaseUrl',
  own: ['https://us-central1-aiplatform.googleapis.com', `https://${studioHost}`],
};
const transformers: AddressRow = {
  fields: [],
  operator: 'transformersUrl',
  queryOperator: 'transformersQueryUrl',
  own: [`local:${defaultTextModel}`],
};

const rows: Readonly<Record<VectorizerModule, AddressRow>> = {
  'text2colbert-jinaai': jina,
  'text2multivec-jinaai': jina,
  'multi2multivec-jinaai': jina,
  'multi2multivec-weaviate': weaviate,
  'text2vec-transformers': {
    ...transformers,
    fields: ['inferenceUrl', 'passageInferenceUrl'],
    queryField: 'queryInferenceUrl',
  },
  'text2vec-contextionary': transformers,
  'text2vec-model2vec': { fields: ['inferenceUrl'], operator: 'model2vecUrl', own: [] },
  'text2vec-openai': publicRow('openaiBaseUrl', 'https://api.openai.com'),
  'text2vec-cohere': cohere,
  'text2vec-jinaai': jina,
  'text2vec-voyageai': voyage,
  'text2vec-mistral': publicRow(
    'mistralBaseUrl',
    'https://api.mistral.ai/v1/embeddings',
    'https://api.mistral.ai',
  ),
  'text2vec-ollama': {
    fields: ['apiEndpoint'],
    operator: 'ollamaBaseUrl',
    own: ['http://localhost:11434'],
  },
  'text2vec-huggingface': {
    fields: ['endpointURL', 'endpointUrl'],
    operator: 'huggingfaceBaseUrl',
    own: ['https://router.huggingface.co/hf-inference'],
  },
  'text2vec-google': google,
  'text2vec-palm': google,
  'text2vec-nvidia': nvidia,
  'text2vec-databricks': { fields: ['endpoint'], own: [] },
  'text2vec-morph': publicRow('morphBaseUrl', 'https://api.morphllm.com'),
  'text2vec-digitalocean': publicRow('digitaloceanBaseUrl', 'https://inference.do-ai.run'),
  'text2vec-weaviate': weaviate,
  'multi2vec-clip': { fields: ['inferenceUrl'], operator: 'clipUrl', own: [] },
  'multi2vec-cohere': cohere,
  'multi2vec-jinaai': jina,
  'multi2vec-voyageai': voyage,
  'multi2vec-nvidia': nvidia,
};

/**
 * Reads the operator's addresses. Throws DatabaseError 'invalid-argument' when the one for what is stored
 * and the one for queries do not stand together, or stand beside one for both.
 */
export function operatorAddresses(environment: NodeJS.ProcessEnv): OperatorAddresses {
  const both = environment['TRANSFORMERS_INFERENCE_API'] || undefined;
  const passage = environment['TRANSFORMERS_PASSAGE_INFERENCE_API'] || undefined;
  const query = environment['TRANSFORMERS_QUERY_INFERENCE_API'] || undefined;
  if ((passage === undefined) !== (query === undefined) || (both && passage)) {
    throw new DatabaseError('invalid-argument', {
      message:
        'set either TRANSFORMERS_INFERENCE_API, or both TRANSFORMERS_PASSAGE_INFERENCE_API and TRANSFORMERS_QUERY_INFERENCE_API',
    });
  }
  const names = Object.keys(addressVariables) as AddressName[];
  return {
    ...Object.fromEntries(
      names.flatMap((name) => {
        const value = environment[addressVariables[name]];
        return value ? [[name, value]] : [];
      }),
    ),
    ...(both || passage ? { transformersUrl: both ?? passage } : {}),
  };
}

/** The environment variable of an address of the operator's. */
export function operatorVariable(name: keyof OperatorAddresses): string {
  return addressVariables[name];
}

/** Checks a local model's name: throws DatabaseError 'invalid-argument' for one that nobody knows. */
type CheckModel = (model: string) => void;

/** Reads every address of the operator's. Throws DatabaseError 'invalid-argument' naming the variable. */
export function checkAddresses(addresses: OperatorAddresses, checkModel: CheckModel): void {
  for (const [name, variable] of Object.entries(addressVariables)) {
    const value = addresses[name as AddressName];
    if (!value) continue;
    if (name === 'transformersQueryUrl') serviceUrl(value, variable);
    else readDestination(value, variable, checkModel);
  }
}

/**
 * Undefined when nobody named an address and the module has none of its own. Throws DatabaseError
 * 'invalid-argument' for a bad address or a local model that nobody knows.
 */
export function findDestination(
  config: VectorizerConfig,
  module: VectorizerModule,
  { addresses, checkModel }: { addresses: OperatorAddresses; checkModel: CheckModel },
): Destination | undefined {
  const row = rows[module];
  const field = row.fields.find((name) => ownAddress(config, name) !== '');
  const own = field === undefined ? '' : ownAddress(config, field);
  const isPublic = !own.startsWith('local:') && row.own.includes(own);
  if (own !== '' && !isPublic) {
    const query = row.queryField === undefined ? '' : ownAddress(config, row.queryField);
    return {
      address: readDestination(own, sourceOf(config, field), checkModel),
      chosenBy: 'collection',
      ...(query === '' ? {} : { queryUrl: serviceUrl(query, sourceOf(config, row.queryField)) }),
    };
  }
  const redirection = row.operator && addresses[row.operator];
  if (row.operator && redirection) {
    const query = row.queryOperator && addresses[row.queryOperator];
    return {
      address: readDestination(redirection, addressVariables[row.operator], checkModel),
      chosenBy: 'operator',
      ...(query ? { queryUrl: withoutSlashes(query) } : {}),
    };
  }
  const address = azureAddress(config, module) ?? (isPublic ? own : row.own[0]);
  if (address === undefined) return undefined;
  return { address: readAddress(address, module), chosenBy: 'default' };
}

/** What to set for a module that has nowhere to go, in a sentence. */
export function missingAddress(module: VectorizerModule): string {
  const { fields, operator } = rows[module];
  const variable = operator === undefined ? '' : `${addressVariables[operator]}, or `;
  return `set ${variable}${fields[0]} in the collection's settings`;
}

function ownAddress({ settings, module }: VectorizerConfig, field: string): string {
  const value = settings[field];
  if (typeof value !== 'string' || value === '') return '';
  const { isHost } = rows[module as VectorizerModule];
  const isWhole = /^(local:|[a-z0-9+-]+:\/\/)/i.test(value);
  return withoutSlashes(isHost && !isWhole ? `https://${value}` : value);
}

/** The address that Azure gives a resource, where the settings name one. */
function azureAddress(
  { settings }: VectorizerConfig,
  module: VectorizerModule,
): string | undefined {
  const { resourceName } = settings;
  if (module !== 'text2vec-openai' || !isAzure({ settings })) return undefined;
  if (typeof resourceName === 'string' && /^[a-z0-9-]+$/i.test(resourceName)) {
    return `https://${resourceName}.openai.azure.com`;
  }
  throw new DatabaseError('invalid-argument', {
    message: `text2vec-openai: resourceName is ${JSON.stringify(resourceName)}; allowed: letters, digits and hyphens`,
  });
}

function sourceOf({ vectorName, collection }: VectorizerConfig, field = ''): string {
  return `vector "${vectorName}" in collection "${collection}": ${field}`;
}

function readDestination(value: string, source: string, checkModel: CheckModel): ProviderAddress {
  const address = readAddress(value, source);
  if (address.kind === 'local') checkModel(address.model);
  return address;
}

/** The address of a service that is spoken to in its module's own way. */
function serviceUrl(value: string, source: string): string {
  const address = readAddress(value, source);
  if (address.kind === 'service' && address.protocol === undefined) return address.url;
  throw new DatabaseError('invalid-argument', {
    message: `${source}: expected an http or https URL`,
  });
}
