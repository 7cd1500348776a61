// Between grpc-js and the calls: bytes to messages, headers to a caller, errors to statuses. Nothing that
// a client sends may bring the process down, so every path ends in a status.

import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerDuplexStream,
  status,
} from '@grpc/grpc-js';
import type { Database } from '../../database/database.ts';
import type { RequestContext } from '../../database/object-input.ts';
import type { Authenticate } from '../caller.ts';
import type { SearchLimits } from '../search-limits.ts';
import { batchStream } from './batch-stream.ts';
import type { Call } from './call.ts';
import type { BatchStreamReply, BatchStreamRequest } from './generated/messages.ts';
import type { Codec, MessageInit } from './protocol.ts';
import { statusOf, UndecodableMessage } from './status.ts';

/** What handlers are made of. */
export interface HandlerParts {
  readonly database: Database;
  readonly authenticate: Authenticate;
  readonly limits: SearchLimits;
  /** Told of failures that are not the caller's. */
  readonly logError: (message: string, error: unknown) => void;
  /** Told of every answered call: its method, the name of its status, how long it took. */
  readonly answered?: (method: string, status: string, ms: number) => void;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}

/** How a message of one kind is read and another written. */
export interface Codecs<Request, Reply> {
  readonly request: Codec<Request>;
  readonly reply: Codec<Reply>;
}

/** A call with one request and one reply. */
export function unaryHandler<Request, Reply>(
  method: string,
  codecs: Codecs<Request, Reply>,
  run: (request: Request, call: Call) => Promise<MessageInit<Reply>>,
  parts: HandlerParts,
): handleUnaryCall<Buffer, Buffer> {
  return (wire, respond) => {
    const start = performance.now();
    const cancelled = new AbortController();
    let isAnswered = false;
    // Every call is told of as cancelled when its stream closes; making an error of it is dear.
    wire.on('cancelled', () => {
      if (!isAnswered) cancelled.abort();
    });
    const answer = async (): Promise<Buffer> => {
      const call = await openCall(wire.metadata, cancelled.signal, parts);
      const reply = await run(decode(codecs.request, wire.request), call);
      return codecs.reply.encode(reply);
    };
    answer()
      .finally(() => {
        isAnswered = true;
      })
      .then(
        (bytes) => {
          respond(null, bytes);
          parts.answered?.(method, 'OK', performance.now() - start);
        },
        (error: unknown) => {
          const failed = statusOf(error, method, parts.logError);
          respond(failed);
          parts.answered?.(method, statusName(failed.code), performance.now() - start);
        },
      );
  };
}

/** The one call with streams in both directions. */
export function batchStreamHandler(
  codecs: Codecs<BatchStreamRequest, BatchStreamReply>,
  parts: HandlerParts,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (wire) => {
    const start = performance.now();
    const cancelled = new AbortController();
    wire.on('cancelled', () => cancelled.abort());
    const answered = (name: string): void =>
      parts.answered?.('BatchStream', name, performance.now() - start);
    const run = async (): Promise<void> => {
      const call = await openCall(wire.metadata, cancelled.signal, parts);
      const ends = {
        requests: decodeAll(wire, codecs.request),
        send: (reply: MessageInit<BatchStreamReply>) => send(wire, codecs.reply.encode(reply)),
      };
      await batchStream(ends, call, { closing: parts.closing });
    };
    run().then(
      () => {
        wire.end();
        answered('OK');
      },
      (error: unknown) => {
        // A client that went away has no use for a status, and its absence is no fault of the server.
        if (wire.cancelled) return answered(statusName(status.CANCELLED));
        const failed = statusOf(error, 'BatchStream', parts.logError);
        wire.emit('error', failed);
        answered(statusName(failed.code));
      },
    );
  };
}

function statusName(code: number): string {
  return status[code] ?? 'UNKNOWN';
}

async function openCall(
  metadata: Metadata,
  signal: AbortSignal,
  parts: HandlerParts,
): Promise<Call> {
  const headers = headersOf(metadata);
  const { database, limits } = parts;
  const principal = await parts.authenticate(headers);
  return { database, limits, principal, context: { headers, signal } };
}

/** Text headers by lower-case name; several of one name are joined as in HTTP. */
function headersOf(metadata: Metadata): RequestContext['headers'] {
  const headers: Record<string, string> = {};
  for (const name of Object.keys(metadata.getMap())) {
    const texts = metadata.get(name).filter((value) => typeof value === 'string');
    if (texts.length > 0) headers[name] = texts.join(', ');
  }
  return headers;
}

function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  try {
    return codec.decode(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UndecodableMessage(`the request is no message of its kind: ${reason}`, {
      cause: error,
    });
  }
}

async function* decodeAll<T>(
  wire: ServerDuplexStream<Buffer, Buffer>,
  codec: Codec<T>,
): AsyncGenerator<T> {
  // Leaving the loop early must not destroy the stream: its other direction still has to end.
  for await (const bytes of wire.iterator({ destroyOnReturn: false })) {
    yield decode(codec, bytes as Buffer);
  }
}

/** Resolves when the message is handed to the connection; rejects when the stream is gone. */
function send(wire: ServerDuplexStream<Buffer, Buffer>, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    wire.write(bytes, (error: Error | null | undefined) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
