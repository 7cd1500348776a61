// What a search found to a SearchReply. Here the engine's score becomes the wire's distance: -score.

import type { CollectionConfig } from '../../database/collection-config.ts';
import type { SearchHit, SearchResult } from '../../database/search.ts';
import type { Query } from '../../engine/query/query.ts';
import { explainPlan } from './explain/explain-plan.ts';
import { explainScore } from './explain/explain-score.ts';
import { encodeQueryProfile } from './explain/query-profile.ts';
import type {
  MetadataResult,
  GroupByResult as WireGroup,
  SearchReply as WireReply,
  SearchResult as WireResult,
} from './generated/messages.ts';
import { encodeGenerated, firstText } from './generative/generative-reply.ts';
import { encodeProperties } from './property-reply.ts';
import type { MessageInit } from './protocol.ts';
import { encodeMetadata } from './references/object-metadata.ts';
import { ReferenceEncoder } from './references/reference-reply.ts';
import type { DecodedSearch, ReplyFields } from './search-request.ts';

type HitGroup = NonNullable<SearchResult['groups']>[number];

/** `tookSeconds`: how long the call took. */
export function encodeSearchReply(
  result: SearchResult,
  search: DecodedSearch,
  config: CollectionConfig,
  tookSeconds: number,
): MessageInit<WireReply> {
  const { groups, profile, generated } = result;
  const { generative } = search.fields;
  const references = new ReferenceEncoder();
  const base = {
    took: tookSeconds,
    generative_grouped_result: groupedText(result, search.fields),
    ...(generated &&
      generative && { generative_grouped_results: encodeGenerated(generated, generative.grouped) }),
    ...(search.fields.queryProfile &&
      profile && { query_profile: encodeQueryProfile(profile, search.query) }),
  };
  if (groups !== undefined) {
    return {
      ...base,
      group_by_results: groups.map((group) => encodeGroup(group, search, config, references)),
    };
  }
  const showsCertainty = search.fields.certainty && hasCertainty(search.query, config);
  return {
    ...base,
    results: result.hits.map((hit, rank) => ({
      properties: encodeHitProperties(hit, search.fields, config, references),
      metadata: {
        ...encodeMetadata(hit.document, search.fields),
        ...(search.fields.distance && distanceOf(hit, search.query)),
        ...(showsCertainty && certaintyOf(hit)),
        // The plan is the same for all of them: the first one tells it.
        ...scoreOf(hit, search, rank === 0 ? explainPlan(profile) : ''),
        ...rerankOf(hit),
        ...olderText(hit, search.fields),
      },
      ...textsOf(hit, search.fields),
    })),
  };
}

function encodeHitProperties(
  hit: SearchHit,
  fields: ReplyFields,
  config: CollectionConfig,
  references: ReferenceEncoder,
): MessageInit<NonNullable<WireResult['properties']>> {
  const { properties } = fields;
  return {
    target_collection: config.name,
    ...(properties.length > 0 && {
      non_ref_props: encodeProperties(hit.document.properties, properties),
    }),
    ...references.encode(hit.document, fields.references),
  };
}

/** Only a vector search has distances. */
function distanceOf(hit: SearchHit, query: Query): MessageInit<MetadataResult> {
  if (query.kind !== 'vector') return {};
  return { distance: distance(hit), distance_present: true };
}

/** What the wire says of how far a hit is. */
export function distance(hit: SearchHit): number {
  return 0 - (hit.score ?? 0);
}

function certaintyOf(hit: SearchHit): MessageInit<MetadataResult> {
  return { certainty: 1 - distance(hit) / 2, certainty_present: true };
}

/** Certainty is defined for one target that is compared by cosine. */
export function hasCertainty(query: Query, config: CollectionConfig): boolean {
  if (query.kind !== 'vector') return false;
  const { names } = query.search.targets;
  if (names.length > 1) return false;
  const target =
    names.length === 0
      ? config.vectors[0]
      : config.vectors.find((vector) => vector.name === names[0]);
  return target?.metric === 'cosine';
}

/** Vector search and fetch have no score, unless a boost made one; the wire then says 0, not absent. */
function scoreOf(
  hit: SearchHit,
  { query, fields }: DecodedSearch,
  plan: string,
): MessageInit<MetadataResult> {
  const scored = query.kind === 'keyword' || query.kind === 'hybrid';
  const score = hit.boosted ?? (scored ? (hit.score ?? 0) : 0);
  const { uuid } = hit.document;
  return {
    ...(fields.score && { score, score_present: true }),
    ...(fields.explainScore && {
      explain_score: explainScore(hit.explanation, query, uuid, fields.vectorLeg) + plan,
      explain_score_present: true,
    }),
  };
}

/** Objects of a group show a distance and no score, whatever the search. */
function encodeGroup(
  group: HitGroup,
  search: DecodedSearch,
  config: CollectionConfig,
  references: ReferenceEncoder,
): MessageInit<WireGroup> {
  const { query, fields } = search;
  const distances = group.hits.map((hit) => groupedDistance(hit, query));
  return {
    name: group.name,
    min_distance: Math.min(...distances),
    max_distance: Math.max(...distances),
    number_of_objects: group.hits.length,
    objects: group.hits.map((hit, index) => ({
      properties: encodeHitProperties(hit, fields, config, references),
      metadata: {
        ...encodeMetadata(hit.document, fields),
        ...(fields.distance && { distance: distances[index] ?? 0, distance_present: true }),
        ...rerankOf(hit),
      },
    })),
    ...(group.rerankScore !== undefined && { rerank: { score: group.rerankScore } }),
    ...groupTexts(group, fields),
  };
}

function rerankOf({ rerankScore }: SearchHit): MessageInit<MetadataResult> {
  if (rerankScore === undefined) return {};
  return { rerank_score: rerankScore, rerank_score_present: true };
}

function textsOf({ generated }: SearchHit, { generative }: ReplyFields): MessageInit<WireResult> {
  if (!generated || !generative) return {};
  return { generative: encodeGenerated(generated, generative.single) };
}

function olderText(
  { generated }: SearchHit,
  { generative }: ReplyFields,
): MessageInit<MetadataResult> {
  const text = generative?.older && generated ? firstText(generated) : undefined;
  return text === undefined ? {} : { generative: text, generative_present: true };
}

/** Clients look for the text about a group in a field of its own. */
function groupTexts({ generated }: HitGroup, { generative }: ReplyFields): MessageInit<WireGroup> {
  if (!generated || !generative) return {};
  const encoded = encodeGenerated(generated, generative.single);
  const [first] = encoded.values ?? [];
  return { generative_result: encoded, ...(first && { generative: first }) };
}

/** The text about all hits where clients read no other field: older ones, and those that read groups. */
function groupedText(
  { generated = [], groups }: SearchResult,
  { generative }: ReplyFields,
): string {
  return generative?.older || groups ? (firstText(generated) ?? '') : '';
}

/** In a hybrid search only what the vector leg alone found has one; of keywords it is 0. */
export function groupedDistance(hit: SearchHit, query: Query): number {
  if (query.kind === 'vector') return distance(hit);
  const [leg, ...others] = hit.explanation?.legs ?? [];
  return leg?.leg === 'vector' && others.length === 0 ? 0 - leg.score : 0;
}
