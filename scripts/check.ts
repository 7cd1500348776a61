// `npm run check`: everything that reads the source instead of running it, fast to slow.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));

const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format and lint', ['npx', 'biome', 'check', '.']],
  ['types', ['npx', 'tsc', '-b']],
  ['import table and habits', ['node', '--test', 'test/tidy.test.ts']],
  ['dead files, exports, dependencies', ['npx', 'knip']],
  ['kernels made again are the same bytes', ['node', 'scripts/build-kernels.ts', '--check']],
  ['message types made again are the same', ['node', 'scripts/proto-types.ts', '--check']],
];

for (const [title, [command = '', ...args]] of steps) {
  process.stdout.write(`\n== ${title}\n`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    process.stdout.write(`\n${title}: failed\n`);
    process.exit(1);
  }
}
process.stdout.write('\nall checks passed\n');
