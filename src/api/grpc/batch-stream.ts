// The call BatchStream: a client sends objects as fast as they are acknowledged and gets results as they
// are stored. One message is read, written and answered before the next is read, so a slow disk slows
// the client through the connection's own flow control, and memory stays at one message a stream.

import { DatabaseError } from '../../engine/errors.ts';
import { writeObjects } from './batch-objects.ts';
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

/**
 * Serves one stream to its end: after `stop`, or when the client closes. When `closing` aborts the
 * client is told; what it still sends is written. Throws DatabaseError for messages out of order, and
 * when nothing can be written any more.
 */
export async function batchStream(
  ends: BatchStreamEnds,
  call: Call,
  closing: AbortSignal,
): Promise<void> {
  let announced = Promise.resolve();
  const announce = (): void => {
    announced = ends.send({ shutting_down: {} });
    // A client that has gone fails the requests as well, and that is what the caller hears of.
    announced.catch(() => undefined);
  };
  closing.addEventListener('abort', announce, { once: true });
  try {
    await serve(ends, call);
    await announced;
  } finally {
    closing.removeEventListener('abort', announce);
  }
}

async function serve(ends: BatchStreamEnds, call: Call): Promise<void> {
  let started = false;
  for await (const { start, data, stop } of ends.requests) {
    if (start !== undefined) {
      started = true;
      await ends.send({ started: {} });
    } else if (!started) {
      const message = 'batch stream: the first message must be start';
      throw new DatabaseError('invalid-argument', { message });
    } else if (data !== undefined) {
      await write(data, ends, call);
    } else if (stop !== undefined) {
      return;
    }
  }
}

/** Acknowledges before writing: a client sends its next objects meanwhile. */
async function write(
  data: BatchStreamRequestData,
  { send }: BatchStreamEnds,
  call: Call,
): Promise<void> {
  const objects = data.objects?.values ?? [];
  const references = data.references?.values ?? [];
  const beacons = references.map(beaconOf);
  if (objects.length === 0 && beacons.length === 0) return;
  // Uuids go back letter by letter as they came: clients look them up by that text.
  const uuids = objects.map(({ uuid }) => uuid);
  await send({ acks: { uuids, beacons } });
  const results = await writeObjects(objects, call);
  const failures = await writeReferences(references, call);
  const reply: MessageInit<BatchStreamReplyResults> = {
    errors: [
      ...results.flatMap((result, index) =>
        result.kind === 'failed' ? [{ error: result.error.message, uuid: uuids[index] ?? '' }] : [],
      ),
      ...failures.flatMap((error, index) =>
        error ? [{ error: error.message, beacon: beacons[index] ?? '' }] : [],
      ),
    ],
    successes: [
      ...results.flatMap((result, index) =>
        result.kind === 'stored' ? [{ uuid: uuids[index] ?? '' }] : [],
      ),
      ...failures.flatMap((error, index) => (error ? [] : [{ beacon: beacons[index] ?? '' }])),
    ],
  };
  await send({ results: reply });
}

function beaconOf({ from_collection, from_uuid, name }: BatchReference): string {
  return `weaviate://localhost/${from_collection}/${from_uuid}/${name}`;
}
