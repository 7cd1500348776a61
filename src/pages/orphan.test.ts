// A reading process whose parent is killed, and what it is given of the parent's surroundings.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const reader = join(import.meta.dirname, 'page-reader.ts');
const files = join(import.meta.dirname, '../../test/pages/hostile-files.ts');

/** Reads a page that never ends. */
const program = `
  import { PageReader } from ${JSON.stringify(reader)};
  import { endlessPage } from ${JSON.stringify(files)};
  const reader = PageReader.open({ recognition: 'never', imageEdge: 100 });
  for await (const item of reader.readFile({ name: 'x', bytes: endlessPage() })) {
    process.stdout.write(item.kind + '\\n');
  }
`;

/** Processes whose parent is this one; the name before it in the line can hold anything. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const line = readFileSync(`/proc/${name}/stat`, 'utf8');
        return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
}

test('a busy reading process ends with its killed parent, and knows nothing of it', async (t) => {
  if (process.platform !== 'linux') return t.skip('looks for processes in /proc');
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SECRET_KEY: 'of the parent' },
  });
  await once(parent.stdout, 'data');
  const [child] = childrenOf(parent.pid ?? 0);
  assert.ok(child !== undefined, 'there is a reading process');
  assert.equal(/SECRET_KEY/.test(readFileSync(`/proc/${child}/environ`, 'utf8')), false);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  for (let look = 0; look < 400 && existsSync(`/proc/${child}`); look++) await sleep(50);
  const isGone = !existsSync(`/proc/${child}`);
  if (!isGone) process.kill(child, 'SIGKILL');
  assert.ok(isGone, 'the reading process is gone');
});
