// The code of the README is run, and every command that it names exists.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { hasPython } from './clients/python.ts';
import { runTutorial } from './clients/run-tutorial.ts';
import { startServerProcess } from './clients/server-process.ts';
import { skipWithout } from './clients/skip.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  Array.from(
    readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm')),
    ([, code = '']) => code,
  );

const skipPython = skipWithout(await hasPython(), 'there is no python3 with venv');

describe('README', () => {
  test('opens with the two commands', () => {
    assert.deepEqual(
      blocks('sh')
        .slice(0, 2)
        .map((code) => code.trim()),
      ['npm ci && npm run demo', 'npm ci && npm test'],
    );
  });

  test('its client code runs and finds what it stored', { skip: skipPython }, async () => {
    const data = mkdtempSync(join(tmpdir(), 'tesserae-readme-'));
    const server = await startServerProcess({ data });
    try {
      const [python = ''] = blocks('python');
      const { printed } = await runTutorial({
        language: 'python',
        code: new Map([['readme', { python, typescript: '' }]]),
        steps: [{ section: 'readme' }],
        ...server,
        providerUrl: '',
      });
      assert.match(printed, /\{'text': 'two token vectors'\} -0\.8/);
    } finally {
      await server.stop();
      rmSync(data, { recursive: true });
    }
  });

  test('every npm script and command that the documents name exists', async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, script = ''] of readme.matchAll(/npm run (?:--silent )?(\w+)/g)) {
      assert.ok(scripts[script], `npm run ${script}`);
    }
    const main = join(root, 'src/cli/main.ts');
    const { stdout } = await run(process.execPath, [main, '--help']);
    for (const [, command = ''] of readme.matchAll(/(?:tesserae --|npx tesserae) ([a-z]+)/g)) {
      assert.match(stdout, new RegExp(`^\\s*${command}\\b`, 'm'), `command ${command}`);
    }
  });
});
