// What one thread needs to search: its kernels, the scorer, and the memory that codes of sealed segments
// lie in.

import { CandidateSearch } from '../ann/candidate-search.ts';
import { KernelMemory } from '../kernels/kernel-memory.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { MaxSimScorer } from '../multivector/maxsim.ts';

export interface SearchEngine {
  readonly kernels: Kernels;
  readonly scorer: MaxSimScorer;
  readonly candidates: CandidateSearch;
  /** Where sealed segments open their codes. */
  readonly memory: KernelMemory;
}

/** One per thread. */
export function openSearchEngine(kernels: Kernels): SearchEngine {
  const memory = KernelMemory.open();
  const scorer = MaxSimScorer.open(kernels);
  return { kernels, scorer, memory, candidates: CandidateSearch.open(kernels, memory, scorer) };
}
