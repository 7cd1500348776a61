// What the protocols of embedding services have in common: how one describes a call and its reply, the
// keys that it sends, and the error prefixes of queries. Each protocol is a row of these in its own file.

import { type CallLimits, type Entry, packCalls } from './batching.ts';
import { providerError } from './http-provider.ts';
import type { Marking } from './provider-address.ts';
import type { RetryPolicy } from './retries.ts';
import type { ContentInput, Embedding, RequestHeaders, VectorizerConfig } from './vectorizer.ts';

/** Where a service is and how it may be called. */
export interface RemoteService {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Where queries go instead, for services that embed them elsewhere. */
  readonly queryBaseUrl?: string;
  /** The address of the service that the module is named after, which wants a key. */
  readonly isPublic?: boolean;
  /** What is done with another address in a header of the caller's request; absent: it is an error. */
  readonly callersAddress?: 'follow' | 'ignore';
  /** The server's own key; absent when there is none or when it must not be sent to this address. */
  readonly apiKey?: string;
  /** What the caller says to this server in `Authorization` must not be sent to this address. */
  readonly keepsAuthorization?: boolean;
  readonly timeoutMs: number;
  /** Absent: no call is made again. */
  readonly retryPolicy?: RetryPolicy;
  /** Width that every token vector must have; absent when the operator's own service decides. */
  readonly dimsWanted?: number;
  /** From the address: the model to ask for, and the width that makes a compact reply readable. */
  readonly model?: string;
  readonly width?: number;
  readonly marking?: Marking;
}

/** One text or image of an object or of a query. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly base64: string };

export type Purpose = 'document' | 'query';

/** What is posted. */
export interface ServiceRequest {
  /** Instead of the service's address; without a slash at the end. */
  readonly baseUrl?: string | undefined;
  /** Below the service's address, with a slash at its start. */
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How one kind of service is spoken to; made for one named vector and one address. */
export interface ServiceProtocol {
  /** What messages call the service. */
  readonly service: string;
  /** What its vectors are; `multi` unless it says otherwise. */
  readonly kind?: 'multi' | 'single';
  readonly accepts: { readonly text: boolean; readonly image: boolean };
  /** The header, in small letters, in which a caller may name another address. */
  readonly baseUrlHeader?: string;
  /** Why an object with this content can't be embedded, though the module accepts its kind. */
  readonly objectProblem?: (input: ContentInput) => string | undefined;
  /** Cuts what many objects hold into calls. */
  readonly pack: (inputs: readonly ContentInput[]) => readonly (readonly Entry<Content>[])[];
  /** Contents of one call, which `pack` put together, or one query. */
  readonly request: (contents: readonly Content[], purpose: Purpose) => ServiceRequest;
  /**
   * Results beside the contents of the call, fewer when the service gave fewer. Throws DatabaseError
   * 'vectorizer-failed' for a reply of another form.
   */
  readonly read: (reply: unknown, count: number) => readonly Embedding[];
  /** Headers with the key. Throws DatabaseError 'vectorizer-failed' when a demanded one is missing. */
  readonly keyHeaders: (headers: RequestHeaders) => Readonly<Record<string, string>>;
  /** The sentence for an HTTP status other than 200. */
  readonly statusMessage: (status: number, detail: string) => string;
}

/** Prefix of a text query's failures, as the reference writes it. */
export const textQueryPrefix = 'vectorize keywords: remote client vectorize: ';
/** Prefix of an image query's failures. */
export const imageQueryPrefix = 'vectorize image: remote client vectorize: ';

/** The model to ask for: the address's, else the collection's, else the module's default. */
export function modelOf(config: VectorizerConfig, service: RemoteService, byDefault = ''): string {
  const { model } = config.settings;
  return service.model ?? (typeof model === 'string' && model !== '' ? model : byDefault);
}

/** Calls of texts, then calls of images: never both in one, each within its limits. */
export function packByKind(
  inputs: readonly ContentInput[],
  limits: { readonly text: CallLimits; readonly image: CallLimits },
): readonly (readonly Entry<Content>[])[] {
  const texts = inputs.flatMap((input, object) => entriesOf({ ...input, images: [] }, object));
  const images = inputs.flatMap((input, object) => entriesOf({ ...input, texts: [] }, object));
  return [
    ...packCalls(texts, limits.text, contentBytes),
    ...packCalls(images, limits.image, contentBytes),
  ];
}

/** What an object holds: its texts, then its images. */
export function entriesOf(input: ContentInput, object: number): readonly Entry<Content>[] {
  return [
    ...input.texts.map((text) => ({ object, content: { kind: 'text' as const, text } })),
    ...input.images.map((base64) => ({ object, content: { kind: 'image' as const, base64 } })),
  ];
}

function contentBytes(content: Content): number {
  return content.kind === 'text' ? Buffer.byteLength(content.text) : content.base64.length;
}

/** The text, or the base64 of the image. */
export function contentOf(content: Content): string {
  return content.kind === 'text' ? content.text : content.base64;
}

/** The list of a reply's results. Throws when it is none or longer than the call's inputs. */
export function checkedCount(list: unknown, count: number, name: string): readonly unknown[] {
  if (!Array.isArray(list)) {
    throw providerError(`vectorizer returned a bad reply: "${name}" is not a list`);
  }
  if (list.length > count) {
    throw providerError(
      `vectorizer returned more vectors than requested: ${list.length} for ${count} inputs`,
    );
  }
  return list;
}
