// The hybrid part of a search request: keyword leg, vector leg, and how they are fused.

import type { CollectionConfig } from '../../database/collection-config.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { HybridQuery, VectorInput } from '../../engine/query/query.ts';
import { type Hybrid, HybridFusionType } from './generated/messages.ts';
import { decodeKeyword } from './keyword-search.ts';
import {
  decodeNearText,
  decodeQueryVectors,
  decodeScoreMin,
  decodeTargets,
  type TargetFields,
} from './near-search.ts';

/** Explanations call the vector leg by where its vector stood in the request. */
export type VectorLegName = 'nearVector' | 'hybridVector';

/** The parts of a HybridQuery that its own message decides. */
export type HybridSearch = Pick<HybridQuery, 'kind' | 'alpha' | 'fusion' | 'keyword' | 'vector'>;

const defaultAlpha = 0.75;

/** Throws 'invalid-argument', 'vector-invalid' or 'not-implemented'. */
export function decodeHybrid(
  hybrid: Hybrid,
  config: CollectionConfig,
): { readonly search: HybridSearch; readonly vectorLeg: VectorLegName } {
  const { query, properties, bm25_search_operator } = hybrid;
  const search: HybridSearch = {
    kind: 'hybrid',
    alpha: decodeAlpha(hybrid),
    fusion: decodeFusion(hybrid.fusion_type),
    // An empty text runs no keyword leg, but the vector leg keeps its weight.
    keyword: decodeKeyword(query, properties, bm25_search_operator),
    vector: decodeVectorLeg(hybrid, config),
  };
  return { search, vectorLeg: hybrid.near_vector ? 'nearVector' : 'hybridVector' };
}

/** Newer clients set `use_alpha_param` and may leave out the value; older ones always send `alpha`. */
function decodeAlpha(hybrid: Hybrid): number {
  const alpha = hybrid.use_alpha_param ? (hybrid.alpha_param ?? defaultAlpha) : hybrid.alpha;
  if (!(alpha >= 0 && alpha <= 1)) {
    const message = `hybrid: alpha must be from 0 to 1, got ${alpha}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return alpha;
}

function decodeFusion(type: number): HybridQuery['fusion'] {
  switch (type) {
    case HybridFusionType.FUSION_TYPE_UNSPECIFIED:
    case HybridFusionType.FUSION_TYPE_RELATIVE_SCORE:
      return 'relativeScore';
    case HybridFusionType.FUSION_TYPE_RANKED:
      return 'ranked';
    default: {
      const message = `hybrid: fusion type ${type} is unknown`;
      throw new DatabaseError('invalid-argument', { message });
    }
  }
}

function decodeVectorLeg(hybrid: Hybrid, config: CollectionConfig): HybridQuery['vector'] {
  const sub = hybrid.near_vector ?? hybrid.near_text;
  const targetFields = targetFieldsOf(hybrid, sub);
  const { input, targets } = decodeInput(hybrid, targetFields, config);
  const thresholds =
    hybrid.vector_distance === undefined
      ? { certainty: sub?.certainty, distance: sub?.distance }
      : { certainty: undefined, distance: hybrid.vector_distance };
  return {
    targets,
    ...(input && { input }),
    ...decodeScoreMin(thresholds, targets, 'hybrid'),
  };
}

/** The targets stand beside the sub-search; only older clients put them inside. */
function targetFieldsOf(hybrid: Hybrid, sub: TargetFields | undefined): TargetFields {
  const named = hybrid.targets !== undefined || hybrid.target_vectors.length > 0;
  return named || sub === undefined ? hybrid : sub;
}

function decodeInput(
  hybrid: Hybrid,
  targetFields: TargetFields,
  config: CollectionConfig,
): { readonly input?: VectorInput; readonly targets: HybridQuery['vector']['targets'] } {
  const { near_vector, near_text } = hybrid;
  if (near_vector && near_text) {
    const message = 'hybrid: near_vector and near_text are both present, choose one';
    throw new DatabaseError('invalid-argument', { message });
  }
  if (near_text) {
    return { input: decodeNearText(near_text).input, targets: decodeTargets(targetFields) };
  }
  const decoded = decodeQueryVectors(near_vector ?? hybrid, targetFields, config);
  if (decoded !== undefined) return decoded;
  if (near_vector) {
    throw new DatabaseError('invalid-argument', { message: 'near_vector: vector is required' });
  }
  return { targets: decodeTargets(targetFields) };
}
