// Errors to gRPC statuses: the error table says which, everything else is a fault of the server.

import { status } from '@grpc/grpc-js';
import { DatabaseError, errorTable } from '../../engine/errors.ts';

/** What a failed call answers. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
}

const detailsLengthMax = 2_000;
/** Details travel in a header, percent-encoded, and clients refuse headers above 8 KiB. */
const encodedLengthMax = 6_000;

/** Bytes that are no message of the expected kind. */
export class UndecodableMessage extends Error {}

/**
 * The status of a failed call. What is neither a DatabaseError nor undecodable bytes is told to
 * `logError`, and the caller learns no more than that.
 */
export function statusOf(
  error: unknown,
  method: string,
  logError: (message: string, error: unknown) => void,
): CallStatus {
  if (error instanceof DatabaseError) {
    return { code: status[errorTable[error.code].grpc], details: detailsOf(error) };
  }
  if (error instanceof UndecodableMessage) {
    return { code: status.INTERNAL, details: shorten(error.message) };
  }
  logError(`gRPC call ${method} failed`, error);
  return {
    code: status.INTERNAL,
    details: `internal error in ${method}; the server's log has more`,
  };
}

/** Clients know a refused key by this text; other wires say more about why. */
function detailsOf(error: DatabaseError): string {
  if (error.code === 'unauthenticated') return 'extract auth: unauthorized: invalid api key';
  return shorten(error.message);
}

/** Well-formed Unicode: grpc-js throws for anything else, where nobody can catch it. */
function shorten(text: string): string {
  let length = detailsLengthMax;
  for (;;) {
    const short = (text.length <= length ? text : `${text.slice(0, length)}…`).toWellFormed();
    if (encodeURI(short).length <= encodedLengthMax) return short;
    length = Math.floor(Math.min(length, text.length) / 2);
  }
}
