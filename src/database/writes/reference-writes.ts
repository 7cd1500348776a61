// Writes of references to objects that are stored: checks, then one rewrite of all objects that are meant.

import type { Document, Properties } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { CollectionConfig, PropertyConfig } from '../collection-config.ts';
import {
  type ReferenceInput,
  referenceProperty,
  storedForm,
  storedForms,
  withReferences,
} from '../references/edit-references.ts';
import { checkTargetExists, type Neighbours } from '../references/neighbours.ts';
import { storedReference } from '../references/reference.ts';
import { canonicalIn, canonicalUuid } from './drafts.ts';
import type { ObjectWriter } from './object-writer.ts';

/** The collection whose objects refer to others. */
export interface Referring {
  readonly config: CollectionConfig;
  readonly neighbours: Neighbours;
  readonly writer: ObjectWriter;
}

/** Adds a reference to an object that exists; throws what is wrong. */
export async function addReference(
  scope: Referring,
  { uuid, property, to }: ReferenceInput,
): Promise<void> {
  await changeOne(scope, uuid, property, (found) => {
    const added = storedForm(scope.config, found, to, canonicalIn(scope));
    checkTargetExists(storedReference(added), found.name, scope.neighbours);
    return (older) => [...older, added];
  });
}

/** Gives an object these references, to objects that exist, and no others; throws what is wrong. */
export async function replaceReferences(
  scope: Referring,
  { uuid, property, to }: Omit<ReferenceInput, 'to'> & { readonly to: readonly string[] },
): Promise<void> {
  await changeOne(scope, uuid, property, (found) => {
    const wanted = storedForms(scope.config, found, to, canonicalIn(scope));
    for (const each of wanted) {
      checkTargetExists(storedReference(each), found.name, scope.neighbours);
    }
    return () => wanted;
  });
}

/** Removes all references of a property to one object; throws what is wrong, not when there is none. */
export async function deleteReference(
  scope: Referring,
  { uuid, property, to }: ReferenceInput,
): Promise<void> {
  await changeOne(scope, uuid, property, (found) => {
    const removed = storedForm(scope.config, found, to, canonicalIn(scope));
    return (older) => older.filter((each) => each !== removed);
  });
}

/** A checked reference of a list, with its place there. */
interface Addition {
  readonly index: number;
  readonly name: string;
  readonly added: string;
  readonly once: boolean;
}

/**
 * Adds many references, those of an object in the order of the list; undefined beside each that is there
 * now, else why not. The same one again counts again, clients add it twice and expect two, but for those
 * that are to be there `once`.
 */
export async function addReferences(
  scope: Referring,
  references: readonly ReferenceInput[],
): Promise<readonly (DatabaseError | undefined)[]> {
  const results = new Array<DatabaseError | undefined>(references.length).fill(undefined);
  const byUuid = new Map<string, Addition[]>();
  for (const [index, reference] of references.entries()) {
    try {
      const uuid = canonicalUuid(reference.uuid);
      const property = referenceProperty(scope.config, reference.property);
      const added = storedForm(scope.config, property, reference.to, canonicalIn(scope));
      const edits = byUuid.get(uuid) ?? [];
      edits.push({ index, name: property.name, added, once: reference.once ?? false });
      byUuid.set(uuid, edits);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      results[index] = error;
    }
  }
  const change = (older: Document): Properties => {
    const edits = Map.groupBy(byUuid.get(older.uuid) ?? [], ({ name }) => name);
    let document = older;
    for (const [name, many] of edits) {
      const properties = withReferences(document, name, (before) => joined(before, many));
      document = { ...document, properties };
    }
    return document.properties;
  };
  const errors = await scope.writer.rewrite([...byUuid.keys()], change);
  for (const [uuid, error] of errors) {
    for (const { index } of byUuid.get(uuid) ?? []) results[index] = error;
  }
  return results;
}

function joined(before: readonly string[], additions: readonly Addition[]): readonly string[] {
  const all = [...before];
  const there = new Set(before);
  for (const { added, once } of additions) {
    if (once && there.has(added)) continue;
    there.add(added);
    all.push(added);
  }
  return all;
}

type Edit = (references: readonly string[]) => readonly string[];

/** Changes one property of one object; `edit` checks what was given and says what to do with it. */
async function changeOne(
  { config, writer }: Referring,
  given: string,
  property: string,
  edit: (property: PropertyConfig) => Edit,
): Promise<void> {
  const uuid = canonicalUuid(given);
  const found = referenceProperty(config, property);
  const change = edit(found);
  const errors = await writer.rewrite([uuid], (older) => withReferences(older, found.name, change));
  const error = errors.get(uuid);
  if (error) throw error;
}
