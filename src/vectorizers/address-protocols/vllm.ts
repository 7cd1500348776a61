// vLLM's pooling endpoint with the task token_embed: texts many a call, images one a call, as messages.

import { readIndexedReply } from '../indexed-reply.ts';
import { dataUri, optionalKey, otherLimits, refuseImages, takesImages } from '../other-services.ts';
import {
  type Content,
  modelOf,
  type Purpose,
  packByKind,
  type RemoteService,
  type ServiceProtocol,
} from '../service-protocol.ts';
import { readTokenBytes, readTokenVectors } from '../token-vectors.ts';
import type { VectorizerConfig } from '../vectorizer.ts';
import { markedText, textMarking } from './marking.ts';

/** How vLLM is spoken to. With a known width, vectors come as bytes instead of decimals. */
export function vllmProtocol(config: VectorizerConfig, service: RemoteService): ServiceProtocol {
  const model = modelOf(config, service);
  const { width } = service;
  const marking = textMarking(service.marking, model, 'server');
  const common = {
    model,
    task: 'token_embed',
    ...(width === undefined
      ? { encoding_format: 'float' }
      : { encoding_format: 'base64', embed_dtype: 'float32', endianness: 'little' }),
  };
  const image = takesImages(config);
  return {
    service: 'vLLM',
    accepts: { text: true, image },
    ...(image ? {} : { objectProblem: refuseImages('vLLM', config) }),
    pack: (inputs) =>
      packByKind(inputs, { text: otherLimits.text, image: { ...otherLimits.image, countMax: 1 } }),
    request: (contents, purpose) => ({
      path: '/pooling',
      body: { ...common, ...input(contents, purpose, marking) },
    }),
    read: (reply, count) =>
      readIndexedReply(reply, count, (entry) =>
        width === undefined
          ? readTokenVectors(entry['data'])
          : readTokenBytes(entry['data'], width),
      ),
    ...optionalKey('vLLM', config, service),
  };
}

function input(
  contents: readonly Content[],
  purpose: Purpose,
  marking: ReturnType<typeof textMarking>,
): object {
  const [first] = contents;
  if (first?.kind === 'image') {
    const content = [{ type: 'image_url', image_url: { url: dataUri(first.base64) } }];
    return { messages: [{ role: 'user', content }] };
  }
  return {
    input: contents.map((content) => markedText(content, purpose, marking)),
    ...(marking.kind === 'server' ? { embedding_mode: purpose } : {}),
  };
}
