import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { minilmOrSkip } from '../../test/require-or-skip.ts';
import { writeTinyFolder } from '../../test/tiny-model.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tesserae-cli-'));
});
after(() => rm(directory, { recursive: true }));

interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command in a process of its own, which ends with its status. */
async function runModels(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const module = new URL('./models.ts', import.meta.url).href;
  const script = `const { run } = await import(${JSON.stringify(module)});
try { process.exitCode = await run(process.argv.slice(1)); }
catch (error) { process.stderr.write(error.message); process.exitCode = 1; }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
    env: { ...process.env, TESSERAE_MODELS: directory, ...environment },
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  return { status: await promise, output, errors };
}

test('the list tells which models are here and how to get the others', async () => {
  const { status, output } = await runModels(['list']);
  assert.equal(status, 0);
  assert.match(
    output,
    /^minilm +text +384 +23\.4 MB +Apache-2\.0 +not here; tesserae models pull min/m,
  );
  assert.match(output, /^jina-colbert-v2 .* CC-BY-NC-4\.0: not commercial /m);
  assert.match(output, /^colmodernvbert +page /m);
});

test('the list as JSON has own folders first, with what is wrong with them', async () => {
  const own = join(directory, 'own');
  await writeTinyFolder(join(own, 'house'));
  await writeTinyFolder(join(own, 'shed'), { config: { query_length: 'short' } });
  const { status, output } = await runModels(['list', '--json', '--model-dir', own]);
  assert.equal(status, 0);
  const { models } = JSON.parse(output);
  assert.deepEqual(
    models.slice(0, 3).map((model: Record<string, unknown>) => [model['name'], model['state']]),
    [
      ['house', 'present'],
      ['shed', 'damaged'],
      ['minilm', 'absent'],
    ],
  );
  assert.deepEqual([models[0].dims, models[0].path], [3, join(own, 'house')]);
  assert.match(models[1].problem, /^\/.*: query_length is "short"/);
  const table = await runModels(['list', '--model-dir', own]);
  assert.match(table.output, /^shed .*damaged: \/.*, expected [^;]*$/m, 'nobody else has it');
  assert.equal(models.at(-1).name, 'colmodernvbert');
  assert.ok(models.every((model: Record<string, unknown>) => Number(model['bytes']) >= 0));
});

test('an own folder is checked by what its model gives, and never pulled or removed', async () => {
  const own = join(directory, 'own', 'house');
  const environment = { MODEL_DIR: own };
  const check = await runModels(['check', 'house'], environment);
  assert.equal(check.status, 0, check.errors);
  assert.match(
    check.output,
    /a sentence gives \d+ token vectors as a document and 8 as a query, of 3 numbers; this program/,
  );
  assert.match((await runModels(['pull', 'house'], environment)).output, /nothing to pull/);
  const other = join(directory, 'other');
  await writeTinyFolder(join(other, 'minilm'));
  const offline = { MODEL_DIR: other, HF_ENDPOINT: 'http://127.0.0.1:9', PATH: '' };
  assert.match((await runModels(['pull', 'minilm'], offline)).output, /nothing to pull/);
  const elsewhere = await runModels(['pull', 'minilm', '--model-dir', own], offline);
  assert.equal(elsewhere.status, 1, 'the option goes before the variable');
  const removal = await runModels(['rm', 'house'], environment);
  assert.equal(removal.status, 1);
  assert.match(removal.errors, /is a folder of your own and stays/);
});

test('a licence without commercial use is said before the pull, which needs it accepted', async () => {
  const environment = { HF_ENDPOINT: 'http://127.0.0.1:9' };
  const refused = await runModels(['pull', 'jina-colbert-v2'], environment);
  assert.equal(refused.status, 1);
  assert.match(
    refused.errors,
    /CC-BY-NC-4\.0, which does not allow commercial use; accept it with/,
  );
  assert.doesNotMatch(refused.errors, /trying/);
  const accepted = await runModels(['pull', 'jina-colbert-v2', '--accept-licence'], environment);
  assert.match(accepted.errors, /tokenizer\.json: trying hub 127\.0\.0\.1:9/);
});

test('a wrong call shows the usage and ends with 2, help ends with 0', async () => {
  for (const args of [
    ['pull'],
    ['fly', 'minilm'],
    ['list', 'minilm'],
    ['rm', 'a', 'b'],
    ['list', '-x'],
  ]) {
    const { status, errors } = await runModels(args);
    assert.equal(status, 2, args.join(' '));
    assert.match(errors, /^tesserae models list/);
  }
  const help = await runModels(['--help']);
  assert.equal(help.status, 0);
  assert.match(help.output, /tesserae models check NAME/);
});

test('a pull that fails shows plain lines of what it tried', async () => {
  const environment = { HF_ENDPOINT: 'http://127.0.0.1:9', PATH: '' };
  const { status, errors } = await runModels(['pull', 'minilm'], environment);
  assert.equal(status, 1);
  assert.match(errors, /^tokenizer\.json: trying hub 127\.0\.0\.1:9$/m);
  assert.match(errors, /the model minilm cannot be had/);
  assert.ok(!errors.includes('\r'), 'no drawing outside a terminal');
});

test('checking a damaged model says what is wrong; removing takes it away', async () => {
  await mkdir(join(directory, 'minilm'), { recursive: true });
  await writeFile(join(directory, 'minilm', 'tokenizer.json'), '{}');
  const check = await runModels(['check', 'minilm']);
  assert.equal(check.status, 1);
  assert.match(check.output, /damaged: tokenizer\.json has 2 bytes, expected 466247;/);
  assert.match((await runModels(['rm', 'minilm'])).output, /^minilm removed$/m);
  assert.match((await runModels(['rm', 'minilm'])).output, /^minilm was not here$/m);
});

test('checking a good model compares its vectors with the reference', async (context) => {
  const path = await minilmOrSkip(context);
  if (path === undefined) return;
  const { status, output } = await runModels(['check', 'minilm'], {
    TESSERAE_MODELS: dirname(path),
  });
  assert.equal(status, 0);
  assert.match(output, /vectors as expected: largest difference 0\.00\d\d, allowed 0\.012/);
});
