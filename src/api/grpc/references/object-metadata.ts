// What a reply says of an object besides its properties, of a hit as of an object that one refers to.

import type { Document } from '../../../engine/document.ts';
import { writeUuid } from '../../../engine/uuid.ts';
import type { MetadataRequest, MetadataResult } from '../generated/messages.ts';
import type { MessageInit } from '../protocol.ts';
import { encodeVector } from '../vectors.ts';

/** What is shown that is the object's own and not the search's. */
export interface MetadataFields {
  readonly uuid: boolean;
  readonly createdAt: boolean;
  readonly updatedAt: boolean;
  /** All vectors, or those of these names. */
  readonly vectors: 'all' | ReadonlySet<string>;
}

export function decodeMetadata(request: MetadataRequest | undefined): MetadataFields {
  return {
    uuid: request?.uuid ?? false,
    createdAt: request?.creation_time_unix ?? false,
    updatedAt: request?.last_update_time_unix ?? false,
    vectors: request?.vector ? 'all' : new Set(request?.vectors),
  };
}

/** Whether an object's vectors must be read. */
export function showsVectors({ vectors }: MetadataFields): boolean {
  return vectors === 'all' || vectors.size > 0;
}

export function encodeMetadata(
  document: Document,
  fields: MetadataFields,
): MessageInit<MetadataResult> {
  return {
    ...(fields.uuid && { id: document.uuid, id_as_bytes: uuidBytes(document.uuid) }),
    ...(fields.createdAt && {
      creation_time_unix: document.createdAt,
      creation_time_unix_present: true,
    }),
    ...(fields.updatedAt && {
      last_update_time_unix: document.updatedAt,
      last_update_time_unix_present: true,
    }),
    ...encodeVectors(document.vectors, fields.vectors),
  };
}

/** The unnamed vector has a field of its own. */
function encodeVectors(
  vectors: Document['vectors'],
  asked: MetadataFields['vectors'],
): MessageInit<MetadataResult> {
  const encoded = [...vectors]
    .filter(([name]) => asked === 'all' || asked.has(name))
    .map(([name, vector]) => encodeVector(name, vector));
  const unnamed = encoded.find((vector) => vector.name === '')?.vector_bytes;
  const named = encoded.filter((vector) => vector.name !== '');
  return {
    ...(named.length > 0 && { vectors: named }),
    ...(unnamed && { vector_bytes: unnamed }),
  };
}

/** The 16 bytes of a canonical uuid. */
export function uuidBytes(uuid: string): Uint8Array {
  const bytes = new Uint8Array(16);
  writeUuid(uuid, bytes, 0);
  return bytes;
}
