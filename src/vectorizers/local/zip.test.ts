import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { zipArchive } from '../../../test/zip-archive.ts';
import { readZipMember } from './zip.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tesserae-zip-'));
});
after(() => rm(directory, { recursive: true }));

const text = Buffer.from('late interaction '.repeat(1000));
const noise = randomBytes(5000);

async function archive(bytes: Uint8Array): Promise<string> {
  const path = join(directory, `${randomBytes(6).toString('hex')}.zip`);
  await writeFile(path, bytes);
  return path;
}

test('a member is read whether it is deflated or stored', async () => {
  const files = { 'a/text.txt': text, 'a/noise.bin': noise, empty: Buffer.alloc(0) };
  const path = await archive(zipArchive(files, ['a/noise.bin']));
  for (const [name, bytes] of Object.entries(files)) {
    assert.deepEqual(Buffer.from(await readZipMember(path, name, 1e6)), bytes, name);
  }
});

test('an archive with a comment behind its end is read', async () => {
  const plain = zipArchive({ x: text });
  plain.writeUInt16LE(7, plain.length - 2);
  const path = await archive(Buffer.concat([plain, Buffer.from('comment')]));
  assert.equal((await readZipMember(path, 'x', 1e6)).length, text.length);
});

test('a missing member and one that is too large are refused by name and size', async () => {
  const path = await archive(zipArchive({ x: text }));
  await assert.rejects(readZipMember(path, 'y', 1e6), { code: 'invalid-argument' });
  await assert.rejects(readZipMember(path, 'x', 100), /expected at most 100 bytes/);
});

test('a cut or damaged archive is an error that names the file', async () => {
  const whole = zipArchive({ x: text });
  for (const length of [0, 10, whole.length - 30]) {
    const path = await archive(whole.subarray(0, length));
    await assert.rejects(readZipMember(path, 'x', 1e6), { code: 'corrupt' }, `${length} bytes`);
  }
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 40, 60);
  await assert.rejects(readZipMember(await archive(damaged), 'x', 1e6), { code: 'corrupt' });
});
