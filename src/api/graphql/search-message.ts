// The searches that stand in the arguments of Get and Aggregate, as messages of gRPC: both wires are read by
// the same decoders, so that they mean the same and refuse the same.

import type { CollectionConfig } from '../../database/collection-config.ts';
import { parseReference } from '../../database/references/reference.ts';
import { DatabaseError } from '../../engine/errors.ts';
import {
  type AggregateRequest,
  CombinationMethod,
  type Hybrid,
  HybridFusionType,
  type NearTextSearchMove,
  type NearVector,
  type SearchOperatorOptions,
  SearchOperatorOptionsOperator,
  type SearchRequest,
  type Targets,
  type Vectors,
  type WeightsForTarget,
} from '../grpc/generated/messages.ts';
import type { MessageInit } from '../grpc/protocol.ts';
import { encodeVector } from '../grpc/vectors.ts';
import { describe, isRecord } from '../rest/json-fields.ts';
import { vectorFromJson } from '../rest/vectors-from-json.ts';
import { media, mediaField } from './arguments.ts';

/** Arguments as GraphQL has checked them against arguments.ts. */
export type Arguments = Readonly<Record<string, unknown>>;

type NearName = 'near_vector' | 'near_object' | 'near_text' | 'near_image';
type NearMessages = Pick<SearchRequest & AggregateRequest, NearName>;
/** What both Get and Aggregate search by; near_audio and the like are there to be refused. */
export type NearInit = MessageInit<NearMessages>;

interface Closeness {
  readonly certainty?: number;
  readonly distance?: number;
  readonly targetVectors?: readonly string[];
  readonly targets?: TargetArguments;
}

interface TargetArguments {
  readonly targetVectors?: readonly string[];
  readonly combinationMethod?: string;
  readonly weights?: unknown;
}

/** The `near…` arguments. Throws WireError or DatabaseError. */
export function nearMessages(args: Arguments, config: CollectionConfig): NearInit {
  const { nearVector, nearObject, nearText } = args as {
    readonly nearVector?: Arguments & Closeness;
    readonly nearObject?: Arguments & Closeness;
    readonly nearText?: Arguments & Closeness;
  };
  const found: Record<string, unknown> = {};
  if (nearVector) found['near_vector'] = nearVectorMessage(nearVector, config);
  if (nearObject) {
    found['near_object'] = { id: objectId(nearObject, 'nearObject'), ...closeness(nearObject) };
  }
  if (nearText) found['near_text'] = nearTextMessage(nearText);
  for (const kind of media) {
    const near = args[`near${kind}`] as (Arguments & Closeness) | undefined;
    const field = mediaField(kind);
    if (near) found[`near_${field}`] = { [field]: near[field] ?? '', ...closeness(near) };
  }
  return found;
}

/** The argument `hybrid`. Throws WireError or DatabaseError. */
export function hybridMessage(args: Arguments, config: CollectionConfig): MessageInit<Hybrid> {
  const { query, alpha, vector, properties, fusionType, maxVectorDistance } = args as {
    readonly query?: string;
    readonly alpha?: number;
    readonly vector?: unknown;
    readonly properties?: readonly string[];
    readonly fusionType?: string;
    readonly maxVectorDistance?: number;
  };
  const [searches = {}, ...others] = (args['searches'] ?? []) as readonly Arguments[];
  if (others.length > 0) throw invalid('hybrid.searches: one search may stand there');
  const near = nearMessages(searches, config);
  const ranked = fusionType === 'rankedFusion';
  return {
    query: query ?? '',
    properties: properties ?? [],
    use_alpha_param: true,
    ...(typeof alpha === 'number' && { alpha_param: alpha }),
    fusion_type: ranked
      ? HybridFusionType.FUSION_TYPE_RANKED
      : HybridFusionType.FUSION_TYPE_RELATIVE_SCORE,
    ...(isGiven(vector) && { vectors: [queryVector(vector, '', 'hybrid.vector', config)] }),
    ...(near.near_text && { near_text: near.near_text }),
    ...(near.near_vector && { near_vector: near.near_vector }),
    ...(typeof maxVectorDistance === 'number' && { vector_distance: maxVectorDistance }),
    ...targetMessages(args as Closeness),
    ...operatorMessage(args['bm25SearchOperator'], 'bm25_search_operator'),
  };
}

/** The operator of a keyword search, under the name that a message has for it. */
export function operatorMessage<Name extends string>(
  operator: unknown,
  name: Name,
): { readonly [key in Name]?: MessageInit<SearchOperatorOptions> } {
  if (!isRecord(operator)) return {};
  const { minimumOrTokensMatch } = operator;
  const message: MessageInit<SearchOperatorOptions> = {
    operator:
      operator['operator'] === 'And'
        ? SearchOperatorOptionsOperator.OPERATOR_AND
        : SearchOperatorOptionsOperator.OPERATOR_OR,
    ...(typeof minimumOrTokensMatch === 'number' && {
      minimum_or_tokens_match: minimumOrTokensMatch,
    }),
  };
  return { [name]: message } as { readonly [key in Name]?: MessageInit<SearchOperatorOptions> };
}

function nearVectorMessage(
  near: Arguments & Closeness,
  config: CollectionConfig,
): MessageInit<NearVector> {
  const { vector, vectorPerTarget } = near;
  const perTarget = isGiven(vectorPerTarget) ? vectorPerTarget : {};
  if (!isRecord(perTarget)) {
    throw invalid(
      `nearVector.vectorPerTarget: expected vectors by name, got ${describe(perTarget)}`,
    );
  }
  const forTargets = Object.entries(perTarget).map(([name, value]) => {
    const path = `nearVector.vectorPerTarget.${name}`;
    if (!isListOfMulti(value)) return { name, vectors: [queryVector(value, name, path, config)] };
    const each = (one: unknown, index: number) =>
      queryVector(one, name, `${path}[${index}]`, config);
    return { name, vectors: value.map(each) };
  });
  const name = near.targetVectors?.[0] ?? near.targets?.targetVectors?.[0] ?? '';
  return {
    ...(isGiven(vector) && { vectors: [queryVector(vector, name, 'nearVector.vector', config)] }),
    vector_for_targets: forTargets,
    ...closeness(near),
  };
}

/** Several multi-vectors for one target; several single ones look like one multi-vector. */
function isListOfMulti(value: unknown): value is readonly unknown[] {
  const [first]: readonly unknown[] = Array.isArray(value) ? value : [];
  return Array.isArray(first) && Array.isArray(first[0]);
}

/** `name` is for messages; what is searched is told by the targets. */
function queryVector(
  value: unknown,
  name: string,
  path: string,
  config: CollectionConfig,
): MessageInit<Vectors> {
  const vector = vectorFromJson(value, { collection: config.name, name, path });
  return encodeVector('', vector);
}

function nearTextMessage(near: Arguments & Closeness): NearInit['near_text'] {
  const { concepts, moveTo, moveAwayFrom, autocorrect } = near;
  if (autocorrect === true) {
    throw new DatabaseError('not-implemented', { what: 'nearText with autocorrect' });
  }
  return {
    query: (concepts ?? []) as readonly string[],
    ...(isRecord(moveTo) && { move_to: moveMessage(moveTo, 'moveTo') }),
    ...(isRecord(moveAwayFrom) && { move_away: moveMessage(moveAwayFrom, 'moveAwayFrom') }),
    ...closeness(near),
  };
}

function moveMessage(move: Arguments, name: string): MessageInit<NearTextSearchMove> {
  const { concepts, objects, force } = move as {
    readonly concepts?: readonly string[];
    readonly objects?: readonly Arguments[];
    readonly force?: number;
  };
  return {
    force: force ?? 0,
    concepts: concepts ?? [],
    uuids: (objects ?? []).map((each, index) => objectId(each, `${name}.objects[${index}]`)),
  };
}

/** Of `{id}` or `{beacon}`; an id that is none is refused by who reads the message. */
function objectId({ id, beacon }: Arguments, path: string): string {
  if (typeof id === 'string') return id;
  const found = typeof beacon === 'string' ? parseReference(beacon) : undefined;
  if (found) return found.uuid;
  const seen = typeof beacon === 'string' ? `the beacon ${JSON.stringify(beacon)}` : 'neither';
  throw invalid(`${path}: an id or a beacon is needed, got ${seen}`);
}

function closeness(near: Closeness) {
  const { certainty, distance } = near;
  return {
    ...(typeof certainty === 'number' && { certainty }),
    ...(typeof distance === 'number' && { distance }),
    ...targetMessages(near),
  };
}

const combinations: Readonly<Record<string, number>> = {
  minimum: CombinationMethod.COMBINATION_METHOD_TYPE_MIN,
  sum: CombinationMethod.COMBINATION_METHOD_TYPE_SUM,
  average: CombinationMethod.COMBINATION_METHOD_TYPE_AVERAGE,
  manualWeights: CombinationMethod.COMBINATION_METHOD_TYPE_MANUAL,
  relativeScore: CombinationMethod.COMBINATION_METHOD_TYPE_RELATIVE_SCORE,
};

function targetMessages({ targetVectors, targets }: Closeness): {
  readonly target_vectors?: readonly string[];
  readonly targets?: MessageInit<Targets>;
} {
  const names = targetVectors ?? [];
  if (!targets) return names.length > 0 ? { target_vectors: names } : {};
  const { combinationMethod = '', weights } = targets;
  const message = {
    target_vectors: targets.targetVectors ?? names,
    combination: combinations[combinationMethod] ?? 0,
    weights_for_targets: isGiven(weights) ? weightMessages(weights) : [],
  };
  return { targets: message };
}

/** `{title: 1, body: [2, 3]}`: a list where a target has several query vectors. */
function weightMessages(weights: unknown): readonly MessageInit<WeightsForTarget>[] {
  if (!isRecord(weights)) {
    throw invalid(`targets.weights: expected numbers by target, got ${describe(weights)}`);
  }
  return Object.entries(weights).flatMap(([target, value]) =>
    [value].flat().map((weight: unknown) => {
      if (typeof weight === 'number') return { target, weight };
      throw invalid(`targets.weights.${target}: expected a number, got ${describe(weight)}`);
    }),
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
