// From a query that was run to what its hits are explained with: the query's vectors with their words,
// and its keywords with their worth.

import type { Document } from '../../engine/document.ts';
import type { KeywordLeg, MatchRequest, VectorLeg } from '../../engine/explain/hit-matches.ts';
import type { WeightedTerm } from '../../engine/explain/keyword-marks.ts';
import { isQuestionWord, type QueryTokens } from '../../engine/explain/query-words.ts';
import type { Executable, Unlimited } from '../../engine/query/execute.ts';
import type { KeywordSearch, Query } from '../../engine/query/query.ts';
import type { CollectionSchema } from '../../engine/schema.ts';
import type { Segment } from '../../engine/segment/segment.ts';
import { resolveKeywordQuery } from '../../engine/text/keyword-query.ts';
import { resolveStopwords } from '../../engine/text/stopwords.ts';
import { isVectorizerModule } from '../../vectorizers/modules.ts';
import { queryText, sourceText } from '../../vectorizers/source-text.ts';
import type { Vectorizer } from '../../vectorizers/vectorizer.ts';
import type { CollectionConfig, VectorConfig } from '../collection-config.ts';
import type { RequestContext } from '../object-input.ts';

/** Words that questions are put with may be rare in documents and still say little. */
const questionWordShare = 0.1;

/** What explaining needs of a collection. */
export interface MatchScope {
  readonly config: CollectionConfig;
  readonly schema: CollectionSchema;
  vectorizer(name: string): Vectorizer | undefined;
  /** For how often terms are met. */
  readonly segments: Iterable<Segment>;
}

/** Throws DatabaseError where the query's text can't be cut into tokens again. */
export async function matchRequestOf(
  query: Query,
  executable: Executable,
  scope: MatchScope,
  context: RequestContext,
): Promise<MatchRequest> {
  const stopwords = resolveStopwords(scope.schema.stopwords);
  const { vector, vectorShare, keyword, keywordShare } = legsOf(executable);
  const concepts = conceptsOf(query);
  const names = new Map(vector?.targets.map((target) => [target.schema.name, target]));
  const vectors = await Promise.all(
    [...names].map(([name, target]): Promise<VectorLeg> => {
      const config = scope.config.vectors.find((one) => one.name === name);
      return vectorLeg(target, config, concepts, scope, context);
    }),
  );
  const keywords = keyword ? keywordLegs(keyword, scope, stopwords) : [];
  return { vectors, vectorShare, keywords, keywordShare, stopwords };
}

interface Legs {
  readonly vector?: Unlimited | undefined;
  readonly vectorShare: number;
  readonly keyword?: KeywordSearch | undefined;
  readonly keywordShare: number;
}

function legsOf(executable: Executable): Legs {
  switch (executable.kind) {
    case 'fetch':
      return { vectorShare: 0, keywordShare: 0 };
    case 'vector':
      return { vector: executable.vector, vectorShare: 1, keywordShare: 0 };
    case 'keyword':
      return { vectorShare: 0, keyword: executable.keyword, keywordShare: 1 };
    case 'hybrid': {
      const { vector, keyword } = executable;
      const shares = { vectorShare: vector?.weight ?? 0, keywordShare: keyword?.weight ?? 0 };
      return { vector: vector?.request, keyword: keyword?.search, ...shares };
    }
  }
}

/** The texts that a query was embedded from; undefined when it came as a vector, image or object. */
function conceptsOf(query: Query): readonly string[] | undefined {
  if (query.kind !== 'vector' && query.kind !== 'hybrid') return undefined;
  const input = query.kind === 'vector' ? query.search.input : query.vector.input;
  if (input?.kind === 'text') return input.concepts;
  const text = query.kind === 'hybrid' && input === undefined ? query.keyword?.text : undefined;
  return text === undefined ? undefined : [text];
}

async function vectorLeg(
  { schema, vector }: Unlimited['targets'][number],
  config: VectorConfig | undefined,
  concepts: readonly string[] | undefined,
  scope: MatchScope,
  context: RequestContext,
): Promise<VectorLeg> {
  const tokens = concepts && config && (await queryTokens(config, concepts, scope, context));
  return {
    ...{ name: schema.name, query: vector, normalized: schema.metric === 'cosine' },
    ...(tokens ? { tokens } : {}),
    textOf: (document) => config && embeddedText(document, config, scope.config),
  };
}

async function queryTokens(
  { name, vectorizer: { module } }: VectorConfig,
  concepts: readonly string[],
  scope: MatchScope,
  context: RequestContext,
): Promise<QueryTokens | undefined> {
  const vectorizer = scope.vectorizer(name);
  if (!vectorizer?.queryTokens || !isVectorizerModule(module)) return undefined;
  const text = queryText(module, concepts);
  return { text, spans: await vectorizer.queryTokens(text, context) };
}

/** What the vectorizer of a vector embeds of an object; undefined when nothing makes its vectors. */
function embeddedText(
  { properties }: Document,
  { vectorizer: { module, settings } }: VectorConfig,
  config: CollectionConfig,
): string | undefined {
  if (!isVectorizerModule(module)) return undefined;
  const source = { collection: config.name, module, settings, properties: config.properties };
  return sourceText(source, properties).texts.join(' ');
}

function keywordLegs(
  search: KeywordSearch,
  { schema, segments }: MatchScope,
  stopwords: ReadonlySet<string>,
): KeywordLeg[] {
  const { properties } = schema;
  const all = [...segments];
  return resolveKeywordQuery({ search, properties, stopwords }).map(
    ({ name, tokenization, analyzer, terms, boost }): KeywordLeg => ({
      property: name,
      ...{ tokenization, analyzer },
      terms: terms.map(({ term }): WeightedTerm => {
        const share = isQuestionWord(term.toLowerCase()) ? questionWordShare : 1;
        return { term, weight: share * boost * rarity(term, name, all) };
      }),
    }),
  );
}

/** As BM25 weighs a term; deleted objects that are still in their segment count. */
function rarity(term: string, property: string, segments: readonly Segment[]): number {
  let documents = 0;
  let holding = 0;
  for (const { documentCount, text } of segments) {
    documents += documentCount;
    holding += text.property(property)?.postings(term)?.docs.length ?? 0;
  }
  return Math.log(1 + (documents - holding + 0.5) / (holding + 0.5));
}
