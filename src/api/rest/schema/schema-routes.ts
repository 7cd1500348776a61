// Collections over REST: list, create, read, change, drop, add a property, state of the only shard.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CollectionConfig } from '../../../database/collection-config.ts';
import { checkUpdate } from '../../../database/schema/collection-update.ts';
import { withoutIndex } from '../../../database/schema/property-index.ts';
import { resolveNewProperty } from '../../../database/schema/property-schema.ts';
import { nodeName, shardsOf } from '../instance-routes.ts';
import { readOptionalString, readRecord } from '../json-fields.ts';
import { queryText } from '../query-fields.ts';
import { addRoute, bodySchema, headersOf, param, pathSchema, type RestParts } from '../route.ts';
import { type ErrorStyle, invalid, WireError } from '../wire-error.ts';
import { changeFromWire, collectionFromWire, collectionToWire } from './schema-wire.ts';
import { propertyFromWire, propertyToWire } from './schema-wire-property.ts';

const errorStyle: ErrorStyle = { allowed: true };

export function addSchemaRoutes(app: FastifyInstance, parts: RestParts): void {
  const { database } = parts;
  addRoute(app, parts, {
    method: 'GET',
    path: '/schema',
    access: { kind: 'known' },
    errorStyle,
    handle: ({ caller }) => {
      const all = database.collections().map(({ config }) => collectionToWire(config));
      return { classes: caller?.mayRead ? all : null };
    },
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/schema',
    access: bodySchema('C'),
    errorStyle,
    handle: async ({ body }) => {
      const config = collectionFromWire(body, database.defaults);
      return collectionToWire(await database.createCollection(config));
    },
  });
  addCollectionRoutes(app, parts);
  addRoute(app, parts, {
    method: 'POST',
    path: '/schema/:collection/properties',
    access: pathSchema('U'),
    errorStyle,
    handle: async (request) => {
      const { config } = database.collection(param(request, 'collection'));
      const property = resolveNewProperty(config, propertyFromWire(request.body));
      await database.addProperty(config.name, property);
      return propertyToWire(property);
    },
  });
  addRoute(app, parts, {
    method: 'DELETE',
    path: '/schema/:collection/properties/:property/index/:index',
    access: pathSchema('U'),
    errorStyle,
    handle: async (request, reply) => {
      const { config } = database.collection(param(request, 'collection'));
      const [property, index] = [param(request, 'property'), param(request, 'index')];
      const changed = withoutIndex(config, property, index);
      if (changed !== config) {
        await database.updateCollection(changed, { headers: headersOf(request) });
      }
      return reply.code(200).send();
    },
  });
  addShardRoutes(app, parts);
}

function addCollectionRoutes(app: FastifyInstance, parts: RestParts): void {
  const { database } = parts;
  const path = '/schema/:collection';
  addRoute(app, parts, {
    method: 'GET',
    path,
    access: pathSchema('R'),
    errorStyle,
    handle: (request, reply) => {
      const collection = database.findCollection(param(request, 'collection'));
      return collection ? collectionToWire(collection.config) : reply.code(404).send();
    },
  });
  addRoute(app, parts, {
    method: 'PUT',
    path,
    access: pathSchema('U'),
    errorStyle,
    handle: async (request) => collectionToWire(await update(parts, request)),
  });
  addRoute(app, parts, {
    method: 'DELETE',
    path,
    access: pathSchema('D'),
    errorStyle,
    handle: async (request, reply) => {
      await database.deleteCollection(param(request, 'collection'));
      return reply.code(200).send();
    },
  });
}

async function update({ database }: RestParts, request: FastifyRequest): Promise<CollectionConfig> {
  const { config } = database.collection(param(request, 'collection'));
  const changed = changeFromWire(request.body, database.defaults);
  checkUpdate(config, changed);
  return database.updateCollection(changed, { headers: headersOf(request) });
}

function addShardRoutes(app: FastifyInstance, parts: RestParts): void {
  const { database } = parts;
  addRoute(app, parts, {
    method: 'GET',
    path: '/schema/:collection/shards',
    access: pathSchema('R'),
    handle: (request) => {
      const collection = database.collection(param(request, 'collection'));
      const asked = queryText(request.query, 'tenant');
      return shardsOf(collection, database)
        .filter(({ name }) => asked === undefined || name === asked)
        .map(({ name, status, vectorQueueLength: vectorQueueSize }) => {
          return { name, per_node_status: { [nodeName]: status }, status, vectorQueueSize };
        });
    },
  });
  addRoute(app, parts, {
    method: 'PUT',
    path: '/schema/:collection/shards/:shard',
    access: pathSchema('U'),
    handle: async (request) => {
      const collection = database.collection(param(request, 'collection'));
      const shard = param(request, 'shard');
      if (!shardsOf(collection, database).some(({ name }) => name === shard)) {
        const message = `shard ${shard} of collection ${collection.name} was not found`;
        throw new WireError(404, 404, message);
      }
      const status = readOptionalString(readRecord(request.body, '')['status'], 'status');
      if (status !== 'READY' && status !== 'READONLY') {
        const seen = JSON.stringify(status ?? null);
        throw invalid(`shard status ${seen} is not one of [READY, READONLY]`);
      }
      const tenant = collection.config.multiTenancy.enabled ? shard : '';
      await database.setReadOnly(collection.name, tenant, status === 'READONLY');
      return { status };
    },
  });
}
