// NextPlaid's encode endpoint: texts with their purpose, vectors back as bytes with their shapes. It
// serves one model, so none is named, and marks queries by itself.

import { isRecord } from '../http-provider.ts';
import { optionalKey, otherLimits, refuseImages } from '../other-services.ts';
import {
  checkedCount,
  contentOf,
  packByKind,
  type RemoteService,
  type ServiceProtocol,
} from '../service-protocol.ts';
import { readTokenBytes, readTokenVectors, refused } from '../token-vectors.ts';
import type { Embedding, VectorizerConfig } from '../vectorizer.ts';

/** How NextPlaid is spoken to. A server that knows no compact form answers with lists of numbers. */
export function nextPlaidProtocol(
  config: VectorizerConfig,
  service: RemoteService,
): ServiceProtocol {
  return {
    service: 'NextPlaid',
    accepts: { text: true, image: false },
    objectProblem: refuseImages('NextPlaid', config),
    pack: (inputs) => packByKind(inputs, otherLimits),
    request: (contents, purpose) => ({
      path: '/encode',
      headers: { 'x-embeddings-format': 'base64' },
      body: { texts: contents.map(contentOf), input_type: purpose },
    }),
    read: (reply, count) => readReply(reply, count, service.width),
    ...optionalKey('NextPlaid', config, service),
  };
}

function readReply(reply: unknown, count: number, width: number | undefined): readonly Embedding[] {
  const fields = isRecord(reply) ? reply : {};
  const { embeddings, embeddings_b64: compact, shapes } = fields;
  if (!Array.isArray(compact)) {
    const rows = checkedCount(embeddings, count, 'embeddings');
    return rows.map((vectors) => readTokenVectors(vectors, width));
  }
  const list = Array.isArray(shapes) ? shapes : [];
  return checkedCount(compact, count, 'embeddings_b64').map((bytes, index) => {
    const [tokens, dims] = Array.isArray(list[index]) ? list[index] : [];
    if (!isCount(tokens) || !isCount(dims)) return refused(`there is no shape of text ${index}`);
    if (tokens === 0) return { kind: 'none' };
    if (width !== undefined && dims !== width) {
      return refused(`token vectors have ${dims} dimensions, ${width} were asked for`);
    }
    return readTokenBytes(bytes, dims, tokens);
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
