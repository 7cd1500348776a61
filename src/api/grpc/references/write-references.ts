// The call BatchReferences, and the writing of references that BatchStream shares with it. A fault of one
// reference stays with that reference.

import type { DatabaseError } from '../../../engine/errors.ts';
import { forbidden } from '../../caller.ts';
import { type Call, secondsSince } from '../call.ts';
import type {
  BatchReference,
  BatchReferencesReply,
  BatchReferencesRequest,
} from '../generated/messages.ts';
import type { MessageInit } from '../protocol.ts';

/** Errors say the index of their reference. */
export async function batchReferences(
  request: BatchReferencesRequest,
  call: Call,
): Promise<MessageInit<BatchReferencesReply>> {
  const start = performance.now();
  const results = await writeReferences(request.references, call);
  const errors = results.flatMap((error, index) =>
    error ? [{ index, error: error.message }] : [],
  );
  return { took: secondsSince(start), errors };
}

/**
 * Undefined beside each reference that was added, or is there already and was to be there `once`; else why
 * not.
 */
export async function writeReferences(
  references: readonly BatchReference[],
  call: Call,
  { once = false }: { readonly once?: boolean } = {},
): Promise<readonly (DatabaseError | undefined)[]> {
  const results = references.map(({ from_collection }) =>
    forbidden(call.principal, 'U', from_collection),
  );
  const indexes = [...results.keys()].filter((index) => results[index] === undefined);
  const inputs = indexes.map((index) => inputOf(references[index] as BatchReference, once));
  const outcomes = inputs.length > 0 ? await call.database.addReferences(inputs) : [];
  for (const [place, index] of indexes.entries()) results[index] = outcomes[place];
  return results;
}

function inputOf(
  { name, from_collection, from_uuid, to_collection, to_uuid, tenant }: BatchReference,
  once: boolean,
) {
  const to = to_collection ? `${to_collection}/${to_uuid}` : to_uuid;
  const reference = { uuid: from_uuid, property: name, to, once };
  return { collection: from_collection, tenant, reference };
}
