// The whole system: a server process driven over gRPC, its processor time, memory and disk, and the
// recall of its answers against exact MaxSim. For numbers (Linux, a quiet machine):
//   node --no-liftoff bench/server.bench.ts [passages] [queries] [options]
// docs/BENCHMARKS.md has the options. As a test it runs with tiny sizes and checks answers only.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { type Corpus, type CorpusKind, madeUpCorpus, openCorpus } from './corpus.ts';
import { hasProcessFigures } from './process-figures.ts';
import { Report } from './report.ts';
import { measureEmptyCalls } from './system/empty-calls.ts';
import { measureImport } from './system/imports.ts';
import { measureLoads } from './system/loads.ts';
import { measureLibraryImport, measurePythonImport } from './system/other-imports.ts';
import { type JudgedRecall, measureRecall } from './system/recall.ts';
import { measureRestarts } from './system/restarts.ts';
import { type RunSizes, ServerRun } from './system/server-run.ts';
import { measureSpace } from './system/space.ts';
import { measureWhileCompacting } from './system/while-compacting.ts';

/** In the order in which they run; `python` and `library` use folders of their own. */
const phases = {
  empty: measureEmptyCalls,
  import: measureImport,
  recall: measureRecall,
  queries: measureLoads,
  space: measureSpace,
  restart: measureRestarts,
  compaction: measureWhileCompacting,
  python: measurePythonImport,
  library: measureLibraryImport,
} as const;

type Phase = keyof typeof phases;

const phaseNames = Object.keys(phases) as readonly Phase[];
const kinds: readonly CorpusKind[] = ['passages', 'pages', 'drift'];

const fullSizes: RunSizes = {
  ...{ batch: 100, inFlight: 2, rounds: 3, judged: 100, scanned: 5, emptyCalls: 1000 },
  ...{ restarts: 10, otherImports: 2000, quietMs: 2000, settleMs: 1_800_000, cached: true },
};
const tinySizes: RunSizes = {
  ...{ batch: 20, inFlight: 2, rounds: 1, judged: 4, scanned: 1, emptyCalls: 3 },
  ...{ restarts: 1, otherImports: 40, quietMs: 200, settleMs: 60_000, cached: false },
};

/** Runs phases on a fresh server, or on the data that an earlier run left. */
async function measure(run: ServerRun, wanted: readonly Phase[]): Promise<JudgedRecall[]> {
  const recalls: JudgedRecall[] = [];
  const { corpus, report, vectorCount } = run;
  const each = (vectorCount / corpus.count).toFixed(1);
  const size = `${corpus.count} passages, ${vectorCount} token vectors of ${corpus.dims} (${each} each)`;
  report.fact('corpus', `${size}: ${corpus.source}`);
  try {
    for (const phase of phaseNames.filter((name) => wanted.includes(name))) {
      const judged = await phases[phase](run);
      if (judged !== undefined) recalls.push(...judged);
      report.flush();
    }
  } finally {
    await run.stop();
  }
  return recalls;
}

interface AskedRun {
  readonly sizes: RunSizes;
  readonly report: Report;
  readonly phases: readonly Phase[];
  /** Kept when it is given. */
  readonly folder?: string | undefined;
  readonly profile?: string | undefined;
  readonly serverArgs?: readonly string[];
}

async function runIn(corpus: Corpus, asked: AskedRun): Promise<JudgedRecall[]> {
  const { folder: given, profile, serverArgs = [], sizes, report } = asked;
  if (given !== undefined) mkdirSync(given, { recursive: true });
  const folder = given ?? mkdtempSync(join(tmpdir(), 'tesserae-bench-'));
  try {
    const run = new ServerRun({ ...{ corpus, sizes, folder, report }, profile, serverArgs });
    return await measure(run, asked.phases);
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      corpus: { type: 'string', default: 'passages' },
      dims: { type: 'string', default: '128' },
      phases: { type: 'string', default: phaseNames.join(',') },
      data: { type: 'string' },
      json: { type: 'string' },
      judged: { type: 'string', default: String(fullSizes.judged) },
      memory: { type: 'string' },
      profile: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [count = 10_000, queries = 200] = positionals.map(Number);
  const kind = kinds.find((one) => one === values.corpus);
  const wanted = phaseNames.filter((name) => values.phases.split(',').includes(name));
  assert.ok(kind, `--corpus is one of ${kinds.join(', ')}`);
  assert.ok(wanted.length === values.phases.split(',').length, `phases: ${phaseNames.join(', ')}`);
  assert.ok(values.dims === '128' || values.dims === '384', '--dims is 128 or 384');
  assert.ok(Number.isInteger(count) && Number.isInteger(queries), 'sizes are whole numbers');
  const { memory, profile } = values;
  if (profile !== undefined) mkdirSync(profile, { recursive: true });
  const print = (text: string): boolean => process.stdout.write(text);
  const report = new Report({ file: values.json, print });
  if (memory !== undefined) report.fact('memory', `--memory ${memory}`);
  const dims = values.dims === '128' ? 128 : 384;
  await runIn(await openCorpus(kind, { count, queries, dims }), {
    sizes: { ...fullSizes, judged: Number(values.judged) },
    report,
    phases: wanted,
    folder: values.data,
    profile,
    serverArgs: memory === undefined ? [] : ['--memory', memory],
  });
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  await main();
} else {
  const skip = !hasProcessFigures && 'processor time of a process is read as Linux shows it';
  test('a server finds all that is written, as exact MaxSim has it', { skip }, async () => {
    const corpus = madeUpCorpus({ count: 60, queries: 4, tokens: 6, dims: 16 });
    const printed: string[] = [];
    const report = new Report({ print: (text) => printed.push(text) });
    const tried = phaseNames.filter((name) => name !== 'python');
    const recalls = await runIn(corpus, { sizes: tinySizes, report, phases: tried });
    assert.equal(recalls.length, 8, 'two depths of four filters');
    for (const { name, k, recall } of recalls) {
      assert.equal(recall, 1, `${name}, @${k}\n${printed.join('')}`);
    }
    const sections = new Set(report.figures.map(({ section }) => section));
    assert.equal(sections.size, 8, [...sections].join());
  });
}
