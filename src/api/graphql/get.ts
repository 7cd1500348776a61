// Get: the arguments and the selection of a collection to a search, and its hits to objects of the reply.

import type { FieldNode } from 'graphql';
import type { Collection } from '../../database/collection.ts';
import type { HitGroup } from '../../database/group-hits.ts';
import type { Generated } from '../../database/search/generate-hits.ts';
import type { SearchHit, SearchResult } from '../../database/search.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { graphqlLimitDefault } from '../../engine/limits.ts';
import type { Query } from '../../engine/query/query.ts';
import { wantsExact } from '../exact-header.ts';
import { explainPlan } from '../grpc/explain/explain-plan.ts';
import { explainScore } from '../grpc/explain/explain-score.ts';
import type { GenerativeSearch, Rerank, SearchRequest } from '../grpc/generated/messages.ts';
import { type MessageInit, openCodecs } from '../grpc/protocol.ts';
import { distance, groupedDistance, hasCertainty } from '../grpc/search-reply.ts';
import { type DecodedSearch, decodeSearchRequest } from '../grpc/search-request.ts';
import { filterFromJson } from '../rest/where.ts';
import type { GraphqlCall } from './call.ts';
import { type Arguments, hybridMessage, nearMessages, operatorMessage } from './search-message.ts';
import { argumentsOf, fieldsBelow, named, type SelectionInfo } from './selection.ts';
import type { ShownObject } from './shown-object.ts';

/** What a collection's field in a query says. */
export interface Asked {
  readonly args: Arguments;
  /** The field, as often as it stands there. */
  readonly nodes: readonly FieldNode[];
  readonly info: SelectionInfo;
}

/** The objects that a field below Get shows. Throws DatabaseError or WireError. */
export async function resolveGet(
  collection: Collection,
  asked: Asked,
  call: GraphqlCall,
): Promise<readonly ShownObject[]> {
  const additional = named(fieldsBelow(asked.nodes, asked.info), '_additional');
  const shown = fieldsBelow(additional, asked.info);
  const search = decode(collection, asked, shown, call);
  const { query, afterwards } = search;
  call.objects.expectHits(query.limit);
  const hitFields = fieldsBelow(
    named(fieldsBelow(named(shown, 'group'), asked.info), 'hits'),
    asked.info,
  );
  const ofHits = fieldsBelow(named(hitFields, '_additional'), asked.info);
  const vectors = [...shown, ...ofHits].some(({ name }) => /^vectors?$/.test(name.value));
  const explain = named(shown, 'explainScore').length > 0;
  const options = {
    ...afterwards,
    explain: explain || (query.kind === 'hybrid' && query.groupBy !== undefined),
    vectors,
    exact: wantsExact(call.context.headers),
  };
  const result = await collection.search(query, options, call.context);
  return showHits(result, search, collection, explain);
}

/** As gRPC reads it; filters are read from their own form. */
function decode(
  collection: Collection,
  { args, info }: Asked,
  shown: readonly FieldNode[],
  { limits: allowed }: Pick<GraphqlCall, 'limits'>,
): DecodedSearch {
  const { config } = collection;
  const { where } = args;
  const filter = where ? { filter: filterFromJson(where, 'where') } : {};
  const codec = openCodecs()('weaviate.v1.SearchRequest');
  const message = { ...searchMessage(args, collection), ...moduleMessages(shown, info) };
  const { maximumResults, graphqlDefaultLimit = graphqlLimitDefault } = allowed;
  const limits = { maximumResults, defaultLimit: Math.min(graphqlDefaultLimit, maximumResults) };
  const decoded = decodeSearchRequest(codec.decode(codec.encode(message)), {
    config,
    limits,
    find: (name) => collection.referredTo(name),
  });
  if (where && args['after']) {
    throw invalid(
      "cursor api: invalid 'after' parameter: where cannot be set with after and limit",
    );
  }
  return { ...decoded, query: { ...decoded.query, ...filter } };
}

function searchMessage(args: Arguments, { config }: Collection): MessageInit<SearchRequest> {
  const { after, hybrid, bm25, sort, groupBy } = args as {
    readonly after?: string;
    readonly hybrid?: Arguments;
    readonly bm25?: Arguments;
    readonly sort?: readonly Arguments[];
    readonly groupBy?: Arguments;
  };
  return {
    collection: config.name,
    limit: countOf(args, 'limit'),
    offset: countOf(args, 'offset'),
    autocut: countOf(args, 'autocut'),
    after: after ?? '',
    sort_by: (sort ?? []).map(({ path, order }) => ({
      path: (path ?? []) as readonly string[],
      ascending: order !== 'desc',
    })),
    ...(groupBy && { group_by: groupMessage(groupBy) }),
    ...(hybrid && { hybrid_search: hybridMessage(hybrid, config) }),
    ...(bm25 && { bm25_search: keywordMessage(bm25) }),
    ...nearMessages(args, config),
  };
}

function keywordMessage(bm25: Arguments): MessageInit<SearchRequest['bm25_search']> & object {
  const { query, properties } = bm25 as {
    readonly query?: string;
    readonly properties?: readonly string[];
  };
  return {
    query: query ?? '',
    properties: properties ?? [],
    ...operatorMessage(bm25['searchOperator'], 'search_operator'),
  };
}

function groupMessage(groupBy: Arguments): MessageInit<SearchRequest['group_by']> & object {
  const { path, groups, objectsPerGroup } = groupBy as {
    readonly path?: readonly string[];
    readonly groups?: number;
    readonly objectsPerGroup?: number;
  };
  return {
    path: path ?? [],
    number_of_groups: groups ?? 0,
    objects_per_group: objectsPerGroup ?? 0,
  };
}

/** What modules are asked to do with the hits. */
function moduleMessages(
  shown: readonly FieldNode[],
  info: SelectionInfo,
): MessageInit<SearchRequest> {
  const [rerank] = named(shown, 'rerank');
  const [generate] = named(shown, 'generate');
  return {
    ...(rerank && { rerank: argumentsOf(rerank, info) as MessageInit<Rerank> }),
    ...(generate && { generative: generativeMessage(argumentsOf(generate, info)) }),
  };
}

/** Throws 'invalid-argument' without a prompt and a task; the messages of gRPC may have neither. */
function generativeMessage(args: Arguments): MessageInit<GenerativeSearch> {
  const { singleResult, groupedResult } = args as {
    readonly singleResult?: { readonly prompt?: string };
    readonly groupedResult?: { readonly task?: string; readonly properties?: readonly string[] };
  };
  if (!singleResult?.prompt && !groupedResult?.task) {
    throw invalid('generate: neither a prompt for each hit nor a task for all of them was given');
  }
  return {
    ...(singleResult && { single: { prompt: singleResult.prompt ?? '' } }),
    ...(groupedResult && {
      grouped: {
        task: groupedResult.task ?? '',
        ...(groupedResult.properties && { properties: { values: groupedResult.properties } }),
      },
    }),
  };
}

/** Throws 'invalid-argument' for a number below 0; 0 where there is none. */
function countOf(args: Arguments, name: string): number {
  const value = (args[name] ?? 0) as number;
  if (value >= 0) return value;
  throw invalid(`${name} is ${value}, it must be at least 0`);
}

function showHits(
  result: SearchResult,
  search: DecodedSearch,
  owner: Collection,
  explain: boolean,
): readonly ShownObject[] {
  const { hits, groups, profile, generated: [grouped] = [] } = result;
  const { query, fields } = search;
  const { config } = owner;
  const textsOf = ([single]: readonly Generated[] = [], isFirst: boolean) =>
    fields.generative ? { texts: { single, grouped: isFirst ? grouped : undefined } } : {};
  if (groups) {
    return groups.map((group, id) => ({
      ...showGroup(group, id, query, owner),
      ...textsOf(group.generated, id === 0),
    }));
  }
  const plan = explain ? explainPlan(profile) : '';
  const isSimilarity = hasCertainty(query, config);
  return hits.map((hit, rank) => ({
    owner,
    document: hit.document,
    ...(query.kind === 'vector' && { distance: distance(hit) }),
    ...(isSimilarity && { certainty: 1 - distance(hit) / 2 }),
    score: scoreOf(hit, query.kind),
    ...(explain && {
      explainScore:
        explainScore(hit.explanation, query, hit.document.uuid, fields.vectorLeg) +
        (rank === 0 ? plan : ''),
    }),
    rerankScore: hit.rerankScore,
    ...textsOf(hit.generated, rank === 0),
  }));
}

/** The first object of a group, with all of them. Objects of a group have a distance and no score. */
function showGroup(
  { name, hits, rerankScore }: HitGroup,
  id: number,
  query: Query,
  owner: Collection,
): ShownObject {
  const distances = hits.map((hit) => groupedDistance(hit, query));
  const shown = hits.map((hit, index): ShownObject => {
    const { document } = hit;
    return { owner, document, distance: distances[index] ?? 0, rerankScore: hit.rerankScore };
  });
  const [first] = shown;
  if (!first) throw new Error(`group ${name} has no objects`);
  const group = {
    id,
    groupedBy: { path: [query.groupBy?.property ?? ''], value: name },
    count: hits.length,
    minDistance: Math.min(...distances),
    maxDistance: Math.max(...distances),
    hits: shown,
  };
  return { ...first, rerankScore: rerankScore ?? first.rerankScore, group };
}

function scoreOf({ boosted, score }: SearchHit, kind: Query['kind']): number {
  return boosted ?? (kind === 'keyword' || kind === 'hybrid' ? (score ?? 0) : 0);
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
