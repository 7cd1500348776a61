// Sends recorded calls to a server over REST and gRPC and reads what it answers in recorded form.

import {
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status as statusCodes,
} from '@grpc/grpc-js';
import { loadProtocol } from '../../src/api/grpc/protocol.ts';
import { goldenBytes, goldenJson, type Json, type JsonObject } from '../grpc/golden-messages.ts';
import { rebuildVectors } from './rebuild-vectors.ts';
import type { RestCall, StreamCall, UnaryCall } from './recording.ts';

export interface RestAnswer {
  readonly status: number;
  /** Undefined for an empty body; text for a body that is no JSON. */
  readonly reply: Json | undefined;
}

export interface UnaryAnswer {
  readonly status: string;
  readonly details: string;
  readonly reply: JsonObject | undefined;
}

export interface StreamAnswer {
  readonly status: string;
  readonly details: string;
  readonly messages: readonly JsonObject[];
}

/** The key that the recordings write as `<admin-key>`. */
export const adminKey = 'admin-key';

const protocol = loadProtocol();
const same = (bytes: Buffer): Buffer => bytes;

/** One connection for each protocol to a server. */
export class Wire {
  readonly #url: string;
  readonly #client: Client;
  readonly #mockUrl: string;

  /** `mockUrl` stands where requests say `http://<embedding-mock>`. */
  constructor(server: { readonly url: string; readonly grpcPort: number }, mockUrl: string) {
    this.#url = server.url;
    this.#mockUrl = mockUrl;
    this.#client = new Client(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
    });
  }

  async rest(call: RestCall): Promise<RestAnswer> {
    const headers = new Headers(withKey(call.request_headers));
    const init: RequestInit = { method: call.method, headers };
    if (call.request !== undefined && call.request !== null) {
      headers.set('content-type', 'application/json');
      init.body = bodyOf(call.request).replaceAll('http://<embedding-mock>', this.#mockUrl);
    }
    const response = await fetch(`${this.#url}${call.path}`, init);
    const text = await response.text();
    return { status: response.status, reply: text === '' ? undefined : jsonOrText(text) };
  }

  unary(call: UnaryCall): Promise<UnaryAnswer> {
    const method = findMethod(call.method);
    const bytes =
      typeof call.request === 'string' || method === undefined
        ? Buffer.alloc(0)
        : encode(method.requestType, call.request as JsonObject);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest<Buffer, Buffer>(
        call.method,
        same,
        same,
        bytes,
        metadataOf(call.metadata),
        (error: ServiceError | null, reply?: Buffer) => {
          resolve({
            status: error ? (statusCodes[error.code] ?? String(error.code)) : 'OK',
            details: error?.details ?? '',
            reply:
              error || reply === undefined || method === undefined
                ? undefined
                : goldenJson(method.responseType, reply),
          });
        },
      );
    });
  }

  /** Sends the client's messages in their order, then closes its side and waits for the end. */
  stream(call: StreamCall): Promise<StreamAnswer> {
    const method = findMethod(call.method);
    if (method === undefined) throw new Error(`no method ${call.method}`);
    const messages: JsonObject[] = [];
    const { promise, resolve } = Promise.withResolvers<StreamAnswer>();
    const stream = this.#client.makeBidiStreamRequest<Buffer, Buffer>(
      call.method,
      same,
      same,
      metadataOf(call.metadata),
    );
    stream.on('data', (bytes: Buffer) => messages.push(goldenJson(method.responseType, bytes)));
    stream.on('error', () => {
      // The status event that follows says the same.
    });
    stream.on('status', ({ code, details }) => {
      resolve({ status: statusCodes[code] ?? String(code), details, messages });
    });
    for (const { dir, msg } of call.events) {
      if (dir === 'client' && msg) stream.write(encode(method.requestType, msg));
    }
    stream.end();
    return promise;
  }

  close(): void {
    this.#client.close();
  }
}

interface MessageTypes {
  readonly requestType: string;
  readonly responseType: string;
}

function findMethod(path: string): MessageTypes | undefined {
  const [, service = '', name = ''] = path.split('/');
  const found = protocol.lookupService(service).methods[name];
  if (found === undefined) return undefined;
  const folder = service.slice(0, service.lastIndexOf('.'));
  return {
    requestType: `${folder}.${found.requestType}`,
    responseType: `${folder}.${found.responseType}`,
  };
}

function encode(type: string, message: JsonObject): Buffer {
  const bytes = goldenBytes(type, rebuildVectors(message) as JsonObject);
  if (bytes === undefined) throw new Error(`a ${type} without its vectors`);
  return bytes;
}

function withKey(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('<admin-key>', adminKey)]),
  );
}

function metadataOf(headers: Readonly<Record<string, string>> | undefined): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(withKey(headers))) metadata.set(name, value);
  return metadata;
}

/** Recordings write numbers that JSON has no word for as text; they were sent as bare words. */
function bodyOf(request: Json): string {
  if (typeof request === 'string') return request;
  return JSON.stringify(rebuildVectors(request)).replace(/"(NaN|-?Infinity)"/g, '$1');
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
