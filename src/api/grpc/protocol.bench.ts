// What messages cost between bytes and values: a batch of objects with multi-vectors as it comes in, a
// search reply as it goes out. With TESSERAE_BENCH=1 in full size, otherwise small: then only a test
// that vectors arrive as they were sent.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { queryCollection } from '../../../test/grpc/golden-config.ts';
import type { SearchHit } from '../../database/search.ts';
import { decodeObject } from './batch-objects.ts';
import { VectorsVectorType } from './generated/messages.ts';
import { openCodecs } from './protocol.ts';
import { encodeSearchReply } from './search-reply.ts';
import { decodeSearchRequest } from './search-request.ts';

const sizes =
  process.env['TESSERAE_BENCH'] === '1'
    ? { objects: 100, tokens: 70, dims: 128, rounds: 200 }
    : { objects: 3, tokens: 5, dims: 8, rounds: 1 };
const uuid = '460ae2af-2a4b-58d5-b3e0-a142023d83bb';
const codecs = openCodecs();

/** Least milliseconds of one run over the rounds. */
function best(t: TestContext, what: string, run: () => void): void {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < sizes.rounds; round += 1) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  t.diagnostic(`${what}: ${least.toFixed(3)} ms`);
}

function batchBytes(): Buffer {
  const count = sizes.tokens * sizes.dims;
  const objects = Array.from({ length: sizes.objects }, (_, index) => {
    const values = Float32Array.from({ length: count }, (_, at) => Math.sin(index + at));
    const header = Buffer.from(Uint16Array.of(sizes.dims).buffer);
    return {
      uuid,
      collection: 'Q',
      properties: {
        non_ref_properties: {
          fields: {
            text: { stringValue: 'a passage of text that people search for '.repeat(8) },
            title: { stringValue: `title ${index}` },
            num: { numberValue: index },
          },
        },
      },
      vectors: [
        {
          name: 'mv',
          type: VectorsVectorType.VECTOR_TYPE_MULTI_FP32,
          vector_bytes: Buffer.concat([header, Buffer.from(values.buffer)]),
        },
      ],
    };
  });
  return codecs('weaviate.v1.BatchObjectsRequest').encode({ objects });
}

test('a batch of objects from bytes to what a collection stores', (t) => {
  const codec = codecs('weaviate.v1.BatchObjectsRequest');
  const bytes = batchBytes();
  t.diagnostic(`${sizes.objects} objects, ${bytes.length} bytes`);
  best(t, 'decode the message', () => {
    codec.decode(bytes);
  });
  best(t, 'decode message, properties and vectors', () => {
    codec.decode(bytes).objects.map(decodeObject);
  });
  const last = codec.decode(bytes).objects.map(decodeObject).at(-1)?.vectors.get('mv');
  assert(last && 'kind' in last);
  assert.equal(last.values.length, sizes.tokens * sizes.dims);
  assert.equal(last.values[1], Math.fround(Math.sin(sizes.objects)));
});

test('a search from bytes to a query, and its reply to bytes', (t) => {
  const requests = codecs('weaviate.v1.SearchRequest');
  const replies = codecs('weaviate.v1.SearchReply');
  const values = new Float32Array(32 * sizes.dims).fill(0.5);
  const header = Buffer.from(Uint16Array.of(sizes.dims).buffer);
  const bytes = requests.encode({
    collection: 'Q',
    limit: 10,
    metadata: { uuid: true, distance: true },
    near_vector: {
      targets: { target_vectors: ['mv'] },
      vectors: [
        {
          type: VectorsVectorType.VECTOR_TYPE_MULTI_FP32,
          vector_bytes: Buffer.concat([header, Buffer.from(values.buffer)]),
        },
      ],
    },
  });
  const config = queryCollection();
  const limits = { defaultLimit: 10, maximumResults: 10_000 };
  const scope = { config, limits, find: () => undefined };
  best(t, 'decode a search of 32 query tokens', () => {
    decodeSearchRequest(requests.decode(bytes), scope);
  });
  const search = decodeSearchRequest(requests.decode(bytes), scope);
  const properties = { text: 'a passage of text '.repeat(18), title: 'title', num: 3 };
  const document = { uuid, createdAt: 1, updatedAt: 1, properties, vectors: new Map() };
  const hits: readonly SearchHit[] = Array.from({ length: 10 }, () => ({ document, score: 9.5 }));
  best(t, 'encode a reply of 10 hits with all properties', () => {
    replies.encode(encodeSearchReply({ hits }, search, config, 0.001));
  });
  const reply = replies.decode(replies.encode(encodeSearchReply({ hits }, search, config, 0.001)));
  assert.equal(reply.results.length, 10);
  assert.equal(reply.results[9]?.metadata?.distance, -9.5);
});
