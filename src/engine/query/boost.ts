// Ranks the best candidates of a search anew by a boost's conditions. What is said of a candidate is read
// from the columns of its properties; nothing is searched again.

import { assert, unreachable } from '../assert.ts';
import { DatabaseError } from '../errors.ts';
import type { Columns } from '../filter/columns.ts';
import { decayed, placed, stretched } from '../fusion/boost-signals.ts';
import { searchResultsMax } from '../limits.ts';
import type { CollectionSchema, PropertyType } from '../schema.ts';
import {
  type Boost,
  type BoostExplanation,
  type BoostSignal,
  boostConditionsMax,
  type DecayTarget,
} from './query.ts';
import { checkFiltering, passingIn, type Snapshot } from './snapshot.ts';

/** What a boost ranks. */
interface Candidate {
  readonly segment: number;
  readonly doc: number;
  readonly score?: number;
}

/** What a boost made of a candidate. */
export interface Boosted {
  /** The score by which it is ranked now. */
  readonly boosted: number;
  /** Absent for what was not ranked anew. */
  readonly boost?: BoostExplanation;
}

/**
 * Throws DatabaseError 'invalid-argument' for numbers out of their bounds and for properties of another
 * type, 'property-missing' for those that don't exist, and what a filter throws that makes no sense.
 */
export function checkBoost({ conditions, weight, depth }: Boost, schema: CollectionSchema): void {
  if (conditions.length === 0 || conditions.length > boostConditionsMax) {
    throw refused(`it has ${conditions.length} conditions`, `1 to ${boostConditionsMax}`);
  }
  if (!(weight >= 0 && weight <= 1)) throw refused(`weight is ${weight}`, 'numbers from 0 to 1');
  if (!Number.isInteger(depth) || depth < 1 || depth > searchResultsMax) {
    throw refused(`depth is ${depth}`, `whole numbers from 1 to ${searchResultsMax}`);
  }
  for (const [index, condition] of conditions.entries()) {
    const where = `condition ${index}: `;
    // Beyond 32 bits the sum of all may be none.
    if (!Number.isFinite(Math.fround(condition.weight))) {
      throw refused(`${where}weight is ${condition.weight}`, 'finite numbers of 32 bits');
    }
    checkSignal(condition.signal, schema, where);
  }
}

function checkSignal(signal: BoostSignal, schema: CollectionSchema, where: string): void {
  switch (signal.kind) {
    case 'filter':
      checkFiltering(signal.filter, schema);
      return;
    case 'value':
      checkType(signal.name, numberTypes, schema, where);
      return;
    case 'decay': {
      const { of, origin, scale, offset, decay } = signal;
      if (!Number.isFinite(origin)) throw refused(`${where}origin is ${origin}`, 'finite numbers');
      if (!(scale > 0 && scale < Infinity)) {
        throw refused(`${where}scale is ${scale}`, 'finite numbers above 0');
      }
      if (!(offset >= 0 && offset < Infinity)) {
        throw refused(`${where}offset is ${offset}`, 'finite numbers from 0');
      }
      if (!(decay > 0 && decay <= 1)) {
        throw refused(`${where}decay is ${decay}`, 'numbers above 0 up to 1');
      }
      if (of.kind === 'number') checkType(of.name, numberTypes, schema, where);
      if (of.kind === 'date') checkType(of.name, ['date'], schema, where);
      return;
    }
    default:
      unreachable(signal);
  }
}

const numberTypes: readonly PropertyType[] = ['int', 'number'];

function checkType(
  name: string,
  allowed: readonly PropertyType[],
  { collection, properties }: CollectionSchema,
  where: string,
): void {
  const property = properties.find((known) => known.name === name);
  if (!property) throw new DatabaseError('property-missing', { property: name, collection });
  if (allowed.includes(property.type)) return;
  throw refused(`${where}property '${name}' is ${property.type}`, allowed.join(', '));
}

function refused(problem: string, allowed: string): DatabaseError {
  return new DatabaseError('invalid-argument', {
    message: `boost: ${problem}; allowed: ${allowed}`,
  });
}

/**
 * The candidates, best first, with the first `depth` of them in their new order: by what the boost makes
 * of them, equal ones as they were. Those that follow keep their order, at the last one's score.
 */
export function applyBoost<T extends Candidate>(
  snapshot: Snapshot,
  candidates: readonly T[],
  { conditions, weight, depth }: Boost,
): (T & Boosted)[] {
  const head = candidates.slice(0, depth);
  const search = stretched(head.map(({ score }) => score ?? 0));
  const reader = new CandidateReader(snapshot, head);
  const signals = conditions.map(({ signal }) => signalsOf(signal, reader));
  const whole = conditions.reduce((sum, condition) => sum + Math.abs(condition.weight), 0);
  const ranked = head.map((candidate, at) => {
    const said = signals.map((each) => each[at] ?? 0);
    const sum = conditions.reduce((total, each, index) => total + each.weight * said[index]!, 0);
    const wanted = whole === 0 ? 0 : sum / whole;
    const boosted = (1 - weight) * search[at]! + weight * wanted;
    return { ...candidate, boosted, boost: { search: search[at]!, signals: said } };
  });
  ranked.sort((a, b) => b.boosted - a.boosted);
  const last = ranked.at(-1)?.boosted ?? 0;
  return [...ranked, ...candidates.slice(depth).map((each) => ({ ...each, boosted: last }))];
}

/** Reads columns and evaluates filters where candidates lie, each once. */
class CandidateReader {
  readonly candidates: readonly Candidate[];
  readonly #snapshot: Snapshot;

  constructor(snapshot: Snapshot, candidates: readonly Candidate[]) {
    this.#snapshot = snapshot;
    this.candidates = candidates;
  }

  /** Beside the candidates: a number, or milliseconds since 1970. No stored object is read. */
  values(of: DecayTarget): readonly (number | undefined)[] {
    const read = oncePerSegment((segment) => {
      return valueReader(this.#snapshot.segments[segment]!.segment.columns, of);
    });
    return this.candidates.map(({ segment, doc }) => read(segment)(doc));
  }

  /** Which candidates pass a filter. */
  passing(filter: Extract<BoostSignal, { kind: 'filter' }>['filter']): readonly boolean[] {
    const passed = oncePerSegment((segment) => passingIn(this.#snapshot, segment, filter));
    return this.candidates.map(({ segment, doc }) => passed(segment).has(doc));
  }
}

function oncePerSegment<T>(make: (segment: number) => T): (segment: number) => T {
  const made = new Map<number, T>();
  return (segment) => {
    const known = made.get(segment);
    if (known !== undefined) return known;
    const one = make(segment);
    made.set(segment, one);
    return one;
  };
}

/** Columns hold every property, also of those that no filter may ask for. */
function valueReader(columns: Columns, of: DecayTarget): (doc: number) => number | undefined {
  if (!('name' in of)) {
    const times = columns[of.kind];
    return (doc) => times[doc];
  }
  const column = columns.column(of.name);
  if (column === undefined) return () => undefined;
  assert(column.kind === 'number' || column.kind === 'date', 'what decays has an order');
  const values = column.kind === 'number' ? column.values : column.ms;
  return (doc) => (column.present.has(doc) ? values[doc] : undefined);
}

function signalsOf(signal: BoostSignal, reader: CandidateReader): ArrayLike<number> {
  switch (signal.kind) {
    case 'filter':
      return reader.passing(signal.filter).map(Number);
    case 'decay':
      return reader
        .values(signal.of)
        .map((value) => (value === undefined ? 0 : decayed(value, signal)));
    case 'value':
      return placed(reader.values({ kind: 'number', name: signal.name }), signal.modifier);
    default:
      return unreachable(signal);
  }
}
