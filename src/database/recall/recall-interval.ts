// How sure a measured recall is. The answers of one query stand or fall together, so that queries are
// what is counted: Wilson's score interval for a share (E. B. Wilson, "Probable inference, the law of
// succession, and statistical inference", JASA 22, 1927) at the effective number of answers of Korn and
// Graubard ("Confidence intervals for proportions with small expected number of positive counts
// estimated from survey data", Survey Methodology 24, 1998): p (1 - p) over the variance of the mean.

import { assert } from '../../engine/assert.ts';

/** A mean recall and the interval that holds the true one with 95 % confidence. */
export interface RecallEstimate {
  readonly recall: number;
  readonly low: number;
  readonly high: number;
  /** Independent answers that would be as sure: between the queries and all their answers. */
  readonly answersEffective: number;
}

/** Of the normal distribution, for 95 % in the middle. */
const z = 1.959963984540054;

/**
 * The mean of the queries' recalls, each 0 … 1 and out of `k` answers. Where no answer is missed, nothing
 * is known of how misses gather in queries; then a query counts as one answer, the least that it can be
 * worth: the variance of numbers between 0 and 1 with mean p is at most p (1 - p).
 */
export function estimateRecall(recalls: readonly number[], k: number): RecallEstimate {
  const queries = recalls.length;
  assert(queries > 0, 'recall is estimated from queries');
  let sum = 0;
  for (const recall of recalls) sum += recall;
  const mean = sum / queries;
  let squares = 0;
  for (const recall of recalls) squares += (recall - mean) ** 2;
  const variance = queries > 1 ? squares / (queries * (queries - 1)) : 0;
  const alone = mean * (1 - mean);
  const ratio = alone > 0 && variance > 0 ? alone / variance : queries;
  const answersEffective = Math.min(queries * k, Math.max(queries, ratio));
  return { recall: mean, answersEffective, ...wilson(mean, answersEffective) };
}

/** Wilson's interval of a share seen in so many independent answers. */
export function wilson(
  share: number,
  answers: number,
): { readonly low: number; readonly high: number } {
  const scale = 1 + z ** 2 / answers;
  const center = (share + z ** 2 / (2 * answers)) / scale;
  const spread =
    (z * Math.sqrt((share * (1 - share)) / answers + z ** 2 / (4 * answers ** 2))) / scale;
  return { low: Math.max(0, center - spread), high: Math.min(1, center + spread) };
}
