// Writing objects as they were stored elsewhere, in batches over gRPC.

import { DatabaseError } from '../engine/errors.ts';
import type { GrpcSide } from './grpc-side.ts';
import { type ObjectPlace, placeName } from './object-reader.ts';
import { propertiesForBatch } from './property-values.ts';
import { isFault } from './remote-fault.ts';
import { objectBytes, type StoredObject, vectorTypes } from './stored-object.ts';
import { referenceNames } from './wire-class.ts';

/** Why an object was not written. */
export interface RefusedObject {
  readonly uuid: string;
  readonly message: string;
}

/** A request is cut before it has more bytes than this, unless it is one object. */
export const batchBytesMax: number = 8 * 1024 * 1024;
/** The reference deletes as many in a call. */
const deletedMax = 10_000;

/** Writes to one place; what is written again replaces what was there. Throws RemoteFault. */
export class ObjectWriter {
  readonly #grpc: GrpcSide;
  readonly #place: ObjectPlace;
  readonly #references: ReadonlySet<string>;

  constructor(grpc: GrpcSide, place: ObjectPlace) {
    this.#grpc = grpc;
    this.#place = place;
    this.#references = new Set(referenceNames(place.class));
  }

  /** Resolves when all are written that can be, to the others. */
  async write(objects: readonly StoredObject[]): Promise<readonly RefusedObject[]> {
    const { class: collection, tenant } = { ...this.#place, class: this.#place.class.class };
    const request = {
      objects: objects.map(({ uuid, createdAt, updatedAt, properties, vectors }) => ({
        ...{ uuid, collection, tenant },
        properties: propertiesForBatch(properties, this.#references),
        ...(vectors.has('') && { vector_bytes: vectors.get('')?.bytes ?? new Uint8Array() }),
        vectors: [...vectors]
          .filter(([name]) => name !== '')
          .map(([name, { kind, bytes }]) => ({
            ...{ name, vector_bytes: bytes, type: vectorTypes[kind] },
          })),
        stored: { creation_time_unix: createdAt, last_update_time_unix: updatedAt },
      })),
    };
    try {
      const { errors } = await this.#grpc.call('BatchObjects', request);
      return errors.map(({ index, error }) => ({
        uuid: objects[index]?.uuid ?? '',
        message: error,
      }));
    } catch (error) {
      if (!isFault(error, 'too-large')) throw error;
      return await this.#writeHalves(objects, error.message);
    }
  }

  /** Objects that the other side does not have any more. */
  async delete(uuids: readonly string[]): Promise<void> {
    const { class: collection, tenant } = { ...this.#place, class: this.#place.class.class };
    for (let from = 0; from < uuids.length; from += deletedMax) {
      const values = uuids.slice(from, from + deletedMax);
      const reply = await this.#grpc.call('BatchDelete', {
        ...{ collection, tenant },
        filters: {
          operator: containsAny,
          target: { property: '_id' },
          value_text_array: { values },
        },
      });
      if (reply.failed === 0) continue;
      const message = `${reply.failed} objects of ${placeName(this.#place)} could not be deleted`;
      throw new DatabaseError('invalid-argument', { message });
    }
  }

  async #writeHalves(
    objects: readonly StoredObject[],
    message: string,
  ): Promise<readonly RefusedObject[]> {
    const [only] = objects;
    if (objects.length === 1 && only) return [{ uuid: only.uuid, message }];
    const half = Math.ceil(objects.length / 2);
    const first = await this.write(objects.slice(0, half));
    return [...first, ...(await this.write(objects.slice(half)))];
  }
}

/** FiltersOperator.OPERATOR_CONTAINS_ANY. */
const containsAny = 12;

/** Objects in order, in groups that are not too large for a request. */
export function* inBatches(
  objects: readonly StoredObject[],
  countMax: number,
): Generator<readonly StoredObject[]> {
  let batch: StoredObject[] = [];
  let bytes = 0;
  for (const object of objects) {
    const size = objectBytes(object);
    if (batch.length > 0 && (batch.length === countMax || bytes + size > batchBytesMax)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(object);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
