// How good a ranking is, given the labels of judged documents. Documents without a label count as not
// relevant, as everywhere in retrieval evaluation. Formulas: docs/EVALUATION.md.

/** Labels by document id; larger is more relevant, 0 or less is not relevant. */
export type Labels = ReadonlyMap<string, number>;

/**
 * Discounted cumulative gain of the first `depth` documents, divided by that of the best possible
 * ranking of all relevant ones: 0 … 1. The gain is the label; the discount of rank r is log2(r + 1).
 */
export function ndcg(ranking: readonly string[], labels: Labels, depth: number): number {
  const gains = ranking.slice(0, depth).map((id) => gainOf(labels.get(id)));
  const best = [...labels.values()].map(gainOf).toSorted((a, b) => b - a);
  const ideal = discounted(best.slice(0, depth));
  return ideal === 0 ? 0 : discounted(gains) / ideal;
}

/** Share of all relevant documents that are among the first `depth`: 0 … 1. */
export function recall(ranking: readonly string[], labels: Labels, depth: number): number {
  const total = relevantCount(labels);
  const found = ranking.slice(0, depth).filter((id) => gainOf(labels.get(id)) > 0);
  return total === 0 ? 0 : found.length / total;
}

/** 1 / rank of the first relevant document; 0 when the ranking has none. */
export function reciprocalRank(ranking: readonly string[], labels: Labels): number {
  const index = ranking.findIndex((id) => gainOf(labels.get(id)) > 0);
  return index < 0 ? 0 : 1 / (index + 1);
}

/** Documents judged as relevant. */
export function relevantCount(labels: Labels): number {
  return [...labels.values()].filter((label) => label > 0).length;
}

/** The same judgements without grades: 1 for relevant, 0 for not. */
export function binaryLabels(labels: Labels): Labels {
  return new Map(Array.from(labels, ([id, label]) => [id, label > 0 ? 1 : 0]));
}

function gainOf(label: number | undefined): number {
  return Math.max(0, label ?? 0);
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
