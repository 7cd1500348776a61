import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { closePages, filesFor, IngestWorld } from '../../test/ingest-world.ts';
import { FileTooLarge, IngestJobs, type Job } from './jobs.ts';

after(closePages);

const request = { collection: 'Files', name: 'a.jsonl', textModel: 'letters' };
const row = '{"id":1,"text":"x"}\n';

async function* bodyOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function openJobs(world: IngestWorld, directory: string) {
  const faults: string[] = [];
  let ids = 0;
  const jobs = await IngestJobs.open({
    ...{ directory, importer: world.importer, clock: Date.now, fileBytesMax: 100 },
    newId: () => {
      ids += 1;
      return `job-${ids}`;
    },
    onFault: (error) => void faults.push(String(error)),
  });
  return { jobs, faults };
}

async function ended(jobs: IngestJobs, id: string): Promise<Job> {
  for (;;) {
    const job = jobs.get(id);
    if (job?.finishedAt !== undefined) return job;
    await wait(5);
  }
}

/** The description of a job on disk, changed as a crash would leave it. */
function change(directory: string, id: string, fields: Partial<Job>): void {
  const path = join(directory, id, 'job.json');
  const { finishedAt: _, ...job } = JSON.parse(readFileSync(path, 'utf8')) as Job;
  writeFileSync(path, JSON.stringify({ ...job, ...fields }));
}

test('a job that the process died of several times is given up, others go on', async (t) => {
  const file = filesFor(t);
  const directory = dirname(file('none', ''));
  await using world = await IngestWorld.open();
  const first = await openJobs(world, directory);
  for (const id of ['job-1', 'job-2']) {
    await first.jobs.submit(request, bodyOf(row));
    assert.equal((await ended(first.jobs, id)).state, 'done');
  }
  await first.jobs.close();
  for (const [id, starts] of [
    ['job-1', 5],
    ['job-2', 1],
  ] as const) {
    change(directory, id, { state: 'running', starts });
    file(`${id}/file`, row);
  }
  await using again = (await openJobs(world, directory)).jobs;
  const given = await ended(again, 'job-1');
  assert.equal(given.state, 'failed');
  assert.match(given.message ?? '', /the process ended 5 times while it imported/);
  assert.equal((await ended(again, 'job-2')).state, 'done');
  assert.equal(existsSync(join(directory, 'job-1/file')), false);
});

test('an interruption in good order does not count', async (t) => {
  const directory = dirname(filesFor(t)('none', ''));
  await using world = await IngestWorld.open();
  const { jobs } = await openJobs(world, directory);
  const { id } = await jobs.submit(request, bodyOf(row));
  await jobs.close();
  const job = JSON.parse(readFileSync(join(directory, id, 'job.json'), 'utf8')) as Job;
  assert.deepEqual([job.state, job.starts], ['queued', undefined]);
  await using again = (await openJobs(world, directory)).jobs;
  assert.equal((await ended(again, id)).state, 'done');
});

test('a damaged description stops nothing, and what ended jobs left behind is removed', async (t) => {
  const file = filesFor(t);
  const directory = dirname(file('none', ''));
  await using world = await IngestWorld.open();
  const first = await openJobs(world, directory);
  const { id } = await first.jobs.submit(request, bodyOf(row));
  await ended(first.jobs, id);
  await first.jobs.close();
  file(`${id}/file`, row);
  file('damaged/job.json', '{"id":');
  file('cut/file', row);
  const { jobs, faults } = await openJobs(world, directory);
  t.after(() => jobs.close());
  assert.deepEqual([jobs.list().map((job) => job.id), faults.length], [[id], 1]);
  assert.match(faults[0] ?? '', /damaged\/job\.json can't be read/);
  const left = ['damaged/job.json', `${id}/job.json`, `${id}/file`, 'cut', 'none'];
  assert.deepEqual(
    left.map((path) => existsSync(join(directory, path))),
    [true, true, false, false, false],
  );
});

test('nothing is kept of a file that is too large', async (t) => {
  const directory = dirname(filesFor(t)('none', ''));
  await using world = await IngestWorld.open();
  await using jobs = (await openJobs(world, directory)).jobs;
  await assert.rejects(jobs.submit(request, bodyOf('x'.repeat(101))), FileTooLarge);
  assert.throws(() => jobs.checkSize(101), FileTooLarge);
  assert.equal(existsSync(join(directory, 'job-1')), false);
});
