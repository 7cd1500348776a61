// The file log: the suite of every log on both directories, then crashes, damage and failing disks.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { describeLog, readAll, recordsOf, sequence } from '../../test/contract/log.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Directory } from './directory.ts';
import { FileLog, fileLogDefaults } from './file-log.ts';
import { fileHeaderBytes } from './log-format.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { NodeDirectory } from './node-directory.ts';
import { randomFrom } from './random.ts';

const folder = mkdtempSync(join(tmpdir(), 'tesserae-log-'));
after(() => rmSync(folder, { recursive: true }));
let folders = 0;
const directories = new WeakMap<object, Directory>();

/** Small files, so that a few records are spread over several. */
const small = { ...fileLogDefaults, segmentBytes: 200, groupBytes: 300 };

async function openIn(directory: Directory, options = fileLogDefaults): Promise<FileLog> {
  const log = await FileLog.open(directory, options);
  directories.set(log, directory);
  return log;
}

describeLog('FileLog on real files', {
  open: async () => {
    folders += 1;
    return openIn(await NodeDirectory.open(join(folder, String(folders))));
  },
  reopen: (log) => openIn(directories.get(log)!),
});
describeLog('FileLog of many small files', {
  open: () => openIn(new MemoryDirectory(), small),
  reopen: (log) => openIn(directories.get(log)!, small),
});

const file = 'log/00000000000000000001.log';

/** A crashed log of groups of one record each, and where each group begins. */
async function written(texts: readonly string[], options = fileLogDefaults) {
  const directory = new MemoryDirectory();
  const log = await openIn(directory, options);
  const starts: number[] = [];
  for (const text of texts) {
    starts.push(log.bytes + fileHeaderBytes);
    await log.append(recordsOf(text));
  }
  return { directory: directory.crash('lose'), starts };
}

describe('FileLog on real files', () => {
  it('names each file by its first record and removes whole files', async () => {
    const directory = await NodeDirectory.open(join(folder, 'names'));
    const log = await FileLog.open(directory, { ...small, segmentBytes: 100 });
    for (let index = 0; index < 6; index += 1) await log.append([new Uint8Array(60)]);
    const names = () => readdirSync(join(folder, 'names/log'));
    assert.deepEqual(names(), [
      '00000000000000000001.log',
      '00000000000000000002.log',
      '00000000000000000003.log',
      '00000000000000000004.log',
      '00000000000000000005.log',
      '00000000000000000006.log',
    ]);
    await log.trim(sequence(4));
    assert.deepEqual(names(), ['00000000000000000005.log', '00000000000000000006.log']);
    await log.close();
  });

  it('cuts a torn end off a real file and says so', async () => {
    const directory = await NodeDirectory.open(join(folder, 'torn'));
    const log = await FileLog.open(directory);
    await log.append(recordsOf('kept'));
    const { bytes } = log;
    await log.close();
    appendFileSync(join(folder, 'torn', file), 'TGRPxyz');
    const again = await FileLog.open(directory);
    assert.deepEqual(await readAll(again), [[1, 'kept']]);
    assert.equal(again.cutTail?.bytes, 7);
    assert.ok(again.bytes >= bytes);
    await again.append(recordsOf('more'));
    await again.close();
    const last = await FileLog.open(directory);
    assert.equal(last.cutTail, undefined);
    assert.equal(last.lastSequence, 2);
    await last.close();
  });

  it('keeps a record of 100 MB', async () => {
    const directory = await NodeDirectory.open(join(folder, 'large'));
    const log = await FileLog.open(directory);
    const large = new Uint8Array(100_000_000).fill(7);
    large[99_999_999] = 8;
    await log.append([large, new Uint8Array([1])]);
    await log.close();
    const again = await FileLog.open(directory);
    const records: Uint8Array[] = [];
    for await (const { bytes } of again.read(sequence(1))) records.push(bytes);
    assert.equal(records.length, 2);
    assert.ok(Buffer.from(large).equals(records[0]!));
    await again.close();
  });
});

const writerProgram = `
  import { writeSync } from 'node:fs';
  import { FileLog } from ${JSON.stringify(new URL('file-log.ts', import.meta.url).href)};
  import { NodeDirectory } from ${JSON.stringify(new URL('node-directory.ts', import.meta.url).href)};
  const log = await FileLog.open(await NodeDirectory.open(process.argv[1]));
  const call = async () => {
    for (;;) writeSync(1, (await log.append([Buffer.alloc(5000, 'x')])) + '\\n');
  };
  for (let caller = 0; caller < 8; caller += 1) call();
`;

describe('FileLog of a killed process', () => {
  it('has every record that the process had acknowledged, three times over', async () => {
    const path = join(folder, 'killed');
    let acknowledged = 0;
    for (let life = 0; life < 3; life += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writerProgram, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      for await (const data of child.stdout) {
        output += String(data);
        if (output.length > 1000) child.kill('SIGKILL');
      }
      const said = output.slice(0, output.lastIndexOf('\n')).split('\n').map(Number);
      acknowledged = Math.max(...said);
      const log = await FileLog.open(await NodeDirectory.open(path));
      assert.ok(log.lastSequence >= acknowledged, `${log.lastSequence} of ${acknowledged}`);
      const records = await readAll(log);
      assert.equal(records.length, log.lastSequence);
      assert.ok(records.every(([, text]) => text === 'x'.repeat(5000)));
      await log.close();
    }
    assert.ok(acknowledged > 500);
  });
});

describe('FileLog after damage', () => {
  it('refuses a damaged record that good ones follow, naming file, offset and what was expected', async () => {
    const { directory, starts } = await written(['one', 'two', 'three']);
    directory.flipByte(file, starts[1]! + 28 + 5);
    await assert.rejects(FileLog.open(directory), (error) => {
      assert.ok(error instanceof DatabaseError);
      assert.equal(error.code, 'corrupt');
      assert.equal(error.params['file'], file);
      assert.equal(error.params['offset'], starts[1]! + 28);
      assert.match(
        error.message,
        /expected records with checksum \d+; whole records follow at byte/,
      );
      return true;
    });
  });

  it('refuses damage at every byte of a record that good ones follow', async () => {
    const { directory, starts } = await written(['one', 'two', 'three']);
    const bytes = directory.contentOf(file);
    for (let offset = 0; offset < starts[2]!; offset += 1) {
      const damaged = new MemoryDirectory();
      damaged.plant(file, bytes);
      damaged.flipByte(file, offset);
      await assert.rejects(
        FileLog.open(damaged),
        (error) => error instanceof DatabaseError && /^(corrupt|format-unknown)$/.test(error.code),
        `byte ${offset}`,
      );
    }
  });

  it('refuses damage to the last record of a log that was closed', async () => {
    const directory = new MemoryDirectory();
    const log = await FileLog.open(directory);
    await log.append(recordsOf('one'));
    await log.close();
    directory.flipByte(file, fileHeaderBytes + 30);
    await assert.rejects(FileLog.open(directory), { code: 'corrupt' });
  });

  it('refuses damage in an older file when it is read, wherever it is', async () => {
    const { directory } = await written(Array(6).fill('x'.repeat(60)), small);
    const { bytes } = (await directory.list('log'))[0]!;
    for (let offset = 0; offset < bytes; offset += 7) {
      const damaged = directory.crash('lose');
      damaged.flipByte(file, offset);
      const log = await FileLog.open(damaged, small);
      await assert.rejects(readAll(log), { code: 'corrupt' }, `byte ${offset}`);
    }
  });

  it('refuses an older file that ends early, and a file that is missing in the middle', async () => {
    const texts = Array(9).fill('x'.repeat(60));
    const short = (await written(texts, small)).directory;
    const writer = await short.append(file);
    await writer.truncate(fileHeaderBytes);
    await assert.rejects(readAll(await FileLog.open(short, small)), /expected records up to/);
    const gap = (await written(texts, small)).directory;
    const [, second] = await gap.list('log');
    await gap.remove(`log/${second!.name}`);
    await assert.rejects(readAll(await FileLog.open(gap, small)), /expected records up to/);
  });

  it('refuses a file of another format, naming both numbers', async () => {
    const { directory } = await written(['one']);
    const bytes = directory.contentOf(file);
    new DataView(bytes.buffer).setUint32(8, 2, true);
    const { crc32 } = await import('node:zlib');
    new DataView(bytes.buffer).setUint32(28, crc32(bytes.subarray(0, 28)), true);
    const other = new MemoryDirectory();
    other.plant(file, bytes);
    await assert.rejects(FileLog.open(other), { code: 'format-unknown' });
  });

  it('never mistakes a copy of a log inside a torn record for records of its own', async () => {
    const { directory } = await written(['one', 'two', 'three']);
    const copy = directory.contentOf(file);
    const log = await FileLog.open(directory);
    for (const text of ['four', 'five']) await log.append(recordsOf(text));
    const end = directory.contentOf(file).length;
    await log.append([copy, new Uint8Array(100)]);
    const bytes = directory.contentOf(file);
    const torn = new MemoryDirectory();
    torn.plant(file, bytes.subarray(0, bytes.length - 10));
    const again = await FileLog.open(torn);
    assert.equal(again.lastSequence, 5);
    assert.equal(again.cutTail?.offset, end);
  });
});

describe('FileLog on a failing disk', () => {
  it('refuses everything after a failed write or sync, with the same error', async () => {
    for (const operation of [1, 2]) {
      const directory = new MemoryDirectory();
      const log = await openIn(directory);
      await log.append(recordsOf('kept'));
      directory.failOperation(operation, 'once');
      const failure = await log.append(recordsOf('lost')).catch((error: unknown) => error);
      assert.ok(failure instanceof DatabaseError && failure.code === 'storage-failed');
      await assert.rejects(log.append(recordsOf('later')), (error) => error === failure);
      await assert.rejects(log.trim(sequence(1)), (error) => error === failure);
      await assert.rejects(readAll(log), (error) => error === failure);
      await log.close();
    }
  });

  it('rejects every append that shared the failed write, and those that waited', async () => {
    const directory = new MemoryDirectory();
    const log = await openIn(directory, small);
    directory.failOperation(1, 'once');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => log.append([new Uint8Array(100)])),
    );
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'));
  });

  it('keeps everything acknowledged when the disk is full, and goes on when there is room', async () => {
    const full = new MemoryDirectory({ capacity: 500 });
    const log = await openIn(full);
    let acknowledged = 0;
    const filling = async () => {
      for (;;) acknowledged = await log.append([new Uint8Array(50).fill(3)]);
    };
    await assert.rejects(filling(), /ENOSPC/);
    assert.ok(acknowledged > 2);
    const roomy = new MemoryDirectory();
    roomy.plant(file, full.contentOf(file));
    const again = await FileLog.open(roomy);
    assert.equal(again.lastSequence, acknowledged);
    assert.equal(await again.append(recordsOf('room')), acknowledged + 1);
  });

  it('makes records durable again whose sync failed, before it shows them', async () => {
    const directory = new MemoryDirectory({ seed: 5 });
    const log = await openIn(directory);
    await log.append(recordsOf('one'));
    directory.failOperation(2, 'once');
    await assert.rejects(log.append([new Uint8Array(3000).fill(1)]), /simulated/);
    await log.close();
    const restarted = await openIn(directory);
    const shown = await readAll(restarted);
    await restarted.append(recordsOf('after'));
    const after = await openIn(directory.crash('lose'));
    assert.deepEqual(await readAll(after), [...shown, [shown.length + 1, 'after']]);
  });

  it('never loses count of the records, whenever a crash interrupts forgetting all of them', async () => {
    for (let operation = 1; operation <= 12; operation += 1) {
      for (const kind of ['lose', 'tear'] as const) {
        const { directory } = await written(Array(3).fill('x'.repeat(60)), small);
        const log = await openIn(directory, small);
        directory.failOperation(operation, 'forever');
        await log.trim(log.lastSequence).catch(() => undefined);
        const again = await openIn(directory.crash(kind), small);
        assert.equal(again.lastSequence, 3, `operation ${operation}, ${kind}`);
        await readAll(again);
      }
    }
  });

  it('begins a file again whose making a crash interrupted', async () => {
    for (let operation = 1; operation <= 5; operation += 1) {
      const { directory } = await written(Array(3).fill('x'.repeat(60)), small);
      const log = await openIn(directory, small);
      directory.failOperation(operation, 'forever');
      await log.append([new Uint8Array(1)]).catch(() => undefined);
      const again = await openIn(directory.crash('tear'), small);
      assert.ok(again.lastSequence >= 3, `operation ${operation}: ${again.lastSequence}`);
      await again.append(recordsOf('more'));
    }
  });
});

describe('FileLog over many crashes', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`has every acknowledged record, in order and unaltered, seed ${seed}`, async () => {
      await crashAgainAndAgain(seed);
    });
  }
});

/** Lives of one log, each ended by a crash at a random operation; after each the records are compared. */
async function crashAgainAndAgain(seed: number): Promise<void> {
  const random = randomFrom(seed);
  let directory = new MemoryDirectory({ seed });
  // Texts by number; those not acknowledged may be missing after a crash, from some append on.
  let texts: string[] = [];
  let forgotten = 0;
  for (let life = 0; life < 60; life += 1) {
    const context = `seed ${seed}, life ${life}`;
    directory.failOperation(1 + random(60), 'forever');
    let acknowledged = texts.length;
    const ends = new Set([texts.length]);
    try {
      const log = await FileLog.open(directory, small);
      for (let round = 0; round < 10; round += 1) {
        const calls = Array.from({ length: 1 + random(4) }, (_, call) => {
          const size = random(8) === 0 ? 3000 : random(90);
          const added = Array.from({ length: 1 + random(3) }, (_unused, index) =>
            `${life}.${round}.${call}.${index} `.padEnd(size, '#'),
          );
          texts = [...texts, ...added];
          ends.add(texts.length);
          return log.append(recordsOf(...added));
        });
        const results = await Promise.allSettled(calls);
        for (const result of results) {
          if (result.status === 'fulfilled') acknowledged = result.value;
        }
        if (random(6) === 0) {
          const through = random(acknowledged + 1);
          forgotten = Math.max(forgotten, through);
          await log.trim(sequence(through));
        }
      }
      if (random(3) === 0) await log.close();
    } catch (error) {
      assert.ok(
        error instanceof DatabaseError && error.code === 'storage-failed',
        `${context}: ${error}`,
      );
    }
    directory = directory.crash(random(4) === 0 ? 'lose' : 'tear');
    const log = await FileLog.open(directory, small);
    const { lastSequence } = log;
    assert.ok(lastSequence >= acknowledged, `${context}: ${lastSequence} of ${acknowledged}`);
    assert.ok(ends.has(lastSequence), `${context}: an append came back in part (${lastSequence})`);
    texts = texts.slice(0, lastSequence);
    const kept = (await readAll(log)).filter(([number]) => number > forgotten);
    const expected = texts.map((text, index) => [index + 1, text]).slice(forgotten);
    assert.deepEqual(kept, expected, context);
    directory = directory.crash('lose');
  }
}
