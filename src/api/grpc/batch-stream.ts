// The call BatchStream: a client sends objects as fast as they are acknowledged and gets results as they
// are stored. One message is read, written and answered before the next is read, so a slow disk slows
// the client through the connection's own flow control, and memory stays at one message a stream.

import { setTimeout as wait } from 'node:timers/promises';
import { whenRoom } from '../../database/memory-budget.ts';
import type { WriteResult } from '../../database/object-input.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { writeObjects } from './batch-objects.ts';
import { BatchSize } from './batch-size.ts';
import type { Call } from './call.ts';
import type {
  BatchObject,
  BatchReference,
  BatchStreamReply,
  BatchStreamReplyResults,
  BatchStreamRequest,
  BatchStreamRequestData,
} from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';
import { writeReferences } from './references/write-references.ts';

/** Both directions of one stream. */
export interface BatchStreamEnds {
  /** Ends when the client has closed its side. */
  readonly requests: AsyncIterable<BatchStreamRequest>;
  /** Resolves when the connection can take more. */
  readonly send: (reply: MessageInit<BatchStreamReply>) => Promise<void>;
}

/** What is done while memory is full. */
interface Patience {
  /** How often a write is tried again before the client gets it back. */
  readonly waitsMax: number;
  /** How long a client that got something back is told to wait at most. */
  readonly seconds: number;
  /** How often room is looked for, for such a client. */
  readonly lookMs: number;
}

/** A minute of tries; clients wait one and a half for the end of a stream. */
const patienceDefault: Patience = { waitsMax: 8, seconds: 300, lookMs: 500 };

export interface StreamOptions {
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
  readonly patience?: Patience;
}

/**
 * Serves one stream to its end: after `stop`, or when the client closes. When `closing` aborts the
 * client is told; what it still sends is written. Throws DatabaseError for messages out of order, and
 * when nothing can be written any more.
 */
export async function batchStream(
  ends: BatchStreamEnds,
  call: Call,
  { closing, patience = patienceDefault }: StreamOptions,
): Promise<void> {
  let announced = Promise.resolve();
  const announce = (): void => {
    announced = ends.send({ shutting_down: {} });
    // A client that has gone fails the requests as well, and that is what the caller hears of.
    announced.catch(() => undefined);
  };
  closing.addEventListener('abort', announce, { once: true });
  try {
    await serve(ends, call, patience);
    await announced;
  } finally {
    closing.removeEventListener('abort', announce);
  }
}

async function serve(ends: BatchStreamEnds, call: Call, patience: Patience): Promise<void> {
  const size = new BatchSize();
  let started = false;
  for await (const { start, data, stop } of ends.requests) {
    if (start !== undefined) {
      started = true;
      await ends.send({ started: {} });
    } else if (!started) {
      const message = 'batch stream: the first message must be start';
      throw new DatabaseError('invalid-argument', { message });
    } else if (data !== undefined) {
      const refused = await write(data, ends, call, { size, patience });
      if (refused) return await waitForRoom(refused, ends, call, patience);
    } else if (stop !== undefined) {
      return;
    }
  }
}

/** Acknowledges before writing: a client sends its next objects meanwhile. What found no room, if any. */
async function write(
  data: BatchStreamRequestData,
  { send }: BatchStreamEnds,
  call: Call,
  { size, patience }: { readonly size: BatchSize; readonly patience: Patience },
): Promise<Named | undefined> {
  const objects = data.objects?.values ?? [];
  const references = data.references?.values ?? [];
  const { uuids, beacons } = namesOf(data);
  if (objects.length === 0 && beacons.length === 0) return undefined;
  await send({ acks: { uuids, beacons } });
  const start = performance.now();
  const { results, isFull } = await writeWithRoom(objects, call, patience);
  // After a broken stream clients send again what they have no result of; it may have been written.
  const failures = isFull ? [] : await writeReferences(references, call, { once: true });
  const wanted = size.note(objects.length + references.length, performance.now() - start);
  const reply: MessageInit<BatchStreamReplyResults> = {
    errors: [
      ...results.flatMap((result, index) =>
        result?.kind === 'failed'
          ? [{ error: result.error.message, uuid: uuids[index] ?? '' }]
          : [],
      ),
      ...failures.flatMap((error, index) =>
        error ? [{ error: error.message, beacon: beacons[index] ?? '' }] : [],
      ),
    ],
    successes: [
      ...results.flatMap((result, index) =>
        result?.kind === 'stored' ? [{ uuid: uuids[index] ?? '' }] : [],
      ),
      ...failures.flatMap((error, index) => (error ? [] : [{ beacon: beacons[index] ?? '' }])),
    ],
  };
  await send({ results: reply });
  if (isFull) return { uuids: uuids.filter((_, index) => !results[index]), beacons };
  if (wanted !== undefined) await send({ backoff: { batch_size: wanted } });
  return undefined;
}

/** How clients name what they sent. */
interface Named {
  readonly uuids: readonly string[];
  readonly beacons: readonly string[];
}

/** Uuids letter by letter as they came: clients look them up by that text. */
function namesOf({ objects, references }: BatchStreamRequestData): Named {
  return {
    uuids: (objects?.values ?? []).map(({ uuid }) => uuid),
    beacons: (references?.values ?? []).map(beaconOf),
  };
}

/**
 * Writes objects, and those that memory has no room for again while there may be some soon. One result
 * beside each object; undefined where there was no room to the end.
 */
async function writeWithRoom(
  objects: readonly BatchObject[],
  call: Call,
  { waitsMax }: Patience,
): Promise<{ readonly results: readonly (WriteResult | undefined)[]; readonly isFull: boolean }> {
  const results: (WriteResult | undefined)[] = objects.map(() => undefined);
  let left = [...objects.keys()];
  const writeLeft = async (): Promise<void> => {
    const written = await writeObjects(
      left.map((index) => objects[index] as BatchObject),
      call,
    );
    let full: DatabaseError | undefined;
    left = left.filter((index, place) => {
      const result = written[place];
      if (result?.kind === 'failed' && result.error.code === 'memory-full') full = result.error;
      else results[index] = result;
      return results[index] === undefined;
    });
    if (full) throw full;
  };
  try {
    if (left.length > 0) await whenRoom(writeLeft, { signal: call.context.signal, waitsMax });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'memory-full') throw error;
  }
  return { results, isFull: left.length > 0 };
}

/**
 * Gives back what was not written, and what still comes. Once there is room, or after as long as the
 * client was told, it is told to come again: it opens a stream anew and sends what it got back.
 */
async function waitForRoom(
  refused: Named,
  { requests, send }: BatchStreamEnds,
  { database, context }: Call,
  { seconds, lookMs }: Patience,
): Promise<void> {
  const giveBack = ({ uuids, beacons }: Named): Promise<void> =>
    send({ out_of_memory: { uuids, beacons, wait_time: seconds } });
  await giveBack(refused);
  const again = async (): Promise<void> => {
    const end = performance.now() + seconds * 1_000;
    while (!database.hasRoom && performance.now() < end) {
      await wait(lookMs, undefined, context.signal ? { signal: context.signal } : {});
    }
    await send({ shutting_down: {} });
  };
  const told = again();
  // A client that has gone fails the requests as well, and that is what the caller hears of.
  told.catch(() => undefined);
  for await (const { data } of requests) if (data) await giveBack(namesOf(data));
  await told;
}

function beaconOf({ from_collection, from_uuid, name }: BatchReference): string {
  return `weaviate://localhost/${from_collection}/${from_uuid}/${name}`;
}
