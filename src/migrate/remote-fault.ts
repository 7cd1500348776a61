// What goes wrong in calls of a server: what passes is tried again, what is too large is asked for in
// smaller pieces, and what is refused is told.

import { type ServiceError, status } from '@grpc/grpc-js';
import { DatabaseError } from '../engine/errors.ts';

/** A larger reply is asked for in pieces. It is what servers of gRPC accept by default. */
export const replyBytesMax = 104_858_000;

/** What can be done about a failed call. */
export type FaultKind = 'passing' | 'too-large' | 'refused';

/** A failed call, with a message that names the server. */
export class RemoteFault extends DatabaseError {
  readonly kind: FaultKind;
  /** When the server wants to be asked again at the earliest. */
  readonly waitMs: number;
  /** Of REST; 0 where there was no reply. */
  readonly httpStatus: number;

  constructor(
    kind: FaultKind,
    message: string,
    { waitMs = 0, httpStatus = 0, cause }: FaultDetails = {},
  ) {
    super('invalid-argument', { message }, { cause });
    this.kind = kind;
    this.waitMs = waitMs;
    this.httpStatus = httpStatus;
  }
}

interface FaultDetails {
  readonly waitMs?: number;
  readonly httpStatus?: number;
  readonly cause?: unknown;
}

/** True for failures of this kind. */
export function isFault(error: unknown, kind: FaultKind): error is RemoteFault {
  return error instanceof RemoteFault && error.kind === kind;
}

const passingStatuses: readonly number[] = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.INTERNAL,
  status.CANCELLED,
];

/** Almost every error has the status UNKNOWN: of those that pass only the words tell. */
const passingWords =
  /deadline exceeded|time(d )?out|connection|unavailable|not ready|overload|too many|try again|no leader|read.?only/i;

/** A page of fewer objects is answered. */
const tooMany = /maximum results exceeded/i;

/** The fault of a gRPC call that failed. */
export function grpcFault(server: string, error: ServiceError): RemoteFault {
  const { code, details } = error;
  const said = details.replace(/\s*Resolution note:\s*$/, '');
  const message = `${server} answers ${status[code] ?? code}: ${said}`;
  return new RemoteFault(grpcKind(code, details), message, { cause: error });
}

function grpcKind(code: number, details: string): FaultKind {
  if (code === status.RESOURCE_EXHAUSTED) {
    return /larger than max|message.*(size|too large)/i.test(details) ? 'too-large' : 'passing';
  }
  if (tooMany.test(details)) return 'too-large';
  if (passingStatuses.includes(code)) return 'passing';
  return code === status.UNKNOWN && passingWords.test(details) ? 'passing' : 'refused';
}

/** The fault of a reply of REST that is none of success. */
export function restFault(server: string, reply: Response, text: string): RemoteFault {
  const message = `${server} answers ${reply.status}: ${text || reply.statusText}`;
  const { status: httpStatus } = reply;
  const passes =
    httpStatus === 408 || httpStatus === 429 || (httpStatus >= 500 && httpStatus !== 501);
  if (tooMany.test(text)) return new RemoteFault('too-large', message, { httpStatus });
  const seconds = Number(reply.headers.get('retry-after') ?? 0);
  const waitMs = seconds > 0 && seconds <= waitSecondsMax ? seconds * 1000 : 0;
  return new RemoteFault(passes ? 'passing' : 'refused', message, { waitMs, httpStatus });
}

/** A server that wants more is asked earlier. */
const waitSecondsMax = 120;
