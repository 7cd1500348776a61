// Aliases over REST: list, make, read, lead elsewhere, remove.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Alias } from '../../../database/aliases/aliases.ts';
import { readOptionalString, readRecord } from '../json-fields.ts';
import { queryText } from '../query-fields.ts';
import { type Access, addRoute, param, type RestParts } from '../route.ts';
import { type ErrorStyle, invalid } from '../wire-error.ts';

const errorStyle: ErrorStyle = { empty: ['alias-missing'] };

export function addAliasRoutes(app: FastifyInstance, parts: RestParts): void {
  const { aliases } = parts.database;
  const path = '/aliases/:alias';
  addRoute(app, parts, {
    method: 'GET',
    path: '/aliases',
    access: right('R', () => '*'),
    handle: ({ query }) => ({ aliases: aliases.list(queryText(query, 'class')).map(toWire) }),
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/aliases',
    access: right('C', ({ body }) => readOptionalString(readRecord(body, '')['alias'], 'alias')),
    handle: async ({ body }) => {
      const collection = bodyText(body, 'class');
      return toWire(await aliases.create(bodyText(body, 'alias'), collection));
    },
  });
  addRoute(app, parts, {
    method: 'GET',
    path,
    access: right('R', aliasOf),
    handle: (request, reply) => {
      const alias = aliases.find(aliasOf(request));
      return alias ? toWire(alias) : reply.code(404).send();
    },
  });
  addRoute(app, parts, {
    method: 'PUT',
    path,
    access: right('U', aliasOf),
    errorStyle,
    handle: async (request) =>
      toWire(await aliases.update(aliasOf(request), bodyText(request.body, 'class'))),
  });
  addRoute(app, parts, {
    method: 'DELETE',
    path,
    access: right('D', aliasOf),
    handle: async (request, reply) => {
      const wasThere = await aliases.delete(aliasOf(request));
      return reply.code(wasThere ? 204 : 404).send();
    },
  });
}

/** The wire calls a collection a class. */
function toWire({ alias, collection }: Alias): { readonly alias: string; readonly class: string } {
  return { alias, class: collection };
}

function aliasOf(request: FastifyRequest): string {
  return param(request, 'alias');
}

function bodyText(body: unknown, name: string): string {
  const value = readOptionalString(readRecord(body, '')[name], name);
  if (value === undefined || value === '') throw invalid(`${name} in body is required`);
  return value;
}

function right(
  action: 'C' | 'R' | 'U' | 'D',
  alias: (request: FastifyRequest) => string | undefined,
): Access {
  return {
    kind: 'right',
    action,
    resource: (request) => `aliases/collections/*/aliases/${alias(request) ?? '*'}`,
  };
}
