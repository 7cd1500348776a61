// What every Log must do; each implementation's test runs it. Crashes and damage are tested with the
// implementation, because only it knows its medium.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SequenceNumber } from '../../src/engine/ids.ts';
import type { Log } from '../../src/storage/log.ts';

export interface LogSubject {
  /** A new, empty log. */
  readonly open: () => Promise<Log>;
  /** Opens again what was closed; absent where nothing outlives the object. */
  readonly reopen?: (closed: Log) => Promise<Log>;
}

/** Number `value` as the brand that the interface wants. */
export function sequence(value: number): SequenceNumber {
  return value as SequenceNumber;
}

/** The numbers and texts of all records from `from`. */
export async function readAll(log: Log, from = 1): Promise<readonly (readonly [number, string])[]> {
  const records: [number, string][] = [];
  for await (const record of log.read(sequence(from))) {
    records.push([record.sequence, Buffer.from(record.bytes).toString('latin1')]);
  }
  return records;
}

/** Records whose bytes are the texts. */
export function recordsOf(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => new Uint8Array(Buffer.from(text, 'latin1')));
}

/** Runs the suite on one implementation. */
export function describeLog(name: string, subject: LogSubject): void {
  describe(`${name} as a log`, () => {
    it('numbers records from 1 in the order of appending', async () => {
      const log = await subject.open();
      assert.equal(log.lastSequence, 0);
      assert.equal(await log.append(recordsOf('a', 'b')), 2);
      assert.equal(await log.append(recordsOf('c')), 3);
      assert.equal(log.lastSequence, 3);
      assert.deepEqual(await readAll(log), [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]);
      await log.close();
    });

    it('reads from the number asked for', async () => {
      const log = await subject.open();
      await log.append(recordsOf('a', 'b', 'c'));
      assert.deepEqual(await readAll(log, 3), [[3, 'c']]);
      assert.deepEqual(await readAll(log, 4), []);
      assert.deepEqual(await readAll(log, 0), await readAll(log, 1));
      await log.close();
    });

    it('keeps bytes of every value and length, none and 5 MiB too', async () => {
      const log = await subject.open();
      const lengths = [0, 1, 3, 4095, 4096, 4097, 70_000, 5 * 1024 * 1024, 0, 7];
      const records = lengths.map((length, seed) =>
        new Uint8Array(length).map((_, index) => (index * 31 + seed) & 0xff),
      );
      await log.append(records);
      let index = 0;
      for await (const record of log.read(sequence(1))) {
        assert.ok(
          Buffer.from(records[index]!).equals(record.bytes),
          `record ${index} is as written`,
        );
        index += 1;
      }
      assert.equal(index, lengths.length);
      await log.close();
    });

    it('orders concurrent appends by call and never mixes their records', async () => {
      const log = await subject.open();
      const calls = Array.from({ length: 100 }, (_, call) => recordsOf(`${call}a`, `${call}b`));
      const numbers = await Promise.all(calls.map((records) => log.append(records)));
      assert.deepEqual(
        numbers,
        calls.map((_, call) => call * 2 + 2),
      );
      const texts = (await readAll(log)).map(([, text]) => text);
      assert.deepEqual(
        texts,
        calls.flatMap((_, call) => [`${call}a`, `${call}b`]),
      );
      await log.close();
    });

    it('answers an append without records with the newest number before it', async () => {
      const log = await subject.open();
      assert.equal(await log.append([]), 0);
      const both = await Promise.all([log.append(recordsOf('a')), log.append([])]);
      assert.deepEqual(both, [1, 1]);
      assert.equal(log.lastSequence, 1);
      await log.close();
    });

    it('reads what was there at the call, not what comes later', async () => {
      const log = await subject.open();
      await log.append(recordsOf('a'));
      const reading = log.read(sequence(1));
      await log.append(recordsOf('b'));
      const seen: number[] = [];
      for await (const record of reading) seen.push(record.sequence);
      assert.deepEqual(seen, [1]);
      await log.close();
    });

    it('gives the same records to every reader, and lets a reader stop early', async () => {
      const log = await subject.open();
      await log.append(recordsOf('a', 'b', 'c'));
      for await (const record of log.read(sequence(1))) {
        if (record.sequence === 2) break;
      }
      const [first, second] = await Promise.all([readAll(log), readAll(log)]);
      assert.equal(first.length, 3);
      assert.deepEqual(first, second);
      await log.close();
    });

    it('keeps what follows a trim and goes on numbering', async () => {
      const log = await subject.open();
      await log.append(recordsOf('a', 'b', 'c'));
      await log.trim(sequence(2));
      assert.equal(log.lastSequence, 3);
      assert.deepEqual(await readAll(log, 3), [[3, 'c']]);
      await log.trim(sequence(3));
      assert.equal(log.lastSequence, 3);
      assert.equal(await log.append(recordsOf('d')), 4);
      assert.deepEqual(await readAll(log, 4), [[4, 'd']]);
      await log.close();
    });

    it('gives space back when everything is forgotten', async () => {
      const log = await subject.open();
      assert.equal(log.bytes, 0);
      await log.append([new Uint8Array(10_000)]);
      assert.ok(log.bytes >= 10_000, `${log.bytes} bytes are kept`);
      await log.trim(log.lastSequence);
      assert.equal(log.bytes, 0);
      await log.close();
    });

    it('finishes appends in progress before it closes, and refuses later ones', async () => {
      const log = await subject.open();
      const appended = Promise.all([log.append(recordsOf('a')), log.append(recordsOf('b'))]);
      await log.close();
      assert.deepEqual(await appended, [1, 2]);
      await assert.rejects(log.append(recordsOf('c')), { code: 'closed' });
      await assert.rejects(log.trim(sequence(1)), { code: 'closed' });
      await log.close();
    });

    const { reopen } = subject;
    const skip = reopen === undefined ? 'nothing outlives the object' : false;
    it('has everything again after it is opened again', { skip }, async () => {
      const first = await subject.open();
      await first.append(recordsOf('a', 'b'));
      await first.close();
      const second = await reopen!(first);
      assert.equal(second.lastSequence, 2);
      assert.deepEqual((await readAll(second)).length, 2);
      assert.equal(await second.append(recordsOf('c')), 3);
      await second.trim(sequence(3));
      await second.close();
      const third = await reopen!(second);
      assert.equal(
        third.lastSequence,
        3,
        'numbers are never used twice, even when all is forgotten',
      );
      assert.deepEqual(await readAll(third, 4), []);
      await third.close();
    });
  });
}
