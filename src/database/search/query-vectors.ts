// What a search looks for becomes vectors: texts and images go to the vectorizer of their name, objects
// give theirs, and texts of single vectors may be moved towards or away from others.

import { assert, unreachable } from '../../engine/assert.ts';
import type { Document, VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { queryConceptsMax } from '../../engine/limits.ts';
import type { Move, VectorInput } from '../../engine/query/query.ts';
import { checkedImage } from '../../vectorizers/base64.ts';
import { isVectorizerModule } from '../../vectorizers/modules.ts';
import { queryText } from '../../vectorizers/source-text.ts';
import type { Vectorizer } from '../../vectorizers/vectorizer.ts';
import type { CollectionConfig, VectorConfig } from '../collection-config.ts';
import type { RequestContext } from '../object-input.ts';

/** What resolving needs of a collection. */
export interface QueryScope {
  readonly config: CollectionConfig;
  vectorizer(name: string): Vectorizer | undefined;
  /** Dims of the vectors under a name; undefined while there are none. */
  dims(name: string): number | undefined;
  get(uuid: string): Document | undefined;
}

/** Where a query's vectors are made. */
export interface InputScope {
  readonly scope: QueryScope;
  readonly context: RequestContext;
  /** What the search is called in messages. */
  readonly kind: string;
}

type TextInput = Extract<VectorInput, { kind: 'text' }>;

/** A vector beside each of the configurations; undefined where the input has none. Throws DatabaseError. */
export async function resolveInput(
  input: VectorInput,
  configs: readonly VectorConfig[],
  inputScope: InputScope,
): Promise<readonly (VectorValue | undefined)[]> {
  switch (input.kind) {
    case 'vectors':
      return input.vectors.length === 1 ? configs.map(() => input.vectors[0]) : input.vectors;
    case 'object':
      return configs.map(({ name }) => objectVector(input.uuid, name, inputScope.scope));
    case 'text':
    case 'image': {
      const made = new Map<string, Promise<VectorValue>>();
      for (const config of configs) {
        if (!made.has(config.name)) made.set(config.name, embedQuery(input, config, inputScope));
      }
      return Promise.all(configs.map(({ name }) => made.get(name)));
    }
    default:
      return unreachable(input);
  }
}

function objectVector(uuid: string, name: string, scope: QueryScope, search = 'nearObject') {
  const object = scope.get(uuid);
  const vector = object?.vectors.get(name);
  if (vector) return vector;
  const what = object ? `vector not found for target: ${name}` : 'vector not found';
  const message = `${search} params: ${what}: object ${uuid} of collection ${scope.config.name}`;
  throw new DatabaseError('invalid-argument', { message });
}

async function embedQuery(
  input: Extract<VectorInput, { kind: 'text' | 'image' }>,
  config: VectorConfig,
  { scope, context, kind }: InputScope,
): Promise<VectorValue> {
  const vectorizer = scope.vectorizer(config.name);
  const accepted = input.kind === 'text' ? vectorizer?.accepts.text : vectorizer?.accepts.image;
  if (!vectorizer || !accepted) {
    const params = { collection: scope.config.name, search: kind, name: config.name };
    throw new DatabaseError('no-vectorizer', params);
  }
  if (input.kind === 'image') {
    const image = checkedImage(input.base64, 'near_image: image');
    return vectorizer.embedQueryImage(image, context);
  }
  if (config.kind === 'single') {
    const embed = (text: string): Promise<VectorValue> => vectorizer.embedQueryText(text, context);
    return embedSingle(input, { embed, name: config.name, scope });
  }
  if (input.moveTo || input.moveAway) {
    const message =
      'vectorize params: move to operations are not applicable for multivector embeddings';
    throw new DatabaseError('invalid-argument', { message });
  }
  const { module } = config.vectorizer;
  assert(isVectorizerModule(module), `${module} makes vectors`);
  return vectorizer.embedQueryText(queryText(module, input.concepts), context);
}

interface SingleScope {
  readonly embed: (text: string) => Promise<VectorValue>;
  readonly name: string;
  readonly scope: QueryScope;
}

/** The middle of the concepts, moved half of `force` towards one place and away from another. */
async function embedSingle(
  { concepts, moveTo, moveAway }: TextInput,
  single: SingleScope,
): Promise<VectorValue> {
  checkCount('nearText', concepts.length);
  const [start, to, away] = await Promise.all([
    middleOf(concepts, [], single),
    moveTo && placeOf(moveTo, 'moveTo', single),
    moveAway && placeOf(moveAway, 'moveAway', single),
  ]);
  const moved = to && moveTo ? shifted(start, to, moveTo.force / 2) : start;
  if (!away || !moveAway) return moved;
  // As far as moveTo would go, in the other direction.
  return shifted(moved, away, -moveAway.force / 2);
}

/** Undefined for a move that goes nowhere. */
async function placeOf(
  { force, concepts, uuids }: Move,
  label: string,
  single: SingleScope,
): Promise<VectorValue | undefined> {
  if (!(force >= 0 && force <= 1)) {
    const message = `${label}: force is ${force}, it must lie between 0 and 1`;
    throw new DatabaseError('invalid-argument', { message });
  }
  checkCount(label, concepts.length + uuids.length);
  if (force === 0 || concepts.length + uuids.length === 0) return undefined;
  const objects = uuids.map((uuid) => objectVector(uuid, single.name, single.scope, label));
  return middleOf(concepts, objects, single);
}

/** Each of them is embedded, or read, on its own. */
function checkCount(label: string, count: number): void {
  if (count <= queryConceptsMax) return;
  const message = `${label}: ${count} concepts and objects, the maximum is ${queryConceptsMax}`;
  throw new DatabaseError('invalid-argument', { message });
}

/** The mean of the objects' vectors and, as one more, of the mean of the concepts'. */
async function middleOf(
  concepts: readonly string[],
  objects: readonly VectorValue[],
  { embed }: SingleScope,
): Promise<VectorValue> {
  const embedded = await Promise.all(concepts.map(embed));
  return meanOf(embedded.length === 0 ? objects : [...objects, meanOf(embedded)]);
}

function meanOf(vectors: readonly VectorValue[]): VectorValue {
  const [first] = vectors;
  assert(first !== undefined, 'a mean is of at least one vector');
  if (vectors.length === 1) return first;
  const values = Float32Array.from(first.values, (_, at) => {
    return vectors.reduce((sum, { values: each }) => sum + (each[at] ?? 0), 0) / vectors.length;
  });
  return { ...first, values };
}

/** `from` plus a share of the way to `to`; a negative share goes away from it. */
function shifted(from: VectorValue, to: VectorValue, share: number): VectorValue {
  const values = from.values.map((value, at) => value + share * ((to.values[at] ?? 0) - value));
  return { ...from, values };
}
