// The lock between real processes: living owners, killed ones, many that start together, and owners
// whose process can't be seen from here.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { DatabaseError } from '../engine/errors.ts';
import { DirectoryLock } from './lock.ts';

const root = mkdtempSync(join(tmpdir(), 'tesserae-lock-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true });
});

const quick = { heartbeat: 20, patience: 300, attempts: 6 };

const program = `
  import { DirectoryLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)};
  try {
    await DirectoryLock.acquire(process.argv[1]);
    process.stdout.write('owner\\n');
  } catch (error) {
    process.stdout.write(error.code + '\\n');
    process.exit(0);
  }
  setInterval(() => {}, 1000);
`;

/** Starts a process that tries to own the folder; resolves with what it says. */
async function contender(folder: string): Promise<{ child: ChildProcess; says: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [output] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, says: output.toString().trim() };
}

function lockFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('lock-'));
}

describe('DirectoryLock', () => {
  it('makes the folder, keeps everyone else out, and lets go', async () => {
    const folder = join(root, 'simple/data');
    const lock = await DirectoryLock.acquire(folder);
    await assert.rejects(DirectoryLock.acquire(folder), (error) => {
      assert.ok(error instanceof DatabaseError && error.code === 'directory-locked');
      assert.match(error.message, new RegExp(`${folder} is in use by process ${process.pid};`));
      return true;
    });
    assert.equal((await contender(folder)).says, 'directory-locked');
    await lock.release();
    await lock.release();
    assert.deepEqual(lockFiles(folder), []);
    await using again = await DirectoryLock.acquire(folder);
    assert.ok(again);
  });

  it('is taken over from a killed process, and never from a living one', async () => {
    const folder = join(root, 'killed');
    const { child, says } = await contender(folder);
    assert.equal(says, 'owner');
    await assert.rejects(
      DirectoryLock.acquire(folder, quick),
      (error) => error instanceof DatabaseError && error.params['pid'] === child.pid,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(lockFiles(folder).length, 1, 'the killed process left its file');
    await using lock = await DirectoryLock.acquire(folder);
    assert.ok(lock);
    assert.equal(lockFiles(folder).length, 1);
  });

  it('has one owner when several processes start together over a stale file', async () => {
    const folder = join(root, 'together');
    const stale = await contender(folder);
    stale.child.kill('SIGKILL');
    await once(stale.child, 'exit');
    const answers = await Promise.all(Array.from({ length: 4 }, () => contender(folder)));
    const owners = answers.filter(({ says }) => says === 'owner');
    assert.equal(owners.length, 1, answers.map(({ says }) => says).join());
    assert.match(lockFiles(folder).join(), new RegExp(`^lock-${owners[0]!.child.pid}-\\d+-\\w+$`));
  });

  it('has at most one owner at any time when contenders race in one process too', async () => {
    const folder = join(root, 'race');
    for (let round = 0; round < 20; round += 1) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 3 }, () => DirectoryLock.acquire(folder, quick)),
      );
      const owners = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? [outcome.value] : [],
      );
      assert.equal(owners.length, 1);
      await owners[0]!.release();
    }
  });

  const noProc = process.platform === 'linux' ? false : 'start times of processes come from /proc';
  it('is taken over when the pid lives but began at another time', { skip: noProc }, async () => {
    const folder = join(root, 'reused');
    const own = await DirectoryLock.acquire(folder);
    const [name] = lockFiles(folder);
    await own.release();
    const [, pid, start, machine] = name!.split('-');
    writeFileSync(join(folder, `lock-${pid}-${Number(start) - 1}-${machine}`), '');
    writeFileSync(join(folder, `lock-${process.ppid}-1-${machine}`), '');
    await using lock = await DirectoryLock.acquire(folder);
    assert.ok(lock);
    assert.deepEqual(lockFiles(folder), [name]);
  });

  it('waits to see whether an owner in another container or machine lives', async () => {
    const folder = join(root, 'foreign');
    const lock = await DirectoryLock.acquire(folder, quick);
    await lock.release();
    const foreign = join(folder, 'lock-1-100-00000000');
    writeFileSync(foreign, '');
    let seconds = 1;
    const heart = setInterval(() => {
      seconds += 1;
      utimesSync(foreign, seconds, seconds);
    }, 20);
    await assert.rejects(
      DirectoryLock.acquire(folder, quick),
      (error) => error instanceof DatabaseError && error.params['pid'] === 1,
    );
    clearInterval(heart);
    await using taken = await DirectoryLock.acquire(folder, quick);
    assert.ok(taken);
    assert.equal(lockFiles(folder).length, 1);
  });

  it('touches its file while it is held', async () => {
    const folder = join(root, 'heart');
    await using lock = await DirectoryLock.acquire(folder, quick);
    assert.ok(lock);
    const file = join(folder, lockFiles(folder)[0]!);
    utimesSync(file, 1, 1);
    const { statSync } = await import('node:fs');
    while (statSync(file).mtimeMs === 1000) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('leaves other files alone', async () => {
    const folder = join(root, 'others');
    await (await DirectoryLock.acquire(folder)).release();
    for (const name of ['lock', 'lock-x', 'manifest']) writeFileSync(join(folder, name), '');
    await (await DirectoryLock.acquire(folder)).release();
    assert.deepEqual(readdirSync(folder).sort(), ['lock', 'lock-x', 'manifest']);
  });
});
