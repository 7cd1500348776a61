// Why a document got its MaxSim score: which of its tokens answered each token of the query, how much
// that says, and how warm every token is.

import type { PooledGroups, VectorValue } from '../document.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { MaxSimScorer, prepareQuery } from '../multivector/maxsim.ts';
import { MemoryTokenVectors } from '../multivector/memory-token-vectors.ts';
import { sourcePositions } from '../multivector/pool-tokens.ts';
import { similaritiesOf } from './similarities.ts';

/** A query and one document that was found with it. */
export interface AlignmentInput {
  readonly query: VectorValue;
  readonly document: VectorValue;
  /** As the vectors are scored: true for cosine. */
  readonly normalized: boolean;
  /** Of a pooled document: where its tokens went. */
  readonly groups?: PooledGroups | undefined;
  /** Beside the query's tokens: how much each counts for `heat`, 0 or more; all 1 when absent. */
  readonly weights?: Float32Array | undefined;
}

/** Beside each token of the query: which token of the document answered it, and how well. */
export interface DocumentAlignment {
  /** Sum of `scores`: the MaxSim score. */
  readonly score: number;
  readonly scores: Float32Array;
  /** How far the winner is above the average token of the document: 0 where all are alike. */
  readonly lifts: Float32Array;
  /** Numbers of the winner's tokens, as the object was embedded: several where they were pooled. */
  readonly winners: readonly (readonly number[])[];
  /** Beside each token that the object was embedded into: 0 to 1, the warmest is 1. */
  readonly heat: Float32Array;
}

/** Aligns one document after the other. Owns a scorer's memory: one per thread. */
export class DocumentAligner {
  readonly #scorer: MaxSimScorer;

  private constructor(kernels: Kernels) {
    this.#scorer = MaxSimScorer.open(kernels);
  }

  static open(kernels: Kernels): DocumentAligner {
    return new DocumentAligner(kernels);
  }

  /** Query and document must agree in dims; both have at least one token. */
  align(input: AlignmentInput): DocumentAlignment {
    const { query, document, normalized, groups, weights } = input;
    const vectors = MemoryTokenVectors.open({ normalized });
    vectors.append(0, document);
    const exact = this.#scorer.align(prepareQuery(query, normalized), vectors, 0);
    const { documentTokens = new Uint32Array(0), scores = new Float32Array(0) } = exact ?? {};
    const sources = groups && sourcePositions(groups);
    const winners = Array.from(documentTokens, (row) => sources?.[row] ?? [row]);
    const { lifts, heat } = heatOf(input, scores, weights);
    const spread = groups ? Float32Array.from(groups, (row) => heat[row] ?? 0) : heat;
    let score = 0;
    for (const each of scores) score += each;
    return { score, scores, lifts, winners, heat: spread };
  }
}

/** Rows are warm by how far they are above the average for each token of the query, all added up. */
function heatOf(
  { query, document, normalized }: AlignmentInput,
  scores: Float32Array,
  weights: Float32Array | undefined,
): { readonly lifts: Float32Array; readonly heat: Float32Array } {
  const { queryTokens, documentTokens, values } = similaritiesOf(query, document, normalized);
  const lifts = new Float32Array(queryTokens);
  const heat = new Float32Array(documentTokens);
  for (let q = 0; q < queryTokens; q++) {
    const row = values.subarray(q * documentTokens, (q + 1) * documentTokens);
    let sum = 0;
    for (let d = 0; d < documentTokens; d++) sum += row[d]!;
    const mean = sum / documentTokens;
    lifts[q] = Math.max(0, scores[q]! - mean);
    const weight = weights?.[q] ?? 1;
    for (let d = 0; d < documentTokens; d++) heat[d]! += weight * Math.max(0, row[d]! - mean);
  }
  let largest = 0;
  for (let d = 0; d < documentTokens; d++) largest = Math.max(largest, heat[d]!);
  if (largest > 0) for (let d = 0; d < documentTokens; d++) heat[d]! /= largest;
  return { lifts, heat };
}
