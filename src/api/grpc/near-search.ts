// The near_… parts of a search request (and those inside a hybrid search) to the engine's VectorSearch.

import type { CollectionConfig } from '../../database/collection-config.ts';
import type { VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { queryTargetsMax } from '../../engine/limits.ts';
import type {
  Combination,
  Move,
  Targets,
  VectorInput,
  VectorSearch,
} from '../../engine/query/query.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import {
  CombinationMethod,
  type NearImageSearch,
  type NearObject,
  type NearTextSearch,
  type NearTextSearchMove,
  type NearVector,
  type VectorForTarget,
  type Vectors,
  type Targets as WireTargets,
} from './generated/messages.ts';
import {
  checkFinite,
  decodeSingleBytes,
  decodeVector,
  singleFromNumbers,
  splitTokens,
} from './vectors.ts';

/** Where the vectors of a query may stand: near_vector has all of these, hybrid all but the maps. */
export type VectorFields = Pick<NearVector, 'vector' | 'vector_bytes' | 'vectors'> &
  Partial<Pick<NearVector, 'vector_for_targets' | 'vector_per_target'>>;

/** What names the targets: the newer message or the older list. */
export interface TargetFields {
  readonly targets: WireTargets | undefined;
  readonly target_vectors: readonly string[];
}

interface Thresholds {
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
}

interface NamedVector {
  readonly name: string;
  readonly vector: VectorValue;
}

const unofferedMedia = [
  'near_audio',
  'near_video',
  'near_depth',
  'near_thermal',
  'near_imu',
] as const;

/** The near_… fields of requests, of which one holds one at most. */
interface NearSearches {
  readonly near_vector: NearVector | undefined;
  readonly near_object: NearObject | undefined;
  readonly near_text: NearTextSearch | undefined;
  readonly near_image: NearImageSearch | undefined;
}

/** Throws 'invalid-argument' for a search by a kind of media that no vectorizer takes. */
export function refuseUnofferedMedia(
  request: Readonly<Record<(typeof unofferedMedia)[number], unknown>>,
  collection: string,
): void {
  const media = unofferedMedia.find((name) => request[name] !== undefined);
  if (media === undefined) return;
  throw invalid(
    `could not vectorize input for collection ${collection} with search-type ${media}: no vectorizer for it is offered`,
  );
}

/** The near_… search of a request; undefined where it has none. Throws 'invalid-argument' or 'vector-invalid'. */
export function decodeNearSearch(
  { near_vector, near_object, near_text, near_image }: NearSearches,
  config: CollectionConfig,
): VectorSearch | undefined {
  if (near_vector) return decodeNearVector(near_vector, config);
  if (near_object) return decodeNearObject(near_object);
  if (near_text) return decodeNearText(near_text);
  return near_image && decodeNearImage(near_image);
}

function decodeNearVector(near: NearVector, config: CollectionConfig): VectorSearch {
  const decoded = decodeQueryVectors(near, near, config);
  if (decoded === undefined) throw invalid('near_vector: vector is required');
  return { ...decoded, ...decodeScoreMin(near, decoded.targets, 'near_vector') };
}

function decodeNearObject(near: NearObject): VectorSearch {
  const uuid = normaliseUuid(near.id);
  if (uuid === undefined) throw invalid(`near_object: "${near.id}" is not a uuid`);
  return withTargets({ kind: 'object', uuid }, near, 'near_object');
}

export function decodeNearText(near: NearTextSearch): VectorSearch {
  if (near.query.length === 0) throw invalid('near_text: query is required');
  const { move_to, move_away } = near;
  const input = {
    kind: 'text',
    concepts: near.query,
    ...(move_to && { moveTo: decodeMove(move_to, 'move_to') }),
    ...(move_away && { moveAway: decodeMove(move_away, 'move_away') }),
  } as const;
  return withTargets(input, near, 'near_text');
}

function decodeMove({ force, concepts, uuids }: NearTextSearchMove, name: string): Move {
  const decoded = uuids.map((given) => {
    const uuid = normaliseUuid(given);
    if (uuid === undefined) throw invalid(`near_text: ${name}: "${given}" is not a uuid`);
    return uuid;
  });
  return { force, concepts, uuids: decoded };
}

function decodeNearImage(near: NearImageSearch): VectorSearch {
  if (near.image === '') throw invalid('near_image: image is required');
  return withTargets({ kind: 'image', base64: near.image }, near, 'near_image');
}

/** The targets of a search whose vectors do not name them. */
export function decodeTargets(fields: TargetFields): Targets {
  const names = targetNames(fields);
  return {
    names,
    combination: decodeCombination(fields.targets),
    weights: decodeWeights(names, fields.targets),
  };
}

/** The vectors of a query and what they are compared with; undefined when there are none. */
export function decodeQueryVectors(
  fields: VectorFields,
  targetFields: TargetFields,
  config: CollectionConfig,
): { readonly input: VectorInput; readonly targets: Targets } | undefined {
  const named = namedVectors(fields, config);
  const asked = targetNames(targetFields);
  const decoded = named.length > 0 ? pairByName(named, asked) : pairInOrder(fields, asked, config);
  if (decoded === undefined) return undefined;
  decoded.vectors.forEach((vector, index) => {
    checkFinite(vector, decoded.names[index] ?? '', config.name);
  });
  return {
    input: { kind: 'vectors', vectors: decoded.vectors },
    targets: {
      names: decoded.names,
      combination: decodeCombination(targetFields.targets),
      weights: decodeWeights(decoded.names, targetFields.targets),
    },
  };
}

/**
 * The least score of a hit, from a distance or certainty, lowered by the rounding of a float32 sum so
 * that a hit at its own reported distance or certainty is kept.
 */
export function decodeScoreMin(
  near: Thresholds,
  targets: Targets,
  search: string,
): { readonly scoreMin?: number } {
  const { certainty, distance } = near;
  if (certainty !== undefined && distance !== undefined) {
    throw invalid(`${search}: cannot provide distance and certainty`);
  }
  if (certainty !== undefined && targets.names.length > 1) {
    throw invalid('multiple target vectors are not supported with certainty');
  }
  if (certainty === undefined && distance === undefined) return {};
  const exact = distance === undefined ? -2 * (1 - (certainty ?? 0)) : -distance;
  if (Number.isNaN(exact)) throw invalid(`${search}: the threshold is not a number`);
  return { scoreMin: Math.fround(exact) - 1e-6 * Math.max(1, Math.abs(exact)) };
}

function withTargets(
  input: VectorInput,
  near: TargetFields & Thresholds,
  search: string,
): VectorSearch {
  const targets = decodeTargets(near);
  return { input, targets, ...decodeScoreMin(near, targets, search) };
}

function targetNames({ targets, target_vectors }: TargetFields): readonly string[] {
  const names = targets?.target_vectors ?? [];
  checkCount('weights', targets?.weights_for_targets ?? []);
  return checkCount('target vectors', names.length > 0 ? names : target_vectors);
}

/** Before they are compared with each other: the collection's own check comes after that. */
function checkCount<T extends readonly unknown[]>(what: string, list: T): T {
  if (list.length <= queryTargetsMax) return list;
  throw invalid(`targets: ${list.length} ${what}, the maximum is ${queryTargetsMax}`);
}

const combinationsByNumber: ReadonlyMap<number, Combination> = new Map([
  [CombinationMethod.COMBINATION_METHOD_UNSPECIFIED, 'minimum'],
  [CombinationMethod.COMBINATION_METHOD_TYPE_MIN, 'minimum'],
  [CombinationMethod.COMBINATION_METHOD_TYPE_SUM, 'sum'],
  [CombinationMethod.COMBINATION_METHOD_TYPE_AVERAGE, 'average'],
  [CombinationMethod.COMBINATION_METHOD_TYPE_RELATIVE_SCORE, 'relativeScore'],
  [CombinationMethod.COMBINATION_METHOD_TYPE_MANUAL, 'manual'],
]);

function decodeCombination(targets: WireTargets | undefined): Combination {
  const number = targets?.combination ?? 0;
  const combination = combinationsByNumber.get(number);
  if (combination === undefined) throw invalid(`targets: combination ${number} is unknown`);
  return combination;
}

/** Beside `names`: a target that stands there twice takes its weights in order, the last for the rest. */
function decodeWeights(
  names: readonly string[],
  targets: WireTargets | undefined,
): readonly number[] {
  const given = targets?.weights_for_targets ?? [];
  if (given.length === 0) return names.map(() => 1);
  return names.map((name, index) => {
    const weights = given.filter((weight) => weight.target === name);
    const earlier = names.slice(0, index).filter((each) => each === name).length;
    const weight = weights[Math.min(earlier, weights.length - 1)];
    if (weight === undefined) throw invalid(`targets: no weight is given for ${name}`);
    return weight.weight;
  });
}

/** Vectors that come with the name of their target. */
function namedVectors(fields: VectorFields, config: CollectionConfig): readonly NamedVector[] {
  const forTargets = (fields.vector_for_targets ?? []).flatMap((target) =>
    vectorsForTarget(target, config),
  );
  const perTarget = Object.entries(fields.vector_per_target ?? {}).map(([name, bytes]) => ({
    name,
    vector: decodeSingleBytes(bytes, name, config.name),
  }));
  return checkCount('query vectors', forTargets.length > 0 ? forTargets : perTarget);
}

function vectorsForTarget(target: VectorForTarget, config: CollectionConfig): NamedVector[] {
  const { name } = target;
  if (target.vectors.length === 0) {
    return [{ name, vector: decodeSingleBytes(target.vector_bytes, name, config.name) }];
  }
  return target.vectors
    .map((each) => decodeVector(each, name, config.name))
    .flatMap((vector) => (isListOfQueries(vector, name, config) ? splitTokens(vector) : [vector]))
    .map((vector) => ({ name, vector }));
}

/** Several queries for one single vector are packed as a multi-vector. */
function isListOfQueries(vector: VectorValue, name: string, config: CollectionConfig): boolean {
  const target = config.vectors.find((each) => each.name === name);
  return vector.kind === 'multi' && target?.kind === 'single';
}

interface Paired {
  readonly names: readonly string[];
  readonly vectors: readonly VectorValue[];
}

function pairByName(named: readonly NamedVector[], asked: readonly string[]): Paired {
  const names = named.map((each) => each.name);
  const missing = asked.find((name) => !names.includes(name));
  if (missing !== undefined) throw invalid(`targets: no vector is given for ${missing}`);
  const extra = names.find((name) => asked.length > 0 && !asked.includes(name));
  if (extra !== undefined) throw invalid(`targets: a vector is given for ${extra}, not a target`);
  return { names, vectors: named.map((each) => each.vector) };
}

/** One vector for every target, or as many vectors as targets. */
function pairInOrder(
  fields: VectorFields,
  asked: readonly string[],
  config: CollectionConfig,
): Paired | undefined {
  const vectors = plainVectors(fields, asked, config);
  if (vectors.length === 0) return undefined;
  const ownNames = fields.vectors.map((each) => each.name).filter((name) => name !== '');
  const names = asked.length === 0 && ownNames.length === vectors.length ? ownNames : asked;
  if (vectors.length > 1 && vectors.length !== names.length) {
    throw invalid(`targets: got ${vectors.length} vectors for ${names.length} targets`);
  }
  return { names, vectors };
}

function plainVectors(
  fields: VectorFields,
  asked: readonly string[],
  config: CollectionConfig,
): readonly VectorValue[] {
  const nameOf = (vector: Vectors): string => vector.name || (asked[0] ?? '');
  if (fields.vectors.length > 0) {
    return fields.vectors.map((each) => decodeVector(each, nameOf(each), config.name));
  }
  if (fields.vector_bytes.length > 0) {
    return [decodeSingleBytes(fields.vector_bytes, asked[0] ?? '', config.name)];
  }
  return fields.vector.length > 0 ? [singleFromNumbers(fields.vector)] : [];
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
