// Errors to REST replies. Two body forms are known to clients: `{"code", "message"}` for requests that
// are not understood, `{"error": [{"message"}]}` for those that the database refuses.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { DatabaseError, type ErrorCode, errorTable } from '../../engine/errors.ts';

/** A request that breaks the form of the interface; `code` goes into the body. */
export class WireError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = 'WireError';
    this.status = status;
    this.code = code;
  }
}

/** A body that can't be read as what it should be. The path is the offending place, `''` the whole body. */
export function unparsable(path: string, problem: string): WireError {
  const where = path === '' ? '' : `${path}: `;
  return new WireError(400, 400, `parsing body body from "" failed, because ${where}${problem}`);
}

/** An id that is no uuid; `where` is `body` or `path`. */
export function badUuid(where: 'body' | 'path', seen: string): WireError {
  return new WireError(422, 601, `id in ${where} must be of type uuid: ${JSON.stringify(seen)}`);
}

/** A value that the database will not take. */
export function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}

/** How a route's errors look where they differ from the error table. */
export interface ErrorStyle {
  /** Replies about the schema carry `"allowed": null`. */
  readonly allowed?: boolean;
  /** Messages about an object start with `invalid object: `. */
  readonly object?: boolean;
  /** Statuses that differ from the table's. */
  readonly statuses?: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Every error is `{"detail": message}`, as embedding services answer. */
  readonly detail?: boolean;
  /** Codes that are answered with their status and no body. */
  readonly empty?: readonly ErrorCode[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    errorStyle?: ErrorStyle;
  }
}

/** Told of failures that are not the caller's. */
export type LogError = (message: string, error: unknown) => void;

const formCodes: ReadonlySet<ErrorCode> = new Set(['bad-request', 'unauthenticated']);
const objectCodes: ReadonlySet<ErrorCode> = new Set([
  'vector-unknown',
  'vector-invalid',
  'vector-dims',
  'property-invalid',
]);

/** Answers a failed request; the caller learns nothing about failures of the server but that. */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logError: LogError,
): FastifyReply {
  const style = request.routeOptions.config.errorStyle ?? {};
  if (error instanceof WireError) return sendForm(reply, error, style);
  if (error instanceof DatabaseError) return sendRefusal(reply, error, style);
  const { statusCode, message } = readFastifyError(error);
  if (statusCode < 500) {
    return sendForm(reply, { status: statusCode, code: statusCode, message }, style);
  }
  logError(`${request.method} ${request.routeOptions.url ?? 'unknown path'} failed`, error);
  return sendMessage(reply.code(500), 'internal error; the server log has more', style);
}

function sendForm(
  reply: FastifyReply,
  { status, code, message }: Pick<WireError, 'status' | 'code' | 'message'>,
  style: ErrorStyle,
): FastifyReply {
  return reply.code(status).send(style.detail ? { detail: message } : { code, message });
}

function sendRefusal(reply: FastifyReply, error: DatabaseError, style: ErrorStyle): FastifyReply {
  const status = style.statuses?.[error.code] ?? errorTable[error.code].http;
  reply.code(status);
  if (style.empty?.includes(error.code)) return reply.send();
  if (formCodes.has(error.code)) {
    return sendForm(reply, { status, code: status, message: error.message }, style);
  }
  return sendMessage(reply, objectMessage(error, style), style);
}

function sendMessage(reply: FastifyReply, message: string, style: ErrorStyle): FastifyReply {
  if (style.detail) return reply.send({ detail: message });
  const body = { error: [{ message }] };
  return reply.send(style.allowed ? { allowed: null, ...body } : body);
}

function objectMessage({ code, message }: DatabaseError, style: ErrorStyle): string {
  return style.object && objectCodes.has(code) ? `invalid object: ${message}` : message;
}

/** What fastify itself refuses (too large, wrong content type) has a status; anything else is ours. */
function readFastifyError(error: unknown): { statusCode: number; message: string } {
  const { statusCode, message, code } = error as {
    statusCode?: unknown;
    message?: unknown;
    code?: unknown;
  };
  const known = typeof statusCode === 'number' && typeof code === 'string';
  return { statusCode: known ? statusCode : 500, message: String(message) };
}
