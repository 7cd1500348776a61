// An object between two servers: everything of it that they tell, vectors as bytes that nobody reads.

import { VectorsVectorType } from '../api/grpc/generated/messages.ts';
import type { StoredTimes } from '../database/object-input.ts';
import type { Properties } from '../engine/document.ts';

/** A vector as it goes over the wire: little-endian float32, of a multi-vector after a 16-bit dimension. */
export interface VectorBytes {
  readonly kind: 'single' | 'multi';
  readonly bytes: Uint8Array;
}

/** Which version of an object a server has. */
export interface ObjectVersion extends StoredTimes {
  /** Canonical. */
  readonly uuid: string;
}

/** An object as it is read from one server and written to the other. */
export interface StoredObject extends ObjectVersion {
  /** As REST has them: references are lists of beacons, blobs base64. */
  readonly properties: Properties;
  /** Those that it has; '' is the unnamed one. */
  readonly vectors: ReadonlyMap<string, VectorBytes>;
}

/** The wire's number of a kind. */
export const vectorTypes: Readonly<Record<VectorBytes['kind'], number>> = {
  single: VectorsVectorType.VECTOR_TYPE_SINGLE_FP32,
  multi: VectorsVectorType.VECTOR_TYPE_MULTI_FP32,
};

/** Sorts before every other one; no cursor reaches the object of this id. */
export const firstUuid = '00000000-0000-0000-0000-000000000000';

/** The id before an id, for a cursor that begins with its object. Not of firstUuid. */
export function uuidBefore(uuid: string): string {
  const number = BigInt(`0x${uuid.replaceAll('-', '')}`) - 1n;
  const hex = number.toString(16).padStart(32, '0');
  const [a, b, c, d, e] = [[0, 8], [8, 12], [12, 16], [16, 20], [20]].map(([from, to]) =>
    hex.slice(from, to),
  );
  return `${a}-${b}-${c}-${d}-${e}`;
}

/** About as many bytes as an object takes on its way. */
export function objectBytes({ properties, vectors }: StoredObject): number {
  let bytes = 64 + valueBytes(properties);
  for (const vector of vectors.values()) bytes += vector.bytes.length;
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 4;
  if (typeof value !== 'object' || value === null) return 9;
  let bytes = 0;
  for (const [name, part] of Object.entries(value)) bytes += name.length + valueBytes(part);
  return bytes;
}
