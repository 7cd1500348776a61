// Brings lists that have no order on the reference into the recorded one, so that the rest of the
// comparison can go from place to place.

import type { Json, JsonObject } from '../grpc/golden-messages.ts';
import { sameNumber } from './tolerance.ts';

/** The name of an element in a list without an order; lists that are not named here have one. */
const names: Readonly<Record<string, (element: Json) => Json | undefined>> = {
  uuids: (element) => element,
  successes: (element) => field(element, 'uuid'),
  errors: (element) => field(element, 'uuid') ?? field(element, 'index') ?? 0,
  tenants: (element) => field(element, 'name'),
  aliases: (element) => field(element, 'alias'),
  vectors: (element) => field(element, 'name'),
  properties: (element) => field(element, 'name'),
  nestedProperties: (element) => field(element, 'name'),
  classes: (element) => field(element, 'class'),
  groups: (element) => field(element, 'grouped_by'),
  items: (element) => field(element, 'value'),
};

/** By what lists of the above are in order after all: only elements with the same may change places. */
const ranks: Readonly<Record<string, string>> = { groups: 'objects_count', items: 'occurs' };

/** The elements of `actual` in the order in which `recorded` names them; as they are otherwise. */
export function arrangeLikeRecorded(
  list: string,
  recorded: readonly Json[],
  actual: readonly Json[],
): readonly Json[] {
  const nameOf = names[list];
  if (nameOf === undefined) return actual;
  const rank = ranks[list];
  const isInOrder = actual.every((each, index) => {
    return rank === undefined || field(each, rank) === field(recorded[index], rank);
  });
  if (!isInOrder) return actual;
  const wanted = recorded.map((each) => JSON.stringify(nameOf(each)));
  const position = (each: Json): number => wanted.indexOf(JSON.stringify(nameOf(each)));
  if (actual.some((each) => position(each) < 0)) return actual;
  return [...actual].sort((a, b) => position(a) - position(b));
}

/** Results with the recorded order inside each run of recorded results that rank the same. */
export function alignResults(
  recorded: readonly Json[],
  actual: readonly Json[],
  { isUnordered }: { readonly isUnordered: boolean },
): readonly Json[] {
  const aligned = [...actual];
  for (let start = 0; start < recorded.length; ) {
    let end = start + 1;
    while (end < recorded.length && (isUnordered || rankAlike(recorded[end - 1], recorded[end]))) {
      end += 1;
    }
    const wanted = recorded.slice(start, end).map(idOf);
    const run = aligned.slice(start, end);
    if (run.every((each) => wanted.includes(idOf(each)))) {
      run.sort((a, b) => wanted.indexOf(idOf(a)) - wanted.indexOf(idOf(b)));
      aligned.splice(start, run.length, ...run);
    }
    start = end;
  }
  return aligned;
}

/** The uuid of a search result, of a listed object or of a deleted one. */
export function idOf(result: Json | undefined): Json | undefined {
  const metadata = field(result, 'metadata');
  return field(metadata, 'id') ?? field(result, 'id') ?? field(result, 'uuid');
}

/** Deleted objects are listed in no order; of search results distance, or else score, decides. */
function rankAlike(a: Json | undefined, b: Json | undefined): boolean {
  if (field(a, 'uuid') !== undefined || field(a, 'status') !== undefined) return true;
  const [left, right] = [rankOf(a), rankOf(b)];
  if (left === undefined || right === undefined) return false;
  return left === right || sameNumber(left, right);
}

function rankOf(result: Json | undefined): number | undefined {
  const metadata = field(result, 'metadata');
  for (const name of ['distance', 'score']) {
    if (field(metadata, `${name}_present`) === true) return Number(field(metadata, name) ?? 0);
  }
  return undefined;
}

function field(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as JsonObject)[name];
}
