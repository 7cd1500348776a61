// Which service or local model embeds for a named vector: the address in the collection's settings, the
// operator's, or the module's own, in this order.

import { DatabaseError } from '../engine/errors.ts';
import { defaultTextModel } from './local/models.ts';
import type { VectorizerModule } from './modules.ts';
import { type ProviderAddress, readAddress, withoutSlashes } from './provider-address.ts';
import type { VectorizerConfig } from './vectorizer.ts';

/** Where the operator sends the modules' texts and images. */
export interface OperatorAddresses {
  /** Where collections with the public Jina address go instead (see provider-address.ts). */
  readonly jinaBaseUrl?: string | undefined;
  /** Where `multi2multivec-weaviate` finds its service. */
  readonly embeddingsBaseUrl?: string | undefined;
  /** What `text2vec-transformers` and `text2vec-contextionary` embed with. */
  readonly transformersUrl?: string | undefined;
  /** Where queries go instead, when `transformersUrl` is a service that embeds what is stored. */
  readonly transformersQueryUrl?: string | undefined;
}

export interface Destination<Address = ProviderAddress> {
  readonly address: Address;
  /** A service that queries go to instead; without a slash at the end. */
  readonly queryUrl?: string;
  /** `collection`: in its settings; `operator`: a redirection; `default`: the module's own. */
  readonly chosenBy: 'collection' | 'operator' | 'default';
}

/** Address of the public service; a collection that names it follows the operator's redirection. */
const jinaBaseUrlDefault = 'https://api.jina.ai';

interface AddressRow {
  /** Where a collection's settings have an address; the first one that is there counts. */
  readonly fields: readonly string[];
  readonly queryField?: string;
  readonly operator: keyof OperatorAddresses;
  readonly queryOperator?: keyof OperatorAddresses;
  /** Empty: there is none. */
  readonly byDefault: string;
}

const jinaRow: AddressRow = {
  fields: ['baseURL'],
  operator: 'jinaBaseUrl',
  byDefault: jinaBaseUrlDefault,
};

const transformersRow: AddressRow = {
  fields: [],
  operator: 'transformersUrl',
  queryOperator: 'transformersQueryUrl',
  byDefault: `local:${defaultTextModel}`,
};

const rows: Readonly<Record<VectorizerModule, AddressRow>> = {
  'text2colbert-jinaai': jinaRow,
  'text2multivec-jinaai': jinaRow,
  'multi2multivec-jinaai': jinaRow,
  'multi2multivec-weaviate': {
    fields: ['baseURL'],
    operator: 'embeddingsBaseUrl',
    byDefault: '',
  },
  'text2vec-transformers': {
    ...transformersRow,
    fields: ['inferenceUrl', 'passageInferenceUrl'],
    queryField: 'queryInferenceUrl',
  },
  'text2vec-contextionary': transformersRow,
};

/** The environment variable of each address of the operator's. */
const addressVariables: Readonly<Record<keyof OperatorAddresses, string>> = {
  jinaBaseUrl: 'JINAAI_BASE_URL',
  embeddingsBaseUrl: 'WEAVIATE_EMBEDDINGS_BASE_URL',
  transformersUrl: 'TRANSFORMERS_INFERENCE_API',
  transformersQueryUrl: 'TRANSFORMERS_QUERY_INFERENCE_API',
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
  return {
    jinaBaseUrl: environment['JINAAI_BASE_URL'] || undefined,
    embeddingsBaseUrl: environment['WEAVIATE_EMBEDDINGS_BASE_URL'] || undefined,
    transformersUrl: both ?? passage,
    transformersQueryUrl: query,
  };
}

/** Checks a local model's name: throws DatabaseError 'invalid-argument' for one that nobody knows. */
type CheckModel = (model: string) => void;

/** Reads every address of the operator's. Throws DatabaseError 'invalid-argument' naming the variable. */
export function checkAddresses(addresses: OperatorAddresses, checkModel: CheckModel): void {
  for (const [name, variable] of Object.entries(addressVariables)) {
    const value = addresses[name as keyof OperatorAddresses];
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
  const isPublic = own === jinaBaseUrlDefault && own === row.byDefault;
  if (field !== undefined && !isPublic) {
    const query = row.queryField === undefined ? '' : ownAddress(config, row.queryField);
    return {
      address: readDestination(own, sourceOf(config, field), checkModel),
      chosenBy: 'collection',
      ...(query === '' ? {} : { queryUrl: serviceUrl(query, sourceOf(config, row.queryField)) }),
    };
  }
  const redirection = addresses[row.operator];
  if (redirection) {
    const query = row.queryOperator && addresses[row.queryOperator];
    return {
      address: readDestination(redirection, addressVariables[row.operator], checkModel),
      chosenBy: 'operator',
      ...(query ? { queryUrl: withoutSlashes(query) } : {}),
    };
  }
  if (row.byDefault === '') return undefined;
  return { address: readAddress(row.byDefault, module), chosenBy: 'default' };
}

function ownAddress({ settings }: VectorizerConfig, field: string): string {
  const value = settings[field];
  return typeof value === 'string' ? withoutSlashes(value) : '';
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
