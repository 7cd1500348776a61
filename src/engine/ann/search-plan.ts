// How much work a search does at each stage: plain numbers from the query's shape and the segments'
// sizes. Costs are counted in multiply-adds of the 8-bit kernel, measured in
// docs/decisions/0010-approximate-stage.md.

/** What a search may spend; complete, made by planSearch. */
export interface SearchPlan {
  /** Documents whose first half is scored exactly before anything is decided. */
  readonly firstMin: number;
  /** And at most so many, however close the estimates are. */
  readonly firstMax: number;
  /** Documents of which both halves are scored at least. */
  readonly secondMin: number;
  readonly secondMax: number;
  /** Documents left in the race: those whose estimate + so many deviations reaches the k-th best. */
  readonly deviations: number;
  /** Cells of centroids that each query token looks into. */
  readonly probes: number;
}

export interface SearchShape {
  readonly k: number;
  readonly queryTokens: number;
  /** Token vectors of an average document. */
  readonly documentTokens: number;
  /** The wire's `ef`: a larger one raises every number of candidates. */
  readonly ef?: number | undefined;
}

const firstDefault = 96;
const firstMaxDefault = 1200;
const secondMaxDefault = 400;
const deviations = 4;
/** Cells that all tokens of a short query look into together. */
const probesTogether = 256;
const probesMin = 16;
const probesMax = 64;
/** A query of fewer tokens leaves more documents close together. */
const fullQueryTokens = 16;
/** Documents of more tokens than this leave less between their estimates. */
const usualDocumentTokens = 128;

/** The plan for a query; every number grows with k, `ef`, short queries and long documents. */
export function planSearch({ k, queryTokens, documentTokens, ef = 0 }: SearchShape): SearchPlan {
  const tokens = Math.max(1, queryTokens);
  const shortness = Math.max(1, Math.sqrt(fullQueryTokens / tokens));
  const length = Math.max(1, Math.min(2, Math.sqrt(documentTokens / usualDocumentTokens)));
  const factor = shortness * length;
  return {
    firstMin: Math.ceil(Math.max(firstDefault * factor, 3 * k, ef)),
    firstMax: Math.ceil(Math.max(firstMaxDefault * factor * shortness, 20 * k, 4 * ef)),
    secondMin: Math.ceil(Math.max(2 * k, ef / 4)),
    secondMax: Math.ceil(Math.max(secondMaxDefault * factor, 8 * k, 2 * ef)),
    deviations,
    probes: Math.max(probesMin, Math.min(probesMax, Math.ceil(probesTogether / tokens))),
  };
}

/** Of segments that have a codebook in common, together. */
export interface PartShape {
  readonly queryTokens: number;
  readonly stride: number;
  readonly centroids: number;
  readonly cells: number;
  /** Of the documents that may be returned. */
  readonly allowedVectors: number;
  readonly allowedDocuments: number;
  /** Distinct codes of a vector, on average. */
  readonly codesPerVector: number;
}

/** Multiply-adds that take as long as everything that does not depend on sizes: some 0.2 ms. */
const fixedCost = 6e6;
/** Multiply-adds that take as long as looking up one code for one query token. */
const codeCost = 2;
/** Part of a table that is computed. */
const tableShare = 0.35;
/** Documents scored exactly in the two halves, as whole documents. */
const rescoredDocuments = 110;
/** Query tokens that multiply in the time that fetching a row takes. */
const fetchTokens = 6;

/** Whether scoring all allowed documents exactly costs no more than finding candidates first. */
export function isExactCheaper(part: PartShape): boolean {
  const { queryTokens, stride, allowedVectors, allowedDocuments } = part;
  const perRow = (Math.ceil(queryTokens / 4) * 4 + fetchTokens) * stride;
  const padded = Math.ceil(queryTokens / 16) * 16;
  const table = (part.centroids * tableShare + part.cells) * padded * stride;
  const scan = allowedVectors * part.codesPerVector * padded * codeCost;
  const shortness = Math.max(1, Math.sqrt(fullQueryTokens / queryTokens));
  const documents = Math.min(rescoredDocuments * shortness * shortness, allowedDocuments);
  const rescored = documents * (allowedVectors / Math.max(1, allowedDocuments));
  return allowedVectors * perRow <= fixedCost + table + scan + rescored * perRow;
}
