// Compares answers of the server with recorded ones: structure and order exactly, numbers to 1e-5 of their
// size, also those inside hybrid explanations. Equal results may come in any order on the reference; here they
// come in the order of their ids, so recordings are put into that order first.

import assert from 'node:assert/strict';
import {
  alike,
  type GrpcCall,
  goldenBytes,
  grpcCalls,
  type Json,
  type JsonObject,
  normalised,
  type RestCall,
  readGolden,
} from './golden-messages.ts';
import type { WireServer } from './wire-client.ts';

/** Stores the objects that a recording posts over REST, the way a batch does. */
export async function insertRecorded(
  server: WireServer,
  topic: string,
  name: string,
): Promise<void> {
  const record = readGolden(topic).find((each) => each.case === name);
  const posts = (record?.calls ?? []).filter(
    (call): call is RestCall => call.kind === 'rest' && call.path === '/v1/objects',
  );
  assert(posts.length > 0, `${topic}#${name} posts objects`);
  const objects = posts.map(({ request }) => ({
    collection: String(request?.['class']),
    object: {
      uuid: String(request?.['id']),
      properties: request?.['properties'] as JsonObject,
      vectors: new Map(
        Object.entries((request?.['vectors'] ?? {}) as Record<string, WireVector>).map(
          ([vector, value]) => [vector, vectorOf(value)] as const,
        ),
      ),
    },
  }));
  // One by one, so that each has a time of its own.
  for (const object of objects) {
    const [result] = await server.database.insertMany([object], { headers: {} });
    assert.equal(result?.kind, 'stored');
  }
}

type WireVector = readonly (number | readonly number[])[];

function vectorOf(value: WireVector) {
  const values = Float32Array.from(value.flat() as number[]);
  const [first] = value;
  return Array.isArray(first)
    ? ({ kind: 'multi', dims: first.length, values } as const)
    : ({ kind: 'single', dims: values.length, values } as const);
}

/** The cases of a topic that are not answered alike, with what came instead. */
export async function replay(
  server: WireServer,
  topic: string,
  method: string,
  collection: string,
): Promise<ReadonlyMap<string, string>> {
  const wrong = new Map<string, string>();
  for (const { case: name, call } of grpcCalls(topic, method)) {
    if (call.request['collection'] !== collection) continue;
    if (goldenBytes(`weaviate.v1.${method}Request`, call.request) === undefined) continue;
    const answer = await server.call(method, call.request);
    if (answer.status !== call.status || differs(answer.reply, call)) {
      wrong.set(name, `${answer.status} ${answer.details}${JSON.stringify(answer.reply ?? '')}`);
    }
  }
  return wrong;
}

/** True when a reply is not what the call recorded. */
export function differs(actual: JsonObject | undefined, call: GrpcCall): boolean {
  const expected = call.reply ?? {};
  const results = expected['results'];
  const sorted =
    results !== undefined && call.request['sort_by'] === undefined && showsOrder(call.request)
      ? { ...expected, results: sortTies(results as readonly JsonObject[]) }
      : expected;
  return !alike(comparable(actual ?? {}), comparable(sorted));
}

/** Whether one can see from the reply which results are equal. */
function showsOrder(request: JsonObject): boolean {
  const searches = ['near_vector', 'near_object', 'near_text', 'bm25_search', 'hybrid_search'];
  if (!searches.some((search) => request[search] !== undefined)) return true;
  const metadata = (request['metadata'] ?? {}) as JsonObject;
  const asked = request['near_vector'] || request['near_object'] ? 'distance' : 'score';
  return metadata[asked] === true;
}

function sortTies(results: readonly JsonObject[]): readonly JsonObject[] {
  const rank = ({ metadata }: JsonObject): readonly [number, string] => {
    const { distance = 0, score = 0, id = '' } = metadata as { [key: string]: Json };
    return [Number(distance) - Number(score), String(id)];
  };
  return results.toSorted((a, b) => {
    const [[aRank, aId], [bRank, bId]] = [rank(a), rank(b)];
    return aRank - bRank || (aId < bId ? -1 : 1);
  });
}

function comparable(value: JsonObject): Json | undefined {
  return splitTexts(normalised(value) ?? null);
}

/** Explanations become their words beside their numbers. */
function splitTexts(value: Json): Json {
  if (Array.isArray(value)) return value.map(splitTexts);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key,
    key === 'explain_score' ? splitText(String(each)) : splitTexts(each),
  ]);
  return Object.fromEntries(entries) as Json;
}

function splitText(text: string): Json {
  // The reference lists terms in no order, those of trigrams only in part, and overwrites the numbers of
  // a term with those of its next property.
  if (text.startsWith(', BM25F')) return '<terms>';
  const number = /(?<=score:? |contributed )[\d.e+-]+/g;
  const numbers = (text.match(number) ?? []).map(Number);
  return { words: text.replace(number, '#'), numbers };
}
