// Where vectors are made, as an operator or a collection writes it: `local:MODEL`, `https://host` for
// the module's own service, or `vllm+http://host:8000?width=128` for a server of another protocol.

import { DatabaseError } from '../engine/errors.ts';
import { vectorDimsMax } from '../engine/limits.ts';

/** Protocols that an address can ask for by its prefix; none: the one of the collection's module. */
export const addressProtocols = ['vllm', 'next-plaid', 'infinity'] as const;
export type AddressProtocol = (typeof addressProtocols)[number];

/** How a server learns whether a text is a query or a document. */
export type Marking =
  /** As the protocol does it by itself. */
  | { readonly kind: 'default' }
  /** The request says it in a field of its own. */
  | { readonly kind: 'server' }
  /** Not at all. */
  | { readonly kind: 'none' }
  /** By a text in front. */
  | { readonly kind: 'prefix'; readonly query: string; readonly document: string };

/** An address, read. */
export type ProviderAddress =
  | { readonly kind: 'local'; readonly model: string }
  | {
      readonly kind: 'service';
      /** Absent: what the collection's module speaks. */
      readonly protocol?: AddressProtocol;
      /** http or https, without parameters and without a slash at its end. */
      readonly url: string;
      /** Sent instead of the model in the collection's settings. */
      readonly model?: string;
      /** Width that every token vector must have. */
      readonly width?: number;
      readonly marking: Marking;
    };

const localPrefix = 'local:';
const parameters = ['model', 'width', 'mark', 'query_prefix', 'document_prefix'] as const;
type Parameter = (typeof parameters)[number];

/**
 * Reads an address; `source` says in messages where it stands, the address itself is not repeated.
 * Throws DatabaseError 'invalid-argument'. Whether a local model exists is not looked at.
 */
export function readAddress(value: string, source: string): ProviderAddress {
  if (value.startsWith(localPrefix)) {
    return { kind: 'local', model: value.slice(localPrefix.length) };
  }
  const [, name, rest = value] = /^([a-z-]+)\+(.*)$/is.exec(value) ?? [];
  const protocol = name === undefined ? undefined : readProtocol(name, source);
  const url = checkedUrl(rest, source);
  const given = readParameters(url, source);
  checkPlaces(protocol, given, source);
  const width = given.get('width');
  const model = given.get('model');
  url.search = '';
  url.hash = '';
  return {
    kind: 'service',
    url: withoutSlashes(url.href),
    marking: readMarking(given, source),
    ...(protocol === undefined ? {} : { protocol }),
    ...(model === undefined ? {} : { model }),
    ...(width === undefined ? {} : { width: readWidth(width, source) }),
  };
}

/** An address without slashes at its end. */
export function withoutSlashes(address: string): string {
  // A pattern would be tried at every slash of a long run: minutes for a megabyte of them.
  let end = address.length;
  while (address[end - 1] === '/') end -= 1;
  return address.slice(0, end);
}

function readProtocol(name: string, source: string): AddressProtocol {
  const found = addressProtocols.find((known) => known === name.toLowerCase());
  if (found !== undefined) return found;
  throw invalid(source, `unknown protocol "${name}"; known are ${addressProtocols.join(', ')}`);
}

function checkedUrl(value: string, source: string): URL {
  const url = URL.parse(value);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    const prefixed = addressProtocols.map((name) => `${name}+URL`).join(', ');
    throw invalid(source, `expected an http or https URL or local:MODEL, or ${prefixed}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(source, 'the URL must not carry a user name or password');
  }
  return url;
}

function readParameters(url: URL, source: string): ReadonlyMap<Parameter, string> {
  const found = new Map<Parameter, string>();
  for (const [name, value] of url.searchParams) {
    const parameter = parameters.find((known) => known === name);
    if (parameter === undefined) {
      throw invalid(source, `unknown parameter "${name}"; known are ${parameters.join(', ')}`);
    }
    if (value === '' || found.has(parameter)) {
      throw invalid(source, `the parameter "${name}" must have one value`);
    }
    found.set(parameter, value);
  }
  return found;
}

/** Parameters that would have no effect are refused. */
function checkPlaces(
  protocol: AddressProtocol | undefined,
  given: ReadonlyMap<Parameter, string>,
  source: string,
): void {
  const without: Readonly<Record<string, readonly Parameter[]>> = {
    'next-plaid': ['model', 'mark', 'query_prefix', 'document_prefix'],
    none: ['query_prefix', 'document_prefix'],
  };
  for (const parameter of without[protocol ?? 'none'] ?? []) {
    if (!given.has(parameter)) continue;
    const where = protocol === undefined ? 'an address without a protocol' : protocol;
    throw invalid(source, `the parameter "${parameter}" has no place with ${where}`);
  }
}

function readMarking(given: ReadonlyMap<Parameter, string>, source: string): Marking {
  const mark = given.get('mark');
  const query = given.get('query_prefix');
  const document = given.get('document_prefix');
  if (query !== undefined || document !== undefined) {
    if (mark !== undefined) throw invalid(source, '"mark" and a prefix exclude each other');
    return { kind: 'prefix', query: query ?? '', document: document ?? '' };
  }
  if (mark === undefined) return { kind: 'default' };
  if (mark === 'server' || mark === 'none') return { kind: mark };
  throw invalid(source, `"mark" is "${mark}"; allowed: server, none`);
}

function readWidth(value: string, source: string): number {
  const width = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (width >= 1 && width <= vectorDimsMax) return width;
  throw invalid(source, `"width" is "${value}"; allowed: whole numbers from 1 to ${vectorDimsMax}`);
}

function invalid(source: string, problem: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message: `${source}: ${problem}` });
}
