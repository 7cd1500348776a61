// The REST interface as a fastify application: how bodies are read, what unknown paths and methods
// answer, how errors look, and the routes, each group in its own file.

import { type FastifyInstance, type FastifyReply, fastify, type HTTPMethods } from 'fastify';
import { addBatchRoutes } from './batch-routes.ts';
import { addInstanceRoutes } from './instance-routes.ts';
import { addObjectRoutes } from './object-routes.ts';
import { addRefusedRoutes } from './refused-routes.ts';
import type { RestParts } from './route.ts';
import { addSchemaRoutes } from './schema-routes.ts';
import { addTokenizeRoutes } from './tokenize-routes.ts';
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

/** The application over a database; not yet listening. */
export function createRestApp(parts: RestParts): FastifyInstance {
  const app = fastify({
    bodyLimit: parts.settings.bodyBytesMax,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => sendError(error, request, reply, parts.logError),
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
  const paths = collectPaths(app);
  addInstanceRoutes(app, parts);
  addSchemaRoutes(app, parts);
  addObjectRoutes(app, parts);
  addBatchRoutes(app, parts);
  addTokenizeRoutes(app, parts);
  addRefusedRoutes(app, parts);
  refuseOtherMethods(app, paths);
  return app;
}

/** Only JSON is read, so that a web page of another origin can't post forms here. */
function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'ignore');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') {
      done(null, undefined);
      return;
    }
    void parse(request, String(text), (error, value) => {
      if (error) done(unparsable('', jsonFault(String(text)) ?? error.message));
      else done(null, value);
    });
  });
}

/** Where the text stops being JSON; undefined for JSON that is refused for its keys. */
function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
