// The wire recordings as the replay reads them: one file a topic, in it cases, each the calls that went
// over the wire in their order.

import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../grpc/golden-messages.ts';

export interface RestCall {
  readonly kind: 'rest';
  readonly method: string;
  readonly path: string;
  readonly request_headers?: Readonly<Record<string, string>>;
  /** Text is a body that is no JSON. */
  readonly request?: Json;
  readonly status: number;
  /** Null stands for an empty body. */
  readonly reply?: Json;
}

export interface UnaryCall {
  readonly kind: 'grpc';
  readonly method: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly request?: Json;
  readonly status: string;
  readonly details?: string;
  readonly reply?: JsonObject;
}

export interface StreamCall {
  readonly kind: 'grpc-stream';
  readonly method: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly status: string;
  readonly events: readonly {
    readonly dir: 'client' | 'server';
    readonly msg?: JsonObject;
    readonly eof?: boolean;
  }[];
}

export type RecordedCall = RestCall | UnaryCall | StreamCall;

export interface RecordedCase {
  /** The case's name; the second of the same name in a topic is `name#2`. */
  readonly name: string;
  readonly group: string;
  readonly calls: readonly RecordedCall[];
}

interface StoredCase {
  readonly case?: string;
  readonly group?: string;
  readonly calls?: readonly RecordedCall[];
}

/** Every case of a topic in recorded order, also those without any call. */
export function readTopic(topic: string): readonly RecordedCase[] {
  const file = new URL(`../golden/wire/${topic}.json`, import.meta.url);
  const { records } = JSON.parse(readFileSync(file, 'utf8')) as { records: StoredCase[] };
  const seen = new Map<string, number>();
  return records.flatMap(({ case: name, group = '', calls = [] }) => {
    if (name === undefined) return [];
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [{ name: count === 1 ? name : `${name}#${count}`, group, calls }];
  });
}

/** The calls of a topic that create a collection and fill it: what another topic starts from. */
export function setupCalls(topic: string, collection: string): readonly RecordedCall[] {
  return readTopic(topic).flatMap(({ calls }) =>
    calls.filter((call) => writesInto(call, collection)),
  );
}

function writesInto(call: RecordedCall, collection: string): boolean {
  if (call.kind === 'grpc-stream') return false;
  const request = call.request as JsonObject | undefined;
  if (call.kind === 'grpc') {
    const [first] = (request?.['objects'] ?? []) as readonly JsonObject[];
    return call.method.endsWith('/BatchObjects') && first?.['collection'] === collection;
  }
  const creates = ['/v1/schema', '/v1/objects', '/v1/aliases'].includes(call.path);
  return (
    call.method === 'POST' && call.status < 400 && creates && request?.['class'] === collection
  );
}
