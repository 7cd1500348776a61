// Services that do something else with texts than embed them: where one is, whose key it gets, and a call
// to it. The rules for addresses and keys are those of embedding services.

import { type OperatorAddresses, operatorVariable } from './destination.ts';
import { postJson, providerError } from './http-provider.ts';
import { timeoutMsDefault } from './patience.ts';
import { readAddress, withoutSlashes } from './provider-address.ts';
import { demandKey, findKey, type KeyOwner, type ProviderKeys } from './provider-keys.ts';
import { defaultRetryPolicy, type OnRetry, Retries, type RetryPolicy } from './retries.ts';
import type { RequestHeaders } from './vectorizer.ts';

/** What the operator decides for all modules. */
export interface ServiceSettings extends OperatorAddresses {
  readonly apiKeys?: ProviderKeys | undefined;
  /** Callers have keys of this server: they choose no addresses. */
  readonly hasOwnKeys?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly retryPolicy?: RetryPolicy | undefined;
}

/** A service, as its module knows it. */
export interface ServiceRow {
  /** What messages call it. */
  readonly service: string;
  readonly key?: {
    readonly owner: KeyOwner;
    /** The header with the bare key; absent: `Authorization` with a bearer. */
    readonly header?: string;
  };
  /** The setting with an address. */
  readonly field: string;
  /** The header, in small letters, in which a caller may name another address. */
  readonly baseUrlHeader?: string;
  /** Headers of the caller's, in small letters, and what they are called there. */
  readonly passedOn?: Readonly<Record<string, string>>;
  readonly operator?: keyof OperatorAddresses;
  /** Addresses of the public service, which follow the operator's; the first is the default. Empty: none. */
  readonly own: readonly string[];
}

/** Settings of a collection, and what a query says, which counts before them. */
export interface ModuleSettings {
  readonly module: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly ofQuery?: Readonly<Record<string, unknown>>;
}

/** Where a module's work is done. */
export type ServicePlace =
  | { readonly kind: 'local'; readonly model: string }
  | {
      readonly kind: 'service';
      /** Without a slash at the end. */
      readonly url: string;
      /** The model that the address asks for. */
      readonly model?: string | undefined;
      readonly chosenBy: 'query' | 'collection' | 'operator' | 'default';
    };

/** What is posted. */
export interface ModuleRequest {
  /** Below the address, with a slash at its start, or empty. */
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  readonly headers: RequestHeaders;
  readonly signal?: AbortSignal;
  /** Told each time that the call is made again. */
  readonly onRetry?: OnRetry;
}

/** A module, as clients are told of it. */
export interface ModuleInfo {
  readonly name: string;
  readonly documentationHref: string;
}

/** By module, of pairs of a module and what it asks. */
export function moduleList(
  kind: string,
  pairs: readonly (readonly string[])[],
): Readonly<Record<string, ModuleInfo>> {
  const documentationHref = 'https://docs.weaviate.io/weaviate/model-providers';
  return Object.fromEntries(
    pairs.map(([module, asked]) => [module, { name: `${kind} - ${asked}`, documentationHref }]),
  );
}

/**
 * The query's address, else the collection's, the operator's, or the service's own. Throws DatabaseError
 * for an address that can't be read or that a caller may not choose, and where there is none.
 */
export function findService(
  row: ServiceRow,
  { module, settings, ofQuery = {} }: ModuleSettings,
  operator: ServiceSettings,
): ServicePlace {
  const field = `${module}: ${row.field}`;
  const ofCollection = addressIn(settings, row);
  const wanted = addressIn(ofQuery, row);
  const isCallers = wanted !== '' && wanted !== ofCollection;
  const named = isCallers ? wanted : ofCollection;
  const isPublic = row.own.includes(named) && !named.startsWith('local:');
  if (isCallers && !isPublic && operator.hasOwnKeys) {
    throw providerError(`${field}: callers of this server choose no addresses`);
  }
  if (named !== '' && !isPublic) return read(named, field, isCallers ? 'query' : 'collection');
  const redirection = row.operator && operator[row.operator];
  if (row.operator && redirection) {
    return read(redirection, operatorVariable(row.operator), 'operator');
  }
  const own = isPublic ? named : row.own[0];
  if (own !== undefined) return read(own, module, 'default');
  throw providerError(`${module}: the settings name no address in ${row.field}`);
}

type Chosen = Extract<ServicePlace, { kind: 'service' }>['chosenBy'];

function read(value: string, source: string, chosenBy: Chosen): ServicePlace {
  const address = readAddress(value, source);
  if (address.kind === 'local') return { kind: 'local', model: address.model };
  if (address.protocol === undefined) {
    return { kind: 'service', url: address.url, model: address.model, chosenBy };
  }
  throw providerError(`${source}: expected an http or https URL`);
}

function addressIn(settings: Readonly<Record<string, unknown>>, { field }: ServiceRow): string {
  const value = settings[field];
  return typeof value === 'string' ? withoutSlashes(value) : '';
}

/** Posts to the service and returns its parsed reply. Throws DatabaseError 'vectorizer-failed'. */
export async function callService(
  row: ServiceRow,
  place: Extract<ServicePlace, { kind: 'service' }>,
  request: ModuleRequest,
  operator: ServiceSettings,
  { headers, signal, onRetry }: CallOptions,
): Promise<unknown> {
  const { url, isOthers } = addressOfCall(row, place, operator, headers);
  const keys = keyHeaders(row, headers, operator, place.chosenBy, isOthers);
  const { timeoutMs = timeoutMsDefault, retryPolicy = defaultRetryPolicy } = operator;
  return await postJson({
    url: `${url}${request.path}`,
    headers: { ...request.headers, ...passedOn(row, headers), ...keys },
    body: request.body,
    timeoutMs,
    signal,
    retries: new Retries(retryPolicy, 'query', onRetry),
    secrets: Object.values(keys).flatMap((value) => [value, value.replace(/^\S+\s+/, '')]),
    statusMessage: (status, detail) =>
      `connection to: ${row.service} API failed with status: ${status} error: ${detail}`,
    service: row.service,
  });
}

function passedOn(row: ServiceRow, headers: RequestHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(row.passedOn ?? {}).flatMap(([name, wire]) => {
      const value = headers[name];
      return value ? [[wire, value]] : [];
    }),
  );
}

/** The place's address, or the one that the caller names in a header. */
function addressOfCall(
  { baseUrlHeader = '', own }: ServiceRow,
  { url }: Extract<ServicePlace, { kind: 'service' }>,
  { hasOwnKeys }: ServiceSettings,
  headers: RequestHeaders,
): { readonly url: string; readonly isOthers: boolean } {
  const value = headers[baseUrlHeader];
  if (!value) return { url, isOthers: false };
  const source = `request header ${baseUrlHeader}`;
  if (hasOwnKeys) throw providerError(`${source}: callers of this server choose no addresses`);
  const place = read(value, source, 'query');
  if (place.kind === 'local') throw providerError(`${source}: expected an http or https URL`);
  return { url: place.url, isOthers: !own.includes(place.url) };
}

/** The server's own key goes to public addresses and the operator's only; these demand one. */
function keyHeaders(
  { key, service }: ServiceRow,
  headers: RequestHeaders,
  { apiKeys }: ServiceSettings,
  chosenBy: Chosen,
  isOthers: boolean,
): Readonly<Record<string, string>> {
  if (!key) return {};
  const isOwn = !isOthers && (chosenBy === 'operator' || chosenBy === 'default');
  const own = isOwn ? apiKeys?.[key.owner] : undefined;
  const found =
    isOwn && chosenBy === 'default'
      ? demandedKey(service, key.owner, headers, own)
      : findKey(key.owner, headers, own);
  if (!found) return {};
  return key.header === undefined ? { authorization: `Bearer ${found}` } : { [key.header]: found };
}

function demandedKey(
  service: string,
  owner: KeyOwner,
  headers: RequestHeaders,
  own: string | undefined,
): string {
  try {
    return demandKey(owner, headers, own);
  } catch (error) {
    throw providerError(`${service} ${error instanceof Error ? error.message : String(error)}`);
  }
}
