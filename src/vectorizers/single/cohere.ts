// Cohere's embed endpoint, for texts and for images.

import type { CallLimits } from '../batching.ts';
import { dataUri } from '../other-services.ts';
import { contentOf, modelOf, type ServiceProtocol } from '../service-protocol.ts';
import { dimensionsOf } from './embeddings-services.ts';
import {
  fieldOf,
  type MakeProtocol,
  readVectorList,
  singleProtocol,
  textSetting,
} from './single-protocol.ts';

/** The service takes 96 texts, and one image, a call. */
const textLimits: CallLimits = { countMax: 96, bytesMax: 200_000 };
const imageLimits: CallLimits = { countMax: 1, bytesMax: 0 };

const inputTypes = { query: 'search_query', document: 'search_document' } as const;

/** How Cohere is spoken to; `multi` takes images too. */
export function cohereProtocol(takes: 'text' | 'multi'): MakeProtocol {
  return (config, service): ServiceProtocol => {
    const model = modelOf(config, service, 'embed-multilingual-v3.0');
    const common = {
      model,
      embedding_types: ['float'],
      ...dimensionsOf(config, 'output_dimension'),
    };
    return singleProtocol(service, {
      name: 'Cohere',
      key: { owner: 'cohere' },
      baseUrlHeader: 'x-cohere-baseurl',
      limits: { text: textLimits, ...(takes === 'multi' ? { image: imageLimits } : {}) },
      request: (contents, purpose) => ({
        path: '/v2/embed',
        headers: { accept: 'application/json' },
        body:
          contents[0]?.kind === 'image'
            ? {
                ...common,
                images: contents.map((each) => dataUri(contentOf(each))),
                input_type: 'image',
              }
            : {
                ...common,
                texts: contents.map(contentOf),
                input_type: inputTypes[purpose],
                truncate: textSetting(config, 'truncate') ?? 'END',
              },
      }),
      read: (reply, count) =>
        readVectorList(
          fieldOf(fieldOf(reply, 'embeddings'), 'float'),
          count,
          'embeddings.float',
          service.dimsWanted,
        ),
    });
  };
}
