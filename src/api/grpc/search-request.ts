// A SearchRequest to the engine's Query, and what its reply has to show of each hit.

import type { CollectionConfig } from '../../database/collection-config.ts';
import { uncapitalized } from '../../database/schema/names.ts';
import type { SearchOptions } from '../../database/search.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { FetchQuery, GroupBy, Query, SortKey } from '../../engine/query/query.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import type { SearchLimits } from '../search-limits.ts';
import { decodeFilter } from './filters.ts';
import type { SearchRequest, SortBy, GroupBy as WireGroupBy } from './generated/messages.ts';
import { decodeGenerative, type GenerativeFields } from './generative/generative-request.ts';
import { decodeHybrid, type VectorLegName } from './hybrid-search.ts';
import { decodeBm25 } from './keyword-search.ts';
import { decodeNearSearch, refuseUnofferedMedia } from './near-search.ts';
import { decodePropertySelection, type PropertySelection } from './property-selection.ts';
import { decodeBoost, decodeDiversity, selectionOf } from './ranking.ts';
import { decodeMetadata, type MetadataFields } from './references/object-metadata.ts';
import {
  decodeReferenceSelections,
  type FindCollection,
  type ReferenceSelection,
} from './references/reference-selection.ts';

/** What the reply shows of each hit. */
export interface ReplyFields extends MetadataFields {
  readonly properties: PropertySelection;
  readonly references: readonly ReferenceSelection[];
  readonly distance: boolean;
  readonly certainty: boolean;
  readonly score: boolean;
  readonly explainScore: boolean;
  /** What the search did, beside the hits. */
  readonly queryProfile: boolean;
  /** Of what was written about hits; absent when nothing was to be. */
  readonly generative?: GenerativeFields;
  /** How a hybrid search's explanation calls its vector leg. */
  readonly vectorLeg: VectorLegName;
}

/** What is done with the hits once they are found. */
export type Afterwards = Pick<SearchOptions, 'rerank' | 'generate'>;

export interface DecodedSearch {
  readonly query: Query;
  readonly fields: ReplyFields;
  readonly afterwards: Afterwards;
}

type Common = Pick<Query, 'offset' | 'limit' | 'autocut' | 'filter' | 'groupBy'>;

/** What a request is read with. */
export interface SearchScope {
  readonly config: CollectionConfig;
  readonly limits: SearchLimits;
  /** Other collections, that references lead to. */
  readonly find: FindCollection;
}

/** Throws DatabaseError for a request that makes no sense or asks for what is not offered. */
export function decodeSearchRequest(request: SearchRequest, scope: SearchScope): DecodedSearch {
  const { config, limits } = scope;
  refuseUnofferedMedia(request, config.name);
  refuseConflicts(request);
  const selection = selectionOf(request);
  const diversity = selection && decodeDiversity(selection, request.limit, limits);
  const ranking = {
    ...(request.boost && { boost: decodeBoost(request.boost, Date.now()) }),
    ...(diversity && { diversity }),
  };
  const common: Common = {
    ...decodePaging(request, limits, diversity?.count),
    ...(request.filters && { filter: decodeFilter(request.filters) }),
    ...(request.group_by && { groupBy: decodeGroupBy(request.group_by) }),
  };
  const { generative, afterwards } = decodeAfterwards(request);
  if (request.hybrid_search) {
    const { search, vectorLeg } = decodeHybrid(request.hybrid_search, config);
    const fields = { ...decodeReplyFields(request, scope, vectorLeg), ...generative };
    return { query: { ...common, ...search, ...ranking }, fields, afterwards };
  }
  const query = decodePlainQuery(request, config, common);
  if (query.kind === 'fetch' && request.boost) {
    throw invalid('boost: it ranks the hits of a search anew, and there is no search');
  }
  return {
    query: query.kind === 'fetch' ? query : { ...query, ...ranking },
    fields: { ...decodeReplyFields(request, scope, 'hybridVector'), ...generative },
    afterwards,
  };
}

function decodeAfterwards({ rerank, generative }: SearchRequest): {
  readonly afterwards: Afterwards;
  readonly generative: Pick<ReplyFields, 'generative'>;
} {
  const texts = generative && decodeGenerative(generative);
  return {
    afterwards: {
      ...(rerank && {
        rerank: { property: rerank.property, ...(rerank.query && { query: rerank.query }) },
      }),
      ...(texts && { generate: texts.generate }),
    },
    generative: texts ? { generative: texts.generative } : {},
  };
}

function decodePlainQuery(request: SearchRequest, config: CollectionConfig, common: Common): Query {
  const { bm25_search } = request;
  if (bm25_search) return { ...common, kind: 'keyword', search: decodeBm25(bm25_search) };
  const search = decodeNearSearch(request, config);
  if (search) return { ...common, kind: 'vector', search };
  return decodeFetch(request, common);
}

function decodeFetch(request: SearchRequest, common: Common): FetchQuery {
  const after = decodeAfter(request);
  return {
    ...common,
    kind: 'fetch',
    sort: request.sort_by.map(decodeSortKey),
    ...(after !== undefined && { after }),
  };
}

function decodePaging(
  request: SearchRequest,
  limits: SearchLimits,
  limitDefault = limits.defaultLimit,
): Pick<Query, 'offset' | 'limit' | 'autocut'> {
  const { offset, autocut } = request;
  const limit = request.limit === 0 ? limitDefault : request.limit;
  if (offset + limit > limits.maximumResults) {
    throw invalid(
      `invalid pagination params: query maximum results exceeded: offset ${offset} and limit ${limit} together are above ${limits.maximumResults} (QUERY_MAXIMUM_RESULTS)`,
    );
  }
  return { offset, limit, autocut };
}

/** The cursor runs over uuids alone; what would disturb that order is refused. */
function decodeAfter(request: SearchRequest): string | undefined {
  if (request.after === '') return undefined;
  const beside =
    (request.filters && 'where') ||
    (request.offset > 0 && 'offset') ||
    (request.sort_by.length > 0 && 'sort') ||
    (request.group_by && 'group by');
  if (beside) {
    throw invalid(
      `cursor api: invalid 'after' parameter: ${beside} cannot be set with after and limit parameters`,
    );
  }
  const uuid = normaliseUuid(request.after);
  if (uuid === undefined) {
    throw invalid(`cursor api: invalid 'after' parameter: "${request.after}" is not a uuid`);
  }
  return uuid;
}

function decodeSortKey(sort: SortBy, position: number): SortKey {
  const { path, ascending } = sort;
  const name = path[0];
  if (path.length > 1) {
    throw new DatabaseError('not-implemented', { what: 'sorting by references' });
  }
  switch (name) {
    case undefined:
    case '':
      throw invalid(`invalid 'sort' parameter: sort parameter at position ${position}: no path`);
    case '_id':
    case 'id':
      return { by: { kind: 'uuid' }, ascending };
    case '_creationTimeUnix':
      return { by: { kind: 'createdAt' }, ascending };
    case '_lastUpdateTimeUnix':
      return { by: { kind: 'updatedAt' }, ascending };
    default:
      return { by: { kind: 'property', name: uncapitalized(name) }, ascending };
  }
}

function decodeGroupBy(groupBy: WireGroupBy): GroupBy {
  const [property, ...more] = groupBy.path;
  if (property === undefined || more.length > 0) {
    throw invalid(`group by: the path must be one property, got ${groupBy.path.length}`);
  }
  const { number_of_groups, objects_per_group } = groupBy;
  if (number_of_groups < 1 || objects_per_group < 1) {
    throw invalid(
      `group by: number of groups and objects per group must be at least 1, got ${number_of_groups} and ${objects_per_group}`,
    );
  }
  return {
    property: uncapitalized(property),
    groupsMax: number_of_groups,
    objectsPerGroupMax: objects_per_group,
  };
}

function decodeReplyFields(
  request: SearchRequest,
  { config, find }: SearchScope,
  vectorLeg: VectorLegName,
): ReplyFields {
  const { metadata } = request;
  return {
    ...decodeMetadata(metadata),
    properties: decodePropertySelection(request.properties, config),
    references: decodeReferenceSelections(request.properties, config, find),
    distance: metadata?.distance ?? false,
    certainty: metadata?.certainty ?? false,
    score: metadata?.score ?? false,
    explainScore: metadata?.explain_score ?? false,
    queryProfile: metadata?.query_profile ?? false,
    vectorLeg,
  };
}

const searches = [
  'hybrid_search',
  'bm25_search',
  'near_vector',
  'near_object',
  'near_text',
  'near_image',
] as const;

function refuseConflicts(request: SearchRequest): void {
  const given = searches.filter((name) => request[name] !== undefined);
  if (given.length > 1) throw invalid(`conflict: ${given.join(' and ')} are present, choose one`);
  if (given.length === 1 && request.sort_by.length > 0) {
    throw invalid(`invalid 'sort' parameter: sort cannot be set with ${given[0]}`);
  }
  if (given.length === 1 && request.after !== '') {
    throw invalid(`cursor api: invalid 'after' parameter: ${given[0]} cannot be set with after`);
  }
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
