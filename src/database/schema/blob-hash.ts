// Properties of type blobHash: a blob comes in, is embedded, and only its hash is kept.

import { createHash } from 'node:crypto';
import type { Properties, PropertyValue } from '../../engine/document.ts';
import type { PropertySchema } from '../../engine/schema.ts';

/**
 * Whether a value is a hash already, as an object has it that was read and comes back. No picture is:
 * its base64 has capital letters.
 */
export function isBlobHash(value: string): boolean {
  return /^[0-9a-f]{64}$/.test(value);
}

/** SHA-256 of the bytes that the base64 stands for, in hexadecimal digits; a hash stays as it is. */
export function blobHash(value: string): string {
  if (isBlobHash(value)) return value;
  return createHash('sha256').update(Buffer.from(value, 'base64')).digest('hex');
}

/**
 * Checked properties with the hashes of their blobs, inside objects too; the same properties where there
 * is nothing to hash.
 */
export function hashBlobs(properties: readonly PropertySchema[], values: Properties): Properties {
  const hashing = properties.filter((property) => hasHash(property) && values[property.name]);
  if (hashing.length === 0) return values;
  const hashed = hashing.map((property): [string, PropertyValue] => [
    property.name,
    hashValue(property, values[property.name] ?? null),
  ]);
  return { ...values, ...Object.fromEntries(hashed) };
}

function hashValue(property: PropertySchema, value: PropertyValue): PropertyValue {
  if (typeof value === 'string') return blobHash(value);
  if (Array.isArray(value)) {
    return (value as readonly PropertyValue[]).map((one) => hashValue(property, one));
  }
  return hashBlobs(property.nested ?? [], value as Properties);
}

function hasHash({ type, nested }: PropertySchema): boolean {
  return type === 'blobHash' || (nested?.some(hasHash) ?? false);
}
