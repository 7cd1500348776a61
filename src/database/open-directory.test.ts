import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { multi, noContext, passages, uuidOf } from '../../test/simulation/world.ts';
import { vectorizerSettings } from '../vectorizers/create-vectorizers.ts';
import { type DirectoryDatabase, openDirectory } from './open-directory.ts';

const faults: unknown[] = [];

function open(path: string): Promise<DirectoryDatabase> {
  return openDirectory(path, {
    vectorizers: vectorizerSettings({}),
    flushBytes: 20_000,
    onFault: (error) => faults.push(error),
  });
}

/** As Linux tells them: larger is lower. */
function threadPriorities(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const facts = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    // The name, in parentheses, may hold spaces; the priority is the 17th field behind it.
    return Number(facts.slice(facts.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

test('segments are merged in a worker while writes go on, and opened again', async () => {
  const path = mkdtempSync(join(tmpdir(), 'tesserae-merge-'));
  try {
    const count = 1500;
    {
      await using opened = await open(path);
      const { database } = opened;
      await database.createCollection(passages());
      const collection = database.collection('Passages');
      for (let first = 0; first < count; first += 50) {
        const objects = Array.from({ length: 50 }, (_, n) => ({
          uuid: uuidOf(first + n),
          properties: { text: `word${first + n}` },
          vectors: new Map([['mv', multi([[1, first + n]])]]),
        }));
        await collection.insertMany(objects, noContext);
        if (first % 200 === 0) await collection.delete(uuidOf(first));
      }
      await database.flush();
      await database.settled();
      const { sealed } = collection.segments;
      assert.ok(sealed.length < 12, `${sealed.length} segments are left`);
      assert.ok(
        sealed.some(({ segment }) => segment.documentCount > 200),
        'some were merged',
      );
      if (process.platform === 'linux' && getPriority() < 10) {
        assert.ok(threadPriorities().includes(10), 'who merges has a lower priority');
      }
    }
    assert.deepEqual(faults, []);
    await using opened = await open(path);
    const collection = opened.database.collection('Passages');
    assert.equal(collection.count(), count - 8);
    for (let n = 0; n < count; n += 7) {
      const stored = collection.get(uuidOf(n));
      assert.equal(stored?.properties['text'], n % 200 === 0 ? undefined : `word${n}`);
    }
    assert.deepEqual(readdirSync(join(path, 'store/.unfinished')), []);
  } finally {
    rmSync(path, { recursive: true });
  }
});
