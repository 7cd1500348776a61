// The query_profile of a reply: what a search did and how long it took, as texts under keys. Keys that the
// reference has mean here what they mean there; the others are this server's own.

import type { SearchProfile, StageName } from '../../../database/search.ts';
import type { Query } from '../../../engine/query/query.ts';
import type { VectorProfile } from '../../../engine/query/vector-search.ts';
import { nodeName, shardName } from '../../rest/instance-routes.ts';
import type { QueryProfile } from '../generated/messages.ts';

type Details = Record<string, string>;

/** One shard, with a section for each leg of the query. */
export function encodeQueryProfile(profile: SearchProfile, query: Query): QueryProfile {
  const sections = sectionsOf(profile, query);
  const searches = Object.fromEntries(
    Object.entries(sections).map(([name, details]) => [name, { details }]),
  );
  return { shards: [{ name: shardName, node: nodeName, searches }] };
}

function sectionsOf(profile: SearchProfile, query: Query): Record<string, Details> {
  const common = commonDetails(profile, query);
  const keyword = {
    ...common,
    kwd_method: 'bm25',
    kwd_time: took(profile, 'keyword'),
    kwd_1_tok_time: took(profile, 'tokenize'),
    kwd_6_res_count: String(profile.keywordHits ?? 0),
  };
  switch (query.kind) {
    case 'fetch':
      return { object: common };
    case 'keyword':
      return { keyword };
    case 'vector':
      return { vector: { ...common, ...vectorDetails(profile) } };
    case 'hybrid': {
      const hasVector = profile.stages.some(({ name }) => name === 'vector');
      const vector = hasVector ? { vector: { ...common, ...vectorDetails(profile) } } : {};
      return { keyword, ...vector };
    }
  }
}

function commonDetails(profile: SearchProfile, query: Query): Details {
  const total = profile.stages.reduce((sum, { ms }) => sum + ms, 0);
  const filtered = {
    filters_build_allow_list_took: took(profile, 'filter'),
    filters_ids_matched: String(profile.allowed),
  };
  return {
    total_took: goDuration(total),
    objects_took: took(profile, 'read'),
    resolve_took: took(profile, 'resolve'),
    rank_took: took(profile, 'rank'),
    ...(profile.stages.some(({ name }) => name === 'select')
      ? { diversity_took: took(profile, 'select') }
      : {}),
    segments: String(profile.segments),
    documents_allowed: String(profile.allowed),
    ...(query.filter ? filtered : {}),
  };
}

/** There are no layers: what a graph would do in its lowest one is all of the search. */
function vectorDetails({ stages, vector, isExact }: SearchProfile): Details {
  const searched = took({ stages }, 'vector');
  return {
    vector_search_took: searched,
    knn_search_layer_0_took: searched,
    hnsw_flat_search: String(isExact ?? false),
    ...(vector ? candidateDetails(vector) : {}),
  };
}

function candidateDetails({ counts, times, plan }: VectorProfile): Details {
  const exact = {
    exact_segments: String(counts.exactParts),
    exact_documents: String(counts.exactDocuments),
    exact_took: goDuration(times.exact),
    token_vectors_multiplied: String(counts.vectors),
  };
  if (!plan) return exact;
  return {
    ...exact,
    plan_first: `${plan.firstMin}..${plan.firstMax}`,
    plan_second: `${plan.secondMin}..${plan.secondMax}`,
    plan_deviations: String(plan.deviations),
    plan_probes: String(plan.probes),
    candidates_by_centroids: String(counts.scanned),
    candidates_by_half: String(counts.firstHalves),
    candidates_by_whole: String(counts.secondHalves),
    candidates_by_originals: String(counts.finished),
    estimate_took: goDuration(times.estimate),
    race_took: goDuration(times.race),
    finish_took: goDuration(times.finish),
  };
}

function took({ stages }: Pick<SearchProfile, 'stages'>, wanted: StageName): string {
  let ms = 0;
  for (const stage of stages) if (stage.name === wanted) ms += stage.ms;
  return goDuration(ms);
}

/** Milliseconds as clients expect durations: `0s`, `12.5µs`, `1.234ms`, `2.5s`, to the nanosecond. */
export function goDuration(ms: number): string {
  const nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  return `${nanoseconds / 1e9}s`;
}
