import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { VectorValue } from '../engine/document.ts';
import { EmbeddingCache, embeddingsDirectory, roundToHalf } from './embedding-cache.ts';

const vector = (): VectorValue => ({
  kind: 'multi',
  dims: 3,
  values: Float32Array.of(0.1, -0.2, 0.3, 1, 0, -1 / 3),
});

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-cache-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function cacheIn(folder: string, model: string): Promise<EmbeddingCache> {
  const file = join(folder, 'model.onnx');
  writeFileSync(file, model);
  return await EmbeddingCache.open(join(folder, 'embeddings'), [file]);
}

describe('EmbeddingCache', () => {
  test('a rounded vector comes back as it was put', async (t) => {
    const cache = await cacheIn(scratch(t), 'one');
    const rounded = roundToHalf(vector());
    await cache.put('a text', rounded);
    assert.deepEqual(await cache.get('a text'), rounded);
    assert.equal(await cache.get('a text '), undefined);
    for (const [index, value] of rounded.values.entries()) {
      const exact = vector().values[index] ?? 0;
      assert.ok(Math.abs(value - exact) <= Math.abs(exact) * 2 ** -11);
    }
  });

  test('another build of the model never meets older vectors', async (t) => {
    const folder = scratch(t);
    const older = await cacheIn(folder, 'one');
    await older.put('text', roundToHalf(vector()));
    const newer = await cacheIn(folder, 'two');
    assert.equal(await newer.get('text'), undefined);
    assert.notEqual(await (await cacheIn(folder, 'one')).get('text'), undefined);
  });

  test('a file that is cut or damaged counts as absent', async (t) => {
    const cache = await cacheIn(scratch(t), 'one');
    await cache.put('text', roundToHalf(vector()));
    const [path = ''] = globSync('*/*', { cwd: cache.folder }).map((name) =>
      join(cache.folder, name),
    );
    const whole = readFileSync(path);
    const flipped = Buffer.from(whole);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    for (const damaged of [flipped, whole.subarray(0, -2), whole.subarray(0, 5), Buffer.alloc(0)]) {
      writeFileSync(path, damaged);
      assert.equal(await cache.get('text'), undefined);
    }
    writeFileSync(path, whole);
    assert.deepEqual(await cache.get('text'), roundToHalf(vector()));
  });

  test('it lies in the cache directory that the environment names', () => {
    const found = embeddingsDirectory({ XDG_CACHE_HOME: join('a', 'b') });
    assert.equal(found, join('a', 'b', 'tesserae', 'embeddings'));
  });
});
