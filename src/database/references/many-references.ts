// References between objects of several collections in one request.

import { DatabaseError } from '../../engine/errors.ts';
import type { ReferenceInput } from './edit-references.ts';

/** What takes the references of one collection's objects. */
interface ReferenceTaker {
  addReferences(
    references: readonly ReferenceInput[],
  ): Promise<readonly (DatabaseError | undefined)[]>;
}

/**
 * Hands each collection its references; undefined beside each that was added, else why not. `find` throws
 * DatabaseError for a collection that is not there.
 */
export async function addReferences(
  find: (collection: string) => ReferenceTaker,
  references: readonly { readonly collection: string; readonly reference: ReferenceInput }[],
): Promise<readonly (DatabaseError | undefined)[]> {
  const results = new Array<DatabaseError | undefined>(references.length).fill(undefined);
  const groups = Map.groupBy(references.keys(), (index) => references[index]?.collection ?? '');
  for (const [name, indexes] of groups) {
    const outcomes = await addGroup(
      find,
      name,
      indexes.map((index) => references[index]?.reference as ReferenceInput),
    );
    for (const [place, index] of indexes.entries()) results[index] = outcomes[place];
  }
  return results;
}

async function addGroup(
  find: (collection: string) => ReferenceTaker,
  name: string,
  references: readonly ReferenceInput[],
): Promise<readonly (DatabaseError | undefined)[]> {
  try {
    return await find(name).addReferences(references);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return references.map(() => error);
  }
}
