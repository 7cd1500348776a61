// REST as the property tests use it: requests go into the application without a connection.

import assert from 'node:assert/strict';
import { createRestApp } from '../../src/api/rest/rest-app.ts';
import type { Database } from '../../src/database/database.ts';
import type { Filter, SortKey } from '../../src/index.ts';
import {
  type Face,
  type Outcome,
  type PlainObject,
  type PlainVectors,
  type Seen,
  withoutNulls,
} from './face.ts';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}
type Send = (
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
) => Promise<Reply>;

const everything = { name: 'tests', mayRead: true, mayWrite: true };

/** Over a database that somebody else opens and closes; `close` ends the application. */
export function restFace(
  database: Database,
  clock: () => number,
): Face & { readonly close: () => Promise<void> } {
  const app = createRestApp({
    database,
    authenticate: () => everything,
    settings: {
      limits: { defaultLimit: 10, maximumResults: 10_000 },
      bodyBytesMax: 1 << 24,
      grpcMessageBytesMax: 1 << 24,
      modules: {},
    },
    clock,
    address: () => 'http://127.0.0.1:8080',
    isReady: () => true,
    logError: (message, error) => assert.fail(`${message}: ${error}`),
  });
  const send: Send = async (method, path, body) => {
    const url = `/v1${path}`;
    const reply = await app.inject({ method, url, ...(body ? { payload: body } : {}) });
    return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
  };
  return { ...faceOf(send), close: () => app.close() };
}

function faceOf(send: Send): Face {
  return {
    name: 'rest',
    insert: async (name, object) =>
      outcomeOf(await send('POST', '/objects', { class: name, ...bodyOf(object) })),
    insertMany: async (name, objects) => {
      const list = objects.map((object) => ({ class: name, ...bodyOf(object) }));
      const { status, body } = await send('POST', '/batch/objects', { objects: list });
      assert.equal(status, 200);
      return (body as { result: { status: string } }[]).map(({ result }) =>
        result.status === 'SUCCESS' ? 'done' : 'refused',
      );
    },
    replace: async (name, object) =>
      outcomeOf(
        await send('PUT', `/objects/${name}/${object.uuid}`, { class: name, ...bodyOf(object) }),
      ),
    merge: async (name, uuid, patch) =>
      outcomeOf(
        await send('PATCH', `/objects/${name}/${uuid}`, {
          class: name,
          ...bodyOf({ uuid, ...patch }),
        }),
      ),
    delete: async (name, uuid) => {
      const { status } = await send('DELETE', `/objects/${name}/${uuid}`);
      assert.equal(status, 204);
    },
    deleteMany: async (name, filter, dryRun) => {
      const match = { class: name, where: whereOf(filter) };
      const request = { match, dryRun, output: 'verbose' };
      const { status, body } = await send('DELETE', '/batch/objects', request);
      assert.equal(status, 200, JSON.stringify({ request, body }));
      const { results } = body as {
        results: { matches: number; objects: readonly { readonly id: string }[] | null };
      };
      return { matches: results.matches, uuids: (results.objects ?? []).map(({ id }) => id) };
    },
    exists: async (name, uuid) => {
      const { status } = await send('HEAD', `/objects/${name}/${uuid}`);
      assert.ok(status === 204 || status === 404, `HEAD answers ${status}`);
      return status === 204;
    },
    get: async (name, uuid) => {
      const { status, body } = await send('GET', `/objects/${name}/${uuid}?include=vector`);
      if (status === 404) return undefined;
      assert.equal(status, 200);
      const seen = seenOf(body);
      return { ...seen, vectors: (body as { vectors?: PlainVectors }).vectors ?? {} };
    },
    addReference: async (name, { uuid, to }) =>
      outcomeOf(await send('POST', `/objects/${name}/${uuid}/references/by`, beaconOf(to))),
    replaceReferences: async (name, uuid, to) =>
      outcomeOf(await send('PUT', `/objects/${name}/${uuid}/references/by`, to.map(beaconOf))),
    deleteReference: async (name, { uuid, to }) =>
      outcomeOf(await send('DELETE', `/objects/${name}/${uuid}/references/by`, beaconOf(to))),
    addReferences: async (name, references) => {
      const list = references.map(({ uuid, to }) => ({
        from: `weaviate://localhost/${name}/${uuid}/by`,
        to: `weaviate://localhost/${to}`,
      }));
      const { status, body } = await send('POST', '/batch/references', list);
      assert.equal(status, 200, JSON.stringify(body));
      // What was wrong stands in words only.
      return (body as { result: { status: string; errors?: object } }[]).map(({ result }) => {
        if (result.status === 'SUCCESS') return 'done';
        return JSON.stringify(result.errors).includes('does not exist in') ? 'missing' : 'refused';
      });
    },
    fetch: async (name, { limit = 10, offset = 0, sort = [], after }) => {
      const query = new URLSearchParams({ class: name, limit: String(limit) });
      if (offset > 0) query.set('offset', String(offset));
      if (after !== undefined) query.set('after', after);
      if (sort.length > 0) {
        query.set('sort', sort.map(sortName).join(','));
        query.set('order', sort.map(({ ascending }) => (ascending ? 'asc' : 'desc')).join(','));
      }
      const { status, body } = await send('GET', `/objects?${query}`);
      assert.equal(status, 200, JSON.stringify(body));
      return (body as { objects: readonly object[] }).objects.map(seenOf);
    },
  };
}

function bodyOf({ uuid, properties, vectors }: PlainObject): object {
  const { by } = properties;
  const references = Array.isArray(by) ? { by: (by as string[]).map(beaconOf) } : {};
  return { id: uuid, properties: { ...properties, ...references }, vectors };
}

function beaconOf(to: string): { readonly beacon: string } {
  return { beacon: `weaviate://localhost/${to}` };
}

function outcomeOf({ status, body }: Reply): Outcome {
  if (status === 200 || status === 204) return 'done';
  if (status === 404) return 'missing';
  assert.equal(status, 422, JSON.stringify(body));
  return 'refused';
}

function seenOf(body: unknown): Seen {
  const { id, properties, creationTimeUnix, lastUpdateTimeUnix } = body as {
    id: string;
    properties: Seen['properties'];
    creationTimeUnix: number;
    lastUpdateTimeUnix: number;
  };
  return {
    uuid: id,
    properties: withoutNulls({ ...properties, ...referencesIn(properties) }),
    createdAt: creationTimeUnix,
    updatedAt: lastUpdateTimeUnix,
  };
}

function referencesIn({ by }: Seen['properties']): Seen['properties'] {
  if (!Array.isArray(by)) return {};
  const beacons = by as readonly { readonly beacon: string }[];
  return { by: beacons.map(({ beacon }) => beacon.replace('weaviate://localhost/', '')) };
}

const ownNames = {
  uuid: '_id',
  createdAt: '_creationTimeUnix',
  updatedAt: '_lastUpdateTimeUnix',
} as const;

function sortName({ by }: SortKey): string {
  return by.kind === 'property' ? by.name : ownNames[by.kind];
}

/** A filter in the wire's words. */
export function whereOf(filter: Filter): object {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { operator: capital(filter.kind), operands: filter.operands.map(whereOf) };
    case 'not':
      return { operator: 'Not', operands: [whereOf(filter.operand)] };
    case 'reference': {
      const { property, filter: inner } = filter;
      const where = whereOf(inner) as { readonly path: readonly string[] };
      return { ...where, path: [property, 'Author', ...where.path] };
    }
    case 'compare': {
      const { operator, value } = filter;
      return { operator: capital(operator), path: pathOf(filter.target), ...valueFields(value) };
    }
    default:
      throw new Error(`no random filter is of kind ${filter.kind}`);
  }
}

type Comparison = Extract<Filter, { readonly kind: 'compare' }>;

/** What a filter names, as a path of the wire. */
export function pathOf(target: Comparison['target']): string[] {
  switch (target.kind) {
    case 'property':
    case 'referenceCount':
      return [target.name];
    case 'length':
      return [`len(${target.name})`];
    case 'uuid':
    case 'createdAt':
    case 'updatedAt':
      return [ownNames[target.kind]];
  }
}

function valueFields(value: Comparison['value']): object {
  if (typeof value === 'object' && 'latitude' in value) {
    const { latitude, longitude, distance } = value;
    return {
      valueGeoRange: { geoCoordinates: { latitude, longitude }, distance: { max: distance } },
    };
  }
  const isList = Array.isArray(value);
  const first: unknown = isList ? value[0] : value;
  const kind =
    typeof first === 'number' ? 'Number' : typeof first === 'boolean' ? 'Boolean' : 'Text';
  return { [`value${kind}${isList ? 'Array' : ''}`]: value };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
