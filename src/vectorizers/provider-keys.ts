// The keys of services: in which header of a request a caller sends one, and in which variable of the
// environment the operator keeps one for callers who send none.

import { providerError } from './http-provider.ts';
import { isAzure } from './single/azure.ts';
import type { RequestHeaders } from './vectorizer.ts';

const keyOwners = [
  'anthropic',
  'anyscale',
  'azure',
  'cohere',
  'contextualai',
  'databricks',
  'deepseek',
  'digitalocean',
  'friendliai',
  'googleStudio',
  'googleVertex',
  'huggingface',
  'jinaai',
  'mistral',
  'morph',
  'nvidia',
  'openai',
  'voyageai',
  'xai',
] as const;
/** Whose keys they are. */
export type KeyOwner = (typeof keyOwners)[number];

interface KeyRow {
  /** As the clients write them; the first that a request has counts. */
  readonly headers: readonly string[];
  /** The first that is set counts. */
  readonly variables: readonly string[];
}

const rows: Readonly<Record<KeyOwner, KeyRow>> = {
  anthropic: { headers: ['X-Anthropic-Api-Key'], variables: ['ANTHROPIC_APIKEY'] },
  anyscale: { headers: ['X-Anyscale-Api-Key'], variables: ['ANYSCALE_APIKEY'] },
  azure: { headers: ['X-Azure-Api-Key'], variables: ['AZURE_APIKEY'] },
  cohere: { headers: ['X-Cohere-Api-Key'], variables: ['COHERE_APIKEY'] },
  contextualai: {
    headers: ['X-Contextual-Api-Key', 'X-Contextualai-Api-Key'],
    variables: ['CONTEXTUALAI_APIKEY', 'CONTEXTUAL_API_KEY'],
  },
  databricks: { headers: ['X-Databricks-Token'], variables: ['DATABRICKS_TOKEN'] },
  deepseek: { headers: ['X-Deepseek-Api-Key'], variables: ['DEEPSEEK_APIKEY'] },
  digitalocean: { headers: ['X-Digitalocean-Api-Key'], variables: ['DIGITALOCEAN_APIKEY'] },
  friendliai: {
    headers: ['X-Friendli-Token', 'X-Friendli-Api-Key'],
    variables: ['FRIENDLI_TOKEN'],
  },
  googleStudio: {
    headers: [
      'X-Goog-Studio-Api-Key',
      'X-Google-Studio-Api-Key',
      'X-Goog-Api-Key',
      'X-Google-Api-Key',
    ],
    variables: ['GOOGLE_APIKEY', 'PALM_APIKEY'],
  },
  googleVertex: {
    headers: [
      'X-Goog-Vertex-Api-Key',
      'X-Google-Vertex-Api-Key',
      'X-Goog-Api-Key',
      'X-Google-Api-Key',
    ],
    variables: ['GOOGLE_APIKEY', 'PALM_APIKEY'],
  },
  huggingface: { headers: ['X-Huggingface-Api-Key'], variables: ['HUGGINGFACE_APIKEY'] },
  jinaai: { headers: ['X-Jinaai-Api-Key'], variables: ['JINAAI_APIKEY'] },
  mistral: { headers: ['X-Mistral-Api-Key'], variables: ['MISTRAL_APIKEY'] },
  morph: { headers: ['X-Morph-Api-Key'], variables: ['MORPH_APIKEY'] },
  nvidia: { headers: ['X-Nvidia-Api-Key'], variables: ['NVIDIA_APIKEY'] },
  openai: { headers: ['X-Openai-Api-Key'], variables: ['OPENAI_APIKEY'] },
  voyageai: { headers: ['X-Voyageai-Api-Key'], variables: ['VOYAGEAI_APIKEY'] },
  xai: { headers: ['X-Xai-Api-Key'], variables: ['XAI_APIKEY'] },
};

/** The operator's own keys. */
export type ProviderKeys = Readonly<Partial<Record<KeyOwner, string>>>;

/** Reads the keys that are set. */
export function readProviderKeys(environment: NodeJS.ProcessEnv): ProviderKeys {
  return Object.fromEntries(
    keyOwners.flatMap((owner) => {
      const { variables } = rows[owner];
      const key = variables.map((name) => environment[name]).find((value) => value);
      return key ? [[owner, key]] : [];
    }),
  );
}

/** The key that the caller sent, else `own`, where that may be used; undefined when there is neither. */
export function findKey(
  owner: KeyOwner,
  headers: RequestHeaders,
  own: string | undefined,
): string | undefined {
  const { headers: names } = rows[owner];
  return names.map((name) => headers[name.toLowerCase()]).find((value) => value) || own;
}

/** The key as above. Throws DatabaseError 'vectorizer-failed' that names header and variable. */
export function demandKey(
  owner: KeyOwner,
  headers: RequestHeaders,
  own: string | undefined,
): string {
  const key = findKey(owner, headers, own);
  if (key) return key;
  const { headers: names, variables } = rows[owner];
  throw providerError(
    `API Key: no api key found neither in request header: ${names[0]} nor in environment variable under ${variables[0]}`,
  );
}

/** Whose key a module wants; undefined: it wants none of these. */
export function keyOwner(
  module: string,
  settings: Readonly<Record<string, unknown>>,
): KeyOwner | undefined {
  const provider = module.slice(module.indexOf('-') + 1);
  if (provider === 'openai') return isAzure({ settings }) ? 'azure' : 'openai';
  if (provider === 'google' || provider === 'palm') return 'googleVertex';
  return keyOwners.find((owner) => owner === provider);
}
