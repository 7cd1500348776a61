// The truth that answers are judged by: the best passages by exact MaxSim for every query and filter,
// found by scanning the corpus block by block, and kept in the user's cache directory; and what such a
// scan costs.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKernels } from '../src/engine/kernels/kernels.ts';
import { type MaxSimQuery, MaxSimScorer, prepareQuery } from '../src/engine/multivector/maxsim.ts';
import { MemoryTokenVectors } from '../src/engine/multivector/memory-token-vectors.ts';
import type { Corpus } from './corpus.ts';
import { type AllowedShare, isAllowed } from './filters.ts';
import { benchCache } from './real-passages.ts';

/** The exact best passages of each judged query, best first: by query set, filter and query. */
export type ExactAnswers = readonly (readonly (readonly (readonly number[])[])[])[];

export interface ExactAsked {
  /** The first queries of every set are judged. */
  readonly judged: number;
  readonly shares: readonly AllowedShare[];
  /** Best passages wanted of each. */
  readonly k: number;
}

/** Token vectors of a block: some 500 MB with originals. */
const blockVectors = 700_000;

/**
 * The exact answers for a corpus; a second call for the same finds them in the cache, where `cached`
 * says so. The scan of 200,000 passages takes about 1.5 s a query.
 */
export function exactAnswers(corpus: Corpus, asked: ExactAsked, cached: boolean): ExactAnswers {
  const { judged, shares, k } = asked;
  const name = `${corpus.key}-${judged}-${shares.join('-')}-${k}.json`;
  const file = join(benchCache, 'exact', name);
  if (cached && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ExactAnswers;
  const answers = scanAll(corpus, asked);
  if (cached) {
    mkdirSync(join(benchCache, 'exact'), { recursive: true });
    writeFileSync(`${file}.part`, JSON.stringify(answers));
    renameSync(`${file}.part`, file);
  }
  return answers;
}

type Scored = readonly (readonly [index: number, score: number])[];

function scanAll(corpus: Corpus, { judged, shares, k }: ExactAsked): ExactAnswers {
  const queries = corpus.querySets.map((set) =>
    set.queries.slice(0, judged).map((query) => prepareQuery(query, true)),
  );
  const best = queries.map((set) => shares.map(() => set.map((): Scored => [])));
  const scorer = openScorer();
  for (const { first, vectors } of blocksOf(corpus)) {
    const docs = shares.map((share) => (share === 1 ? 'all' : allowedOf(first, vectors, share)));
    for (const [s, set] of queries.entries()) {
      for (const [q, query] of set.entries()) {
        for (const [f, allowed] of docs.entries()) {
          const top = scorer.topExact(query, vectors, allowed, k);
          const found = Array.from(top.docs, (doc, i) => [first + doc, top.scores[i]!] as const);
          const all = [...best[s]![f]![q]!, ...found];
          best[s]![f]![q] = all.sort(([, a], [, b]) => b - a).slice(0, k);
        }
      }
    }
  }
  return best.map((set) => set.map((of) => of.map((one) => one.map(([index]) => index))));
}

function allowedOf(first: number, { documentCount }: MemoryTokenVectors, share: AllowedShare) {
  const all = Array.from({ length: documentCount }, (_, doc) => doc);
  return Uint32Array.from(all.filter((doc) => isAllowed(first + doc, share)));
}

function* blocksOf(corpus: Corpus) {
  const rows = openKernels({ forcePlain: false, clock: performance }).createRows();
  for (let next = 0; next < corpus.count; ) {
    const first = next;
    const vectors = MemoryTokenVectors.open({ normalized: true, rows });
    while (next < corpus.count && vectors.vectorCount < blockVectors) {
      vectors.append(next - first, corpus.passage(next));
      next += 1;
    }
    yield { first, vectors };
  }
}

function openScorer(): MaxSimScorer {
  return MaxSimScorer.open(openKernels({ forcePlain: false, clock: performance }));
}

/** Our own scan of everything with int8 kernels, to compare with. */
export interface Scan {
  /** Token vectors that a scan really goes over; costs of more are extrapolated. */
  readonly vectorCount: number;
  /** Milliseconds of processor time that the best 10 by a scan of the whole corpus take. */
  cpuMs(query: MaxSimQuery): number;
}

/** Holds the first passages of the corpus; costs of a corpus of `vectorCount` are in proportion. */
export function openScan(corpus: Corpus, vectorCount: number): Scan {
  const { vectors } = blocksOf(corpus).next().value!;
  const scorer = openScorer();
  return {
    vectorCount: vectors.vectorCount,
    cpuMs: (query) => {
      const before = process.cpuUsage();
      scorer.topExact(query, vectors, 'all', 10);
      const { user, system } = process.cpuUsage(before);
      return ((user + system) / 1000) * (vectorCount / vectors.vectorCount);
    },
  };
}
