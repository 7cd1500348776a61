// A batch stream whose server has no room, or much to do: what the client hears, and that nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Database } from '../../database/database.ts';
import { MemoryBudget } from '../../database/memory-budget.ts';
import { resolveCollection } from '../../database/schema/collection-schema.ts';
import { resolveNewProperty } from '../../database/schema/property-schema.ts';
import { batchStream } from './batch-stream.ts';
import type { Call } from './call.ts';
import type { BatchStreamReply, BatchStreamRequest } from './generated/messages.ts';
import { type MessageInit, openCodecs } from './protocol.ts';

const codec = openCodecs()('weaviate.v1.BatchStreamRequest');
const patience = { waitsMax: 1, seconds: 60, lookMs: 1 };

function request(message: MessageInit<BatchStreamRequest>): BatchStreamRequest {
  return codec.decode(Buffer.from(codec.encode(message)));
}

/** Objects first … last of a collection. */
function objects(first: number, last: number, collection = 'Notes'): BatchStreamRequest {
  const values = Array.from({ length: last - first + 1 }, (_, index) => ({
    collection,
    uuid: uuidOf(first + index),
  }));
  return request({ data: { objects: { values } } });
}

const start = request({ start: {} });
const stop = request({ stop: {} });

function callOf(database: Database): Call {
  return {
    database,
    principal: { name: 'anyone', mayRead: true, mayWrite: true },
    context: { headers: {} },
    limits: { defaultLimit: 10, maximumResults: 100 },
  };
}

type Reply = MessageInit<BatchStreamReply>;

/** What the server sends, each message by its only field. */
async function serve(
  database: Database,
  requests: AsyncIterable<BatchStreamRequest>,
  heard: (reply: Reply) => void = () => undefined,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  const send = async (reply: Reply): Promise<void> => {
    replies.push(reply);
    heard(reply);
  };
  const closing = new AbortController().signal;
  await batchStream({ requests, send }, callOf(database), { closing, patience });
  return replies;
}

async function* inOrder(
  ...requests: readonly BatchStreamRequest[]
): AsyncGenerator<BatchStreamRequest> {
  yield* requests;
}

/** A budget of memory that `taken` fills. */
class Memory {
  taken = 0;
  looks = 0;
  readonly budget = new MemoryBudget({
    bytes: 1_000,
    measure: () => {
      this.looks += 1;
      return this.taken;
    },
    now: () => this.looks * 1_000,
  });
}

test('objects wait while memory is full for a moment', async () => {
  const memory = new Memory();
  await using database = await openDatabase({ memory: memory.budget });
  const ended = serve(database, inOrder(start, objects(1, 3), stop), (reply) => {
    if (reply.acks) memory.taken = 2_000;
  });
  while (memory.looks < 1) await new Promise((resolve) => setImmediate(resolve));
  memory.taken = 0;
  const replies = await ended;
  assert.deepEqual(
    replies.map((reply) => Object.keys(reply)[0]),
    ['started', 'acks', 'results'],
  );
  assert.deepEqual(replies[2]?.results?.errors, []);
  assert.equal(database.collection('Notes').count(), 3);
});

test('what finds no room is given back, and the client told to come again', async () => {
  const memory = new Memory();
  await using database = await openDatabase({ memory: memory.budget });
  const told = Promise.withResolvers<void>();
  const requests = async function* (): AsyncGenerator<BatchStreamRequest> {
    yield start;
    yield objects(1, 2);
    memory.taken = 2_000;
    yield objects(3, 4);
    // A client has sent more before it hears of it.
    yield objects(5, 5);
    memory.taken = 0;
    await told.promise;
  };
  const replies = await serve(database, requests(), (reply) => {
    if (reply.shutting_down) told.resolve();
  });
  const given = replies.flatMap(({ out_of_memory: each }) => (each ? [each] : []));
  assert.deepEqual(given, [
    { uuids: [uuidOf(3), uuidOf(4)], beacons: [], wait_time: 60 },
    { uuids: [uuidOf(5)], beacons: [], wait_time: 60 },
  ]);
  const last = replies.at(-1);
  assert.deepEqual(last, { shutting_down: {} });
  assert.equal(database.collection('Notes').count(), 2);
  const again = await serve(database, inOrder(start, objects(3, 5), stop));
  assert.equal(again.filter(({ results }) => results?.successes?.length === 3).length, 1);
  assert.equal(database.collection('Notes').count(), 5);
});

test('objects that are wrong are told while others find no room', async () => {
  const memory = new Memory();
  await using database = await openDatabase({ memory: memory.budget });
  await serve(database, inOrder(start, objects(1, 1), stop));
  memory.taken = 2_000;
  const wrong = { collection: 'Notes', uuid: 'none' };
  const right = { collection: 'Notes', uuid: uuidOf(2) };
  const data = { objects: { values: [wrong, right] } };
  const replies = await serve(database, inOrder(start, request({ data })), (reply) => {
    if (reply.out_of_memory) memory.taken = 0;
  });
  const { results } = replies.find((reply) => reply.results) ?? {};
  assert.deepEqual(results?.errors, [{ error: 'invalid UUID length: 4', uuid: 'none' }]);
  assert.deepEqual(results?.successes, []);
  const { out_of_memory: given } = replies.find((reply) => reply.out_of_memory) ?? {};
  assert.deepEqual(given?.uuids, [uuidOf(2)]);
});

test('references wait for room as objects do, and are given back when there is none', async () => {
  const memory = new Memory();
  await using database = await openDatabase({ memory: memory.budget });
  const citing = { name: 'cites', type: 'reference', targets: ['Notes'] } as const;
  await database.createCollection(resolveCollection({ name: 'Notes' }));
  await database.addProperty(
    'Notes',
    resolveNewProperty(database.collection('Notes').config, citing),
  );
  await serve(database, inOrder(start, objects(1, 2), stop));
  const reference = {
    ...{ from_collection: 'Notes', from_uuid: uuidOf(1), name: 'cites' },
    ...{ to_collection: 'Notes', to_uuid: uuidOf(2) },
  };
  const references = request({ data: { references: { values: [reference] } } });
  const beacon = `weaviate://localhost/Notes/${uuidOf(1)}/cites`;
  const replies = await serve(database, inOrder(start, references), (reply) => {
    if (reply.acks) memory.taken = 2_000;
    if (reply.out_of_memory) memory.taken = 0;
  });
  const { results } = replies.find((reply) => reply.results) ?? {};
  assert.deepEqual([results?.errors, results?.successes], [[], []]);
  const given = replies.find((reply) => reply.out_of_memory)?.out_of_memory;
  assert.deepEqual(given, { uuids: [], beacons: [beacon], wait_time: 60 });
  const again = await serve(database, inOrder(start, references, stop));
  assert.deepEqual(again.find((reply) => reply.results)?.results?.successes, [{ beacon }]);
});

test('a client that sends much is told how much to send', async () => {
  await using database = await openDatabase();
  const replies = await serve(database, inOrder(start, objects(1, 100), stop));
  const [, , , told] = replies;
  assert.ok((told?.backoff?.batch_size ?? 0) > 100, JSON.stringify(told));
});
