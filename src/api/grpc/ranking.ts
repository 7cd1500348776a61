// What ranks the hits of a search anew: boosts by conditions, and the selection of hits that are unlike
// each other.

import { uncapitalized } from '../../database/schema/names.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { parseInstant } from '../../engine/filter/instant.ts';
import {
  type Boost,
  type BoostCondition,
  type BoostSignal,
  boostConditionsMax,
  boostDefaults,
  type DecayCurve,
  type DecayTarget,
  type Diversity,
  diversityCandidatesMax,
  diversityDefaults,
  type ValueModifier,
} from '../../engine/query/query.ts';
import type { SearchLimits } from '../search-limits.ts';
import { decodeFilter } from './filters.ts';
import {
  BoostDecayCurve,
  BoostPropertyValueModifier,
  type BoostTimeDecayFunction,
  type SearchRequest,
  type Selection,
  type Boost as WireBoost,
  type BoostCondition as WireCondition,
} from './generated/messages.ts';

/** `now`: milliseconds since 1970. Throws 'invalid-argument'. */
export function decodeBoost(boost: WireBoost, now: number): Boost {
  if (boost.conditions.length > boostConditionsMax) {
    throw invalid(
      `boost: ${boost.conditions.length} conditions, the maximum is ${boostConditionsMax}`,
    );
  }
  return {
    conditions: boost.conditions.map((condition, index) => decodeCondition(condition, index, now)),
    weight: boost.weight ?? boostDefaults.weight,
    depth: boost.depth ?? boostDefaults.depth,
  };
}

function decodeCondition(condition: WireCondition, index: number, now: number): BoostCondition {
  return {
    signal: decodeSignal(condition, `boost: condition ${index}: `, now),
    weight: condition.weight ?? 1,
  };
}

function decodeSignal(condition: WireCondition, where: string, now: number): BoostSignal {
  const { filter, time_decay, numeric_decay, property_value } = condition;
  if (filter) return { kind: 'filter', filter: decodeFilter(filter) };
  if (property_value) {
    const { property, modifier } = property_value;
    return {
      kind: 'value',
      name: uncapitalized(property),
      modifier: decodeModifier(modifier, where),
    };
  }
  if (numeric_decay) {
    const { property, origin, scale, offset = 0, curve, decay_value } = numeric_decay;
    return {
      ...{
        kind: 'decay',
        of: { kind: 'number', name: uncapitalized(property) },
        origin,
        scale,
        offset,
      },
      curve: decodeCurve(curve, where),
      decay: decay_value ?? boostDefaults.decay,
    };
  }
  if (time_decay) return decodeTimeDecay(time_decay, where, now);
  throw invalid(`${where}it has no filter, time_decay, numeric_decay or property_value`);
}

function decodeTimeDecay(
  { property, origin, scale, offset, curve, decay_value }: BoostTimeDecayFunction,
  where: string,
  now: number,
): BoostSignal {
  return {
    kind: 'decay',
    of: timeOf(property),
    origin: decodeOrigin(origin, where, now),
    scale: decodeDuration(scale, `${where}scale`),
    offset: offset ? decodeDuration(offset, `${where}offset`) : 0,
    curve: decodeCurve(curve, where),
    decay: decay_value ?? boostDefaults.decay,
  };
}

function timeOf(property: string): DecayTarget {
  if (property === '_creationTimeUnix') return { kind: 'createdAt' };
  if (property === '_lastUpdateTimeUnix') return { kind: 'updatedAt' };
  return { kind: 'date', name: uncapitalized(property) };
}

function decodeOrigin(origin: string, where: string, now: number): number {
  if (origin === '' || origin === 'now') return now;
  const instant = parseInstant(origin);
  if (instant) return instant.ms;
  throw invalid(
    `${where}origin is ${JSON.stringify(origin)}; allowed: "now" or a time as RFC 3339 writes it`,
  );
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3_600e3,
  d: 86_400e3,
  w: 7 * 86_400e3,
};

/** Characters of a duration: more are read as a mistake. */
const durationLengthMax = 64;

/** Milliseconds of `7d`, `1.5h` or `1h30m`; `1e-06s` is how Python writes a microsecond. */
function decodeDuration(text: string, where: string): number {
  const pattern = /((?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(ns|us|µs|ms|s|m|h|d|w)/g;
  const isShort = text !== '' && text.length <= durationLengthMax;
  const parts = isShort ? [...text.matchAll(pattern)] : [];
  if (!isShort || parts.map(([part]) => part).join('') !== text) {
    const shown = JSON.stringify(text.slice(0, durationLengthMax));
    const allowed = 'numbers with a unit of ns, us, ms, s, m, h, d or w, as "7d" or "1h30m"';
    throw invalid(`${where} is ${shown}; allowed: ${allowed}`);
  }
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0), 0);
}

const curves: ReadonlyMap<number, DecayCurve> = new Map([
  [BoostDecayCurve.DECAY_CURVE_UNSPECIFIED, 'exponential'],
  [BoostDecayCurve.DECAY_CURVE_EXPONENTIAL, 'exponential'],
  [BoostDecayCurve.DECAY_CURVE_GAUSS, 'gaussian'],
  [BoostDecayCurve.DECAY_CURVE_LINEAR, 'linear'],
]);

function decodeCurve(number = 0, where: string): DecayCurve {
  const curve = curves.get(number);
  if (curve === undefined) throw invalid(`${where}curve ${number} is unknown`);
  return curve;
}

const modifiers: ReadonlyMap<number, ValueModifier> = new Map([
  [BoostPropertyValueModifier.PROPERTY_VALUE_MODIFIER_UNSPECIFIED, 'none'],
  [BoostPropertyValueModifier.PROPERTY_VALUE_MODIFIER_LOG1P, 'log1p'],
  [BoostPropertyValueModifier.PROPERTY_VALUE_MODIFIER_SQRT, 'sqrt'],
]);

function decodeModifier(number = 0, where: string): ValueModifier {
  const modifier = modifiers.get(number);
  if (modifier === undefined) throw invalid(`${where}modifier ${number} is unknown`);
  return modifier;
}

/** The selection of a request's search, wherever it stands. */
export function selectionOf({ hybrid_search, ...request }: SearchRequest): Selection | undefined {
  const { near_vector, near_text, near_object, near_image } = request;
  const near = near_vector ?? near_text ?? near_object ?? near_image;
  const within = hybrid_search?.near_vector ?? hybrid_search?.near_text;
  return near?.selection ?? hybrid_search?.selection ?? within?.selection;
}

/**
 * The hits to take, of the request's limit as candidates where that is more, else of several times as
 * many. Throws 'invalid-argument'.
 */
export function decodeDiversity(
  { mmr }: Selection,
  limitGiven: number,
  { defaultLimit }: SearchLimits,
): Diversity {
  if (!mmr) throw invalid('selection: it names no method; allowed: mmr');
  const { limit: count, balance = diversityDefaults.balance } = mmr;
  if (count === undefined || count < 1) {
    throw invalid(`selection: mmr.limit is ${count ?? 'missing'}; allowed: whole numbers from 1`);
  }
  if (limitGiven > 0 && count > limitGiven) {
    throw invalid(`selection: mmr.limit is ${count}, more than the query's limit ${limitGiven}`);
  }
  const open = Math.max(defaultLimit, diversityDefaults.candidatesFactor * count);
  const wanted = limitGiven > count ? limitGiven : open;
  const candidates = Math.max(count, Math.min(wanted, diversityCandidatesMax));
  return { count, candidates, balance };
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
