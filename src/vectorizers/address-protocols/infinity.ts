// Infinity's embeddings endpoint with a late-interaction model: texts or images, lists of vectors back.

import { readIndexedReply } from '../indexed-reply.ts';
import { dataUri, optionalKey, otherLimits, refuseImages, takesImages } from '../other-services.ts';
import {
  modelOf,
  packByKind,
  type RemoteService,
  type ServiceProtocol,
} from '../service-protocol.ts';
import { readTokenBytes, readTokenVectors } from '../token-vectors.ts';
import type { VectorizerConfig } from '../vectorizer.ts';
import { markedText, textMarking } from './marking.ts';

/** How Infinity is spoken to. Its compact form has no shape: it is asked for where the width is known. */
export function infinityProtocol(
  config: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  const model = modelOf(config, service);
  const { width } = service;
  const marking = textMarking(service.marking, model, 'none');
  const image = takesImages(config);
  return {
    service: 'Infinity',
    accepts: { text: true, image },
    ...(image ? {} : { objectProblem: refuseImages('Infinity', config) }),
    pack: (inputs) => packByKind(inputs, otherLimits),
    request: (contents, purpose) => ({
      path: '/embeddings',
      body: {
        model,
        input: contents.map((content) =>
          content.kind === 'image'
            ? dataUri(content.base64)
            : markedText(content, purpose, marking),
        ),
        modality: contents[0]?.kind ?? 'text',
        encoding_format: width === undefined ? 'float' : 'base64',
        ...(marking.kind === 'server' ? { input_type: purpose } : {}),
      },
    }),
    read: (reply, count) =>
      readIndexedReply(reply, count, (entry) =>
        width === undefined
          ? readTokenVectors(entry['embedding'])
          : readTokenBytes(entry['embedding'], width),
      ),
    ...optionalKey('Infinity', config, service),
  };
}
