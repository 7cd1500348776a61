// What of a found object matched: the words and places behind its score, put together from the vector
// legs and the keyword leg of its search.

import type { Document, PageSize, TokenPlaces, VectorValue } from '../document.ts';
import type { TextAnalysis } from '../text/analysis.ts';
import type { DocumentAligner, DocumentAlignment } from './align-document.ts';
import { type KeywordMark, keywordMarks, type WeightedTerm } from './keyword-marks.ts';
import { type Box, type PlacedWord, placedWords } from './placed-words.ts';
import { type QueryTokens, queryWords, tokenWeights } from './query-words.ts';
import { rankBoxes, type WeightedBox } from './ranked-boxes.ts';
import { type Snippet, snippetOf, type TextMark } from './snippet.ts';

/** A word of the object, or a patch of its picture, and where it stands. */
export interface MatchedWord {
  /** Empty for patches and for markers of the model. */
  readonly text: string;
  /** UTF-16 offsets in the embedded text. */
  readonly start: number;
  readonly end: number;
  /** In points when the page's size is known, else in shares of it. */
  readonly box?: Box;
}

/** A token of the query with what answered it. */
export interface TokenMatch {
  /** The token in the query's text; empty for markers, and where the text is not known. */
  readonly query: { readonly text: string; readonly start: number; readonly end: number };
  /** Dot product of the two (cosine for cosine); they add up to the score of the vector. */
  readonly score: number;
  /** How far that is above the object's average token. */
  readonly lift: number;
  /** Several when pooling put several tokens into one. */
  readonly words: readonly MatchedWord[];
}

/** How one vector of the object answered. */
export interface VectorMatches {
  readonly name: string;
  readonly score: number;
  /** The text that was embedded, where it is known: spans point into it. */
  readonly text?: string;
  readonly tokens: readonly TokenMatch[];
  /** Every word or patch of the object with how warm it is, 0 to 1. */
  readonly heat: readonly (MatchedWord & { readonly heat: number })[];
}

/** A term of a keyword search and where it stands in a property. */
export interface TermMatches {
  readonly property: string;
  readonly term: string;
  readonly spans: readonly (readonly [number, number])[];
}

/** A place on the page that matched. */
export interface MatchedBox extends Box {
  /** Share of the strongest place, above 0 and up to 1. */
  readonly weight: number;
  /** The word there; empty for a patch. */
  readonly text: string;
}

/** What of an object matched. */
export interface HitMatches {
  /** In points; absent when nobody knows: boxes are then shares of the page, 0 to 1. */
  readonly page?: PageSize;
  /** Strongest first, in points from the top left; empty for objects that are no pages. */
  readonly boxes: readonly MatchedBox[];
  /** The passage of the text that matched best. */
  readonly snippet?: Snippet;
  readonly vectors: readonly VectorMatches[];
  readonly terms: readonly TermMatches[];
}

/** A query vector of a search, and which of the object's vectors it met. */
export interface VectorLeg {
  readonly name: string;
  readonly query: VectorValue;
  readonly normalized: boolean;
  /** Where the tokens of the query are in its text, if anybody knows. */
  readonly tokens?: QueryTokens | undefined;
  /** The text that the object's vector was made from, where its places do not say. */
  readonly textOf: (document: Document) => string | undefined;
}

/** One searched property of a keyword search. */
export interface KeywordLeg extends TextAnalysis {
  readonly property: string;
  readonly terms: readonly WeightedTerm[];
}

/** What was searched with; the shares say how much each side counts. */
export interface MatchRequest {
  readonly vectors: readonly VectorLeg[];
  readonly vectorShare: number;
  readonly keywords: readonly KeywordLeg[];
  readonly keywordShare: number;
  readonly stopwords: ReadonlySet<string>;
}

/** What of a document with its vectors matched; synchronous, some milliseconds for a page. */
export function hitMatches(
  document: Document,
  request: MatchRequest,
  aligner: DocumentAligner,
): HitMatches {
  const page = pageOf(document);
  const how = { page, stopwords: request.stopwords, aligner };
  const vectors = request.vectors.flatMap((leg) => alignLeg(document, leg, how));
  const keywords = request.keywords.flatMap((leg) => markProperty(document, leg));
  const boxes = rankBoxes([
    ...shared(
      vectors.flatMap((found) => found.boxes),
      request.vectorShare,
    ),
    ...shared(
      keywords.flatMap((found) => found.boxes),
      request.keywordShare,
    ),
  ]);
  const snippet = bestSnippet([
    ...marked(vectors, request.vectorShare),
    ...marked(keywords, request.keywordShare),
  ]);
  return {
    ...(page ? { page } : {}),
    boxes: boxes.map(({ box, weight, text }) => ({ ...scaled(box, page), weight, text })),
    ...(snippet ? { snippet } : {}),
    vectors: vectors.map(({ matches }) => matches),
    terms: keywords.flatMap(({ terms }) => terms),
  };
}

/** What a leg found: in its text, and on the page. */
interface Found {
  readonly text: string;
  readonly marks: readonly TextMark[];
  readonly boxes: readonly WeightedBox[];
}

interface AlignParts {
  readonly page: PageSize | undefined;
  readonly stopwords: ReadonlySet<string>;
  readonly aligner: DocumentAligner;
}

function alignLeg(
  document: Document,
  leg: VectorLeg,
  { page, stopwords, aligner }: AlignParts,
): (Found & { readonly matches: VectorMatches })[] {
  const { name, query, normalized } = leg;
  const vector = document.vectors.get(name);
  if (vector?.kind !== 'multi' || vector.dims !== query.dims) return [];
  const queryCount = query.values.length / query.dims;
  const asked = leg.tokens && queryWords(leg.tokens);
  const isBeside = asked?.length === queryCount;
  const weights = isBeside ? tokenWeights(asked, stopwords) : new Float32Array(queryCount).fill(1);
  const groups = document.pooled?.get(name);
  const alignment = aligner.align({ query, document: vector, normalized, groups, weights });
  const places = document.places?.get(name);
  const text = places?.text ?? (places?.spans && leg.textOf(document));
  const words = places ? wordsWithBoxes(places, text, document) : [];
  const byToken = wordsByToken(words);
  const tokens = alignment.winners.map(
    (winners, q): TokenMatch => ({
      query: tokenOf(leg.tokens, q, isBeside),
      score: alignment.scores[q] ?? 0,
      lift: alignment.lifts[q] ?? 0,
      words: wordsOf(winners, byToken).map((word) => matchedWord(word, page)),
    }),
  );
  const heat = words.map((word) => ({ ...matchedWord(word, page), heat: heatOf(word, alignment) }));
  const found = weigh(alignment, weights, byToken);
  const matches: VectorMatches = {
    ...{ name, score: alignment.score },
    ...(text === undefined ? {} : { text }),
    ...{ tokens, heat },
  };
  return [{ matches, text: text ?? '', ...found }];
}

/** The words of a vector; boxes are those of the property that was embedded where it has none itself. */
function wordsWithBoxes(
  places: TokenPlaces,
  text: string | undefined,
  { properties, words: layouts }: Document,
): readonly PlacedWord[] {
  const words = placedWords(places, text);
  if (places.boxes || text === undefined) return words;
  const layout = [...(layouts ?? [])].find(([name]) => properties[name] === text)?.[1];
  if (!layout) return words;
  const placed = placedWords(layout, text);
  let at = 0;
  return words.map((word) => {
    if ((placed[at]?.start ?? 0) > word.start) at = 0;
    while (at < placed.length && placed[at]!.end <= word.start) at += 1;
    const found = placed[at];
    const isInside = found && found.start <= word.start && word.start < word.end;
    return isInside && found.box ? { ...word, box: found.box } : word;
  });
}

/** The words behind the winners, each with what the query's tokens say for it. */
function weigh(
  { winners, lifts }: DocumentAlignment,
  weights: Float32Array,
  byToken: readonly PlacedWord[],
): Pick<Found, 'marks' | 'boxes'> {
  const marks: TextMark[] = [];
  const boxes: WeightedBox[] = [];
  for (const [q, tokens] of winners.entries()) {
    const words = wordsOf(tokens, byToken);
    const weight = ((weights[q] ?? 0) * (lifts[q] ?? 0)) / Math.max(1, words.length);
    for (const { box, start, end, text } of words) {
      if (start < end) marks.push({ start, end, weight });
      if (box) boxes.push({ box, weight, text });
    }
  }
  return { marks, boxes };
}

function markProperty(
  document: Document,
  { property, terms, ...analysis }: KeywordLeg,
): (Found & { readonly terms: readonly TermMatches[] })[] {
  const value = document.properties[property];
  if (typeof value !== 'string') return [];
  const marks = keywordMarks(value, terms, analysis);
  if (marks.length === 0) return [];
  const layout = layoutOf(document, property, value);
  const words = layout ? placedWords(layout, value) : [];
  const spans = Map.groupBy(marks, ({ term }) => term);
  const found = [...spans].map(([term, some]) => ({
    ...{ property, term },
    spans: some.map(({ start, end }) => [start, end] as const),
  }));
  return [{ text: value, marks, boxes: boxesUnder(marks, words), terms: found }];
}

/** Where the words of a property stand: known of itself, or of a vector that was made from it. */
function layoutOf(document: Document, property: string, text: string): TokenPlaces | undefined {
  const own = document.words?.get(property);
  if (own?.boxes) return own;
  return [...(document.places?.values() ?? [])].find(
    (places) => places.boxes && places.spans && places.text === text,
  );
}

/** The places of the words that marks lie over. Both are in the order of the text. */
function boxesUnder(
  marks: readonly KeywordMark[],
  words: readonly PlacedWord[],
): readonly WeightedBox[] {
  const placed = words.filter(({ box, start, end }) => box && start < end);
  const sorted = placed.toSorted((a, b) => a.start - b.start);
  const boxes: WeightedBox[] = [];
  let at = 0;
  for (const { start, end, weight } of marks) {
    while (at < sorted.length && sorted[at]!.end <= start) at += 1;
    for (let i = at; i < sorted.length && sorted[i]!.start < end; i++) {
      const { box, text } = sorted[i]!;
      if (box) boxes.push({ box, weight, text });
    }
  }
  return boxes;
}

/** Weights so that the largest is the share of their side. */
function shared<T extends { readonly weight: number }>(found: readonly T[], share: number): T[] {
  const largest = found.reduce((most, { weight }) => Math.max(most, weight), 0);
  if (largest === 0) return [];
  return found.map((one) => ({ ...one, weight: (one.weight / largest) * share }));
}

function marked(found: readonly Found[], share: number): readonly [string, readonly TextMark[]][] {
  return found.map(({ text, marks }) => [text, shared(marks, share)]);
}

/** Of the texts that were searched the one with the best passage; the legs' marks add up. */
function bestSnippet(
  found: readonly (readonly [string, readonly TextMark[]])[],
): Snippet | undefined {
  const byText = new Map<string, TextMark[]>();
  for (const [text, marks] of found) byText.set(text, [...(byText.get(text) ?? []), ...marks]);
  let best:
    | { readonly text: string; readonly marks: TextMark[]; readonly worth: number }
    | undefined;
  for (const [text, marks] of byText) {
    const worth = marks.reduce((sum, { weight }) => sum + weight, 0);
    if (text !== '' && worth > (best?.worth ?? 0)) best = { text, marks, worth };
  }
  return best && snippetOf(best.text, best.marks);
}

/** The words' page first: it is in points, where a picture's may be in pixels. */
function pageOf({ places, words }: Document): PageSize | undefined {
  const all = [...(words?.values() ?? []), ...(places?.values() ?? [])];
  return all.find(({ page }) => page !== undefined)?.page;
}

function wordsByToken(words: readonly PlacedWord[]): readonly PlacedWord[] {
  const byToken: PlacedWord[] = [];
  for (const word of words) for (const token of word.tokens) byToken[token] = word;
  return byToken;
}

/** The different words of some tokens. */
function wordsOf(tokens: readonly number[], byToken: readonly PlacedWord[]): PlacedWord[] {
  const words = new Set<PlacedWord>();
  for (const token of tokens) {
    const word = byToken[token];
    if (word) words.add(word);
  }
  return [...words];
}

function heatOf({ tokens }: PlacedWord, { heat }: DocumentAlignment): number {
  return tokens.reduce((most, token) => Math.max(most, heat[token] ?? 0), 0);
}

function matchedWord(
  { text, start, end, box }: PlacedWord,
  page: PageSize | undefined,
): MatchedWord {
  return { text, start, end, ...(box ? { box: scaled(box, page) } : {}) };
}

function tokenOf(
  tokens: QueryTokens | undefined,
  index: number,
  isBeside: boolean,
): TokenMatch['query'] {
  if (!tokens || !isBeside) return { text: '', start: 0, end: 0 };
  const start = tokens.spans[2 * index] ?? 0;
  const end = tokens.spans[2 * index + 1] ?? 0;
  return { text: tokens.text.slice(start, end), start, end };
}

/** In points, to a hundredth; in shares where the page has no size. */
function scaled({ x, y, width, height }: Box, page: PageSize | undefined): Box {
  if (!page) return { x, y, width, height };
  return {
    x: rounded(x * page.width),
    y: rounded(y * page.height),
    width: rounded(width * page.width),
    height: rounded(height * page.height),
  };
}

function rounded(points: number): number {
  return Math.round(points * 100) / 100;
}
