// What the services of single vectors have in common: a key where one is wanted, the sentence for a
// failed status, sizes of calls, and lists of numbers in their replies.

import type { CallLimits } from '../batching.ts';
import { isRecord } from '../http-provider.ts';
import { demandKey, findKey, type KeyOwner } from '../provider-keys.ts';
import {
  checkedCount,
  packByKind,
  type RemoteService,
  type ServiceProtocol,
} from '../service-protocol.ts';
import { readSingleVector } from '../token-vectors.ts';
import type { Embedding, VectorizerConfig } from '../vectorizer.ts';

/** How a service of single vectors is spoken to; made for one named vector and one address. */
export type MakeProtocol = (config: VectorizerConfig, service: RemoteService) => ServiceProtocol;

/** What differs from service to service. */
export interface SingleParts extends Pick<ServiceProtocol, 'request' | 'read' | 'baseUrlHeader'> {
  /** What messages call the service, as `OpenAI API`. */
  readonly name: string;
  /** Whose key it wants; absent: it asks for none. */
  readonly key?: {
    readonly owner: KeyOwner;
    /** The header that carries it alone; absent: `Authorization`, as a bearer token. */
    readonly header?: string;
  };
  /** Headers of the caller that are passed on with the key: theirs, and the service's name for each. */
  readonly passedOn?: Readonly<Record<string, string>>;
  /** Absent: it embeds no texts, or no images. */
  readonly limits: { readonly text?: CallLimits; readonly image?: CallLimits };
}

const nothing: CallLimits = { countMax: 1, bytesMax: 0 };

/** The whole protocol. A key is demanded where the address is the service's own. */
export function singleProtocol(service: RemoteService, parts: SingleParts): ServiceProtocol {
  const { name, key, passedOn = {}, limits, request, read, baseUrlHeader } = parts;
  const keyHeader = (headers: Readonly<Record<string, string>>): Record<string, string> => {
    if (key === undefined) return {};
    const find = service.isPublic ? demandKey : findKey;
    const found = find(key.owner, headers, service.apiKey);
    if (!found) return {};
    return key.header === undefined
      ? { authorization: `Bearer ${found}` }
      : { [key.header]: found };
  };
  const passedHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(passedOn).flatMap(([theirs, name]) => {
        const value = headers[theirs];
        return value ? [[name, value]] : [];
      }),
    );
  return {
    service: name,
    kind: 'single',
    accepts: { text: limits.text !== undefined, image: limits.image !== undefined },
    pack: (inputs) =>
      packByKind(inputs, { text: limits.text ?? nothing, image: limits.image ?? nothing }),
    request,
    read,
    keyHeaders: (headers) => ({ ...passedHeaders(headers), ...keyHeader(headers) }),
    ...(baseUrlHeader === undefined ? {} : { baseUrlHeader }),
    statusMessage: (status, detail) =>
      `connection to: ${name} failed with status: ${status} error: ${detail}`,
  };
}

/** Vectors of a reply that lists them in the order of the inputs, under a name or as the reply itself. */
export function readVectorList(
  list: unknown,
  count: number,
  name: string,
  dims?: number,
): readonly Embedding[] {
  return checkedCount(list, count, name).map((vector) => readSingleVector(vector, dims));
}

/** A field of a JSON object; undefined when there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

/** A setting that is a text with something in it. */
export function textSetting({ settings }: VectorizerConfig, name: string): string | undefined {
  const value = settings[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The path of a call below an address that may have the version in it already. */
export function versionedPath(baseUrl: string, path: string): string {
  return baseUrl.endsWith('/v1') ? path : `/v1${path}`;
}
