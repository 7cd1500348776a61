// Takes of the best candidates of a search those that are unlike each other. How alike two objects are is
// itself a search: the vectors of the one that was just taken, compared with those of all candidates.

import { assert } from '../../engine/assert.ts';
import { Bitset } from '../../engine/bitset.ts';
import { tokenCount, type VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { stretched } from '../../engine/fusion/boost-signals.ts';
import { DiverseSelection } from '../../engine/fusion/diverse.ts';
import type { Diverse, ExecutedHit, Likeness } from '../../engine/query/execute.ts';
import { type Diversity, diversityCandidatesMax } from '../../engine/query/query.ts';
import type { Snapshot } from '../../engine/query/snapshot.ts';
import type { SearchTarget, VectorRequest } from '../../engine/query/vector-search.ts';
import type { VectorSearcher } from '../vector-searcher.ts';

export interface DiversityScope {
  readonly snapshot: Snapshot;
  readonly searcher: VectorSearcher;
  readonly signal: AbortSignal | undefined;
}

/** Throws DatabaseError 'invalid-argument' for numbers out of their bounds. */
export function checkDiversity({ count, candidates, balance }: Diversity): void {
  const problem =
    !Number.isInteger(count) || count < 1
      ? `limit is ${count}; allowed: whole numbers from 1`
      : !Number.isInteger(candidates) || candidates < count
        ? `${count} hits can't be taken of ${candidates} candidates`
        : candidates > diversityCandidatesMax
          ? `${candidates} candidates; the maximum is ${diversityCandidatesMax}`
          : !(balance >= 0 && balance <= 1)
            ? `balance is ${balance}; allowed: numbers from 0 to 1`
            : undefined;
  if (problem === undefined) return;
  throw new DatabaseError('invalid-argument', { message: `diversity (MMR): ${problem}` });
}

/** The candidates that are taken, in their order. Throws DatabaseError. */
export async function selectDiverse(
  candidates: readonly ExecutedHit[],
  { count, balance, likeness }: Diverse,
  scope: DiversityScope,
): Promise<ExecutedHit[]> {
  const isPlace =
    likeness.scale === 'place' || candidates.some(({ boosted }) => boosted !== undefined);
  const scores = candidates.map(({ score, boosted }) => boosted ?? score ?? 0);
  const relevance = isPlace ? stretched(scores) : Float64Array.from(scores);
  const selection = new DiverseSelection(relevance, balance);
  const pool = poolOf(candidates, scope.snapshot);
  for (let picked = selection.pick(); picked !== undefined; picked = selection.pick()) {
    if (selection.picked.length === Math.min(count, candidates.length)) break;
    if (balance === 1) continue;
    const found = await likenessTo(hitAt(candidates, picked), pool, likeness, scope);
    selection.note(onScale(found, picked, isPlace));
  }
  return selection.picked.map((at) => hitAt(candidates, at));
}

function hitAt(candidates: readonly ExecutedHit[], at: number): ExecutedHit {
  const hit = candidates[at];
  assert(hit !== undefined, 'what is picked is a candidate');
  return hit;
}

/** The candidates as a snapshot of their own. */
interface Pool {
  readonly snapshot: Snapshot;
  /** Place of a candidate by where its document is. */
  readonly places: ReadonlyMap<number, number>;
}

function poolOf(candidates: readonly ExecutedHit[], snapshot: Snapshot): Pool {
  const segments = snapshot.segments.map(({ segment }, index) => {
    const allowed = Bitset.of(segment.documentCount);
    for (const hit of candidates) if (hit.segment === index) allowed.set(hit.doc);
    return { segment, allowed };
  });
  const places = new Map(candidates.map((hit, at) => [keyOf(hit), at]));
  return { snapshot: { ...snapshot, segments }, places };
}

function keyOf({ segment, doc }: { readonly segment: number; readonly doc: number }): number {
  return segment * 2 ** 32 + doc;
}

/** Beside the candidates: how alike each is to one of them; undefined where that can't be said. */
async function likenessTo(
  hit: ExecutedHit,
  { snapshot, places }: Pool,
  { targets, combination }: Likeness,
  { searcher, signal }: DiversityScope,
): Promise<(number | undefined)[]> {
  const searched = snapshot.segments[hit.segment];
  assert(searched !== undefined, 'a hit names a segment of its snapshot');
  const { vectors } = searched.segment.document(hit.doc, { vectors: true });
  const compared = targets.flatMap(({ tokens, ...target }): SearchTarget[] => {
    const vector = vectors.get(target.schema.name);
    return vector ? [{ ...target, vector: sampled(vector, tokens) }] : [];
  });
  const likeness: (number | undefined)[] = new Array(places.size).fill(undefined);
  if (compared.length === 0) return likeness;
  const request: VectorRequest = {
    targets: compared,
    combination,
    limit: places.size,
    exact: true,
  };
  const found = await searcher.find(snapshot, request, signal);
  for (const place of found.places) {
    const at = places.get(keyOf(place));
    if (at !== undefined) likeness[at] = place.score;
  }
  return likeness;
}

/** An object that can't be compared is as unlike as the most unlike one. */
function onScale(
  found: readonly (number | undefined)[],
  picked: number,
  isPlace: boolean,
): Float64Array {
  const known = found.filter((each) => each !== undefined);
  const least = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const spread = (found[picked] ?? least) - least;
  return Float64Array.from(found, (each) => {
    if (!isPlace) return each ?? (known.length === 0 ? 0 : least);
    if (each === undefined) return 0;
    return spread > 0 ? Math.min(1, (each - least) / spread) : 1;
  });
}

/** As many token vectors as the query has, evenly spread over those of the object. */
function sampled(vector: VectorValue, tokens: number): VectorValue {
  if (vector.kind === 'single') return vector;
  const { dims, values } = vector;
  const count = tokenCount(vector);
  const taken = new Float32Array(tokens * dims);
  for (let at = 0; at < tokens; at += 1) {
    const from = Math.floor((at * count) / tokens) * dims;
    taken.set(values.subarray(from, from + dims), at * dims);
  }
  return { ...vector, values: taken };
}
