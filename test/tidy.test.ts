// The layout as a test: who may import whom, one place for each heavy dependency, and the habits that
// reviews would otherwise have to repeat.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..');

/** A folder of src and the folders that it may import. A new row or arrow needs a decision note. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  storage: ['engine'],
  pages: ['engine'],
  vectorizers: ['engine', 'pages'],
  rerankers: ['engine', 'vectorizers'],
  generators: ['engine', 'vectorizers'],
  ingest: ['database', 'engine', 'pages', 'storage', 'vectorizers'],
  database: ['engine', 'storage', 'vectorizers', 'rerankers', 'generators'],
  distributed: ['engine', 'storage'],
  api: ['engine', 'database', 'ingest', 'vectorizers'],
  server: [
    'api',
    'database',
    'distributed',
    'storage',
    'vectorizers',
    'rerankers',
    'generators',
    'ingest',
    'pages',
    'engine',
  ],
  migrate: ['api', 'database', 'engine'],
  cli: ['database', 'server', 'ingest', 'engine', 'migrate', 'pages', 'vectorizers', 'storage'],
  console: ['engine'],
  library: ['database', 'engine', 'vectorizers'],
  'index.ts': ['library', 'database', 'engine'],
};

/** Optional or heavy packages: the one file that may import each. */
const onlyImporter: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'src/vectorizers/local/onnx-session.ts',
  '@huggingface/tokenizers': 'src/vectorizers/local/tokenizer.ts',
  '@hyzyla/pdfium': 'src/pages/process/pdf-file.ts',
  '@napi-rs/canvas': 'src/pages/process/canvas.ts',
  'tesseract.js': 'src/pages/process/recognizer.ts',
};

const leftovers = [
  { pattern: /\bFIXME\b|\bXXX\b|\bTODO\b/, say: 'an issue, or nothing' },
  { pattern: /\bconsole\.(log|debug|error|warn)\(/, say: 'the logger, or process.stdout' },
  { pattern: /: any\b|<any>|as any\b/, say: 'unknown, and a check' },
];

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(pattern: string): string[] {
  return globSync(pattern, { cwd: root })
    .map((file) => file.split(sep).join('/'))
    .sort();
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm);
  return Array.from(found, ([, target = '']) => ({ file, target }));
}

/** The folder of src that a file belongs to; a file right in src is its own. */
function folderOf(file: string): string {
  return relative('src', file).split('/')[0] ?? '';
}

const isTest = (file: string): boolean => /\.(test|bench|fuzz)\.ts$/.test(file);
const shipped = sources('src/**/*.ts').filter(
  (file) => !isTest(file) && !file.includes('/assembly/'),
);

describe('tidy', () => {
  test('folders import only what the table allows', () => {
    const wrong = shipped.flatMap(importsOf).flatMap(({ file, target }) => {
      if (!target.startsWith('.')) return [];
      const from = folderOf(file);
      const to = folderOf(normalize(join(dirname(file), target)));
      const allowed = mayImport[from];
      assert.ok(allowed, `${file}: the table has no row for ${from}`);
      return from === to || allowed.includes(to) ? [] : [`${file} imports ${target}`];
    });
    assert.deepEqual(wrong, []);
  });

  test('the engine imports nothing but itself', () => {
    const wrong = shipped
      .filter((file) => file.startsWith('src/engine/'))
      .flatMap(importsOf)
      .filter(({ target }) => !target.startsWith('.'));
    assert.deepEqual(wrong, []);
  });

  test('heavy packages have one importer each', () => {
    for (const { file, target } of shipped.flatMap(importsOf)) {
      const only = onlyImporter[target];
      if (only !== undefined) assert.equal(file, only, `${target} is imported by ${file}`);
    }
  });

  test('no leftovers', () => {
    const wrong = shipped.flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n');
      return lines.flatMap((line, index) => {
        const found = leftovers.find(({ pattern }) => pattern.test(line));
        return found ? [`${file}:${index + 1}: use ${found.say}: ${line.trim()}`] : [];
      });
    });
    assert.deepEqual(wrong, []);
  });

  test('files say what they are for and stay under 800 lines, folders under 26 files', () => {
    const folders = new Map<string, number>();
    for (const file of shipped.filter((one) => !one.includes('/generated/'))) {
      const text = readFileSync(join(root, file), 'utf8');
      assert.ok(text.startsWith('//'), `${file} starts with what it is for`);
      const lines = text.split('\n').length;
      assert.ok(lines <= 800 || file.endsWith('.wasm.ts'), `${file} has ${lines} lines`);
      folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
    }
    for (const [folder, count] of folders) assert.ok(count <= 25, `${folder} has ${count} files`);
  });

  test('documents have one title and links that lead somewhere', () => {
    for (const file of [...sources('docs/**/*.md'), 'README.md', 'CHANGELOG.md']) {
      const text = readFileSync(join(root, file), 'utf8').replace(/```[\s\S]*?```/g, '');
      assert.equal(text.match(/^# /gm)?.length, 1, `${file} has exactly one title`);
      for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)) {
        assert.ok(existsSync(join(root, dirname(file), link)), `${file} links to ${link}`);
      }
    }
  });

  test('every folder that the architecture page heads exists', () => {
    const text = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8');
    const headed = Array.from(text.matchAll(/^### `(src\/[^`]+)`/gm), ([, folder = '']) => folder);
    assert.ok(headed.length > 5, 'the page has a heading per folder');
    for (const folder of headed) assert.ok(existsSync(join(root, folder)), folder);
  });

  test('the lock file names no host', () => {
    const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
    assert.equal(/"resolved": "http/.test(text), false);
  });

  test('nothing that is built or downloaded is tracked', (t) => {
    if (!existsSync(join(root, '.git'))) return t.skip('not a git checkout');
    const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
    const wrong = tracked.filter((file) => /^(dist|node_modules|\.cache)\/|\.onnx$/.test(file));
    assert.deepEqual(wrong, []);
  });
});
