// Searches as callers of the library say them, and the query that the database runs for each.

import type { RerankRequest } from '../database/search/rerank-hits.ts';
import { unreachable } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Filter } from '../engine/filter/filter.ts';
import type {
  Combination,
  Fusion,
  GroupBy,
  KeywordOperator,
  KeywordSearch,
  Move,
  Query,
  SortKey,
  VectorInput,
  VectorSearch,
} from '../engine/query/query.ts';
import { normaliseUuid } from '../engine/uuid.ts';
import { type VectorData, vectorValue } from './objects.ts';
import { type BoostRequest, boostOf, type DiversityRequest, diversityOf } from './ranking.ts';

/** What every search may say. */
export interface SearchPage {
  /** Most hits that come back; default 10. */
  readonly limit?: number;
  readonly offset?: number;
  readonly filter?: Filter;
  /** Keep the hits before the n-th jump of the scores; default 0: all of them. */
  readonly autocut?: number;
  /** What hits bring besides uuid, score and properties. */
  readonly include?: readonly ('vectors' | 'explanation')[];
  /**
   * Says of each hit which of its words and places matched: the alignment of the token vectors, the boxes
   * on a page, the passage. Some milliseconds a hit; default false.
   */
  readonly explain?: boolean;
}

/** What a search with scores may say besides its page. */
interface RankedPage extends SearchPage {
  /** Ranks the best hits anew. */
  readonly boost?: BoostRequest;
  /** Orders the page by what the collection's reranker says of a text, after everything else. */
  readonly rerank?: RerankRequest;
}

/** What a search by vectors says besides its question. */
interface VectorOptions {
  /** Takes hits that are unlike each other. Not with an offset. */
  readonly diversity?: DiversityRequest;
  /** Hits with a lower score are left out. */
  readonly scoreMin?: number;
  /** True scores every object that the filter allows, so that no hit can be missed; default false. */
  readonly exact?: boolean;
}

/** Under which vector names the question is asked. */
interface VectorNames {
  /** May be left out in a collection that has only one; of several, the scores are put together. */
  readonly name?: string | readonly string[];
  /** How: default `minimum`, the least distance. */
  readonly combination?: Combination;
  /** Beside the names, for `manual` and `relativeScore`; default: 1 for each. */
  readonly weights?: readonly number[];
}

/** A search by a vector of the caller: late interaction when its name holds multi-vectors. */
export interface SearchByVector extends RankedPage, VectorNames, VectorOptions {
  readonly kind: 'vector';
  readonly vector: VectorData;
}

/** A search by a vector of its own for each of several vector names. */
export interface SearchByVectors extends RankedPage, VectorOptions {
  readonly kind: 'vectors';
  /** By vector name. */
  readonly vectors: Readonly<Record<string, VectorData>>;
  /** How the scores are put together: default `minimum`, the least distance. */
  readonly combination?: Combination;
  /** By vector name, for `manual` and `relativeScore`; default 1. */
  readonly weights?: Readonly<Record<string, number>>;
}

/** Where a question in words is pulled to or pushed away from. */
export interface MoveRequest {
  /** 0 leaves it where it is, 1 goes half of the way. */
  readonly force: number;
  /** Texts, embedded like the question. */
  readonly concepts?: readonly string[];
  /** Objects of the collection. */
  readonly uuids?: readonly string[];
}

/** A search by a text that the vectorizer of the name embeds. */
export interface SearchByText extends RankedPage, VectorNames, VectorOptions {
  readonly kind: 'text';
  readonly text: string;
  /** Only where the name holds single vectors. */
  readonly moveTo?: MoveRequest;
  readonly moveAway?: MoveRequest;
}

/** A search by a picture that the vectorizer of the name embeds. */
export interface SearchByImage extends RankedPage, VectorNames, VectorOptions {
  readonly kind: 'image';
  /** The file, in base64. */
  readonly image: string;
}

/** A search for what is close to a stored object, which is found as well. */
export interface SearchByObject extends RankedPage, VectorNames, VectorOptions {
  readonly kind: 'object';
  readonly uuid: string;
}

/** A search by words. */
export interface SearchByKeyword extends RankedPage {
  readonly kind: 'keyword';
  readonly text: string;
  /** Default: every searchable property, with boost 1. */
  readonly properties?: readonly (string | { readonly name: string; readonly boost: number })[];
  /** Default: one of the words is enough. */
  readonly operator?: KeywordOperator;
}

/** Keyword search and vector search, fused. */
export interface SearchHybrid extends Omit<SearchByKeyword, 'kind'>, VectorNames, VectorOptions {
  readonly kind: 'hybrid';
  /** Default: the text is embedded where the name has a vectorizer. */
  readonly vector?: VectorData;
  /** Weight of the vector search, 0 … 1; default 0.7. */
  readonly alpha?: number;
  /** Default `relativeScore`. */
  readonly fusion?: Fusion;
}

/** A search of any kind. */
export type SearchRequest =
  | SearchByVector
  | SearchByVectors
  | SearchByText
  | SearchByImage
  | SearchByObject
  | SearchByKeyword
  | SearchHybrid;

/** Which stored objects to read, in which order; by uuid when no order is given. */
export interface FetchRequest extends Omit<SearchPage, 'autocut' | 'include' | 'explain'> {
  /** By the first key, then by the second among equals, and so on. */
  readonly sort?: readonly SortKey[];
  /** Objects whose uuid comes after this one; the empty text starts. Not with `sort`. */
  readonly after?: string;
  readonly include?: readonly 'vectors'[];
}

/** By which property the hits of a search are grouped. */
export interface GroupRequest {
  readonly property: string;
  /** Default 5. */
  readonly groupsMax?: number;
  /** Default 5. */
  readonly objectsPerGroupMax?: number;
}

const limitDefault = 10;
const alphaDefault = 0.7;
const groupsDefault = 5;
const objectsPerGroupDefault = 5;

/** The query that a search stands for. Throws 'invalid-argument' for numbers that make no sense. */
export function queryOf(request: SearchRequest, group?: GroupRequest): Query {
  const { boost } = request;
  const page = {
    ...pageOf(request),
    ...(group ? { groupBy: groupByOf(group) } : {}),
    ...(boost ? { boost: boostOf(boost) } : {}),
  };
  if (request.kind === 'keyword') return { kind: 'keyword', ...page, search: keywordsOf(request) };
  const { diversity } = request;
  const ranked = { ...page, ...(diversity ? { diversity: diversityOf(diversity, page) } : {}) };
  switch (request.kind) {
    case 'hybrid': {
      const { vector, alpha = alphaDefault, fusion = 'relativeScore' } = request;
      const input = vector && vectorInput(vector);
      const leg = { ...(input ? { input } : {}), ...targetsOf(request) };
      const keyword = keywordsOf(request);
      return { kind: 'hybrid', ...ranked, alpha, fusion, keyword, vector: leg };
    }
    default:
      return { kind: 'vector', ...ranked, search: vectorSearchOf(request) };
  }
}

/**
 * The query that reads stored objects. Throws 'invalid-argument' for numbers that make no sense, and for a
 * cursor that is no uuid or stands beside an order.
 */
export function fetchOf(request: FetchRequest): Query {
  const { sort = [], after } = request;
  const page = pageOf(request);
  if (after === undefined) return { kind: 'fetch', ...page, sort };
  if (sort.length > 0) throw invalid('after goes with the order of uuids, not with sort');
  return { kind: 'fetch', ...page, sort, after: cursorOf(after) };
}

function cursorOf(after: string): string {
  const uuid = after === '' ? after : normaliseUuid(after);
  if (uuid === undefined) {
    throw invalid(`after is ${JSON.stringify(after)}; allowed: a uuid, or the empty text to start`);
  }
  return uuid;
}

function vectorSearchOf(
  request: Exclude<SearchRequest, SearchByKeyword | SearchHybrid>,
): VectorSearch {
  switch (request.kind) {
    case 'vector':
      return { input: vectorInput(request.vector), ...targetsOf(request) };
    case 'vectors':
      return vectorsSearch(request);
    case 'text':
      return { input: textInput(request), ...targetsOf(request) };
    case 'image':
      return { input: { kind: 'image', base64: request.image }, ...targetsOf(request) };
    case 'object':
      return { input: { kind: 'object', uuid: request.uuid }, ...targetsOf(request) };
    default:
      return unreachable(request);
  }
}

function textInput({ text, moveTo, moveAway }: SearchByText): VectorInput {
  return {
    kind: 'text',
    concepts: [text],
    ...(moveTo ? { moveTo: moveOf(moveTo) } : {}),
    ...(moveAway ? { moveAway: moveOf(moveAway) } : {}),
  };
}

function moveOf({ force, concepts = [], uuids = [] }: MoveRequest): Move {
  return { force, concepts, uuids };
}

function vectorInput(vector: VectorData): VectorInput {
  return { kind: 'vectors', vectors: [vectorValue(vector)] };
}

function vectorsSearch(request: SearchByVectors): VectorSearch {
  const { vectors, combination = 'minimum', weights = {}, scoreMin } = request;
  const names = Object.keys(vectors);
  const stray = Object.keys(weights).find((name) => !names.includes(name));
  if (stray !== undefined || names.length === 0) {
    const known = names.join(', ');
    throw invalid(
      stray === undefined
        ? 'vectors: at least one is needed'
        : `weights: ${stray} is not among the vectors [${known}]`,
    );
  }
  return {
    input: { kind: 'vectors', vectors: Object.values(vectors).map(vectorValue) },
    targets: { names, combination, weights: names.map((name) => weightOf(weights, name)) },
    ...(scoreMin === undefined ? {} : { scoreMin }),
  };
}

/** A vector may be called `constructor`: what the prototype has there is no weight. */
function weightOf(weights: Readonly<Record<string, number>>, name: string): number {
  return (Object.hasOwn(weights, name) ? weights[name] : undefined) ?? 1;
}

function targetsOf(
  request: VectorNames & VectorOptions,
): Pick<VectorSearch, 'targets' | 'scoreMin'> {
  const { name = [], combination = 'minimum', weights, scoreMin } = request;
  const names = typeof name === 'string' ? [name] : name;
  if (weights && weights.length !== names.length) {
    throw invalid(`weights: got ${weights.length} for ${names.length} vector names`);
  }
  const targets = { names, combination, weights: weights ?? names.map(() => 1) };
  return { targets, ...(scoreMin === undefined ? {} : { scoreMin }) };
}

function keywordsOf({ text, properties, operator }: Omit<SearchByKeyword, 'kind'>): KeywordSearch {
  return {
    text,
    operator: operator ?? { kind: 'or', matchesMin: 1 },
    ...(properties
      ? {
          properties: properties.map((each) =>
            typeof each === 'string' ? { name: each, boost: 1 } : each,
          ),
        }
      : {}),
  };
}

function pageOf({ limit = limitDefault, offset = 0, filter, autocut = 0 }: SearchPage): {
  readonly limit: number;
  readonly offset: number;
  readonly autocut: number;
  readonly filter?: Filter;
} {
  checkCounts({ limit, offset, autocut }, 0);
  return { limit, offset, autocut, ...(filter ? { filter } : {}) };
}

function groupByOf(group: GroupRequest): GroupBy {
  const {
    property,
    groupsMax = groupsDefault,
    objectsPerGroupMax = objectsPerGroupDefault,
  } = group;
  checkCounts({ groupsMax, objectsPerGroupMax }, 1);
  return { property, groupsMax, objectsPerGroupMax };
}

/** Throws 'invalid-argument' for numbers that are not whole or below `from`. */
export function checkCounts(counts: Readonly<Record<string, number>>, from: number): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && value >= from) continue;
    throw invalid(`${name} is ${value}; allowed: whole numbers from ${from}`);
  }
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
