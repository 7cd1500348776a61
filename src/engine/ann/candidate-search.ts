// The best documents of several segments without scoring all of them: estimates from codes name
// candidates, the query's worse half sorts out most of them, both halves most of the rest, and the
// originals decide. Segments without codes, or with few allowed documents, are scored exactly.

import { assert } from '../assert.ts';
import type { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { MaxSimKernel } from '../kernels/maxsim-kernel.ts';
import { ExactMaxSim } from '../multivector/exact-maxsim.ts';
import type { MaxSimQuery, MaxSimScorer } from '../multivector/maxsim.ts';
import type { TokenVectors } from '../multivector/token-vectors.ts';
import { TopK } from '../multivector/top-k.ts';
import type { SegmentCodes } from '../quantize/segment-codes.ts';
import { CodeScan } from './code-scan.ts';
import { Halves } from './halves.ts';
import { type Entrant, Race, RaceRoom } from './race.ts';
import { type ScoreTable, TableMaker } from './score-table.ts';
import { Scratch } from './scratch.ts';
import { isExactCheaper, type PartShape, planSearch, type SearchPlan } from './search-plan.ts';

/** One segment's share of a search. */
export interface SearchPart {
  readonly vectors: TokenVectors;
  /** Undefined while the segment is not trained: it is scored exactly. */
  readonly codes: SegmentCodes | undefined;
  /** Documents that may be returned, ascending. */
  readonly docs: Uint32Array | 'all';
}

export interface SearchOptions {
  /** Score every allowed document exactly. */
  readonly exact?: boolean;
  /** Never score a trained segment exactly because that is cheaper: to measure the other way. */
  readonly approximate?: boolean;
  /** The wire's `ef`: larger is more thorough. */
  readonly ef?: number;
  /** Instead of the plan made for the query: to measure what a number does. */
  readonly plan?: SearchPlan;
}

/** A document found, with its exact float32 score. */
export interface FoundDocument {
  /** Number of the part it is in. */
  readonly part: number;
  readonly doc: number;
  readonly score: number;
}

/** Milliseconds since any fixed moment. */
export interface SearchClock {
  now(): number;
}

/** Milliseconds that the stages of a search took; zeros without a clock. */
export interface SearchTimes {
  /** Parts scored exactly. */
  exact: number;
  /** Score tables, lists and the scan of codes. */
  estimate: number;
  /** Halves of the query on planes. */
  race: number;
  /** Exact scores from the originals. */
  finish: number;
}

/** What a search did. */
export interface SearchCounts {
  /** Parts that were scored exactly. */
  exactParts: number;
  /** Documents of these parts. */
  exactDocuments: number;
  /** Documents whose codes were looked at. */
  scanned: number;
  /** Documents of which half the query was scored on the plane, and of which all of it was. */
  firstHalves: number;
  secondHalves: number;
  /** Documents scored from their originals. */
  finished: number;
  /** Token vectors multiplied with query tokens on planes; twice where both halves of a query were. */
  vectors: number;
  /** Centroids compared with 16 query tokens at once. */
  tableRows: number;
}

export interface SearchResult {
  /** Best first; equal scores by part, then by document. */
  readonly hits: readonly FoundDocument[];
  readonly counts: SearchCounts;
  readonly times: SearchTimes;
  /** Of the parts with candidates; undefined when every part was scored exactly. */
  readonly plan: SearchPlan | undefined;
}

/** Estimates sorted beyond the first round: most searches need no more. */
const firstAhead = 64;

/** For who wants no times. */
const stoppedClock: SearchClock = { now: () => 0 };

/** A part in which something may be found. */
interface PreparedPart extends SearchPart {
  readonly index: number;
}

/** A part that can be searched by candidates. */
interface CodedPart extends PreparedPart {
  readonly codes: SegmentCodes;
}

function isCoded(part: PreparedPart): part is CodedPart {
  return part.codes !== undefined;
}

/**
 * Searches the segments whose codes lie in its memory. Owns kernels and buffers: one per thread, used for every
 * query. The same query over the same parts gives the same hits.
 */
export class CandidateSearch {
  readonly #scorer: MaxSimScorer;
  readonly #scratch: Scratch;
  readonly #tables: TableMaker;
  readonly #scan: CodeScan;
  readonly #halves: Halves;
  readonly #room = new RaceRoom();
  readonly #whole: MaxSimKernel;
  readonly #exact: ExactMaxSim;
  readonly #clock: SearchClock;

  private constructor(
    kernels: Kernels,
    memory: KernelMemory,
    scorer: MaxSimScorer,
    clock: SearchClock,
  ) {
    this.#clock = clock;
    const kernel = kernels.createApproximate(memory);
    this.#scorer = scorer;
    this.#scratch = new Scratch(memory);
    this.#tables = new TableMaker(kernel, this.#scratch);
    this.#scan = new CodeScan(kernel, this.#scratch);
    this.#halves = new Halves(kernels);
    this.#whole = kernels.createMaxSim();
    this.#exact = new ExactMaxSim(kernels, this.#whole);
  }

  /** `scorer` does the parts that are scored exactly. */
  static open(
    kernels: Kernels,
    memory: KernelMemory,
    scorer: MaxSimScorer,
    clock: SearchClock = stoppedClock,
  ): CandidateSearch {
    return new CandidateSearch(kernels, memory, scorer, clock);
  }

  /** Bytes held beside the scorer's and the segments' codes. */
  get bytes(): number {
    const kernels = this.#halves.bytes + this.#whole.bytes + this.#exact.bytes;
    return this.#scratch.bytes + kernels;
  }

  /** Gives its room in the memory back. */
  close(): void {
    this.#scratch.close();
  }

  /** The k best documents. Documents without vectors never appear. */
  top(
    query: MaxSimQuery,
    parts: readonly SearchPart[],
    k: number,
    options: SearchOptions = {},
  ): SearchResult {
    const counts: SearchCounts = {
      ...{ exactParts: 0, exactDocuments: 0, scanned: 0, firstHalves: 0, secondHalves: 0 },
      ...{ finished: 0, vectors: 0, tableRows: 0 },
    };
    const times: SearchTimes = { exact: 0, estimate: 0, race: 0, finish: 0 };
    const firstIds = numberParts(parts);
    const top = new TopK(k);
    const began = this.#clock.now();
    const searched = parts.flatMap(({ vectors, codes, docs }, index): PreparedPart[] =>
      k === 0 || vectors.vectorCount === 0 || docs.length === 0
        ? []
        : [{ index, vectors, codes, docs }],
    );
    const approximate = this.#approximateParts(query, searched, options);
    for (const part of searched) {
      if (isCoded(part) && approximate.includes(part)) continue;
      this.#topExact(query, part, firstIds[part.index]!, top, k, counts);
    }
    times.exact = this.#clock.now() - began;
    const plan = approximate.length === 0 ? undefined : planOf(query, approximate, k, options);
    if (plan !== undefined) {
      this.#topApproximate(query, approximate, firstIds, plan, top, k, { counts, times });
    }
    const { docs: ids, scores } = top.take();
    const hits = Array.from(ids, (id, i): FoundDocument => {
      const part = partOf(firstIds, id);
      return { part, doc: id - firstIds[part]!, score: scores[i]! };
    });
    return { hits, counts, times, plan };
  }

  /** The parts to search by candidates: those of a codebook together, because they share a table. */
  #approximateParts(
    query: MaxSimQuery,
    parts: readonly PreparedPart[],
    { exact, approximate }: SearchOptions,
  ): CodedPart[] {
    const coded = parts.filter(isCoded);
    if (exact) return [];
    if (approximate) return coded;
    const exactCheaper = new Map<number, boolean>();
    return coded.filter(({ codes: { codebook } }) => {
      const known = exactCheaper.get(codebook.centroids);
      if (known !== undefined) return !known;
      const sharing = coded.filter(({ codes }) => codes.codebook.centroids === codebook.centroids);
      const isCheaper = isExactCheaper(shapeOf(query, sharing));
      exactCheaper.set(codebook.centroids, isCheaper);
      return !isCheaper;
    });
  }

  #topExact(
    query: MaxSimQuery,
    { vectors, docs }: SearchPart,
    firstId: number,
    top: TopK,
    k: number,
    counts: SearchCounts,
  ): void {
    const found = this.#scorer.topExact(query, vectors, docs, k);
    for (let i = 0; i < found.docs.length; i++)
      top.push(firstId + found.docs[i]!, found.scores[i]!);
    counts.exactParts += 1;
    counts.exactDocuments += docs === 'all' ? vectors.documentCount : docs.length;
    counts.vectors += docs === 'all' ? vectors.vectorCount : vectorsOf(vectors, docs);
  }

  #topApproximate(
    query: MaxSimQuery,
    parts: readonly CodedPart[],
    firstIds: Float64Array,
    plan: SearchPlan,
    top: TopK,
    k: number,
    { counts, times }: { readonly counts: SearchCounts; readonly times: SearchTimes },
  ): void {
    const began = this.#clock.now();
    const entrants: Entrant[] = [];
    const served = new Float64Array(query.tokens).fill(-Infinity);
    // One table for all segments with the same codebook, which lies at one address.
    const tables = new Map<number, ScoreTable | undefined>();
    for (const part of parts) {
      const { codes, docs, vectors, index } = part;
      const { codebook } = codes;
      assert(codes.documentCount === vectors.documentCount, 'codes of the same documents');
      assert(codes.memory === this.#scratch.memory, 'codes in the memory of the search');
      if (!tables.has(codebook.centroids)) {
        const made = this.#tables.make(query, codebook, plan.probes, tables.size);
        tables.set(codebook.centroids, made);
        if (made !== undefined) noteServed(query, made, served);
        counts.tableRows += made?.rowsComputed ?? 0;
      }
      const table = tables.get(codebook.centroids);
      if (table === undefined) {
        // Scores beyond what a table can hold.
        this.#topExact(query, part, firstIds[index]!, top, k, counts);
        continue;
      }
      const estimates = this.#scan.best(table, codes, docs, {
        wanted: plan.firstMin + firstAhead,
        slot: entrants.length,
      });
      counts.scanned += estimates.scanned;
      const estimate: Entrant['estimate'] = (tokens, docs, count, out) =>
        this.#scan.estimate(table, codes, tokens, docs, count, out);
      entrants.push({ part: index, vectors, estimates, estimate });
    }
    const estimated = this.#clock.now();
    this.#halves.setQuery(query, served);
    const race = new Race(this.#halves, this.#room, entrants, plan, k, top.threshold);
    race.run();
    counts.firstHalves += race.firstDone;
    counts.secondHalves += race.secondDone;
    counts.vectors += race.vectorsDone;
    const raced = this.#clock.now();
    this.#finish(query, race, firstIds, top, counts);
    times.estimate = estimated - began;
    times.race = raced - estimated;
    times.finish = this.#clock.now() - raced;
  }

  /** Exact scores in descending order of what is likely, until the next will not get in any more. */
  #finish(
    query: MaxSimQuery,
    race: Race,
    firstIds: Float64Array,
    top: TopK,
    counts: SearchCounts,
  ): void {
    this.#whole.setQuery(query);
    for (const { part, vectors, doc, reach, likely } of race.finalists(this.#scorer, query)) {
      if (likely < top.threshold) break;
      const score = this.#exact.scoreAbove(query, vectors, doc, reach, top.threshold);
      counts.finished += 1;
      if (score > -Infinity) top.push(firstIds[part]! + doc, score);
    }
  }
}

function vectorsOf(vectors: TokenVectors, docs: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < docs.length; i++) count += vectors.count(docs[i]!);
  return count;
}

/** What searching parts that share a codebook costs depends on. */
function shapeOf(query: MaxSimQuery, parts: readonly CodedPart[]): PartShape {
  let allowedVectors = 0;
  let allowedDocuments = 0;
  let codeCount = 0;
  let vectorCount = 0;
  for (const { vectors, codes, docs } of parts) {
    const allowed = docs === 'all' ? vectors.documentCount : docs.length;
    allowedDocuments += allowed;
    allowedVectors += (allowed * vectors.vectorCount) / vectors.documentCount;
    codeCount += codes.codeCount;
    vectorCount += vectors.vectorCount;
  }
  const { stride, centroidCount, cellCount } = parts[0]!.codes.codebook;
  return {
    ...{ queryTokens: query.tokens, stride, centroids: centroidCount, cells: cellCount },
    ...{ allowedVectors, allowedDocuments, codesPerVector: codeCount / vectorCount },
  };
}

function planOf(
  query: MaxSimQuery,
  parts: readonly CodedPart[],
  k: number,
  { ef, plan }: SearchOptions,
): SearchPlan {
  if (plan !== undefined) return plan;
  let vectorCount = 0;
  let documentCount = 0;
  for (const { vectors } of parts) {
    vectorCount += vectors.vectorCount;
    documentCount += vectors.documentCount;
  }
  const documentTokens = vectorCount / documentCount;
  return planSearch({ k, queryTokens: query.tokens, documentTokens, ef });
}

/** Raises how well each token is served by the best score of a table, as a part of its length. */
function noteServed(query: MaxSimQuery, table: ScoreTable, served: Float64Array): void {
  for (let token = 0; token < query.tokens; token++) {
    const length = query.errorShares[token]!;
    const share = length === 0 ? 1 : table.highs[token]! / length;
    if (share > served[token]!) served[token] = share;
  }
}

/** A number for each document of all parts: the part's first id + doc. */
function numberParts(parts: readonly SearchPart[]): Float64Array {
  const firstIds = new Float64Array(parts.length + 1);
  for (const [index, { vectors }] of parts.entries()) {
    firstIds[index + 1] = firstIds[index]! + vectors.documentCount;
  }
  assert(firstIds[parts.length]! < 2 ** 32, 'documents of a search are numbered with 32 bits');
  return firstIds;
}

function partOf(firstIds: Float64Array, id: number): number {
  let part = 0;
  while (firstIds[part + 1]! <= id) part++;
  return part;
}
