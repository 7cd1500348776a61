import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObjectProperties } from '../api/grpc/object-properties.ts';
import { openCodecs } from '../api/grpc/protocol.ts';
import type { Properties } from '../engine/document.ts';
import { propertiesForBatch, propertiesFromReply } from './property-values.ts';

const replies = openCodecs()('weaviate.v1.Properties');
const batches = openCodecs()('weaviate.v1.BatchObject.Properties');

/** What is read when it goes over the wire. */
function read(fields: Parameters<typeof replies.encode>[0]['fields']): Properties {
  return propertiesFromReply(replies.decode(replies.encode({ fields: fields ?? {} })));
}

/** What a server makes of a batch's object. */
function written(properties: Properties, ...references: readonly string[]): Properties {
  const message = propertiesForBatch(properties, new Set(references));
  return decodeObjectProperties(batches.decode(batches.encode(message)));
}

test('lists without numbers are read as lists', () => {
  const none = new Uint8Array();
  assert.deepEqual(
    read({
      ints: { list_value: { int_values: { values: none } } },
      numbers: { list_value: { number_values: { values: none } } },
    }),
    { ints: [], numbers: [] },
  );
});

test('values of every type are read as JSON has them, absent ones not at all', () => {
  const ints = new Uint8Array(BigInt64Array.of(1n, -2n, 9_007_199_254_740_991n).buffer);
  const numbers = new Uint8Array(Float64Array.of(0.1, -1e300).buffer);
  const properties = read({
    text: { text_value: '' },
    none: { null_value: 0 },
    int: { int_value: -9_007_199_254_740_991 },
    zero: { number_value: 0 },
    no: { bool_value: false },
    date: { date_value: '2024-01-02T03:04:05.12+02:00' },
    blob: { blob_value: 'aGk=' },
    geo: { geo_value: { latitude: 52.37, longitude: -4.9 } },
    phone: { phone_value: { input: '+31 20', national: 20, country_code: 31, valid: true } },
    ints: { list_value: { int_values: { values: ints } } },
    numbers: { list_value: { number_values: { values: numbers } } },
    texts: { list_value: { text_values: { values: ['a', ''] } } },
    nothing: { list_value: {} },
    object: { object_value: { fields: { deep: { object_value: { fields: {} } } } } },
    objects: { list_value: { object_values: { values: [{ fields: { n: { int_value: 1 } } }] } } },
  });
  assert.deepEqual(properties, {
    ...{ text: '', int: -9_007_199_254_740_991, zero: 0, no: false, blob: 'aGk=' },
    date: '2024-01-02T03:04:05.12+02:00',
    geo: { latitude: 52.37, longitude: -4.9 },
    phone: {
      ...{ input: '+31 20', countryCode: 31, internationalFormatted: '', national: 20 },
      ...{ nationalFormatted: '', valid: true },
    },
    ...{ ints: [1, -2, 9_007_199_254_740_991], numbers: [0.1, -1e300], texts: ['a', ''] },
    ...{ nothing: [], object: { deep: {} }, objects: [{ n: 1 }] },
  });
});

test('what is written is what was read, references in their order', () => {
  const plain = {
    ...{ text: 'a', int: 1, number: 0.1, yes: true, list: ['b', 'c'], numbers: [1, 2.5] },
    ...{ nothing: [], object: { deep: { list: [{ n: null }] } }, objects: [{}, { n: 1 }] },
  };
  assert.deepEqual(written(plain), plain);
  const id = (n: number): string => `00000000-0000-0000-0000-00000000000${n}`;
  const beacons = [`Book/${id(2)}`, `Author/${id(1)}`, `Author/${id(0)}`, `Book/${id(2)}`].map(
    (path) => ({ beacon: `weaviate://localhost/${path}` }),
  );
  assert.deepEqual(written({ by: beacons }, 'by'), { by: beacons });
  assert.deepEqual(written({ by: [] }, 'by'), { by: [] });
  const old = { by: [{ beacon: `weaviate://localhost/${id(3)}` }] };
  assert.deepEqual(written(old, 'by'), old);
});
