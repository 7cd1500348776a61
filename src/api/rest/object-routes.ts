// Single objects over REST: write, read, check, replace, merge, remove. The old paths without a
// collection find it by the object's id.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import { listObjects } from './object-list.ts';
import { namedCollection, objectFromJson, objectJson } from './object-wire.ts';
import { queryText, readInclude } from './query-fields.ts';
import {
  type Access,
  addRoute,
  bodyObjects,
  contextOf,
  objectsOf,
  param,
  pathObjects,
  type RestParts,
  sendJson,
} from './route.ts';
import { holdAddressed, holdAll, tenantOf } from './tenants.ts';
import { badUuid, type ErrorStyle, invalid } from './wire-error.ts';

/** Writing to a collection that does not exist is a fault of the body, not of the path. */
const bodyStyle: ErrorStyle = { object: true, statuses: { 'collection-missing': 422 } };
const pathStyle: ErrorStyle = { object: true, empty: ['object-missing'] };

export function addObjectRoutes(app: FastifyInstance, parts: RestParts): void {
  const { database } = parts;
  addRoute(app, parts, {
    method: 'GET',
    path: '/objects',
    access: {
      kind: 'right',
      action: 'R',
      resource: ({ query }) => objectsOf(queryText(query, 'class') ?? '*'),
    },
    handle: async (request, reply) => sendJson(reply, await listObjects(parts, request, reply)),
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/objects',
    access: bodyObjects('C'),
    errorStyle: bodyStyle,
    handle: async (request, reply) => {
      const object = objectFromJson(request.body);
      const name = namedCollection(object);
      const { uuid, properties, vectors, tenant } = object;
      const input = { properties, vectors, ...(uuid === undefined ? {} : { uuid }) };
      const stored = await database.insert(name, input, contextOf(request, reply), tenant);
      const fields = { vectors: true, weights: false };
      const { config } = database.collection(name);
      return sendJson(reply, objectJson({ config, tenant }, stored, fields));
    },
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/objects/validate',
    access: bodyObjects('R'),
    errorStyle: bodyStyle,
    handle: async ({ body }, reply) => {
      const object = objectFromJson(body);
      const { uuid, properties, vectors, tenant } = object;
      const input = { properties, vectors, ...(uuid === undefined ? {} : { uuid }) };
      using held = await database.hold(namedCollection(object), tenant);
      held.collection.validate(input);
      return reply.code(200).send();
    },
  });
  addAddressedRoutes(app, parts, '/objects/:collection/:id', {
    work: async (request, work) => {
      using held = await holdAddressed(database, request);
      return await work(held.collection);
    },
    access: pathObjects,
  });
  addAddressedRoutes(app, parts, '/objects/:id', {
    work: (request, work) => workById(database, request, work),
    access: (action) => ({ kind: 'right', action, resource: () => objectsOf('*') }),
  });
}

/** How the routes of one object find its collection, or the tenant of it, which stays open meanwhile. */
interface Addressing {
  readonly work: WorkOnCollection;
  readonly access: (action: 'R' | 'U' | 'D') => Access;
}

function addAddressedRoutes(
  app: FastifyInstance,
  parts: RestParts,
  path: string,
  { work, access }: Addressing,
): void {
  const add = (
    method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'DELETE',
    action: 'R' | 'U' | 'D',
    handle: (
      collection: Collection,
      request: FastifyRequest,
      reply: FastifyReply,
    ) => FastifyReply | Promise<FastifyReply>,
  ): void => {
    addRoute(app, parts, {
      method,
      path,
      access: access(action),
      errorStyle: pathStyle,
      handle: async (request, reply) => {
        idOf(request);
        return await work(request, async (collection) => handle(collection, request, reply));
      },
    });
  };
  add('GET', 'R', getObject);
  add('HEAD', 'R', (collection, request, reply) =>
    reply.code(collection.get(idOf(request)) ? 204 : 404).send(),
  );
  add('PUT', 'U', putObject);
  add('PATCH', 'U', patchObject);
  add('DELETE', 'D', async (collection, request, reply) => {
    await collection.delete(idOf(request));
    return reply.code(204).send();
  });
}

function getObject(
  collection: Collection,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const document = collection.get(idOf(request));
  if (!document) return reply.code(404).send();
  const { vectors } = readInclude(request.query);
  return sendJson(reply, objectJson(collection, document, { vectors, weights: true }));
}

async function putObject(
  collection: Collection,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const object = readAddressed(request);
  const stored = await collection.replace(idOf(request), object, contextOf(request, reply));
  return sendJson(reply, objectJson(collection, stored, { vectors: true, weights: false }));
}

async function patchObject(
  collection: Collection,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await collection.merge(idOf(request), readAddressed(request), contextOf(request, reply));
  return reply.code(204).send();
}

/** The body of a write to a path; an id in it must be the path's. */
function readAddressed(request: FastifyRequest) {
  const { uuid, properties, vectors } = objectFromJson(request.body);
  const id = idOf(request);
  if (uuid !== undefined && uuid !== id) {
    throw invalid(`the body names object ${uuid}, the path ${id}: an id can't be changed`);
  }
  return { properties, vectors };
}

/** The canonical id of the path. */
export function idOf(request: FastifyRequest): string {
  const id = param(request, 'id');
  const uuid = normaliseUuid(id);
  if (uuid === undefined) throw badUuid('path', id);
  return uuid;
}

/** Works on the collection of a request, or on the tenant of it, while that is open. */
export type WorkOnCollection = <T>(
  request: FastifyRequest,
  work: (collection: Collection) => Promise<T>,
) => Promise<T>;

/** Works on the first collection, by name, that holds the object of the path. Rejects with 'object-missing'. */
export async function workById<T>(
  database: Database,
  request: FastifyRequest,
  work: (collection: Collection) => Promise<T>,
): Promise<T> {
  const uuid = idOf(request);
  for await (const collection of holdAll(database, tenantOf(request))) {
    if (collection.get(uuid)) return await work(collection);
  }
  throw new DatabaseError('object-missing', { uuid, collection: '*' });
}
