// Uuids that follow from a name (version 5 of RFC 9562), so that importing the same thing again
// replaces it. The Weaviate clients' generate_uuid5 is the same computation.

import { createHash } from 'node:crypto';
import { readUuid, writeUuid } from '../engine/uuid.ts';

/** The version 5 uuid of a name inside a namespace, which is a canonical uuid itself. */
export function nameUuid(namespace: string, name: string): string {
  const space = new Uint8Array(16);
  writeUuid(namespace, space, 0);
  const bytes = createHash('sha1').update(space).update(name, 'utf8').digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return readUuid(bytes, 0);
}

/** The namespace of names that are URLs or paths (RFC 9562, section 6.6). */
export const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';
