// `npm test`: the unit tests in one process, then what starts servers, a process per file. Ends with
// the totals of both. Words on the command line are taken as the files to run instead.

import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
process.chdir(root);
// Servers that tests start compile once.
process.env['NODE_COMPILE_CACHE'] ||= join(root, '.cache', 'compiled');

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
const scratch = mkdtempSync(join(tmpdir(), 'tesserae-test-'));
let ended = 0;

/** Runs files with node's own runner; its report goes to the terminal, its counts are added up. */
function runTests(title: string, files: readonly string[], flags: readonly string[]): void {
  if (files.length === 0) return;
  process.stdout.write(`\n${title}: ${files.length} files\n`);
  const counts = join(scratch, `${ended}.tap`);
  const reporters = ['spec', 'tap'].flatMap((reporter) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${reporter === 'spec' ? 'stdout' : counts}`,
  ]);
  const args = ['--no-liftoff', '--test', ...flags, ...reporters, ...files];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  const tap = readFileSync(counts, 'utf8');
  const count = (name: string): number =>
    Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1]);
  totals.passed += count('pass');
  totals.failed += count('fail') + count('cancelled');
  // A suite that is skipped is not in the count of tests.
  totals.skipped += tap.match(/^ *(?:not )?ok .* # (?:SKIP|TODO)\b/gm)?.length ?? 0;
  if (status !== 0 && count('fail') + count('cancelled') === 0) totals.failed += 1;
  ended += 1;
}

const named = process.argv.slice(2);
if (named.length > 0) {
  runTests('tests', named, []);
} else {
  const beside = globSync([
    'src/**/*.test.ts',
    'src/**/*.bench.ts',
    'bench/**/*.bench.ts',
    'test/*/**/*.unit.test.ts',
  ]);
  const whole = globSync(['test/**/*.test.ts']).filter((file) => !beside.includes(file));
  const preparing = spawn(process.execPath, ['test/clients/prepare.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  runTests('unit tests', beside.sort(), ['--test-isolation=none']);
  runTests('whole-system tests', whole.sort(), ['--test-concurrency=2', '--test-timeout=600000']);
  preparing.kill();
}
rmSync(scratch, { recursive: true });

const line = `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
mkdirSync('.cache', { recursive: true });
writeFileSync('.cache/test-totals.txt', `${line}\n`);
process.stdout.write(`\n${line}\n`);
process.exitCode = totals.failed > 0 ? 1 : 0;
