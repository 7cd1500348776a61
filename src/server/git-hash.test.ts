import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gitHash } from './git-hash.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';

function hashOf(files: Readonly<Record<string, string>>): string | undefined {
  const root = mkdtempSync(join(tmpdir(), 'tesserae-git-'));
  try {
    mkdirSync(join(root, '.git/refs/heads'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, '.git', name), text);
    return gitHash(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('the hash of a clone is that of its branch, its packed branch, or its detached head', () => {
  const head = 'ref: refs/heads/main\n';
  assert.equal(hashOf({ HEAD: head, 'refs/heads/main': `${commit}\n` }), commit);
  assert.equal(hashOf({ HEAD: head, 'packed-refs': `# x\n${commit} refs/heads/main\n` }), commit);
  assert.equal(hashOf({ HEAD: `${commit}\n` }), commit);
});

test('without a clone, or with one that makes no sense, there is no hash', () => {
  assert.equal(hashOf({}), undefined);
  assert.equal(hashOf({ HEAD: 'ref: refs/heads/none\n' }), undefined);
  assert.equal(hashOf({ HEAD: 'nonsense' }), undefined);
});
