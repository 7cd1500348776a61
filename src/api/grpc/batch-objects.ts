// The call BatchObjects, and the decoding of objects that BatchStream shares with it. A fault of one
// object stays with that object.

import type { ObjectInput, WriteResult } from '../../database/object-input.ts';
import type { VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import { forbidden } from '../caller.ts';
import { type Call, secondsSince } from './call.ts';
import type { BatchObject, BatchObjectsReply, BatchObjectsRequest } from './generated/messages.ts';
import { decodeObjectProperties, integerListsOf } from './object-properties.ts';
import type { MessageInit } from './protocol.ts';
import { decodeSingleBytes, decodeVector, singleFromNumbers } from './vectors.ts';

/** Upserts; errors say the index of their object. Rejects only when nothing could be written. */
export async function batchObjects(
  request: BatchObjectsRequest,
  call: Call,
): Promise<MessageInit<BatchObjectsReply>> {
  const start = performance.now();
  const results = await writeObjects(request.objects, call);
  const errors = results.flatMap((result, index) =>
    result.kind === 'failed' ? [{ index, error: result.error.message }] : [],
  );
  return { took: secondsSince(start), errors };
}

/** One result beside each object. Rejects only when nothing could be written. */
export async function writeObjects(
  objects: readonly BatchObject[],
  call: Call,
): Promise<readonly WriteResult[]> {
  const results = objects.map((object) => decodeOne(object, call));
  const writes = results.filter((each) => each.kind === 'decoded');
  const written = writes.length > 0 ? await call.database.insertMany(writes, call.context) : [];
  const next = written.values();
  return results.map((each) => (each.kind === 'decoded' ? takeNext(next) : each));
}

type DecodedWrite = {
  readonly kind: 'decoded';
  readonly collection: string;
  readonly tenant: string;
  readonly object: ObjectInput;
};
type FailedWrite = Extract<WriteResult, { readonly kind: 'failed' }>;

function decodeOne(object: BatchObject, call: Call): DecodedWrite | FailedWrite {
  try {
    const error = forbidden(call.principal, 'U', object.collection);
    if (error !== undefined) return { kind: 'failed', error };
    const { collection, tenant } = object;
    return { kind: 'decoded', collection, tenant, object: decodeObject(object) };
  } catch (error) {
    if (error instanceof DatabaseError) return { kind: 'failed', error };
    throw error;
  }
}

function takeNext(results: Iterator<WriteResult>): WriteResult {
  const { value, done } = results.next();
  if (done) throw new Error('insertMany gave fewer results than objects');
  return value;
}

/** Throws DatabaseError: bad uuid, no collection, references, or vectors that are none. */
export function decodeObject(object: BatchObject): ObjectInput {
  if (object.collection === '') {
    throw new DatabaseError('invalid-argument', { message: 'object without a collection' });
  }
  const uuid = normaliseUuid(object.uuid);
  if (uuid === undefined) {
    const message =
      object.uuid.length === 36
        ? `invalid UUID: "${object.uuid}"`
        : `invalid UUID length: ${object.uuid.length}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return {
    uuid,
    properties: decodeObjectProperties(object.properties),
    integerLists: integerListsOf(object.properties),
    vectors: decodeVectors(object),
    ...(object.stored && {
      stored: {
        createdAt: object.stored.creation_time_unix,
        updatedAt: object.stored.last_update_time_unix,
      },
    }),
  };
}

/** Vectors under one name stay beside each other: some clients send the tokens of one one by one. */
function decodeVectors(object: BatchObject): ObjectInput['vectors'] {
  const { collection } = object;
  const vectors = new Map<string, VectorValue | readonly VectorValue[]>();
  if (object.vector_bytes.length > 0) {
    vectors.set('', decodeSingleBytes(object.vector_bytes, '', collection));
  } else if (object.vector.length > 0) {
    vectors.set('', singleFromNumbers(object.vector));
  }
  const byName = Map.groupBy(object.vectors, ({ name }) => name);
  for (const [name, group] of byName) {
    const [first, ...more] = group.map((vector) => decodeVector(vector, name, collection));
    if (first !== undefined) vectors.set(name, more.length > 0 ? [first, ...more] : first);
  }
  return vectors;
}
