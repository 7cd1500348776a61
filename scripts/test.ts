// `npm test`: the unit tests in two processes, then what starts servers, a process per file. Ends with the
// totals of both. Words on the command line are taken as the files to run instead.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
let started = 0;

/**
 * Runs groups of files with node's own runner, a process for each at the same time; their reports go to the
 * terminal one after the other, their counts are added up.
 */
async function runTests(
  title: string,
  groups: readonly (readonly string[])[],
  flags: readonly string[],
): Promise<void> {
  const count = groups.reduce((sum, { length }) => sum + length, 0);
  if (count === 0) return;
  process.stdout.write(`\n${title}: ${count} files\n`);
  const runs = groups.map((files, index) => runGroup(files, flags, index === 0));
  for (const run of runs) process.stdout.write(await run);
}

/** Resolves to the report, which is empty where it has been seen already. */
async function runGroup(
  files: readonly string[],
  flags: readonly string[],
  isShown: boolean,
): Promise<string> {
  started += 1;
  const counts = join(scratch, `${started}.tap`);
  const report = join(scratch, `${started}.txt`);
  const destinations = { spec: isShown ? 'stdout' : report, tap: counts };
  const reporters = Object.entries(destinations).flatMap(([reporter, destination]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const args = ['--no-liftoff', '--test', ...flags, ...reporters, ...files];
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  const tap = readFileSync(counts, 'utf8');
  const count = (name: string): number =>
    Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1]);
  totals.passed += count('pass');
  totals.failed += count('fail') + count('cancelled');
  // A suite that is skipped is not in the count of tests.
  totals.skipped += tap.match(/^ *(?:not )?ok .* # (?:SKIP|TODO)\b/gm)?.length ?? 0;
  if (status !== 0 && count('fail') + count('cancelled') === 0) totals.failed += 1;
  return isShown ? '' : readFileSync(report, 'utf8');
}

/** Files dealt out by turns. */
function dealt(files: readonly string[], hands: number): readonly (readonly string[])[] {
  return Array.from({ length: hands }, (_, hand) =>
    files.filter((_, index) => index % hands === hand),
  );
}

const named = process.argv.slice(2);
if (named.length > 0) {
  await runTests('tests', [named], []);
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
  await runTests('unit tests', dealt(beside.sort(), 2), ['--test-isolation=none']);
  const flags = ['--test-concurrency=2', '--test-timeout=600000'];
  await runTests('whole-system tests', [whole.sort()], flags);
  preparing.kill();
}
rmSync(scratch, { recursive: true });

const line = `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
mkdirSync('.cache', { recursive: true });
writeFileSync('.cache/test-totals.txt', `${line}\n`);
process.stdout.write(`\n${line}\n`);
process.exitCode = totals.failed > 0 ? 1 : 0;
