// Replays every recorded schema call of the reference through the schema functions alone: what POST and
// PUT /v1/schema and POST properties answer. Differences are listed here, one by one, with their reason.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { collectionFromWire, collectionToWire } from '../src/api/rest/schema/schema-wire.ts';
import { propertyFromWire, propertyToWire } from '../src/api/rest/schema/schema-wire-property.ts';
import type { CollectionConfig } from '../src/database/collection-config.ts';
import { checkUpdate } from '../src/database/schema/collection-update.ts';
import { resolveNewProperty } from '../src/database/schema/property-schema.ts';
import { DatabaseError, errorTable } from '../src/engine/errors.ts';

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly request?: unknown;
  readonly status?: number;
  readonly reply?: unknown;
}

interface Recording {
  readonly topic: string;
  readonly records: readonly { readonly case?: string; readonly calls?: readonly Call[] }[];
}

/** Answers that depend on what else the database holds or on who asks: other layers give them. */
const otherLayers: ReadonlySet<string> = new Set([
  'aliases/create_collection_named_like_alias POST /v1/schema Ali3 422',
  'auth/viewer_create_forbidden POST /v1/schema X 403',
  'auth/grpc_other_search POST /v1/schema AuthC 422',
  'autoschema_names/datatype_NopeClass POST /v1/schema Pn 422',
  'autoschema_names/class_case_insensitive_conflict POST /v1/schema FOOBAR 422',
  'schema/update_matrix POST /v1/schema Sraw 422',
]);

/** Where this server does better than the recording. */
const better: Readonly<Record<string, string>> = {
  'schema/raw_dynamic_multivector_enabled POST /v1/schema Sraw 422': 'a dynamic index is accepted',
  'schema/raw_dynamic_nested_multivector POST /v1/schema Sraw 422':
    'a dynamic index is accepted, its multi-vector flag also where it stands inside',
  'schema/raw_dynamic_single POST /v1/schema Sraw 422': 'a dynamic index is accepted',
  'schema/raw_flat_multivector_enabled POST /v1/schema Sraw 200':
    'a flat index keeps the multi-vector flag that the reference drops without a word',
  'schema/raw_aggregation_unknown POST /v1/schema Sraw 200':
    'an unknown aggregation is refused, not taken for maxSim',
  'schema/raw_muvera_bad_ksim POST /v1/schema Sraw 200':
    'ksim -1 is refused when it is configured, not when it is searched',
  'schema/raw_bad_vector_name POST /v1/schema Sraw 422': 'names of vectors may hold hyphens',
};

type Outcome =
  | { readonly kind: 'ok'; readonly reply: unknown }
  | { readonly kind: 'failed'; readonly status: number; readonly message: string };

const folder = new URL('./golden/wire/', import.meta.url);

test('recorded schema calls are answered alike, but for the listed differences', (t) => {
  const counts = { equal: 0, better: 0, otherLayers: 0 };
  let shortened = 0;
  const unexpected: string[] = [];
  for (const recording of recordings()) {
    const collections = new Map<string, CollectionConfig>();
    for (const { name, call, expected } of schemaCalls(recording)) {
      if (otherLayers.has(name)) {
        counts.otherLayers += 1;
        continue;
      }
      if (isObject(expected) && '$trimmed' in expected) shortened += 1;
      const outcome = answer(collections, call);
      const problem = compare(outcome, call.status ?? 0, expected);
      const listed = name in better ? 'better' : 'equal';
      if ((problem === undefined) === (listed === 'equal')) counts[listed] += 1;
      else unexpected.push(`${name}: ${problem ?? `is equal, but listed as ${listed}`}`);
    }
  }
  t.diagnostic(`${JSON.stringify(counts)}; ${shortened} recorded replies hold only the name`);
  assert.deepEqual(unexpected, []);
  assert.deepEqual(counts, {
    equal: counts.equal,
    better: Object.keys(better).length,
    otherLayers: otherLayers.size,
  });
  assert.ok(counts.equal >= 100, `only ${counts.equal} recorded calls were compared`);
});

test('a configuration survives the wire and JSON', () => {
  let seen = 0;
  for (const recording of recordings()) {
    for (const { call } of schemaCalls(recording)) {
      if (call.path !== '/v1/schema') continue;
      const config = attempt(() => collectionFromWire(call.request));
      if (config instanceof DatabaseError) continue;
      seen += 1;
      assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
      const wire: unknown = JSON.parse(JSON.stringify(collectionToWire(config)));
      assert.deepEqual(collectionFromWire(wire), config);
    }
  }
  assert.ok(seen > 80, `only ${seen} collections`);
});

test('an unchanged collection is an allowed update', () => {
  for (const recording of recordings()) {
    for (const { call } of schemaCalls(recording)) {
      if (call.path !== '/v1/schema') continue;
      const config = attempt(() => collectionFromWire(call.request));
      if (config instanceof DatabaseError) continue;
      checkUpdate(config, collectionFromWire(collectionToWire(config)));
    }
  }
});

function answer(collections: Map<string, CollectionConfig>, call: Call): Outcome {
  const [, name = ''] = /^\/v1\/schema\/([^/]+)/.exec(call.path ?? '') ?? [];
  const result = attempt(() => {
    if (call.path?.endsWith('/properties') === true) {
      const config = known(collections, name);
      const property = resolveNewProperty(config, propertyFromWire(call.request));
      collections.set(name, { ...config, properties: [...config.properties, property] });
      return propertyToWire(property);
    }
    const config = collectionFromWire(call.request);
    if (call.method === 'PUT') checkUpdate(known(collections, name), config);
    collections.set(config.name, config);
    return collectionToWire(config);
  });
  if (!(result instanceof DatabaseError)) return { kind: 'ok', reply: result };
  return { kind: 'failed', status: errorTable[result.code].http, message: result.message };
}

function known(collections: Map<string, CollectionConfig>, name: string): CollectionConfig {
  const config = collections.get(name);
  if (config === undefined) throw new DatabaseError('collection-missing', { collection: name });
  return config;
}

function attempt<T>(make: () => T): T | DatabaseError {
  try {
    return make();
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
}

/** What differs, or undefined. Errors are compared by the hundred of their status. */
function compare(outcome: Outcome, status: number, expected: unknown): string | undefined {
  if (outcome.kind === 'ok') {
    if (status !== 200) return `answered, the recording fails with ${status}`;
    return difference(JSON.parse(JSON.stringify(outcome.reply)), expected, '');
  }
  const alike = Math.floor(outcome.status / 100) === Math.floor(status / 100);
  return alike ? undefined : `fails (${outcome.message}), the recording answers ${status}`;
}

function difference(seen: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(seen, expected)) return undefined;
  // Base URLs were put into the requests on their way, after they were recorded.
  if (typeof expected === 'string' && expected.includes('<embedding-mock>')) return undefined;
  if (typeof seen === 'number' && typeof expected === 'number') {
    if (Math.abs(seen - expected) <= 1e-5 * Math.max(1, Math.abs(expected))) return undefined;
  }
  if (!isObject(seen) || !isObject(expected) || Array.isArray(seen) !== Array.isArray(expected)) {
    return `${path}: ${JSON.stringify(seen)}, recorded ${JSON.stringify(expected)}`;
  }
  const trimmed = '$trimmed' in expected;
  for (const key of new Set([...Object.keys(expected), ...(trimmed ? [] : Object.keys(seen))])) {
    if (key === '$trimmed') continue;
    const found = difference(seen[key], expected[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function recordings(): Recording[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recording);
}

/** The schema writes of a recording, named by case, call, collection and recorded status. */
function* schemaCalls(recording: Recording): Generator<{
  readonly name: string;
  readonly call: Call;
  readonly expected: unknown;
}> {
  for (const { case: title, calls = [] } of recording.records) {
    for (const call of calls.filter(isSchemaWrite)) {
      const { class: collection } = call.request as { readonly class?: string };
      const named = call.path === '/v1/schema' ? ` ${collection}` : '';
      const name = `${recording.topic}/${title} ${call.method} ${call.path}${named} ${call.status}`;
      yield { name, call, expected: expectedReply(call, calls) };
    }
  }
}

function isSchemaWrite(call: Call): boolean {
  const path = call.path ?? '';
  if (call.method === 'PUT') return /^\/v1\/schema\/\w+$/.test(path);
  return call.method === 'POST' && /^\/v1\/schema(\/\w+\/properties)?$/.test(path);
}

/** Some recorded replies say that they equal the GET that follows. */
function expectedReply(call: Call, calls: readonly Call[]): unknown {
  if (!isObject(call.reply) || !('$same_as' in call.reply)) return call.reply;
  const following = calls.slice(calls.indexOf(call) + 1).find((next) => next.method === 'GET');
  assert.ok(following !== undefined, `no GET follows ${call.path}`);
  return following.reply;
}
