// An object as REST tells of it: where a server has no gRPC, and for what gRPC does not tell.

import type { Properties, PropertyValue } from '../engine/document.ts';
import { RemoteFault } from './remote-fault.ts';
import type { ObjectVersion, StoredObject, VectorBytes } from './stored-object.ts';

/** As much of it as is looked at. */
export interface ObjectJson {
  readonly id: string;
  readonly creationTimeUnix?: number;
  readonly lastUpdateTimeUnix?: number;
  readonly properties?: Properties | null;
  readonly vector?: readonly number[] | null;
  readonly vectors?: Readonly<Record<string, VectorJson | null>> | null;
}

type VectorJson = readonly number[] | readonly (readonly number[])[];

export function versionFromJson(json: ObjectJson): ObjectVersion {
  const { id, creationTimeUnix = 0, lastUpdateTimeUnix = 0 } = json;
  return { uuid: id.toLowerCase(), createdAt: creationTimeUnix, updatedAt: lastUpdateTimeUnix };
}

/** Vectors to the same bytes that gRPC has: JSON is the shortest decimal of each float. Throws RemoteFault. */
export function objectFromJson(json: ObjectJson): StoredObject {
  const vectors = new Map<string, VectorBytes>();
  if (json.vector && json.vector.length > 0) vectors.set('', singleBytes(json.vector));
  for (const [name, vector] of Object.entries(json.vectors ?? {})) {
    if (!vector || vector.length === 0) continue;
    const isMulti = Array.isArray(vector[0]);
    vectors.set(
      name,
      isMulti
        ? multiBytes(vector as readonly (readonly number[])[], `${json.id}, vector ${name}`)
        : singleBytes(vector as readonly number[]),
    );
  }
  return { ...versionFromJson(json), properties: withoutLinks(json.properties ?? {}), vectors };
}

function singleBytes(values: readonly number[]): VectorBytes {
  return { kind: 'single', bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

function multiBytes(rows: readonly (readonly number[])[], where: string): VectorBytes {
  const dims = rows[0]?.length ?? 0;
  const bytes = Buffer.alloc(2 + rows.length * dims * 4);
  bytes.writeUInt16LE(dims, 0);
  let at = 2;
  for (const row of rows) {
    if (row.length !== dims) {
      const message = `object ${where}: token vectors of ${dims} and ${row.length} numbers`;
      throw new RemoteFault('refused', message);
    }
    for (const value of row) at = bytes.writeFloatLE(value, at);
  }
  return { kind: 'multi', bytes };
}

/** References carry a path on their server, which says nothing more. Absent values may come as null. */
function withoutLinks(properties: Properties): Properties {
  const entries = Object.entries(properties).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutLink(value)]));
}

function withoutLink(value: PropertyValue): PropertyValue {
  if (!Array.isArray(value)) return value;
  return (value as readonly PropertyValue[]).map((each) => {
    const { beacon } = (each ?? {}) as { readonly beacon?: PropertyValue };
    return typeof beacon === 'string' ? { beacon } : each;
  });
}
