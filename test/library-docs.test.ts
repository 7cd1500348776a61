// The page about the library is a program: it is checked by the compiler, run, and prints what it says.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/LIBRARY.md'), 'utf8');
const blocks = (language: string): string =>
  Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm')),
    ([, code = '']) => code,
  ).join('');

// Below the project, where its own name can be imported.
const cache = join(root, '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'library-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const program = join(folder, 'program.ts');
writeFileSync(program, blocks('ts'));

test('the compiler has nothing to say about it', () => {
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: {
        rootDir: '../..',
        noEmit: true,
        composite: false,
        allowImportingTsExtensions: true,
        isolatedDeclarations: false,
        rewriteRelativeImportExtensions: false,
        noUnusedLocals: false,
        types: ['node'],
      },
      files: ['program.ts', '../../src/engine/kernels/wasm.d.ts'],
    }),
  );
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const compiler = join(dirname(manifest), 'bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], {
    encoding: 'utf8',
  });
  assert.equal(stdout, '');
  assert.equal(status, 0);
});

test('it prints what the page says', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(stdout, blocks('text'));
  assert.equal(status, 0);
});
