// `tesserae migrate`: collections of another server that speaks the same protocol, copied here and compared.
// What it promises: docs/COMING-FROM-WEAVIATE.md.

import { DatabaseError } from '../../engine/errors.ts';
import type { CopyCounts } from '../../migrate/copy-objects.ts';
import type { MigrationProblem } from '../../migrate/each-place.ts';
import { Migration } from '../../migrate/migration.ts';
import { type Patience, patienceDefault } from '../../migrate/patience.ts';
import type { CollectionPlan } from '../../migrate/plan-collections.ts';
import { ServerSide } from '../../migrate/server-side.ts';
import type { Verification } from '../../migrate/verify-objects.ts';
import { runCommand } from '../arguments.ts';
import { plain } from '../plain-text.ts';
import { ProblemReport } from '../problem-report.ts';
import { duration, ProgressBar } from '../progress-bar.ts';
import { listenForStop } from '../stop-signal.ts';
import { type Destination, openDestination } from './destination.ts';
import { type MigrateSettings, readSettings, usage } from './migrate-settings.ts';

/** One line for the list of commands. */
export const summary = 'copy collections from a server that speaks Weaviate’s protocol';

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export function run(args: readonly string[]): Promise<number> {
  return runCommand({ name: 'migrate', usage, read: readSettings, act: migrate }, args);
}

type Report = ProblemReport<MigrationProblem>;

async function migrate(settings: MigrateSettings): Promise<number> {
  using stop = listenForStop();
  await using report: Report = await ProblemReport.open(settings.report, problemText);
  const { signal } = stop;
  try {
    const { source: url, sourceHeaders: headers, sourceGrpc } = settings;
    const address = { url, headers, grpc: sourceGrpc };
    using source = await ServerSide.open(address, patience(signal));
    await using destination = await openDestination(settings, patience(signal));
    if (source.withoutGrpc !== undefined) {
      say(`reading over REST: ${source.withoutGrpc}`);
    }
    const migration = await Migration.open(source, destination.side, {
      ...settings,
      ...{ random: Math.random, signal },
    });
    return await work(migration, settings, destination, report);
  } catch (error) {
    if (!signal.aborted) throw error;
    report.show(process.stderr);
    say('stopped; run it again to go on');
    return 130;
  }
}

async function work(
  migration: Migration,
  { mode, activatesTenants }: MigrateSettings,
  destination: Destination,
  report: Report,
): Promise<number> {
  const { problems } = migration;
  if (problems.length > 0) {
    const lines = problems.map((problem) => `\n  ${problem}`).join('');
    throw new DatabaseError('invalid-argument', { message: `nothing is copied:${lines}` });
  }
  if (mode === 'dry-run') {
    await tellPlans(migration, activatesTenants);
    return 0;
  }
  if (mode === 'copy') await copyAll(migration, report);
  const failed = report.count;
  if (failed > 0) report.show(process.stderr, `${failed} not copied`);
  const isSame = await verifyAll(migration, destination, report);
  if (isSame && destination.toServe !== undefined) say(`serve it with: ${destination.toServe}`);
  return isSame && failed === 0 ? 0 : 1;
}

async function tellPlans(migration: Migration, activatesTenants: boolean): Promise<void> {
  const does = {
    make: 'is made',
    remake: 'is deleted and made anew',
    there: 'is there, what differs is copied',
  };
  for (const plan of migration.plans) {
    const count = await migration.count(plan);
    const inactive = await migration.countInactive(plan);
    const tenants = inactive > 0 ? [inactiveText(inactive, activatesTenants)] : [];
    const notes = [...plan.notes, ...tenants].map((note) => `; ${note}`).join('');
    const objects = count === undefined ? '' : ` ${objectsText(count)},`;
    process.stdout.write(`${plan.class.class}:${objects} ${does[plan.kind]}${notes}\n`);
  }
  for (const { alias, class: name } of migration.aliases) {
    process.stdout.write(`alias ${alias} of ${name}\n`);
  }
}

function inactiveText(count: number, activatesTenants: boolean): string {
  const who =
    count === 1 ? '1 tenant that is not active is' : `${count} tenants that are not active are`;
  return activatesTenants
    ? `${who} activated there meanwhile`
    : `${who} left out (--activate-tenants)`;
}

async function copyAll(migration: Migration, report: Report): Promise<void> {
  await migration.makeCollections();
  for (const plan of migration.plans) await copyOne(migration, plan, report);
}

async function copyOne(migration: Migration, plan: CollectionPlan, report: Report): Promise<void> {
  const name = plan.class.class;
  for (const note of plan.notes) say(`${name}: ${note}`);
  const count = await migration.count(plan);
  let bytesAll = 0;
  const bar = new ProgressBar({
    stream: process.stderr,
    clock: () => performance.now(),
    label: `copying ${name}`,
    ...(count === undefined ? {} : { itemCount: count }),
    workTotal: count ?? Number.POSITIVE_INFINITY,
    rate: (items, _, ms) => `${rateText(items, bytesAll, ms)}`,
  });
  const onProgress = (objects: number, bytes: number): void => {
    bytesAll += bytes;
    bar.advance(objects, objects);
  };
  const onProblem = (problem: MigrationProblem): void => report.add(problem);
  const counts = await migration.copy(plan, { onProgress, onProblem }).finally(() => bar.end());
  const ms = bar.end();
  const speed = counts.copied > 0 ? `, ${rateText(counts.copied, bytesAll, ms)}` : '';
  say(`${name}: ${countsText(counts)} in ${duration(ms)}${speed}`);
}

function countsText({ copied, unchanged, refused, newer, extra, deleted }: CopyCounts): string {
  const parts = [
    `${objectsText(copied)} copied`,
    ...(unchanged > 0 ? [`${unchanged} there already`] : []),
    ...(refused > 0 ? [`${refused} not copied`] : []),
    ...(newer > 0 ? [`${newer} changed here and left so`] : []),
    ...(extra > 0 ? [`${extra} only here and left so`] : []),
    ...(deleted > 0 ? [`${deleted} only here and deleted`] : []),
  ];
  return parts.join(', ');
}

/** True when both sides are the same. */
async function verifyAll(
  migration: Migration,
  { name: where }: Destination,
  report: Report,
): Promise<boolean> {
  // Shown under a title of their own; in the file they stand beside what was not copied.
  const differing: Report = await ProblemReport.open(undefined, problemText);
  const tell = (problem: MigrationProblem): void => {
    differing.add(problem);
    report.add(problem);
  };
  for (const message of await migration.aliasProblems()) tell({ collection: '', message });
  for (const plan of migration.plans) {
    const found = await verifyOne(migration, plan, tell);
    const { sourceCount, destinationCount, sampled } = found;
    const verdict = verdictText(found.differences);
    const counts = `${sourceCount} there, ${destinationCount} here`;
    const name = plan.class.class;
    process.stdout.write(`${name}: ${counts}, ${sampled} compared completely: ${verdict}\n`);
  }
  if (differing.count === 0) return true;
  differing.show(process.stderr, differing.count === 1 ? '1 differs' : `${differing.count} differ`);
  say(
    `what has changed there since is copied by the same command again; ${where} keeps what it has`,
  );
  return false;
}

function patience(signal: AbortSignal): Patience {
  return {
    ...patienceDefault,
    random: Math.random,
    signal,
    onRetry: ({ message }, waitMs) => {
      if (waitMs >= toldWaitMs) say(`${message}; again in ${duration(waitMs)}`);
    },
  };
}

/** Shorter waits are not worth a line. */
const toldWaitMs = 1_000;

function problemText({ collection, tenant, uuid, message }: MigrationProblem): string {
  const names = [collection, ...(tenant ? [`tenant ${tenant}`] : []), ...(uuid ? [uuid] : [])];
  const place = names.filter((name) => name !== '').join(', ');
  return place === '' ? message : `${place}: ${message}`;
}

/** Shows how far it is on a terminal alone. */
async function verifyOne(
  migration: Migration,
  plan: CollectionPlan,
  onProblem: (problem: MigrationProblem) => void,
): Promise<Verification> {
  const count = process.stderr.isTTY ? await migration.count(plan) : undefined;
  if (count === undefined) {
    return await migration.verify(plan, { onProgress: () => undefined, onProblem });
  }
  const bar = new ProgressBar({
    ...{ stream: process.stderr, clock: () => performance.now() },
    ...{ label: `comparing ${plan.class.class}`, itemCount: count, workTotal: count },
  });
  const onProgress = (objects: number): void => bar.advance(objects, objects);
  return await migration.verify(plan, { onProgress, onProblem }).finally(() => bar.end());
}

function verdictText(differences: number): string {
  if (differences === 0) return 'the same';
  return differences === 1 ? '1 difference' : `${differences} differences`;
}

function objectsText(count: number): string {
  return count === 1 ? '1 object' : `${count} objects`;
}

function rateText(objects: number, bytes: number, ms: number): string {
  const seconds = Math.max(ms, 1) / 1000;
  return `${Math.round(objects / seconds)} objects/s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
}

/** A line of its own, also where a bar is drawn. */
function say(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[2K' : ''}${plain(text)}\n`);
}
