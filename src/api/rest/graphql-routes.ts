// GraphQL over REST: one query, or several that run one after another.

import type { FastifyInstance } from 'fastify';
import { graphqlBatchMax } from '../../engine/limits.ts';
import type { GraphqlRequest, RunGraphql } from '../graphql/run-query.ts';
import { readList, readOptionalRecord, readOptionalString, readRecord } from './json-fields.ts';
import { type Access, addRoute, contextOf, objectsOf, type RestParts } from './route.ts';
import { invalid } from './wire-error.ts';

/** A query may ask of any collection, so that its caller may read all of them. */
const access: Access = { kind: 'right', action: 'R', resource: () => objectsOf('*') };

export function addGraphqlRoutes(app: FastifyInstance, parts: RestParts): void {
  let opened: Promise<RunGraphql> | undefined;
  // The library behind it takes a moment to load, and many a server never needs it.
  const open = async (): Promise<RunGraphql> => {
    const { openGraphql } = await import('../graphql/run-query.ts');
    const { database, settings, logError } = parts;
    return openGraphql({ database, limits: settings.limits, logError });
  };
  const run: RunGraphql = async (requests, context) => {
    opened ??= open();
    return (await opened)(requests, context);
  };
  addRoute(app, parts, {
    method: 'POST',
    path: '/graphql',
    access,
    handle: async (request, reply) => {
      const [answer] = await run([readRequest(request.body, '')], contextOf(request, reply));
      return answer;
    },
  });
  addRoute(app, parts, {
    method: 'POST',
    path: '/graphql/batch',
    access,
    handle: async (request, reply) => {
      const list = readList(request.body, '');
      if (list.length > graphqlBatchMax) {
        throw invalid(
          `${list.length} queries in one batch, at most ${graphqlBatchMax} are allowed`,
        );
      }
      const queries = list.map((each, index) => readRequest(each, `[${index}].`));
      return await run(queries, contextOf(request, reply));
    },
  });
}

/** Throws WireError for what is no request, DatabaseError for one without a query. */
function readRequest(value: unknown, path: string): GraphqlRequest {
  const body = readRecord(value, path.replace(/\.$/, ''));
  const query = readOptionalString(body['query'], `${path}query`);
  if (!query) throw invalid(`${path}query cannot be empty`);
  return {
    query,
    operationName: readOptionalString(body['operationName'], `${path}operationName`) || undefined,
    variables: readOptionalRecord(body['variables'], `${path}variables`),
  };
}
