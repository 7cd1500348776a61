// Tesserae beside its peers: the same vectors, machine and measure of recall, one core each, one process
// after another. For numbers (Linux, a quiet machine):
//   node --no-liftoff bench/peers.bench.ts [passages] [queries] [--only WORD] [--json FILE]
// As a test it runs our own two with tiny sizes and checks answers only.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import type { VectorValue } from '../src/engine/document.ts';
import { type Corpus, madeUpCorpus, openCorpus } from './corpus.ts';
import { exactAnswers } from './exact-answers.ts';
import { type ListedPeer, missing, peers } from './peers/peer-list.ts';
import { PeerProcess } from './peers/peer-process.ts';
import { hasProcessFigures } from './process-figures.ts';
import { Report } from './report.ts';
import { mean, median, quantile } from './statistics.ts';
import { writeVectorFile } from './vector-file.ts';

/** Files that all peers read, and what they should answer. */
interface PeerWork {
  readonly folder: string;
  readonly vectorsFile: string;
  readonly vectorCount: number;
  readonly querySets: readonly {
    readonly name: string;
    readonly file: string;
    readonly exact: readonly (readonly number[])[];
  }[];
}

const k = 10;
const rounds = 3;

/** Vector files of the corpus and its queries; all rows get unit length, so that every peer may. */
function prepare(corpus: Corpus, folder: string, queries: number, cached: boolean): PeerWork {
  const vectorsFile = join(folder, 'vectors.bin');
  let vectorCount = 0;
  writeVectorFile(vectorsFile, corpus.dims, corpus.count, (index) => {
    const passage = corpus.passage(index);
    vectorCount += passage.values.length / corpus.dims;
    return unitRows(passage);
  });
  const exact = exactAnswers(corpus, { judged: queries, shares: [1], k }, cached);
  const querySets = corpus.querySets.map(({ name, queries: all }, s) => {
    const file = join(folder, `queries-${s}.bin`);
    const asked = all.slice(0, queries);
    writeVectorFile(file, corpus.dims, asked.length, (index) => unitRows(asked[index]!));
    return { name, file, exact: exact[s]![0]! };
  });
  return { folder, vectorsFile, vectorCount, querySets };
}

function unitRows({ dims, values }: VectorValue): VectorValue {
  const rows = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += dims) {
    let squares = 0;
    for (let i = at; i < at + dims; i++) squares += values[i]! ** 2;
    const factor = 1 / Math.sqrt(squares);
    for (let i = at; i < at + dims; i++) rows[i] = values[i]! * factor;
  }
  return { kind: 'multi', dims, values: rows };
}

async function measurePeer(work: PeerWork, listed: ListedPeer, report: Report): Promise<void> {
  const folder = mkdtempSync(join(work.folder, 'peer-'));
  await using peer = PeerProcess.start([...listed.command, folder], folder);
  const built = await peer.call({ op: 'import', vectors: work.vectorsFile });
  const builtPeak = peer.space().peak;
  for (const { name, settings } of listed.searches) {
    for (const { name: set, file, exact } of work.querySets) {
      const asked = { op: 'search', queries: file, k, settings } as const;
      const { answer } = await peer.call(asked);
      const recalls = exact.map((best, q) => {
        const found = new Set(answer.answers?.[q]);
        return best.filter((doc) => found.has(doc)).length / best.length;
      });
      const ms: number[] = [];
      const cpu: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const cost = await peer.call(asked);
        ms.push(...(cost.answer.ms ?? []));
        cpu.push(cost.cpuMs / exact.length);
      }
      report.row(`peers, ${set}`, `${listed.name}, ${name}`, {
        'recall@10': mean(recalls),
        'p50 ms': median(ms),
        'p95 ms': quantile(ms, 0.95),
        'CPU ms': median(cpu),
      });
    }
  }
  const { resident, anonymous, disk } = peer.space();
  report.row('peers, import and space', listed.name, {
    'import s': built.wallMs / 1000,
    'import CPU s': built.cpuMs / 1000,
    'resident MiB': resident / 2 ** 20,
    'not files MiB': anonymous / 2 ** 20,
    'most while importing MiB': builtPeak / 2 ** 20,
    'disk MiB': disk / 2 ** 20,
    'disk bytes a token vector': disk / work.vectorCount,
  });
}

async function measureAll(
  corpus: Corpus,
  listed: readonly ListedPeer[],
  asked: { readonly queries: number; readonly report: Report; readonly cached: boolean },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-peers-'));
  const { report } = asked;
  try {
    const work = prepare(corpus, folder, asked.queries, asked.cached);
    const size = `${corpus.count} passages, ${work.vectorCount} token vectors of ${corpus.dims}`;
    report.fact('corpus', `${size}: ${corpus.source}`);
    for (const peer of listed) {
      const reason = missing(peer);
      if (reason !== undefined) report.fact(peer.name, reason);
      else await measurePeer(work, peer, report);
      report.flush();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { only: { type: 'string', default: '' }, json: { type: 'string' } },
    allowPositionals: true,
  });
  const [count = 10_000, queries = 100] = positionals.map(Number);
  const print = (text: string): boolean => process.stdout.write(text);
  const report = new Report({ file: values.json, print });
  const word = values.only.toLowerCase();
  const wanted = peers.filter(({ name }) => name.toLowerCase().includes(word));
  assert.ok(wanted.length > 0, `no peer's name holds ${values.only}`);
  const corpus = await openCorpus('passages', { count, queries, dims: 128 });
  await measureAll(corpus, wanted, { queries, report, cached: true });
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) {
  await main();
} else {
  const skip = !hasProcessFigures && 'processor time of a process is read as Linux shows it';
  test('our own scan and library answer as exact MaxSim does', { skip }, async () => {
    const corpus = madeUpCorpus({ count: 50, queries: 3, tokens: 6, dims: 16 });
    const report = new Report({ print: () => undefined });
    await measureAll(corpus, peers.slice(0, 2), { queries: 3, report, cached: false });
    const recalls = report.figures.filter(({ column }) => column === 'recall@10');
    assert.equal(recalls.length, 2);
    for (const { row, value } of recalls) assert.equal(value, 1, row);
  });
}
