// References between objects over REST: of one property of one object, and many in one request.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import { parseReference } from '../../database/references/reference.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import {
  isRecord,
  type JsonRecord,
  readList,
  readOptionalString,
  readRecord,
} from './json-fields.ts';
import { idOf, type WorkOnCollection, workById } from './object-routes.ts';
import { type Access, addRoute, objectsOf, param, pathObjects, type RestParts } from './route.ts';
import { holdAddressed, tenantOf } from './tenants.ts';
import { badUuid, type ErrorStyle, WireError } from './wire-error.ts';

const style: ErrorStyle = { empty: ['object-missing'] };

export function addReferenceRoutes(app: FastifyInstance, parts: RestParts): void {
  const { database } = parts;
  addPropertyRoutes(app, parts, '/objects/:collection/:id/references/:property', {
    work: async (request, work) => {
      using held = await holdAddressed(database, request);
      return await work(held.collection);
    },
    access: pathObjects('U'),
  });
  addPropertyRoutes(app, parts, '/objects/:id/references/:property', {
    work: (request, work) => workById(database, request, work),
    access: { kind: 'right', action: 'U', resource: () => objectsOf('*') },
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/batch/references',
    access: { kind: 'right', action: 'U', resource: ({ body }) => objectsOf(firstClass(body)) },
    handle: (request) => addBatch(database, request),
  });
}

/** How the routes of one property find the collection of its object, or the tenant of it. */
interface Addressing {
  readonly work: WorkOnCollection;
  readonly access: Access;
}

function addPropertyRoutes(
  app: FastifyInstance,
  parts: RestParts,
  path: string,
  { work, access }: Addressing,
): void {
  const add = (
    method: 'POST' | 'PUT' | 'DELETE',
    status: number,
    write: (collection: Collection, place: Place, body: unknown) => Promise<void>,
  ): void => {
    addRoute(app, parts, {
      method,
      path,
      access,
      errorStyle: style,
      handle: async (request, reply) => {
        const uuid = idOf(request);
        const place = { uuid, property: param(request, 'property') };
        await work(request, (collection) => write(collection, place, request.body));
        return reply.code(status).send();
      },
    });
  };
  add('POST', 200, (collection, place, body) =>
    collection.addReference({ ...place, to: readBeacon(body, '') }),
  );
  add('PUT', 200, (collection, { uuid, property }, body) => {
    const beacons = readList(body, '').map((each, index) => readBeacon(each, `[${index}]`));
    return collection.replaceReferences(uuid, property, beacons);
  });
  add('DELETE', 204, (collection, place, body) =>
    collection.deleteReference({ ...place, to: readBeacon(body, '') }),
  );
}

interface Place {
  readonly uuid: string;
  readonly property: string;
}

/** `{"beacon": "weaviate://localhost/Collection/uuid"}`. */
function readBeacon(value: unknown, path: string): string {
  const place = path === '' ? 'beacon' : `${path}.beacon`;
  const beacon = readOptionalString(readRecord(value, path)['beacon'], place);
  if (beacon !== undefined && parseReference(beacon)) return beacon;
  throw new WireError(
    422,
    601,
    `${place}: expected weaviate://localhost/Collection/uuid, got ${JSON.stringify(beacon ?? null)}`,
  );
}

interface Item {
  readonly sent: JsonRecord;
  /** Undefined when the item could not be read; `error` then says why. */
  readonly input?: Parameters<Database['addReferences']>[0][number];
  error?: Error | undefined;
}

/** Failures stay with their reference, the batch goes on. */
async function addBatch(database: Database, request: FastifyRequest): Promise<readonly object[]> {
  const asked = tenantOf(request);
  const items = readList(request.body, '').map((item, index) => readItem(item, index, asked));
  const good = items.filter(({ input }) => input !== undefined);
  const inputs = good.flatMap(({ input }) => (input ? [input] : []));
  const results = await database.addReferences(inputs);
  for (const [index, item] of good.entries()) item.error = results[index];
  return items.map((item) => itemJson(item, database));
}

function readItem(value: unknown, index: number, asked: string): Item {
  const sent = isRecord(value) ? value : {};
  try {
    const item = readRecord(value, `[${index}]`);
    const tenant = readOptionalString(item['tenant'], `[${index}].tenant`) || asked;
    const from = readOptionalString(item['from'], `[${index}].from`) ?? '';
    const to = readOptionalString(item['to'], `[${index}].to`) ?? '';
    const [collection = '', id = '', property = '', ...more] = from
      .replace(/^weaviate:\/\/[^/]*\//, '')
      .split('/');
    const uuid = normaliseUuid(id);
    if (property === '' || more.length > 0) {
      const message = `[${index}].from: expected weaviate://localhost/Collection/uuid/property, got ${JSON.stringify(from)}`;
      throw new DatabaseError('invalid-argument', { message });
    }
    if (uuid === undefined) throw badUuid('body', id);
    return { sent, input: { collection, tenant, reference: { uuid, property, to } } };
  } catch (error) {
    if (error instanceof DatabaseError || error instanceof WireError) return { sent, error };
    throw error;
  }
}

/** What was sent, `to` with its collection, and what became of it. */
function itemJson({ sent, input, error }: Item, database: Database): object {
  const result = error
    ? { errors: { error: [{ message: error.message }] }, status: 'FAILED' }
    : { status: 'SUCCESS' };
  return { ...sent, ...(input && { to: completeBeacon(input, database) }), result };
}

function completeBeacon(
  { collection, reference }: NonNullable<Item['input']>,
  database: Database,
): string {
  const { to, property } = reference;
  const given = parseReference(to);
  const properties = database.findCollection(collection)?.config.properties;
  const targets = properties?.find(({ name }) => name === property)?.targets ?? [];
  const named = given?.collection ?? (targets.length === 1 ? targets[0] : undefined);
  return given && named !== undefined ? `weaviate://localhost/${named}/${given.uuid}` : to;
}

function firstClass(body: unknown): string {
  const first: unknown = Array.isArray(body) ? body[0] : undefined;
  const from = isRecord(first) ? String(first['from'] ?? '') : '';
  return from.replace(/^weaviate:\/\/[^/]*\//, '').split('/')[0] || '*';
}
