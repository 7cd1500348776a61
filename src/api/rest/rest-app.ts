// The REST interface as a fastify application: how bodies are read, what unknown paths and methods
// answer, how errors look, and the routes, each group in its own file.

import { type FastifyInstance, type FastifyReply, fastify, type HTTPMethods } from 'fastify';
import { bodyDepthMax } from '../../engine/limits.ts';
import { addBackfillRoutes } from './backfill-routes.ts';
import { addBatchRoutes } from './batch-routes.ts';
import { addEmbeddingRoutes } from './embeddings/embedding-routes.ts';
import { addGraphqlRoutes } from './graphql-routes.ts';
import { addIngestRoutes } from './ingest-routes.ts';
import { addInstanceRoutes } from './instance-routes.ts';
import { addMetricsRoutes } from './metrics-routes.ts';
import { addObjectRoutes } from './object-routes.ts';
import { addQueryRoutes } from './query/query-routes.ts';
import { addRecallRoutes } from './recall-routes.ts';
import { addReferenceRoutes } from './reference-routes.ts';
import { addRefusedRoutes } from './refused-routes.ts';
import type { RestParts } from './route.ts';
import { addAliasRoutes } from './schema/alias-routes.ts';
import { addSchemaRoutes } from './schema/schema-routes.ts';
import { addTenantRoutes } from './schema/tenant-routes.ts';
import { addTokenizeRoutes } from './schema/tokenize-routes.ts';
import { sendError, unparsable, WireError } from './wire-error.ts';

/** Longer than any name that may stand in a path. */
const pathPartLengthMax = 300;
const methods: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
];

/** No route has schemas: their compilers would only make a start longer. */
const noSchemas = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

function refuseSchema(): never {
  throw new Error('routes have no schemas');
}

/** The application over a database; not yet listening. */
export function createRestApp(parts: RestParts): FastifyInstance {
  const app = fastify({
    bodyLimit: parts.settings.bodyBytesMax,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => sendError(error, request, reply, parts.logError),
    schemaController: { compilersFactory: noSchemas },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: pathPartLengthMax },
  });
  app.decorateRequest('caller', undefined);
  app.setErrorHandler((error, request, reply) => {
    sendError(explain(error, parts), request, reply, parts.logError);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0];
    return reply.code(404).send({ code: 404, message: `path ${path} was not found` });
  });
  app.addHook('onSend', async (_request, reply) => {
    // A connection kept alive would keep a stopping server from ending.
    if (!parts.isReady()) reply.header('connection', 'close');
  });
  readJsonBodies(app);
  readFileBodies(app);
  const paths = collectPaths(app);
  addInstanceRoutes(app, parts);
  addSchemaRoutes(app, parts);
  addTenantRoutes(app, parts);
  addAliasRoutes(app, parts);
  addObjectRoutes(app, parts);
  addBatchRoutes(app, parts);
  addReferenceRoutes(app, parts);
  addTokenizeRoutes(app, parts);
  addRecallRoutes(app, parts);
  addBackfillRoutes(app, parts);
  addQueryRoutes(app, parts);
  addGraphqlRoutes(app, parts);
  addEmbeddingRoutes(app, parts);
  addIngestRoutes(app, parts);
  addMetricsRoutes(app, parts);
  addRefusedRoutes(app, parts);
  refuseOtherMethods(app, paths);
  return app;
}

/**
 * Only JSON is read, so that a web page of another origin can't post forms here. A key `__proto__` is
 * one like any other: JSON.parse makes it a member of the object itself, and as a name it is refused.
 */
function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : parseBody(String(text)));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** The types that a web page of another origin may send without asking; no type counts as one. */
const formTypes = ['', 'text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded'];

/** Routes that say so get files of any other type as they come, unread. */
function readFileBodies(app: FastifyInstance): void {
  app.addContentTypeParser('*', ({ routeOptions, headers }, payload, done) => {
    const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const isFile = routeOptions.config.body === 'stream';
    if (isFile && !formTypes.includes(type)) return done(null, payload);
    const allowed = isFile
      ? 'a type of its own, as application/octet-stream,'
      : '[application/json]';
    done(new WireError(415, 415, `unsupported media type, only ${allowed} are allowed`));
  });
}

function parseBody(text: string): unknown {
  const body = parseJson(text);
  if (isDeeperThan(body, bodyDepthMax)) {
    throw unparsable('', `lists and objects are nested more than ${bodyDepthMax} deep`);
  }
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unparsable('', error instanceof Error ? error.message : String(error));
  }
}

/** Looks at one level after the other: whoever reads the value later may call itself for each. */
function isDeeperThan(value: unknown, depthMax: number): boolean {
  let level: unknown[] = [];
  addContainer(level, value);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    const next: unknown[] = [];
    for (const each of level) {
      // Lists of numbers, as vectors are, are long: they are looked through without a copy.
      for (const inner of Array.isArray(each) ? each : Object.values(each as object)) {
        addContainer(next, inner);
      }
    }
    level = next;
  }
  return false;
}

function addContainer(found: unknown[], value: unknown): void {
  if (typeof value === 'object' && value !== null) found.push(value);
}

/** Fastify's own refusals in words that say what is allowed. */
function explain(error: unknown, { settings }: RestParts): unknown {
  const { code } = error as { readonly code?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const { bodyBytesMax } = settings;
    return new WireError(413, 413, `the body is larger than ${bodyBytesMax} bytes, the limit here`);
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new WireError(415, 415, 'unsupported media type, only [application/json] are allowed');
  }
  return error;
}

/** The methods of each path, filled as routes are added. */
function collectPaths(app: FastifyInstance): ReadonlyMap<string, Set<HTTPMethods>> {
  const paths = new Map<string, Set<HTTPMethods>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    paths.set(url, known);
  });
  return paths;
}

/** Gives each path an answer for the methods that it lacks. */
function refuseOtherMethods(
  app: FastifyInstance,
  paths: ReadonlyMap<string, ReadonlySet<HTTPMethods>>,
): void {
  for (const [url, known] of [...paths]) {
    const allowed = [...known];
    const others = methods.filter((method) => !known.has(method));
    if (others.length === 0) continue;
    app.route({
      method: others,
      url,
      onRequest: async (request, reply: FastifyReply) => {
        reply.header('allow', allowed.join(', '));
        const message = `method ${request.method} is not allowed, but [${allowed.join(',')}] are`;
        throw new WireError(405, 405, message);
      },
      handler: () => undefined,
    });
  }
}
