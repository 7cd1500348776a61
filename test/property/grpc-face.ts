// gRPC as the property tests use it, over a connection of its own. Messages are in the recordings' form.

import assert from 'node:assert/strict';
import { Client, credentials } from '@grpc/grpc-js';
import { createGrpcServer } from '../../src/api/grpc/grpc-server.ts';
import type { Database } from '../../src/database/database.ts';
import type {
  BoostRequest,
  BoostWish,
  FetchRequest,
  Filter,
  Properties,
  PropertyValue,
  SortKey,
} from '../../src/index.ts';
import type { Json, JsonObject } from '../grpc/golden-messages.ts';
import { callMethod } from '../grpc/wire-client.ts';
import {
  type Face,
  type PlainObject,
  type PlainQuestion,
  type PlainSearch,
  type PlainVectors,
  type Seen,
  withoutNulls,
} from './face.ts';
import { aggregateOf, aggregationMessages } from './grpc-aggregate.ts';
import { rowsOf } from './library-face.ts';
import { pathOf } from './rest-face.ts';

type Call = (method: string, request: JsonObject) => Promise<JsonObject>;

const everything = { name: 'tests', mayRead: true, mayWrite: true };

/** Over a database that somebody else opens and closes; `close` ends server and connection. */
export async function grpcFace(
  database: Database,
): Promise<Face & { readonly close: () => Promise<void> }> {
  const server = createGrpcServer({
    database,
    limits: { messageBytesMax: 1 << 24, defaultLimit: 10, maximumResults: 10_000 },
    authenticate: () => everything,
    logError: (message, error) => assert.fail(`${message}: ${error}`),
  });
  const port = await server.listen('127.0.0.1', 0);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const call: Call = async (method, request) => {
    const path = `/weaviate.v1.Weaviate/${method}`;
    const answer = await callMethod(client, path, `weaviate.v1.${method}`, request, undefined);
    assert.equal(answer.status, 'OK', `${method}: ${answer.details} ${JSON.stringify(request)}`);
    return answer.reply ?? {};
  };
  const close = async (): Promise<void> => {
    client.close();
    await server.close(0);
  };
  return { ...faceOf(call), close };
}

function faceOf(call: Call): Face {
  const search = async (collection: string, request: JsonObject): Promise<JsonObject[]> => {
    const reply = await call('Search', { collection, uses_127_api: true, ...request });
    return (reply['results'] ?? []) as JsonObject[];
  };
  return {
    name: 'grpc',
    insertMany: async (collection, objects) => {
      const messages = objects.map((object) => objectMessage(collection, object));
      const { errors = [] } = await call('BatchObjects', { objects: messages });
      const failed = new Set((errors as JsonObject[]).map(({ index = 0 }) => Number(index)));
      return objects.map((_, index) => (failed.has(index) ? 'refused' : 'done'));
    },
    deleteMany: async (collection, filter, dryRun) => {
      const filters = filterMessage(filter);
      const request = { collection, filters, dry_run: dryRun, verbose: true };
      const { matches = 0, objects = [] } = await call('BatchDelete', request);
      const uuids = (objects as JsonObject[]).map(({ uuid }) => uuidText(uuid));
      return { matches: Number(matches), uuids };
    },
    get: async (collection, uuid) => {
      const target = { kind: 'uuid' } as const;
      const filters = filterMessage({ kind: 'compare', operator: 'equal', target, value: uuid });
      const metadata = { ...asked, vectors: ['mv', 'sv'] };
      const [found] = await search(collection, { filters, metadata, properties: all, limit: 1 });
      return found && { ...seenOf(found), vectors: vectorsOf(found) };
    },
    fetch: async (collection, request) =>
      (
        await search(collection, { ...fetchMessage(request), metadata: asked, properties: all })
      ).map(seenOf),
    search: async (collection, request) => {
      const results = await search(collection, { ...searchMessage(request), metadata: asked });
      return results.map((result) => {
        const { metadata } = result as { metadata: JsonObject };
        const isFused = request.kind === 'keyword' || request.kind === 'hybrid';
        const score = Number(metadata[isFused ? 'score' : 'distance'] ?? 0) * (isFused ? 1 : -1);
        return { uuid: String(metadata['id']), score };
      });
    },
    addReferences: async (collection, references) => {
      const messages = references.map(({ uuid, to }) => {
        const [to_collection = '', to_uuid = ''] = to.split('/');
        const from = { from_collection: collection, from_uuid: uuid };
        return { name: 'by', ...from, to_collection, to_uuid };
      });
      const { errors = [] } = await call('BatchReferences', { references: messages });
      const failed = new Map(
        (errors as JsonObject[]).map(({ index = 0, error }) => [Number(index), String(error)]),
      );
      return references.map((_, index) => {
        const error = failed.get(index);
        if (error === undefined) return 'done';
        return error.includes('does not exist in') ? 'missing' : 'refused';
      });
    },
    aggregate: async (collection, question) =>
      aggregateOf(await call('Aggregate', aggregateMessage(collection, question))),
    groups: async (collection, request, { property, groupsMax = 5, objectsPerGroupMax = 5 }) => {
      const group = {
        path: [property],
        number_of_groups: groupsMax,
        objects_per_group: objectsPerGroupMax,
      };
      const message = { ...searchMessage(request), metadata: asked, group_by: group };
      const reply = await call('Search', { collection, uses_127_api: true, ...message });
      return ((reply['group_by_results'] ?? []) as JsonObject[]).map(({ name = '', objects }) => ({
        name: String(name),
        uuids: (objects as JsonObject[]).map(({ metadata }) =>
          String((metadata as JsonObject)['id']),
        ),
      }));
    },
  };
}

const asked = {
  uuid: true,
  creation_time_unix: true,
  last_update_time_unix: true,
  distance: true,
  score: true,
};
const all = {
  return_all_nonref_properties: true,
  ref_properties: [{ reference_property: 'by', properties: {}, metadata: { uuid: true } }],
};

function objectMessage(collection: string, { uuid, properties, vectors }: PlainObject): JsonObject {
  const named = [
    ...(vectors.mv ? [{ ...multiMessage(vectors.mv), name: 'mv' }] : []),
    ...(vectors.sv ? [{ ...singleMessage(vectors.sv), name: 'sv' }] : []),
  ];
  return { uuid, collection, properties: propertiesMessage(properties), vectors: named };
}

/** Arrays go in fields of their own, as the clients send them. */
function propertiesMessage(properties: Properties): JsonObject {
  const plain: Record<string, Json> = {};
  const texts: JsonObject[] = [];
  const ints: JsonObject[] = [];
  const booleans: JsonObject[] = [];
  const objects: JsonObject[] = [];
  const empty: string[] = [];
  const references: JsonObject[] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'by') {
      const uuids = (value as readonly string[]).map((to) => to.replace(/^.*\//, ''));
      references.push({ prop_name: name, uuids });
    } else if (!Array.isArray(value)) plain[name] = value as Json;
    else if (value.length === 0) empty.push(name);
    else if (typeof value[0] === 'boolean') {
      booleans.push({ prop_name: name, values: value as Json });
    } else if (typeof value[0] === 'object') {
      const values = value.map((each) => ({ non_ref_properties: each as Json }));
      objects.push({ prop_name: name, values });
    } else if (typeof value[0] === 'number') ints.push({ prop_name: name, values: value as Json });
    else texts.push({ prop_name: name, values: value as Json });
  }
  return {
    non_ref_properties: plain,
    single_target_ref_props: references,
    text_array_properties: texts,
    int_array_properties: ints,
    boolean_array_properties: booleans,
    object_array_properties: objects,
    empty_list_props: empty,
  };
}

function singleMessage(values: readonly number[]): JsonObject {
  const bytes = Buffer.from(Float32Array.from(values).buffer).toString('base64');
  return { vector_bytes: bytes, type: 'VECTOR_TYPE_SINGLE_FP32' };
}

/** A count of dims in two bytes, then the rows. */
function multiMessage(rows: readonly (readonly number[])[]): JsonObject {
  const dims = Buffer.alloc(2);
  dims.writeUInt16LE(rows[0]?.length ?? 0);
  const values = Buffer.from(Float32Array.from(rows.flat()).buffer);
  const bytes = Buffer.concat([dims, values]).toString('base64');
  return { vector_bytes: bytes, type: 'VECTOR_TYPE_MULTI_FP32' };
}

function vectorMessage(vector: unknown): JsonObject {
  const rows = vector as readonly (readonly number[])[] | readonly number[];
  return Array.isArray(rows[0])
    ? multiMessage(rows as readonly number[][])
    : singleMessage(rows as readonly number[]);
}

function fetchMessage({
  limit = 10,
  offset = 0,
  sort = [],
  after,
  filter,
}: FetchRequest): JsonObject {
  return {
    limit,
    offset,
    ...(after === undefined ? {} : { after }),
    ...(filter ? { filters: filterMessage(filter) } : {}),
    sort_by: sort.map(({ by, ascending }: SortKey) => ({
      ascending,
      path: pathOf(by),
    })),
  };
}

function searchMessage(request: PlainSearch): JsonObject {
  const { limit = 10, offset = 0, autocut = 0, filter } = request;
  const page = {
    ...{ limit, offset, autocut },
    ...(filter ? { filters: filterMessage(filter) } : {}),
    ...(request.boost ? { boost: boostMessage(request.boost) } : {}),
    ...candidatesMessage(request),
  };
  switch (request.kind) {
    case 'keyword':
      return { ...page, bm25_search: keywordMessage(request, 'search_operator') };
    case 'hybrid': {
      const { alpha = 0.7, fusion = 'relativeScore', vector, scoreMin } = request;
      const hybrid = {
        ...keywordMessage(request, 'bm25_search_operator'),
        use_alpha_param: true,
        alpha_param: alpha,
        fusion_type: fusion === 'ranked' ? 'FUSION_TYPE_RANKED' : 'FUSION_TYPE_RELATIVE_SCORE',
        ...targetsMessage(request),
        ...(vector ? { vectors: [vectorMessage(vector)] } : {}),
        ...selectionMessage(request),
        ...(scoreMin === undefined ? {} : { vector_distance: -scoreMin }),
      };
      return { ...page, hybrid_search: hybrid };
    }
    case 'object':
      return {
        ...page,
        near_object: { id: request.uuid, ...targetsMessage(request), ...closeness(request) },
      };
    case 'vector': {
      const vectors = [vectorMessage(request.vector)];
      return {
        ...page,
        near_vector: { vectors, ...targetsMessage(request), ...closeness(request) },
      };
    }
    default:
      return { ...page, near_vector: vectorsMessage(request) };
  }
}

function aggregateMessage(collection: string, question: PlainQuestion): JsonObject {
  const { groupBy, filter, search } = question;
  const { near_vector } = search ? searchMessage(search.request) : {};
  return {
    collection,
    objects_count: true,
    aggregations: [...aggregationMessages],
    limit: 100,
    ...(groupBy === undefined ? {} : { group_by: { property: groupBy } }),
    ...(filter ? { filters: filterMessage(filter) } : {}),
    ...(search && near_vector ? { near_vector, object_limit: search.objectsMax } : {}),
  };
}

/** A selection takes the request's limit for its candidates, and brings its own. */
function candidatesMessage(request: PlainSearch): JsonObject {
  const { candidates } = (request.kind !== 'keyword' && request.diversity) || {};
  return candidates === undefined ? {} : { limit: candidates };
}

function selectionMessage({ diversity, limit = 10 }: VectorSearch): JsonObject {
  if (!diversity) return {};
  return { selection: { mmr: { limit, balance: diversity.balance ?? 0.5 } } };
}

function boostMessage({ wishes, weight = 0.5 }: BoostRequest): JsonObject {
  return { weight, conditions: wishes.map(conditionMessage) };
}

function conditionMessage(wish: BoostWish): JsonObject {
  const { weight = 1 } = wish;
  switch (wish.kind) {
    case 'filter':
      return { weight, filter: filterMessage(wish.filter) };
    case 'value': {
      const { name, modifier = 'none' } = wish;
      const sqrt = modifier === 'sqrt' ? { modifier: 'PROPERTY_VALUE_MODIFIER_SQRT' } : {};
      return { weight, property_value: { property: name, ...sqrt } };
    }
    default: {
      const { of, origin, scale, curve = 'exponential' } = wish;
      const shape = { scale, curve: curveNames[curve] };
      const property = 'name' in of ? of.name : '';
      return { weight, numeric_decay: { property, origin: Number(origin), ...shape } };
    }
  }
}

const curveNames = {
  exponential: 'DECAY_CURVE_EXPONENTIAL',
  gaussian: 'DECAY_CURVE_GAUSS',
  linear: 'DECAY_CURVE_LINEAR',
} as const;

function keywordMessage(
  request: Extract<PlainSearch, { readonly kind: 'keyword' | 'hybrid' }>,
  operatorField: string,
): JsonObject {
  const { text, properties = [], operator } = request;
  return {
    query: text,
    properties: properties.map((each) =>
      typeof each === 'string' ? each : `${each.name}^${each.boost}`,
    ),
    ...(operator
      ? {
          [operatorField]:
            operator.kind === 'or'
              ? { operator: 'OPERATOR_OR', minimum_or_tokens_match: operator.matchesMin }
              : { operator: 'OPERATOR_AND' },
        }
      : {}),
  };
}

const combinationNames: Readonly<Record<string, string>> = {
  minimum: 'COMBINATION_METHOD_TYPE_MIN',
  sum: 'COMBINATION_METHOD_TYPE_SUM',
  average: 'COMBINATION_METHOD_TYPE_AVERAGE',
  manual: 'COMBINATION_METHOD_TYPE_MANUAL',
  relativeScore: 'COMBINATION_METHOD_TYPE_RELATIVE_SCORE',
};

function targetsMessage(
  request: Extract<PlainSearch, { readonly kind: 'vector' | 'object' | 'hybrid' }>,
): JsonObject {
  const { name = [], combination = 'minimum', weights } = request;
  const names = typeof name === 'string' ? [name] : [...name];
  return { targets: combined(names, combination, weights ?? names.map(() => 1)) };
}

function combined(names: string[], combination: string, weights: readonly number[]): JsonObject {
  return {
    target_vectors: names,
    combination: combinationNames[combination] ?? null,
    weights_for_targets: names.map((target, index) => ({ target, weight: weights[index] ?? 1 })),
  };
}

function vectorsMessage(request: Extract<PlainSearch, { readonly kind: 'vectors' }>): JsonObject {
  const { vectors, combination = 'minimum', weights = {} } = request;
  const names = Object.keys(vectors);
  return {
    targets: combined(
      names,
      combination,
      names.map((name) => weights[name] ?? 1),
    ),
    vector_for_targets: names.map((name) => ({
      name,
      vectors: [{ ...vectorMessage(vectors[name]), name }],
    })),
    ...closeness(request),
  };
}

type VectorSearch = Exclude<PlainSearch, { readonly kind: 'keyword' }>;

/** How close hits must be to the question, and how unlike each other. */
function closeness(request: VectorSearch): JsonObject {
  const { scoreMin } = request;
  const selection = selectionMessage(request);
  return scoreMin === undefined ? selection : { distance: -scoreMin, ...selection };
}

function filterMessage(filter: Filter): JsonObject {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { operator: operatorName(filter.kind), filters: filter.operands.map(filterMessage) };
    case 'not':
      return { operator: 'OPERATOR_NOT', filters: [filterMessage(filter.operand)] };
    case 'reference': {
      const { property, filter: inner } = filter;
      const message = filterMessage(inner);
      const target = { single_target: { on: property, target: message['target'] ?? null } };
      return { ...message, target };
    }
    case 'compare': {
      const { operator, target, value } = filter;
      const [name = ''] = pathOf(target);
      const named = target.kind === 'referenceCount' ? { count: { on: name } } : { property: name };
      return { operator: operatorName(operator), target: named, ...valueMessage(value) };
    }
    default:
      throw new Error(`no random filter is of kind ${filter.kind}`);
  }
}

function valueMessage(value: Extract<Filter, { readonly kind: 'compare' }>['value']): JsonObject {
  if (typeof value === 'object' && 'latitude' in value) return { value_geo: { ...value } };
  const isList = Array.isArray(value);
  const first: unknown = isList ? value[0] : value;
  const kind =
    typeof first === 'number' ? 'number' : typeof first === 'boolean' ? 'boolean' : 'text';
  return isList
    ? { [`value_${kind}_array`]: { values: [...value] } }
    : { [`value_${kind}`]: value as Json };
}

function operatorName(name: string): string {
  return `OPERATOR_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function seenOf(result: JsonObject): Seen {
  const { metadata, properties } = result as { metadata: JsonObject; properties?: JsonObject };
  const own = (properties?.['non_ref_props'] ?? {}) as JsonObject;
  return {
    uuid: String(metadata['id']),
    properties: withoutNulls({ ...propertiesOf(own), ...referencesOf(properties) }),
    createdAt: Number(metadata['creation_time_unix'] ?? 0),
    updatedAt: Number(metadata['last_update_time_unix'] ?? 0),
  };
}

/** References whose objects are there. */
function referencesOf(properties: JsonObject | undefined): Properties {
  const [by] = (properties?.['ref_props'] ?? []) as JsonObject[];
  if (!by) return {};
  const targets = (by['properties'] ?? []) as { target_collection: string; metadata: JsonObject }[];
  return {
    by: targets.map(({ target_collection, metadata }) => `${target_collection}/${metadata['id']}`),
  };
}

function propertiesOf(message: JsonObject): Properties {
  const fields = (message['fields'] ?? {}) as Record<string, JsonObject>;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, valueOfMessage(value)]),
  );
}

function valueOfMessage(value: JsonObject): PropertyValue {
  const [[kind, given] = ['null_value', null]] = Object.entries(value);
  switch (kind) {
    case 'null_value':
      return null;
    case 'int_value':
    case 'number_value':
      return Number(given);
    case 'object_value':
      return propertiesOf(given as JsonObject);
    case 'geo_value':
      return { latitude: 0, longitude: 0, ...(given as JsonObject) };
    case 'list_value':
      return listOfMessage(given as JsonObject);
    default:
      return given as PropertyValue;
  }
}

function listOfMessage(list: JsonObject): PropertyValue[] {
  const [[kind, given] = ['', {}]] = Object.entries(list);
  const values = ((given ?? {}) as JsonObject)['values'];
  if (kind === 'int_values' || kind === 'number_values') {
    const bytes = bytesOf(values);
    const at = Array.from({ length: bytes.length / 8 }, (_, index) => index * 8);
    return kind === 'int_values'
      ? at.map((offset) => Number(bytes.readBigInt64LE(offset)))
      : at.map((offset) => bytes.readDoubleLE(offset));
  }
  if (kind === 'object_values') return (values as JsonObject[]).map(propertiesOf);
  return (values ?? []) as PropertyValue[];
}

function vectorsOf(result: JsonObject): PlainVectors {
  const { metadata } = result as { metadata: { readonly vectors?: readonly JsonObject[] } };
  const vectors: { mv?: number[][]; sv?: number[] } = {};
  for (const { name, vector_bytes } of metadata.vectors ?? []) {
    const bytes = bytesOf(vector_bytes);
    if (name === 'sv') vectors.sv = Array.from(floatsOf(bytes));
    else vectors.mv = rowsOf(floatsOf(bytes.subarray(2)), bytes.readUInt16LE(0));
  }
  return vectors;
}

function floatsOf(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) =>
    bytes.readFloatLE(index * 4),
  );
}

function bytesOf(value: Json | undefined): Buffer {
  const base64 = typeof value === 'string' ? value : (value as JsonObject | undefined)?.['$base64'];
  return Buffer.from(String(base64 ?? ''), 'base64');
}

function uuidText(value: Json | undefined): string {
  const hex = bytesOf(value).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
