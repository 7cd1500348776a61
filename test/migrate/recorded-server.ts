// A stand-in for a real server as a source: it answers with what one has said, in its words. REST and gRPC
// of the recordings, cut to the page that is asked for.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { goldenBytes, goldenJson, type JsonObject, readGolden } from '../grpc/golden-messages.ts';

interface RecordedCall {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | string;
  readonly request: JsonObject;
  readonly reply: JsonObject;
}

/** A time that the recordings leave out. */
export const recordedTime = 1_700_000_000_000;

/** The calls of one case. */
function callsOf(topic: string, name: string): readonly RecordedCall[] {
  const found = readGolden(topic).find((record) => record.case === name);
  if (!found) throw new Error(`${topic} has no case ${name}`);
  return found.calls as unknown as readonly RecordedCall[];
}

/** Every collection that the server was seen to have, by name. */
export function recordedClasses(): readonly JsonObject[] {
  const calls = ['schema', 'query_collection'].flatMap((topic) =>
    readGolden(topic).flatMap(({ calls }) => calls as unknown as readonly RecordedCall[]),
  );
  const classes = new Map<string, JsonObject>();
  for (const { kind, method, path, status: code, reply } of calls) {
    const isSchema = kind === 'rest' && /^\/v1\/schema(\/[^/]+)?$/.test(path) && code === 200;
    const name = isSchema && method !== 'DELETE' ? reply?.['class'] : undefined;
    if (typeof name === 'string' && !JSON.stringify(reply).includes('$')) classes.set(name, reply);
  }
  return [...classes.values()];
}

/** `Mv`, of which the recordings show objects only: configured as its like, with its own properties. */
export function multiVectorClass(): JsonObject {
  const like = recordedClasses().find((one) => one['class'] === 'Sdefault_self_provided');
  const request = callsOf('objects', 'create_collection')[0]?.request;
  return { ...like, class: 'Mv', properties: request?.['properties'] ?? [] };
}

function resultsOf(topic: string, name: string): readonly JsonObject[] {
  const call = callsOf(topic, name).find(({ kind }) => kind === 'grpc');
  return (call?.reply['results'] ?? []) as readonly JsonObject[];
}

function idOf(result: JsonObject): string {
  return String((result['metadata'] as JsonObject)['id']);
}

const results: Readonly<Record<string, () => readonly JsonObject[]>> = {
  Q: () => resultsOf('query_collection', 'get_all_types_grpc'),
  Mv: () => resultsOf('objects', 'state_after_bad').map(withTimes),
};

/** Times were not asked for where all objects were. */
function withTimes(result: JsonObject): JsonObject {
  const times = {
    ...{ creation_time_unix: recordedTime, creation_time_unix_present: true },
    ...{ last_update_time_unix: recordedTime, last_update_time_unix_present: true },
  };
  return { ...result, metadata: { ...(result['metadata'] as JsonObject), ...times } };
}

/** The object of `Q` as REST shows it. */
export function objectOverRest(): JsonObject {
  return callsOf('query_collection', 'get_all_types_rest')[0]?.reply ?? {};
}

/** An older server than the recorded one. */
interface OlderServer {
  /** What it calls itself. */
  readonly version?: string;
  /** Whether it has the call Aggregate. */
  readonly aggregates?: boolean;
}

/** Its addresses; it ends with the test. */
export async function openRecordedServer(
  t: TestContext,
  classes: readonly JsonObject[],
  { version, aggregates = true }: OlderServer = {},
): Promise<{ readonly url: string; readonly grpc: string }> {
  const rest = createServer((request, reply) => {
    const url = new URL(request.url ?? '', 'http://source');
    answer(url, { classes, version }, reply);
  });
  await new Promise<void>((resolve) => rest.listen(0, '127.0.0.1', resolve));
  const grpc = new Server();
  grpc.addService(service, {
    ...{ Search: search, Check: check },
    ...(aggregates && { Aggregate: count }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  t.after(() => {
    rest.closeAllConnections();
    rest.close();
    grpc.forceShutdown();
  });
  const { port: restPort } = rest.address() as AddressInfo;
  return { url: `http://127.0.0.1:${restPort}`, grpc: `127.0.0.1:${port}` };
}

interface Shown {
  readonly classes: readonly JsonObject[];
  readonly version: string | undefined;
}

function answer(url: URL, shown: Shown, reply: ServerResponse): void {
  const body = bodyOf(url, shown);
  const text = JSON.stringify(body ?? null).replaceAll('"<time>"', String(recordedTime));
  reply.statusCode = body === undefined ? 404 : 200;
  reply.end(body === undefined ? '' : text);
}

function bodyOf(url: URL, { classes, version }: Shown): unknown {
  if (url.pathname === '/v1/meta') {
    return {
      ...callsOf('connect', 'get_meta')[0]?.reply,
      ...(version !== undefined && { version }),
    };
  }
  if (url.pathname === '/v1/graphql')
    return { data: { Aggregate: { Q: [{ meta: { count: 1 } }] } } };
  if (url.pathname === '/v1/schema') return { classes };
  const [, asked] = /^\/v1\/schema\/(\w+)$/.exec(url.pathname) ?? [];
  if (asked !== undefined) return classes.find((one) => one['class'] === asked);
  if (url.pathname === '/v1/objects') {
    const isAfter = objectOverRest()['id'] === url.searchParams.get('after');
    return { deprecations: [], objects: isAfter ? [] : [objectOverRest()], totalResults: 1 };
  }
  const [, name = '', id = ''] = /^\/v1\/objects\/(\w+)\/(.+)$/.exec(url.pathname) ?? [];
  if (name === 'Q' && id === objectOverRest()['id']) return objectOverRest();
  const found = name === '' ? undefined : results[name]?.().find((one) => idOf(one) === id);
  return found && { id, class: name };
}

type Handler = (
  call: { readonly request: Buffer },
  respond: (error: { code: number; details: string } | null, reply?: Buffer) => void,
) => void;

const search: Handler = ({ request }, respond) => {
  const { collection, after = '', limit } = goldenJson('weaviate.v1.SearchRequest', request);
  const all = results[String(collection)]?.() ?? [];
  const page = all.filter((one) => idOf(one) > String(after)).slice(0, Number(limit));
  const text = JSON.stringify({ results: page }).replaceAll('"<time>"', String(recordedTime));
  const reply = goldenBytes('weaviate.v1.SearchReply', JSON.parse(text) as JsonObject);
  if (reply) respond(null, reply);
  else respond({ code: status.INTERNAL, details: 'the recording leaves out its vectors' });
};

const count: Handler = ({ request }, respond) => {
  const { collection } = goldenJson('weaviate.v1.AggregateRequest', request);
  const objects_count = results[String(collection)]?.().length ?? 0;
  const reply = goldenBytes('weaviate.v1.AggregateReply', { single_result: { objects_count } });
  respond(null, reply ?? Buffer.alloc(0));
};

const check: Handler = (_, respond) => {
  const serving = goldenBytes('grpc.health.v1.HealthCheckResponse', { status: 'SERVING' });
  respond(null, serving ?? Buffer.alloc(0));
};

const same = (bytes: Buffer): Buffer => bytes;

function method(path: string) {
  return {
    ...{ path, requestStream: false, responseStream: false },
    ...{ requestSerialize: same, requestDeserialize: same },
    ...{ responseSerialize: same, responseDeserialize: same },
  };
}

const service = {
  Search: method('/weaviate.v1.Weaviate/Search'),
  Aggregate: method('/weaviate.v1.Weaviate/Aggregate'),
  Check: method('/grpc.health.v1.Health/Check'),
};
