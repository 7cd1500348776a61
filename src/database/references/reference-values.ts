// References as values of a property: checked against the collections that the property may refer to.

import type { PropertyValue } from '../../engine/document.ts';
import { parseReference, referenceText } from './reference.ts';

/** Names a collection by its own name: an alias of it may be given. */
export type CanonicalName = (name: string) => string;

/**
 * The stored form of what was given: a list of `Collection/uuid`. Given are references as text or as
 * objects with a `beacon`. Otherwise what is wrong with it, in words.
 */
export function checkReferences(
  targets: readonly string[],
  value: PropertyValue,
  canonical: CanonicalName = (name) => name,
): readonly string[] | { readonly problem: string } {
  if (!Array.isArray(value)) return { problem: 'references come in a list' };
  const found: string[] = [];
  for (const [index, element] of (value as readonly PropertyValue[]).entries()) {
    const reference = checkReference(targets, element, canonical);
    if (typeof reference !== 'string')
      return { problem: `element [${index}]: ${reference.problem}` };
    found.push(reference);
  }
  return found;
}

/** As checkReferences, for one. */
export function checkReference(
  targets: readonly string[],
  given: PropertyValue,
  canonical: CanonicalName = (name) => name,
): string | { readonly problem: string } {
  const text = beaconIn(given);
  const read = text === undefined ? undefined : parseReference(text);
  if (!read) {
    const seen = JSON.stringify(text ?? given).slice(0, 100);
    return { problem: `not a reference as weaviate://localhost/Collection/uuid, but ${seen}` };
  }
  const { uuid } = read;
  const [only, ...others] = targets;
  if (read.collection === undefined) {
    if (only !== undefined && others.length === 0) return referenceText({ collection: only, uuid });
    const known = targets.join(', ');
    return { problem: `the reference to ${uuid} names no collection; it may be one of [${known}]` };
  }
  const named = canonical(read.collection);
  // Where a target is gone, its name may lead to another collection by now, as an alias of that.
  const collection = targets.find((target) => canonical(target) === named);
  if (collection !== undefined) return referenceText({ collection, uuid });
  return {
    problem: `the reference to ${uuid} names collection ${read.collection}; allowed: [${targets.join(', ')}]`,
  };
}

/** Whether a value can be nothing but references: a list of objects that have a beacon. */
export function areReferences(value: PropertyValue): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((each) => typeof each !== 'string' && beaconIn(each) !== undefined);
}

/** The text of a reference as it was given, alone or in an object. */
export function beaconIn(given: PropertyValue): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  const { beacon } = given as { readonly [key: string]: PropertyValue };
  return typeof beacon === 'string' ? beacon : undefined;
}
