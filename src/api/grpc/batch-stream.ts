// The call BatchStream: a client sends objects as fast as they are acknowledged and gets results as they
// are stored. One message is read, written and answered before the next is read, so a slow disk slows
// the client through the connection's own flow control, and memory stays at one message a stream.

import { setTimeout as wait } from 'node:timers/promises';
import { type RoomOptions, whenRoom } from '../../database/memory-budget.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { writeObjects } from './batch-objects.ts';
import { BatchSize } from './batch-size.ts';
import type { Call } from './call.ts';
import type {
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
  const writing = { signal: call.context.signal, waitsMax: patience.waitsMax };
  const written = await writeWithRoom(objects, writing, async (some) =>
    (await writeObjects(some, call)).map((result) => (result.kind === 'failed' ? result.error : 0)),
  );
  // After a broken stream clients send again what they have no result of; it may have been written.
  const added = written.includes(undefined)
    ? references.map(() => undefined)
    : await writeWithRoom(references, writing, async (some) =>
        (await writeReferences(some, call, { once: true })).map((error) => error ?? 0),
      );
  const wanted = size.note(objects.length + references.length, performance.now() - start);
  const objectsTold = toldOf(written, (at) => ({ uuid: uuids[at] ?? '' }));
  const referencesTold = toldOf(added, (at) => ({ beacon: beacons[at] ?? '' }));
  const results: MessageInit<BatchStreamReplyResults> = {
    errors: [...objectsTold.errors, ...referencesTold.errors],
    successes: [...objectsTold.successes, ...referencesTold.successes],
  };
  await send({ results });
  const left = { uuids: leftOf(uuids, written), beacons: leftOf(beacons, added) };
  if (left.uuids.length + left.beacons.length > 0) return left;
  if (wanted !== undefined) await send({ backoff: { batch_size: wanted } });
  return undefined;
}

/** What became of an item: 0 when it is written, else why not; undefined when there was no room to the end. */
type Outcome = DatabaseError | 0 | undefined;

function toldOf<N extends object>(outcomes: readonly Outcome[], nameOf: (at: number) => N) {
  return {
    errors: outcomes.flatMap((outcome, at) =>
      outcome ? [{ error: outcome.message, ...nameOf(at) }] : [],
    ),
    successes: outcomes.flatMap((outcome, at) => (outcome === 0 ? [nameOf(at)] : [])),
  };
}

function leftOf(names: readonly string[], outcomes: readonly Outcome[]): string[] {
  return names.filter((_, at) => outcomes[at] === undefined);
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

/** Writes items, and those that memory has no room for again while there may be some soon. */
async function writeWithRoom<T>(
  items: readonly T[],
  options: RoomOptions,
  writeSome: (items: readonly T[]) => Promise<readonly (DatabaseError | 0)[]>,
): Promise<readonly Outcome[]> {
  const outcomes = new Array<Outcome>(items.length).fill(undefined);
  let left = [...items.keys()];
  const writeLeft = async (): Promise<void> => {
    const written = await writeSome(left.map((index) => items[index] as T));
    let full: DatabaseError | undefined;
    for (const [place, index] of left.entries()) {
      const outcome = written[place];
      if (outcome && outcome.code === 'memory-full') full = outcome;
      else outcomes[index] = outcome;
    }
    left = left.filter((index) => outcomes[index] === undefined);
    if (full) throw full;
  };
  try {
    if (left.length > 0) await whenRoom(writeLeft, options);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'memory-full') throw error;
  }
  return outcomes;
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
