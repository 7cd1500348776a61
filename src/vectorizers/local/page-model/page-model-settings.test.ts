import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { writeTinyPageModel } from '../../../../test/tiny-page-model.ts';
import { readPageModelSettings } from './page-model-settings.ts';

let directory = '';
const made: string[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tesserae-page-settings-'));
  made.push(directory);
});
after(() => Promise.all(made.map((path) => rm(path, { recursive: true }))));

function write(file: string, content: unknown): Promise<void> {
  return writeFile(join(directory, file), JSON.stringify(content));
}

const shipped = {
  grid: { longestEdge: 2048, tileEdge: 512, tokensPerEdge: 8, isSplit: true },
  scale: { factor: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};

test('a folder without configuration has the shipped settings', async () => {
  assert.deepEqual(readPageModelSettings(directory), shipped);
});

test('the shipped configuration gives the shipped settings', async () => {
  await writeTinyPageModel(directory);
  assert.deepEqual(readPageModelSettings(directory), shipped);
});

test('every setting of the folder counts', async () => {
  await write('config.json', { vision_config: { image_size: 384 } });
  await write('processor_config.json', { image_seq_len: 36 });
  await write('preprocessor_config.json', {
    image_processor_type: 'Idefics3ImageProcessorFast',
    size: { longest_edge: 1536 },
    do_image_splitting: false,
    do_rescale: false,
    do_normalize: false,
  });
  assert.deepEqual(readPageModelSettings(directory), {
    grid: { longestEdge: 1536, tileEdge: 384, tokensPerEdge: 6, isSplit: false },
    scale: { factor: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  });
  await write('preprocessor_config.json', { max_image_size: { longest_edge: 364 } });
  assert.equal(readPageModelSettings(directory).grid.tileEdge, 364);
});

test('a value that cannot be is refused by name', async () => {
  const cases = [
    [{ size: { longest_edge: 0 } }, /size is 0, expected a whole number from 1 to 8192$/],
    [{ size: { longest_edge: 1e9 } }, /size is 1000000000/],
    [{ resample: 3 }, /resample is 3, expected 1 \(LANCZOS\)/],
    [{ image_std: [0.5, 0, 0.5] }, /image_std is \[0.5,0,0.5\], expected three numbers/],
    [{ image_mean: 0.5 }, /image_mean is 0.5/],
    [{ rescale_factor: 'x' }, /rescale_factor is "x", expected a number above 0/],
  ] as const;
  for (const [content, message] of cases) {
    await write('preprocessor_config.json', content);
    const expected = { code: 'vectorizer-failed', message };
    assert.throws(() => readPageModelSettings(directory), expected);
  }
  await write('preprocessor_config.json', {});
  await write('processor_config.json', { image_seq_len: 63 });
  assert.throws(() => readPageModelSettings(directory), /image_seq_len \(a square\)/);
  await writeFile(join(directory, 'config.json'), '{');
  assert.throws(() => readPageModelSettings(directory), /config\.json is no JSON/);
});
