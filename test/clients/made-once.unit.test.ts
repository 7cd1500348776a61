import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { madeOnce } from './made-once.ts';

function world(): { folder: string; [Symbol.dispose](): void } {
  const parent = mkdtempSync(join(tmpdir(), 'tesserae-made-once-'));
  const folder = join(parent, 'made');
  return { folder, [Symbol.dispose]: () => rmSync(parent, { recursive: true }) };
}

test('a folder is made once by those who want it at the same time, and again for another stamp', async () => {
  using here = world();
  const { folder } = here;
  let made = 0;
  const make = async (): Promise<void> => {
    made += 1;
    writeFileSync(join(folder, 'content'), String(made));
  };
  await Promise.all([1, 2, 3].map(() => madeOnce({ folder, stamp: 'a', make })));
  assert.equal(made, 1);
  await madeOnce({ folder, stamp: 'b', make });
  assert.equal(readFileSync(join(folder, 'content'), 'utf8'), '2');
});

test('what could not be made is not tried again for the same stamp, and leaves nothing', async () => {
  using here = world();
  const { folder } = here;
  let tried = 0;
  const fail = async (): Promise<void> => {
    tried += 1;
    writeFileSync(join(folder, 'half'), '');
    throw new Error('no network');
  };
  const failing = [1, 2].map(() => madeOnce({ folder, stamp: 'a', make: fail }));
  for (const each of failing) await assert.rejects(each, /no network/);
  assert.equal(tried, 1);
  await madeOnce({ folder, stamp: 'b', make: async () => {} });
  assert.deepEqual(readdirSync(folder), ['made-of.txt']);
});

test('a process that was killed while it made a folder holds up nobody', {
  timeout: 20_000,
}, async () => {
  using here = world();
  const { folder } = here;
  const { pid } = spawnSync(process.execPath, ['--version']);
  mkdirSync(folder);
  writeFileSync(join(folder, 'half'), '');
  mkdirSync(`${folder}.lock`);
  writeFileSync(join(`${folder}.lock`, 'pid'), String(pid));
  let made = 0;
  const make = async (): Promise<void> => {
    made += 1;
  };
  await Promise.all([1, 2, 3].map(() => madeOnce({ folder, stamp: 'a', make })));
  assert.equal(made, 1);
  assert.deepEqual(readdirSync(folder), ['made-of.txt']);
  assert.deepEqual(readdirSync(join(folder, '..')), ['made']);
});
