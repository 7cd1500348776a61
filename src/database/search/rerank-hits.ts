// Ranks the hits of a page anew by what a reranker says of one of their texts. Nothing is left out: hits
// without a text follow, in the order that they had.

import type { PropertyValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { Query } from '../../engine/query/query.ts';
import type { CollectionSchema } from '../../engine/schema.ts';
import type { Reranker, RerankOptions } from '../../rerankers/reranker.ts';
import type { SearchHit, SearchResult } from '../search.ts';

/** Hits that one search may have ranked anew. */
const rerankTextsMax = 1000;

/** What hits are ranked anew by. */
export interface RerankRequest {
  /** A text property. */
  readonly property: string;
  /** Absent: the text that was searched for. */
  readonly query?: string;
}

/** What reranking needs besides the hits. */
export interface RerankScope {
  readonly schema: CollectionSchema;
  readonly reranker: Reranker;
  /** What found the hits. */
  readonly query: Query;
  readonly options: RerankOptions;
}

/**
 * The hits with their scores, best first; of groups the hits, and the groups by their best one. Throws
 * DatabaseError when there is nothing to compare with or the reranker fails.
 */
export async function rerankHits(
  result: SearchResult,
  request: RerankRequest,
  scope: RerankScope,
): Promise<SearchResult> {
  const { schema, reranker, options } = scope;
  checkProperty(request.property, schema);
  const query = request.query || searchedText(scope.query);
  if (query === '') {
    throw invalid('rerank: no query was given, and the search has no text to take its place');
  }
  const hits = [...result.hits, ...(result.groups ?? []).flatMap((group) => group.hits)];
  const texts = textsOf(hits, request.property);
  if (texts.size === 0) return result;
  if (texts.size > rerankTextsMax) {
    throw invalid(`rerank: ${texts.size} hits; the maximum is ${rerankTextsMax}: lower the limit`);
  }
  const scores = await reranker.score(query, [...texts.values()], options);
  const byUuid = new Map([...texts.keys()].map((uuid, index) => [uuid, scores[index]]));
  const ranked = (some: readonly SearchHit[]): SearchHit[] =>
    some
      .map((hit) => {
        const rerankScore = byUuid.get(hit.document.uuid);
        return rerankScore === undefined ? hit : { ...hit, rerankScore };
      })
      .sort(byRerankScore);
  const groups = result.groups
    ?.map((group) => {
      const inside = ranked(group.hits);
      const rerankScore = inside[0]?.rerankScore;
      return { ...group, hits: inside, ...(rerankScore === undefined ? {} : { rerankScore }) };
    })
    .sort(byRerankScore);
  return { ...result, hits: ranked(result.hits), ...(groups ? { groups } : {}) };
}

function byRerankScore(
  { rerankScore: a }: { readonly rerankScore?: number },
  { rerankScore: b }: { readonly rerankScore?: number },
): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return b - a;
}

function checkProperty(property: string, schema: CollectionSchema): void {
  const found = schema.properties.find(({ name }) => name === property);
  if (!found) {
    throw new DatabaseError('property-missing', { property, collection: schema.collection });
  }
  if (found.type === 'text' || found.type === 'text[]') return;
  throw invalid(`rerank: property '${property}' is ${found.type}; allowed: text, text[]`);
}

/** By uuid: an object may be in several groups. */
function textsOf(hits: readonly SearchHit[], property: string): Map<string, string> {
  const texts = hits.map(({ document }): [string, string] => {
    return [document.uuid, textOf(document.properties[property])];
  });
  return new Map(texts.filter(([, text]) => text.trim() !== ''));
}

function textOf(value: PropertyValue | undefined): string {
  return Array.isArray(value) ? value.join('\n') : typeof value === 'string' ? value : '';
}

/** Empty where the search was for something else. */
function searchedText(query: Query): string {
  switch (query.kind) {
    case 'fetch':
      return '';
    case 'keyword':
      return query.search.text;
    case 'vector':
      return query.search.input.kind === 'text' ? query.search.input.concepts.join(' ') : '';
    case 'hybrid':
      return query.keyword?.text ?? '';
  }
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
