// Sends the calls of a topic to fresh servers, in the recorded order, and says for each case what differs
// from the recording.

import type { Json, JsonObject } from '../grpc/golden-messages.ts';
import { differencesOf, IdMap } from './compare.ts';
import {
  type RecordedCall,
  type RecordedCase,
  type RestCall,
  readTopic,
  type StreamCall,
  type UnaryCall,
} from './recording.ts';
import { isRestartedBefore, type ServerKind, serverOf, setupBefore } from './topics.ts';
import { adminKey, Wire } from './wire.ts';

/** One case: what differs, or why it was not sent. Both empty: it is answered as recorded. */
export interface CaseOutcome {
  readonly topic: string;
  readonly name: string;
  readonly differences: readonly string[];
  readonly skipped: string;
  /** What was answered to each call, for entries that expect another recording. */
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly status: string;
  /** What a failed gRPC call says. */
  readonly details?: string;
  readonly reply: Json | undefined;
}

export interface ReplayServer {
  readonly url: string;
  readonly grpcPort: number;
}

export interface ReplayOptions {
  /** Gives a server of a kind; asked again, a new process over the same data. */
  readonly start: (kind: ServerKind) => Promise<ReplayServer>;
  /** The address that requests write as `http://<embedding-mock>`. */
  readonly mockUrl: string;
}

/** Replays all cases of a topic. */
export async function replayTopic(
  topic: string,
  { start, mockUrl }: ReplayOptions,
): Promise<readonly CaseOutcome[]> {
  const wires = new Map<ServerKind, Wire>();
  const firsts = new Map<ServerKind, string>();
  const ids = new IdMap();
  const outcomes: CaseOutcome[] = [];
  try {
    for (const recorded of readTopic(topic).filter(({ calls }) => calls.length > 0)) {
      const kind = serverOf(recorded.group);
      let wire = wires.get(kind);
      if (wire === undefined || isRestartedBefore(topic, recorded.name)) {
        wire?.close();
        wire = new Wire(await start(kind), mockUrl);
        wires.set(kind, wire);
      }
      const first = firsts.get(kind) ?? recorded.name;
      firsts.set(kind, first);
      for (const call of setupBefore(topic, recorded.name, { first, server: kind })) {
        await sendSetup(wire, call, ids);
      }
      outcomes.push(await replayCase(topic, recorded, wire, ids));
    }
  } finally {
    for (const wire of wires.values()) wire.close();
  }
  return outcomes;
}

async function sendSetup(wire: Wire, call: RecordedCall, ids: IdMap): Promise<void> {
  const { status, reply } = await send(wire, call, ids);
  if (status !== String(call.status) || JSON.stringify(reply ?? '').includes('"errors"')) {
    const text = JSON.stringify({ method: call.method, status, reply }).slice(0, 400);
    throw new Error(`a call that a topic starts from failed: ${text}`);
  }
}

async function replayCase(
  topic: string,
  recorded: RecordedCase,
  wire: Wire,
  ids: IdMap,
): Promise<CaseOutcome> {
  const answers: Answer[] = [];
  const differences: string[] = [];
  const cut = recorded.calls.find((call) => isCut(call));
  const skipped = cut ? `the recording leaves out the request of ${cut.method}` : '';
  for (const [index, call] of recorded.calls.entries()) {
    if (isCut(call)) continue;
    const answer = await send(wire, call, ids);
    answers.push(answer);
    const expected = isSameAsNext(call) ? nextGet(recorded.calls, index) : call;
    for (const line of compareAnswer(expected, call, answer, ids)) {
      differences.push(`call ${index + 1}${line}`);
    }
  }
  return { topic, name: recorded.name, differences, skipped, answers };
}

function isCut(call: RecordedCall): boolean {
  return call.kind !== 'grpc-stream' && JSON.stringify(call.request ?? '').includes('$trimmed');
}

/** Sends a call with the ids of this run. */
async function send(wire: Wire, call: RecordedCall, ids: IdMap): Promise<Answer> {
  const text = ids.translate(JSON.stringify(call));
  const translated = JSON.parse(text) as RecordedCall;
  switch (translated.kind) {
    case 'rest': {
      ids.noteSent(JSON.stringify([translated.path, translated.request ?? '']));
      const { status, reply } = await wire.rest(translated);
      return { status: String(status), reply };
    }
    case 'grpc': {
      ids.noteSent(JSON.stringify(translated.request ?? ''));
      return await wire.unary(translated);
    }
    case 'grpc-stream': {
      ids.noteSent(JSON.stringify(translated.events));
      const { status, messages } = await wire.stream(translated);
      return { status, reply: gatherStream(messages) };
    }
  }
}

/** Compares an answer with a recorded call; `sent` is the call that was really sent. */
export function compareAnswer(
  recorded: RecordedCall,
  sent: RecordedCall,
  answer: Answer,
  ids: IdMap,
): readonly string[] {
  switch (recorded.kind) {
    case 'rest':
      return compareRest(recorded, sent.kind === 'rest' ? sent : recorded, answer, ids);
    case 'grpc':
      return compareUnary(recorded, answer, ids);
    case 'grpc-stream':
      return compareStream(recorded, answer, ids);
  }
}

/** A failing call fails alike when it is the client's fault on both sides or the server's on both. */
function compareRest(recorded: RestCall, sent: RestCall, answer: Answer, ids: IdMap): string[] {
  const status = Number(answer.status);
  const failed = sent.status >= 400;
  const alike = failed
    ? Math.floor(status / 100) === Math.floor(sent.status / 100)
    : status === sent.status;
  if (!alike) {
    return [` status: recorded ${sent.status}, got ${status} ${brief(answer.reply)}`];
  }
  if (failed || sent.method === 'HEAD') return [];
  return differencesOf(recorded.reply ?? undefined, answer.reply, { ids });
}

function compareUnary(recorded: UnaryCall, answer: Answer, ids: IdMap): string[] {
  if (answer.status !== recorded.status) {
    const said = answer.details || brief(answer.reply);
    return [` status: recorded ${recorded.status}, got ${answer.status} ${said}`];
  }
  if (recorded.status !== 'OK') return [];
  return differencesOf(recorded.reply, answer.reply, { ids, isUnordered: hasNoOrder(recorded) });
}

/** Of a filter alone the reference lists objects as they were written; ids order them here. */
function hasNoOrder({ method, request }: UnaryCall): boolean {
  if (!method.endsWith('/Search') || typeof request !== 'object' || request === null) return false;
  const orders = /^(sort_by|near_|bm25|hybrid)/;
  return 'filters' in request && !Object.keys(request).some((name) => orders.test(name));
}

function compareStream(recorded: StreamCall, answer: Answer, ids: IdMap): string[] {
  if (answer.status !== recorded.status) {
    return [` status: recorded ${recorded.status}, got ${answer.status}`];
  }
  const messages = recorded.events.flatMap(({ dir, msg }) =>
    dir === 'server' && msg ? [msg] : [],
  );
  return differencesOf(gatherStream(messages), answer.reply, { ids });
}

function brief(reply: Json | undefined): string {
  return reply === undefined ? '' : JSON.stringify(reply).slice(0, 200);
}

/** How a server cuts its replies is its own affair: only what they say together counts. */
function gatherStream(messages: readonly JsonObject[]): JsonObject {
  const gathered: Record<string, Json[]> = { uuids: [], successes: [], errors: [] };
  for (const message of messages) {
    const { acks, results } = message as Record<string, JsonObject | undefined>;
    for (const part of [acks, results]) {
      for (const [name, values] of Object.entries(part ?? {})) {
        gathered[name]?.push(...(values as readonly Json[]));
      }
    }
  }
  const started = messages.filter((message) => message['started'] !== undefined).length;
  return { ...gathered, started };
}

function isSameAsNext(call: RecordedCall): boolean {
  return call.kind === 'rest' && JSON.stringify(call.reply ?? '').includes('"$same_as"');
}

/** The call whose reply the recording of an earlier one points at. */
function nextGet(calls: readonly RecordedCall[], index: number): RecordedCall {
  const get = calls
    .slice(index + 1)
    .find((call) => call.kind === 'rest' && call.method === 'GET' && call.status === 200);
  if (get === undefined) throw new Error('no GET follows');
  return get;
}

/** What the server of a kind is started with, for an embedding mock at `mockUrl`. */
export function environmentOf(kind: ServerKind, mockUrl: string): Record<string, string> {
  const providers = {
    JINAAI_BASE_URL: mockUrl,
    WEAVIATE_EMBEDDINGS_BASE_URL: mockUrl,
    // The recorded server asks once.
    TESSERAE_MODULE_RETRIES: '0',
  };
  if (kind === 'plain') return { ...providers, QUERY_DEFAULTS_LIMIT: '25' };
  return {
    ...providers,
    AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'false',
    AUTHENTICATION_APIKEY_ENABLED: 'true',
    AUTHENTICATION_APIKEY_ALLOWED_KEYS: `${adminKey},viewer-key,other-key`,
    AUTHENTICATION_APIKEY_USERS: 'admin,viewer,other',
    AUTHORIZATION_ADMINLIST_ENABLED: 'true',
    AUTHORIZATION_ADMINLIST_USERS: 'admin',
    AUTHORIZATION_ADMINLIST_READONLY_USERS: 'viewer',
  };
}
