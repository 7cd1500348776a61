import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { minilmOrSkip } from '../../../test/require-or-skip.ts';
import {
  tinyDims,
  tinyState,
  tinyWords,
  writeTinyFolder,
  writeTinyModel,
} from '../../../test/tiny-model.ts';
import { openModelFolder, type TextModelFiles } from './model-folder.ts';
import { TokenEncoder } from './token-encoder.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tesserae-tiny-'));
  await writeTinyModel(directory);
});
after(() => rm(directory, { recursive: true }));

function openTiny(windowTokens = 4, workers = 1): Promise<TokenEncoder> {
  return TokenEncoder.open({
    files: filesIn(directory, tinyDims, windowTokens),
    workers,
    threads: 1,
  });
}

/** A model without markers, as minilm is. */
function filesIn(folder: string, dims: number, windowTokens: number): TextModelFiles {
  const side = { length: windowTokens + 2, longText: 'windows' } as const;
  return {
    model: join(folder, 'model.onnx'),
    tokenizer: join(folder, 'tokenizer.json'),
    weightBytes: 0,
    settings: {
      dims,
      isTrimmed: false,
      isLowerCased: false,
      query: side,
      document: { ...side, skipped: [] },
    },
  };
}

/** What the tiny model makes of word pieces. */
function expectedVectors(pieces: readonly string[]): Float32Array {
  return Float32Array.from(
    pieces.flatMap((piece) => {
      const state = tinyState(tinyWords.indexOf(piece));
      const length = Math.hypot(...state);
      return state.map((value) => value / length);
    }),
  );
}

function assertClose(found: Float32Array, expected: Float32Array): void {
  assert.equal(found.length, expected.length);
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs((found[index] ?? 0) - value) < 1e-6, `component ${index}`);
  }
}

test('a text gives one unit-length vector for each token and marker', async () => {
  await using encoder = await openTiny();
  const [encoded] = await encoder.encode(['Red foxs']);
  const pieces = ['[CLS]', 'red', 'fox', '##s', '[SEP]'];
  assert.equal(encoded?.dims, tinyDims);
  assert.deepEqual(
    encoded.tokens.map((token) => token.text),
    pieces,
  );
  assertClose(encoded.vectors, expectedVectors(pieces));
  assert.deepEqual(encoded.tokens[2], { text: 'fox', start: 4, end: 7 });
});

test('a long text is encoded in windows, each with its markers, all vectors together', async () => {
  await using encoder = await openTiny(2);
  const [encoded] = await encoder.encode(['red fox blue whale red']);
  const pieces = ['[CLS]', 'red', 'fox', '[SEP]', '[CLS]', 'blue', 'whale', '[SEP]'].concat([
    '[CLS]',
    'red',
    '[SEP]',
  ]);
  assert.deepEqual(
    encoded?.tokens.map((token) => token.text),
    pieces,
  );
  assertClose(encoded!.vectors, expectedVectors(pieces));
});

test('a text without words has the vectors of its markers', async () => {
  await using encoder = await openTiny();
  const [empty, blank] = await encoder.encode(['', ' \n ']);
  for (const encoded of [empty, blank]) {
    assertClose(encoded!.vectors, expectedVectors(['[CLS]', '[SEP]']));
  }
});

test('many texts of mixed lengths come back in their order, from concurrent calls too', async () => {
  await using encoder = await openTiny();
  const words = tinyWords.slice(4, 8);
  const texts = Array.from({ length: 300 }, (_, index) =>
    Array.from({ length: index % 7 }, (_, word) => words[(index + word) % 4]).join(' '),
  );
  const calls = [
    encoder.encode(texts),
    encoder.encode(texts.toReversed(), { priority: 'urgent' }),
    encoder.encode(texts.slice(0, 3)),
  ];
  const [all, reversed, few] = await Promise.all(calls);
  assert.equal(few?.length, 3);
  for (const [index, text] of texts.entries()) {
    const content = text === '' ? [] : text.split(' ');
    const pieces: string[] = [];
    for (let from = 0; from === 0 || from < content.length; from += 4) {
      pieces.push('[CLS]', ...content.slice(from, from + 4), '[SEP]');
    }
    const expected = expectedVectors(pieces);
    assertClose(all![index]!.vectors, expected);
    assertClose(reversed![texts.length - 1 - index]!.vectors, expected);
  }
});

test('an urgent call is answered before the bulk that was there first', async () => {
  await using encoder = await openTiny();
  const order: string[] = [];
  const bulk = encoder.encode(new Array(2_000).fill('red fox blue')).then(() => order.push('bulk'));
  const urgent = encoder.encode(['whale'], { priority: 'urgent' }).then(() => order.push('urgent'));
  await Promise.all([bulk, urgent]);
  assert.deepEqual(order, ['urgent', 'bulk']);
});

test('a text with too many tokens fails alone', async () => {
  await using encoder = await openTiny(254);
  const [long, short] = await encoder.encodeEach(['red '.repeat(16_400), 'fox']);
  assert.equal(long?.kind, 'failed');
  assert.match(long.message, /has 16530 tokens, the maximum is 16384/);
  assert.equal(short?.kind, 'encoded');
  await assert.rejects(encoder.encode(['red '.repeat(16_400)]), { code: 'vectorizer-failed' });
});

test('an aborted call is refused before its work starts', async () => {
  await using encoder = await openTiny();
  const signal = AbortSignal.abort();
  await assert.rejects(encoder.encode(['red'], { signal }), /was cancelled/);
  assert.equal((await encoder.encode(['red'])).length, 1);
});

test('closing finishes what the worker holds and refuses the rest, once', async () => {
  const encoder = await openTiny();
  const calls = Array.from({ length: 6 }, () => encoder.encode(new Array(64).fill('red fox')));
  const settled = Promise.allSettled(calls);
  await Promise.all([encoder.close(), encoder.close()]);
  const outcomes = (await settled).map((outcome) =>
    outcome.status === 'fulfilled' ? 'done' : outcome.reason.code,
  );
  assert.deepEqual(outcomes, ['done', 'done', 'closed', 'closed', 'closed', 'closed']);
  await assert.rejects(encoder.encode(['red']), { code: 'closed' });
});

test('a worker that does not answer any more is ended all the same', async (context) => {
  const encoder = await openTiny();
  const [pid = 0] = encoder.workerPids;
  process.kill(pid, 'SIGSTOP');
  const call = encoder.encode(['red']);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const closed = encoder.close();
  context.mock.timers.tick(60_000);
  await Promise.all([closed, assert.rejects(call, /ended by SIGKILL|closed/)]);
  assert.deepEqual(encoder.workerPids, []);
});

test('a directory without a model is an error that names the file', async () => {
  const missing = join(directory, 'nowhere');
  const opening = TokenEncoder.open({
    files: filesIn(missing, tinyDims, 4),
    workers: 1,
    threads: 1,
  });
  await assert.rejects(opening, /ENOENT.*(tokenizer\.json|model\.onnx)/);
});

test('much work starts more workers, and results stay in their order', async () => {
  await using encoder = await openTiny(4, 3);
  assert.equal(encoder.workerPids.length, 1);
  const texts = Array.from({ length: 3_000 }, (_, index) => 'red fox '.repeat(index % 5));
  const encoded = await encoder.encode(texts);
  for (const [index, text] of texts.entries()) {
    assert.equal(encoded[index]?.tokens.at(-1)?.end, text.trim().length, `text ${index}`);
  }
  const pids = new Set(encoder.workerPids);
  assert.ok(pids.size > 1 && pids.size <= 3, `${pids.size} workers`);
});

/** Kills the worker in the midst of 8 calls; the messages of the texts that failed, of 512. */
async function killAtWork(encoder: TokenEncoder): Promise<readonly string[]> {
  const [pid = 0] = encoder.workerPids;
  const texts = new Array(64).fill('red fox '.repeat(30));
  const calls = Array.from({ length: 8 }, () => encoder.encodeEach(texts));
  await Promise.race(calls);
  process.kill(pid, 'SIGKILL');
  const results = (await Promise.all(calls)).flat();
  assert.equal(results.length, 512);
  assert.ok(!encoder.workerPids.includes(pid));
  return results.flatMap((result) => (result.kind === 'failed' ? [result.message] : []));
}

test('a worker that is killed fails only what it had begun, and is replaced', async () => {
  await using encoder = await openTiny();
  let messages: readonly string[] = [];
  // It may have been between two jobs.
  while (messages.length === 0) messages = await killAtWork(encoder);
  assert.equal(messages.length, 64);
  assert.deepEqual([...new Set(messages)], ['the process of the model ended by SIGKILL']);
  assert.equal((await encoder.encode(['red'])).length, 1);
  assert.equal(encoder.isEnded, false);
});

test('where no worker can be started any more the encoder has ended and says why', async () => {
  const folder = join(directory, 'vanishing');
  await mkdir(folder);
  await writeTinyModel(folder);
  await using encoder = await TokenEncoder.open({
    files: filesIn(folder, tinyDims, 4),
    workers: 1,
    threads: 1,
  });
  await rm(folder, { recursive: true });
  const [pid = 0] = encoder.workerPids;
  process.kill(pid, 'SIGKILL');
  await assert.rejects(async () => {
    for (;;) await encoder.encode(['red']);
  }, /ended by SIGKILL|closed/);
  while (!encoder.isEnded) await encoder.encodeEach(['red']).catch(() => undefined);
  await assert.rejects(encoder.encode(['red']), /ended by SIGKILL/);
});

test('with other files than it was loaded from a model gets no more workers', async () => {
  const folder = join(directory, 'changing');
  await mkdir(folder);
  await writeTinyModel(folder);
  const files = filesIn(folder, tinyDims, 4);
  await using encoder = await TokenEncoder.open({ files, workers: 3, threads: 1 });
  const [pid = 0] = encoder.workerPids;
  await writeTinyModel(folder);
  const texts = new Array(1_000).fill('red fox');
  assert.equal((await encoder.encode(texts)).length, 1_000);
  assert.deepEqual(encoder.workerPids, [pid]);
  process.kill(pid, 'SIGKILL');
  while (!encoder.isEnded) await encoder.encodeEach(['red']).catch(() => undefined);
  assert.deepEqual(encoder.workerPids, []);
});

test('a signal to the whole group leaves the worker at its work', async () => {
  await using encoder = await openTiny();
  const [pid = 0] = encoder.workerPids;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
  assert.equal((await encoder.encode(['red'])).length, 1);
  assert.deepEqual(encoder.workerPids, [pid]);
});

test('workers end with their server, also when it is killed', async () => {
  const module = new URL('./token-encoder.ts', import.meta.url).href;
  const script = `const { TokenEncoder } = await import(${JSON.stringify(module)});
const encoder = await TokenEncoder.open(${JSON.stringify({ files: filesIn(directory, tinyDims, 4), workers: 1, threads: 1 })});
console.log(encoder.workerPids[0]);
setInterval(() => {}, 1000);`;
  const server = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [printed] = (await once(server.stdout, 'data')) as [Buffer];
  const worker = Number(printed.toString());
  assert.ok(worker > 0);
  server.kill('SIGKILL');
  const isThere = (): boolean => {
    try {
      return process.kill(worker, 0);
    } catch {
      return false;
    }
  };
  while (isThere()) await sleep(20);
});

test('queries have the markers of queries, documents those of documents', async () => {
  const folder = join(directory, 'marked');
  await writeTinyFolder(folder, { config: { do_query_expansion: false } });
  const files = await openModelFolder(folder, 'windows');
  await using encoder = await TokenEncoder.open({ files, workers: 1, threads: 1 });
  const markers = [];
  for (const as of ['document', 'query', undefined] as const) {
    const [encoded] = await encoder.encode(['red'], as ? { as } : {});
    markers.push(encoded?.tokens[1]?.text);
  }
  assert.deepEqual(markers, ['[D] ', '[Q] ', '[D] ']);
});

test('minilm gives the published reference vectors', async (context) => {
  const path = await minilmOrSkip(context);
  if (path === undefined) return;
  await using encoder = await TokenEncoder.open({
    files: filesIn(path, 384, 254),
    workers: 1,
    threads: 1,
  });
  const [encoded] = await encoder.encode(['Late interaction, explained.']);
  assert.equal(encoded?.dims, 384);
  assert.equal(encoded.vectors.length, 7 * 384);
  const reference = [
    [0.0191, -0.0014, 0.0363, 0.0327, -0.0092],
    [0.0281, 0.011, -0.0104, 0.0382, 0.0882],
    [0.0245, -0.018, -0.0054, 0.0233, 0.0116],
  ];
  for (const [token, row] of reference.entries()) {
    for (const [index, value] of row.entries()) {
      const found = encoded.vectors[token * 384 + index] ?? 0;
      assert.ok(Math.abs(found - value) < 0.005, `token ${token}, component ${index}: ${found}`);
    }
  }
});

test('minilm gives a text the same vectors alone and among others', async (context) => {
  const path = await minilmOrSkip(context);
  if (path === undefined) return;
  await using encoder = await TokenEncoder.open({
    files: filesIn(path, 384, 254),
    workers: 1,
    threads: 1,
  });
  const texts = ['a red fox in snow', 'the flow over wings', 'stored in two logs'];
  const together = await encoder.encode(texts);
  for (const [index, text] of texts.entries()) {
    const [alone] = await encoder.encode([text]);
    const other = together[index]!;
    assert.equal(alone?.vectors.length, other.vectors.length);
    for (const [at, value] of alone.vectors.entries()) {
      assert.ok(Math.abs(value - (other.vectors[at] ?? 0)) < 1e-5, `${text}, number ${at}`);
    }
  }
});
