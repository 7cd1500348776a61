// What the protocols that an address can ask for have in common, whichever module uses them: no key is
// demanded, sizes of calls, and images as data URIs.

import type { CallLimits } from './batching.ts';
import { isMultimodal, isVectorizerModule } from './modules.ts';
import { findKey } from './provider-keys.ts';
import type { RemoteService, ServiceProtocol } from './service-protocol.ts';
import type { ContentInput, RequestHeaders, VectorizerConfig } from './vectorizer.ts';

/** Sizes of one call: a reply of decimals for the widest vectors stays below what can be read. */
export const otherLimits: { readonly text: CallLimits; readonly image: CallLimits } = {
  text: { countMax: 64, bytesMax: 60_000 },
  image: { countMax: 4, bytesMax: 16 * 1024 * 1024 },
};

/** Whether the module has images to send. */
export function takesImages({ module }: VectorizerConfig): boolean {
  return isVectorizerModule(module) && isMultimodal(module);
}

/** Fails objects with images. */
export function refuseImages(
  service: string,
  { module }: VectorizerConfig,
): (input: ContentInput) => string | undefined {
  return ({ images }) =>
    images.length > 0 ? `${module}: ${service} embeds text only, not imageFields` : undefined;
}

/**
 * A bearer key where there is one: of the Jina modules the caller's or the server's own, of the other
 * modules the server's own. What a caller says to this server is not passed on.
 */
export function optionalKey(
  name: string,
  { module }: VectorizerConfig,
  service: RemoteService,
): Pick<ServiceProtocol, 'keyHeaders' | 'statusMessage'> {
  const isJina = module.endsWith('-jinaai');
  const keyOf = (headers: RequestHeaders): string | undefined =>
    isJina ? findKey('jinaai', headers, service.apiKey) : service.apiKey;
  return {
    keyHeaders: (headers): Readonly<Record<string, string>> => {
      const key = keyOf(headers);
      return key ? { authorization: `Bearer ${key}` } : {};
    },
    statusMessage: (status, detail) => `${name} failed with status: ${status} error: ${detail}`,
  };
}

/** How images begin in base64, by what they are. */
const imageTypes: readonly (readonly [start: string, type: string])[] = [
  ['/9j/', 'jpeg'],
  ['R0lGOD', 'gif'],
  ['UklGR', 'webp'],
];

/** An image as a data URI; what is not known by its first bytes is called PNG. */
export function dataUri(base64: string): string {
  const type = imageTypes.find(([start]) => base64.startsWith(start))?.[1] ?? 'png';
  return `data:image/${type};base64,${base64}`;
}
