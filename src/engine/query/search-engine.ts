// What one thread needs to search: its kernels, the scorer, and the memory that codes and lists of sealed
// segments lie in.

import { CandidateSearch, type SearchClock } from '../ann/candidate-search.ts';
import { SingleSearch } from '../ann/single-search.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { MaxSimScorer } from '../multivector/maxsim.ts';

export interface SearchEngine {
  readonly kernels: Kernels;
  readonly scorer: MaxSimScorer;
  readonly candidates: CandidateSearch;
  readonly singles: SingleSearch;
  /** Where sealed segments open their codes and lists. */
  readonly memory: KernelMemory;
}

export interface SearchEngineOptions {
  /** Where codes lie; a memory of its own when absent. */
  readonly memory?: KernelMemory;
  /** Tells how long the stages of a search take; no times without it. */
  readonly clock?: SearchClock;
}

/** One per thread; cold until warmUpSearch. */
export function openSearchEngine(
  kernels: Kernels,
  { memory = KernelMemory.open(), clock }: SearchEngineOptions = {},
): SearchEngine {
  const scorer = MaxSimScorer.open(kernels);
  const candidates = CandidateSearch.open(kernels, memory, scorer, clock);
  const singles = SingleSearch.open(kernels, memory);
  return { kernels, scorer, memory, candidates, singles };
}
