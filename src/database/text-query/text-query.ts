// A question in words and an answer for people: the hits with their file and page, what of each matched,
// and what the search could not see. The command line, REST and the console ask through this.

import { unreachable } from '../../engine/assert.ts';
import type { PageSize, Properties } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type {
  HitMatches,
  MatchedBox,
  TermMatches,
  VectorMatches,
} from '../../engine/explain/hit-matches.ts';
import type { Snippet } from '../../engine/explain/snippet.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import type { KeywordSearch, Query, Targets } from '../../engine/query/query.ts';
import type { Collection } from '../collection.ts';
import type { RequestContext } from '../object-input.ts';
import type { SearchHit } from '../search.ts';

/** How a question is answered. */
export const textQueryModes = ['vector', 'keyword', 'hybrid'] as const;
export type TextQueryMode = (typeof textQueryModes)[number];

/** What a hit brings: the places that matched, or also every word's heat and the alignment. */
export const textQueryDetails = ['places', 'all'] as const;
export type TextQueryDetail = (typeof textQueryDetails)[number];

/** A question; everything but the text has a default. */
export interface TextQuery {
  readonly text: string;
  /** Default: `vector` where a text can be embedded, else `keyword`. */
  readonly mode?: TextQueryMode | undefined;
  /** Default 10, at most 100. */
  readonly limit?: number | undefined;
  /** Names of the vectors that are compared; default: all that a text can be embedded for. */
  readonly vectors?: readonly string[] | undefined;
  /** Weight of the vectors in `hybrid`, 0 … 1; default 0.7. */
  readonly alpha?: number | undefined;
  readonly filter?: Filter | undefined;
  readonly detail?: TextQueryDetail | undefined;
}

/** An object that answers; a page when `source` and `page` are there. */
export interface TextHit {
  readonly uuid: string;
  readonly score: number;
  /** File name. */
  readonly source?: string;
  /** From 1. */
  readonly page?: number;
  readonly title?: string;
  /** What matched on the page, strongest first: x, y, width, height in points, origin top left. */
  readonly boxes: readonly (readonly [number, number, number, number])[];
  /** The same with the words there and how much each says. */
  readonly places: readonly MatchedBox[];
  /** In points; when nobody knows, boxes are shares of the page. */
  readonly pageSize?: PageSize;
  readonly snippet?: Snippet;
  /** Without blobs. */
  readonly properties: Properties;
  /** Only with detail `all`. */
  readonly vectors?: readonly VectorMatches[];
  /** Only with detail `all`. */
  readonly terms?: readonly TermMatches[];
}

/** The hits, best first, and how they were found. */
export interface TextAnswer {
  readonly collection: string;
  readonly text: string;
  readonly mode: TextQueryMode;
  /** The vectors that were compared. */
  readonly vectors: readonly string[];
  /** Sentences for people, as what the vectors leave out. */
  readonly notes: readonly string[];
  readonly hits: readonly TextHit[];
}

const limitDefault = 10;
/** Each hit is explained, which takes some milliseconds. */
const textHitsMax = 100;
const alphaDefault = 0.7;
const picturesNote =
  'pages are compared by the words that were read on them; pictures on them are not looked at';

/** Throws DatabaseError for what makes no sense, and what searching throws. */
export async function answerText(
  collection: Collection,
  query: TextQuery,
  context: RequestContext,
): Promise<TextAnswer> {
  const embeddable = embeddableNames(collection);
  const { text, mode = embeddable.length > 0 ? 'vector' : 'keyword', detail = 'places' } = query;
  if (text.trim() === '') {
    throw new DatabaseError('invalid-argument', { message: 'the question is empty' });
  }
  const names = mode === 'keyword' ? [] : (query.vectors ?? embeddable);
  const { hits } = await collection.search(
    searchOf(query, mode, names),
    { explain: true, vectors: false, matches: true },
    context,
  );
  const blobs = collection.config.properties.filter(({ type }) => type.startsWith('blob'));
  const hidden = new Set(blobs.map(({ name }) => name));
  const answered = hits.map((hit) => textHit(hit, hidden, detail));
  const notes = new Set(hits.flatMap(({ explanation }) => explanation?.notes ?? []));
  const isBlind =
    names.length > 0 && names.every((name) => !collection.vectorizer(name)?.accepts.image);
  if (notes.size === 0 && isBlind && answered.some(({ page }) => page !== undefined)) {
    notes.add(picturesNote);
  }
  const { name } = collection;
  return { collection: name, text, mode, vectors: names, notes: [...notes], hits: answered };
}

/** Names of the vectors that a text can be compared with. */
function embeddableNames(collection: Collection): string[] {
  return collection.config.vectors
    .map(({ name }) => name)
    .filter((name) => collection.vectorizer(name)?.accepts.text);
}

function searchOf(query: TextQuery, mode: TextQueryMode, names: readonly string[]): Query {
  const { text, limit = limitDefault, alpha = alphaDefault, filter } = query;
  if (!Number.isInteger(limit) || limit < 0 || limit > textHitsMax) {
    const message = `limit is ${limit}; allowed: whole numbers from 0 to ${textHitsMax}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const page = { offset: 0, limit, autocut: 0, ...(filter ? { filter } : {}) };
  const keyword: KeywordSearch = { text, operator: { kind: 'or', matchesMin: 1 } };
  const combination = names.length > 1 ? 'relativeScore' : 'minimum';
  const targets: Targets = { names, combination, weights: names.map(() => 1) };
  switch (mode) {
    case 'keyword':
      return { kind: 'keyword', ...page, search: keyword };
    case 'vector': {
      const input = { kind: 'text', concepts: [text] } as const;
      return { kind: 'vector', ...page, search: { input, targets } };
    }
    case 'hybrid':
      return {
        ...{ kind: 'hybrid', ...page, alpha, fusion: 'relativeScore', keyword },
        vector: { targets },
      };
    default:
      return unreachable(mode);
  }
}

const noMatches: HitMatches = { boxes: [], vectors: [], terms: [] };

function textHit(
  { document, score = 0, matches = noMatches }: SearchHit,
  hidden: ReadonlySet<string>,
  detail: TextQueryDetail,
): TextHit {
  const { source, page, title } = document.properties;
  const { boxes, page: pageSize, snippet, vectors, terms } = matches;
  const shown = Object.entries(document.properties).filter(([name]) => !hidden.has(name));
  return {
    ...{ uuid: document.uuid, score },
    ...(typeof source === 'string' ? { source } : {}),
    ...(typeof page === 'number' ? { page } : {}),
    ...(typeof title === 'string' ? { title } : {}),
    boxes: boxes.map(({ x, y, width, height }) => [x, y, width, height]),
    places: boxes,
    ...(pageSize ? { pageSize } : {}),
    ...(snippet ? { snippet } : {}),
    properties: Object.fromEntries(shown),
    ...(detail === 'all' ? { vectors, terms } : {}),
  };
}
