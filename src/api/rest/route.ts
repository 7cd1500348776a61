// What a route is: method, path, the right that its caller must have, and the handler. Nothing is served
// without saying who may use it.

import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Database } from '../../database/database.ts';
import type { RequestContext } from '../../database/object-input.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { IngestJobs } from '../../ingest/jobs.ts';
import type { PageImages } from '../../ingest/page-images.ts';
import type { ServedModels } from '../../vectorizers/served-models.ts';
import type { Action, Authenticate, Principal } from '../caller.ts';
import type { SearchLimits } from '../search-limits.ts';
import { isRecord } from './json-fields.ts';
import type { ErrorStyle, LogError } from './wire-error.ts';

/** What the operator sets. */
export interface RestSettings {
  readonly limits: SearchLimits;
  /** A request with a larger body is refused. */
  readonly bodyBytesMax: number;
  /** What clients are told that gRPC accepts. */
  readonly grpcMessageBytesMax: number;
  /** The vectorizer modules that collections may use, with what clients are told of each. */
  readonly modules: Readonly<Record<string, object>>;
  /** The commit that runs, where it is known. */
  readonly gitHash?: string | undefined;
}

/** What importing files needs. */
export interface IngestParts {
  readonly jobs: IngestJobs;
  readonly images: PageImages;
}

/** What the routes are made of. */
export interface RestParts {
  readonly database: Database;
  readonly authenticate: Authenticate;
  readonly settings: RestSettings;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Where clients reach this server, as `http://127.0.0.1:8080`. */
  readonly address: () => string;
  /** The port of gRPC, where there is one. */
  readonly grpcPort?: () => number;
  /** False from the moment the server begins to stop. */
  readonly isReady: () => boolean;
  readonly logError: LogError;
  /** Imports of files; absent where there are none. */
  readonly ingest?: IngestParts;
  /** Local models that other processes may embed with; absent where there are none. */
  readonly served?: ServedModels;
}

/** Who may use a route: anyone, anyone known, or who has a right to a resource. */
export type Access =
  | { readonly kind: 'open' }
  | { readonly kind: 'known' }
  | {
      readonly kind: 'right';
      readonly action: Action;
      readonly resource: (request: FastifyRequest) => string;
    };

export interface Route {
  readonly method: HTTPMethods;
  /** Below `/v1`. */
  readonly path: string;
  readonly access: Access;
  readonly errorStyle?: ErrorStyle;
  /** `stream`: the body is the bytes of a file, of any length; otherwise it is JSON. */
  readonly body?: 'stream';
  /** Returns what is sent as JSON, or the reply when it has answered itself. */
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** As in Route. */
    body?: 'stream';
  }
  interface FastifyRequest {
    /** Set before the body is read, except on open routes. */
    caller: Principal | undefined;
  }
}

/** Adds a route under `/v1`, with authentication before and authorisation after its body is read. */
export function addRoute(app: FastifyInstance, parts: RestParts, route: Route): void {
  const { access, errorStyle, body, handle } = route;
  app.route({
    method: route.method,
    url: `/v1${route.path}`,
    config: { ...(errorStyle ? { errorStyle } : {}), ...(body ? { body } : {}) },
    onRequest: async (request) => {
      if (access.kind === 'open') return;
      request.caller = await parts.authenticate(headersOf(request));
    },
    preHandler: async (request) => {
      if (access.kind === 'right') requireRight(request, access.action, access.resource(request));
    },
    handler: async (request, reply) => handle(request, reply),
  });
}

/** Objects of the collection that the path names. */
export function pathObjects(action: Action): Access {
  return { kind: 'right', action, resource: (request) => objectsOf(param(request, 'collection')) };
}

/** Objects of the collection that the body names as `class`. */
export function bodyObjects(action: Action): Access {
  return { kind: 'right', action, resource: ({ body }) => objectsOf(bodyClass(body)) };
}

/** The collection that the path names. */
export function pathSchema(action: Action): Access {
  return { kind: 'right', action, resource: (request) => schemaOf(param(request, 'collection')) };
}

/** The collection that the body names as `class`. */
export function bodySchema(action: Action): Access {
  return { kind: 'right', action, resource: ({ body }) => schemaOf(bodyClass(body)) };
}

/** How messages name all objects of a collection. */
export function objectsOf(collection: string): string {
  return `data/collections/${collection}/shards/*/objects/*`;
}

function schemaOf(collection: string): string {
  return `schema/collections/${collection}/shards/#`;
}

function bodyClass(body: unknown): string {
  return isRecord(body) && typeof body['class'] === 'string' ? body['class'] : '*';
}

function requireRight({ caller }: FastifyRequest, action: Action, resource: string): void {
  if (action === 'R' ? caller?.mayRead : caller?.mayWrite) return;
  const message = `adminlist: authorization, forbidden action: user '${caller?.name}' has insufficient permissions to ${action} [${resource}]`;
  throw new DatabaseError('forbidden', { message });
}

/** A parameter of the path; the route's path has it. */
export function param(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string>>)[name] ?? '';
}

/** The request's headers; of one that came several times the values are joined. */
export function headersOf(request: FastifyRequest): RequestContext['headers'] {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** What the database learns of a request; the signal aborts when the caller goes away. */
export function contextOf(request: FastifyRequest, reply: FastifyReply): RequestContext {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return { headers: headersOf(request), signal: gone.signal };
}

/** Answers with JSON text that is ready made. */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.header('content-type', 'application/json').send(json);
}
