// `npm run bench [WORD …]`: the benchmarks at full size, one after another, those whose path holds one of
// the words. As tests they run with tiny sizes; the figures that count come from here, on a quiet machine.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const words = process.argv.slice(2);
const files = globSync(['src/**/*.bench.ts', 'bench/**/*.bench.ts'])
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`no benchmark's path holds ${words.join(' or ')}\n`);
  process.exit(2);
}
let failed = 0;
for (const file of files) {
  process.stdout.write(`\n== ${file} (load ${loadavg()[0]?.toFixed(2)})\n`);
  const env = { ...process.env, TESSERAE_BENCH: '1' };
  const { status } = spawnSync(process.execPath, ['--no-liftoff', file], { stdio: 'inherit', env });
  if (status !== 0) failed += 1;
}
process.exitCode = failed > 0 ? 1 : 0;
