// One reference from an object to another: stored as `Collection/uuid`, written outside as a beacon.

import { normaliseUuid } from '../../engine/uuid.ts';
import { capitalized } from '../schema/names.ts';

/** An object that another one refers to. It may be gone: references are not removed with their target. */
export interface Reference {
  readonly collection: string;
  /** Canonical. */
  readonly uuid: string;
}

/** As it is stored in an object's properties. */
export function referenceText({ collection, uuid }: Reference): string {
  return `${collection}/${uuid}`;
}

/** From its stored form. */
export function storedReference(text: string): Reference {
  const slash = text.indexOf('/');
  return { collection: text.slice(0, slash), uuid: text.slice(slash + 1) };
}

/** What an object's property refers to, in order; nothing where it has none. */
export function referencesOf(value: unknown): readonly Reference[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each) => typeof each === 'string').map(storedReference);
}

/** A reference as it was given: who gives none a collection means the only one that is possible. */
export interface GivenReference {
  readonly collection: string | undefined;
  readonly uuid: string;
}

/**
 * Reads `Collection/uuid` or `uuid`, with or without `weaviate://HOST/` before it; the host is not looked
 * at. Undefined for anything else.
 */
export function parseReference(text: string): GivenReference | undefined {
  const path = text.replace(/^weaviate:\/\/[^/]*\//, '');
  const parts = path.split('/');
  if (parts.length > 2) return undefined;
  const uuid = normaliseUuid(parts.at(-1) ?? '');
  if (uuid === undefined) return undefined;
  const [collection] = parts;
  if (parts.length === 1) return { collection: undefined, uuid };
  return collection ? { collection: capitalized(collection), uuid } : undefined;
}

/** A reference as clients read it. */
export function beaconOf({ collection, uuid }: Reference): string {
  return `weaviate://localhost/${collection}/${uuid}`;
}
