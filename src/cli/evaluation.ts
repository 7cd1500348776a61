// Judges search on a test collection: imports it into a database as a user would, asks every judged
// query by keyword, by late interaction and by both, and measures the rankings.

import { basename, resolve } from 'node:path';
import type { Collection } from '../database/collection.ts';
import type { Database } from '../database/database.ts';
import type { ObjectInput } from '../database/object-input.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import type { VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Query } from '../engine/query/query.ts';
import type { BeirDocument, BeirFolder, BeirQuery } from '../ingest/formats/beir-folder.ts';
import { nameUuid, urlNamespace } from '../ingest/name-uuid.ts';
import { ProgressBar, type ProgressStream } from './progress-bar.ts';
import { binaryLabels, ndcg, recall, reciprocalRank, relevantCount } from './ranking-metrics.ts';
import type { TextEmbedder } from './text-embedder.ts';

/** Hits that every query asks for: recall@100 needs so many. */
const hitCount = 100;
/** Weight of the vector leg of the hybrid run, fused by relative score. */
export const hybridAlpha = 0.7;
const insertBatch = 500;
const vectorName = 'tokens';

export interface EvaluationOptions {
  readonly database: Database;
  readonly folder: BeirFolder;
  /** The folder's path; the collection gets its name. */
  readonly path: string;
  /** Absent: keyword search only. */
  readonly embedder: TextEmbedder | undefined;
  /** Count every relevant document as 1, whatever its grade. */
  readonly labels: 'graded' | 'binary';
  /** Token vectors of a document that are stored, its first ones. */
  readonly tokensMax: number;
  /** Of so many similar token vectors of a document one is stored; 1: all are. */
  readonly poolFactor: number;
  /** Ask only the first so many judged queries. */
  readonly queriesMax: number;
  /** Vector searches score every document. */
  readonly exact: boolean;
  readonly progress: ProgressStream;
  /** Milliseconds; only differences count. */
  readonly clock: () => number;
}

/** Figures of one way to search: means over the queries. */
export interface RunFigures {
  readonly 'ndcg@10': number;
  readonly 'recall@100': number;
  readonly mrr: number;
  /** The search alone, with a query vector that is there already. */
  readonly msPerQuery: number;
}

export const runNames = ['bm25', 'maxsim', 'hybrid'] as const;
export type RunName = (typeof runNames)[number];

export interface Evaluation {
  readonly collection: string;
  readonly documentCount: number;
  readonly queryCount: number;
  /** Token vectors that are stored. */
  readonly vectorCount: number;
  readonly runs: Readonly<Partial<Record<RunName, RunFigures>>>;
  /** Milliseconds; embedding the documents is part of the import. */
  readonly importMs: number;
  readonly queryEmbeddingMs: number;
}

/** Throws DatabaseError when no query has a relevant document or an object can't be stored. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { folder, queriesMax, labels, clock } = options;
  const judged = folder.queries
    .map((query) =>
      labels === 'binary' ? { ...query, labels: binaryLabels(query.labels) } : query,
    )
    .filter((query) => relevantCount(query.labels) > 0)
    .slice(0, queriesMax);
  if (judged.length === 0) {
    const message = `${folder.qrelsPath} judges no document as relevant to any query`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const importStart = clock();
  const collection = await importDocuments(options);
  const importMs = clock() - importStart;
  const embeddingStart = clock();
  const vectors = await embedQueries(judged, options);
  const queryEmbeddingMs = clock() - embeddingStart;
  const runs: Partial<Record<RunName, RunFigures>> = {};
  for (const name of vectors ? runNames : (['bm25'] as const)) {
    const queries = judged.map((query, index) => runQuery(name, query, vectors?.[index]));
    runs[name] = await measure(collection, judged, queries, options);
  }
  return {
    collection: collection.name,
    documentCount: folder.documents.length,
    queryCount: judged.length,
    vectorCount: vectorCountOf(collection),
    runs,
    importMs,
    queryEmbeddingMs,
  };
}

function vectorCountOf({ segments }: Collection): number {
  const all = segments.all();
  return all.reduce((sum, segment) => sum + (segment.vectors(vectorName)?.vectorCount ?? 0), 0);
}

async function importDocuments(options: EvaluationOptions): Promise<Collection> {
  const { database, folder, embedder, tokensMax } = options;
  const collection = await makeCollection(options);
  if (embedder === undefined) {
    for (let from = 0; from < folder.documents.length; from += insertBatch) {
      await store(collection, folder.documents.slice(from, from + insertBatch));
    }
  } else {
    const texts = folder.documents.map(embeddedText);
    const bar = progressBar('embedding passages', texts, options);
    let from = 0;
    for await (const vectors of embedder.embed(texts, bar)) {
      const documents = folder.documents.slice(from, from + vectors.length);
      const stored = vectors.map((vector) => firstTokens(vector, tokensMax));
      await store(collection, documents, stored);
      from += vectors.length;
    }
    bar.end();
  }
  // Sealed and trained, as they are in a database that has been running for a while.
  await database.flush();
  await database.settled();
  return collection;
}

/** The collection of an earlier evaluation is replaced; any other one is left alone. */
async function makeCollection({
  database,
  path,
  embedder,
  poolFactor,
}: EvaluationOptions): Promise<Collection> {
  const folderName = basename(resolve(path));
  const description = `imported by tesserae eval from ${folderName}`;
  const name = `Eval_${folderName.replace(/\W+/g, '_')}`;
  const older = database.findCollection(name);
  if (older && older.config.description !== description) {
    const message = `the database has a collection ${name} already, which is not from an evaluation; choose another --data directory`;
    throw new DatabaseError('invalid-argument', { message });
  }
  if (older) await database.deleteCollection(name);
  const settings = { baseURL: `local:${embedder?.model}`, vectorizeClassName: false };
  await database.createCollection(
    resolveCollection({
      name,
      description,
      properties: [
        { name: 'docId', type: 'text', tokenization: 'field', searchable: false },
        { name: 'title', type: 'text' },
        { name: 'text', type: 'text' },
      ],
      vectors: [
        embedder
          ? {
              name: vectorName,
              ...(poolFactor === 1 ? {} : { pooling: { factor: poolFactor } }),
              vectorizer: {
                module: 'text2colbert-jinaai',
                settings: { ...settings, properties: ['title', 'text'] },
              },
            }
          : { name: vectorName, kind: 'multi' },
      ],
    }),
  );
  return database.collection(name);
}

async function store(
  collection: Collection,
  documents: readonly BeirDocument[],
  vectors: readonly VectorValue[] = [],
): Promise<void> {
  const objects = documents.map(({ id, title, text }, index): ObjectInput => {
    const vector = vectors[index];
    return {
      uuid: nameUuid(urlNamespace, `${collection.name}#${id}`),
      properties: { docId: id, ...(title === '' ? {} : { title }), text },
      vectors: new Map(vector ? [[vectorName, vector]] : []),
    };
  });
  const results = await collection.insertMany(objects, { headers: {} });
  for (const [index, result] of results.entries()) {
    if (result.kind === 'stored') continue;
    const message = `document ${documents[index]?.id} can't be stored: ${result.error.message}`;
    throw new DatabaseError('invalid-argument', { message });
  }
}

/** What the model reads of a document. */
function embeddedText({ title, text }: BeirDocument): string {
  return title === '' ? text : `${title} ${text}`;
}

function firstTokens(vector: VectorValue, count: number): VectorValue {
  return { ...vector, values: vector.values.slice(0, count * vector.dims) };
}

async function embedQueries(
  queries: readonly BeirQuery[],
  options: EvaluationOptions,
): Promise<readonly VectorValue[] | undefined> {
  if (options.embedder === undefined) return undefined;
  const texts = queries.map(({ text }) => text);
  const bar = progressBar('embedding queries', texts, options);
  const vectors: VectorValue[] = [];
  for await (const batch of options.embedder.embed(texts, bar, 'query')) {
    vectors.push(...batch);
  }
  bar.end();
  return vectors;
}

function progressBar(
  label: string,
  texts: readonly string[],
  { progress, clock }: EvaluationOptions,
): ProgressBar {
  const workTotal = texts.reduce((sum, text) => sum + text.length, 0);
  return new ProgressBar({ stream: progress, clock, label, itemCount: texts.length, workTotal });
}

function runQuery(name: RunName, { text }: BeirQuery, vector: VectorValue | undefined): Query {
  const page = { offset: 0, limit: hitCount, autocut: 0 };
  const keyword = {
    text,
    properties: [
      { name: 'title', boost: 1 },
      { name: 'text', boost: 1 },
    ],
    operator: { kind: 'or', matchesMin: 1 },
  } as const;
  if (name === 'bm25' || vector === undefined) return { kind: 'keyword', ...page, search: keyword };
  const input = { kind: 'vectors', vectors: [vector] } as const;
  const search = { input, targets: { names: [], combination: 'minimum', weights: [] } } as const;
  if (name === 'maxsim') return { kind: 'vector', ...page, search };
  const fusion = 'relativeScore';
  return { kind: 'hybrid', ...page, alpha: hybridAlpha, fusion, keyword, vector: search };
}

/** Asks the queries one after another; the first one twice, so that no run pays for cold code. */
async function measure(
  collection: Collection,
  judged: readonly BeirQuery[],
  queries: readonly Query[],
  { clock, exact }: Pick<EvaluationOptions, 'clock' | 'exact'>,
): Promise<RunFigures> {
  const search = async (query: Query): Promise<string[]> => {
    const options = { explain: false, vectors: false, exact };
    const { hits } = await collection.search(query, options, { headers: {} });
    return hits.map(({ document }) => String(document.properties['docId']));
  };
  for (const query of queries.slice(0, 1)) await search(query);
  const sums = { ndcg: 0, recall: 0, reciprocalRank: 0, ms: 0 };
  for (const [index, query] of queries.entries()) {
    const start = clock();
    const ranking = await search(query);
    sums.ms += clock() - start;
    const labels = judged[index]?.labels ?? new Map();
    sums.ndcg += ndcg(ranking, labels, 10);
    sums.recall += recall(ranking, labels, hitCount);
    sums.reciprocalRank += reciprocalRank(ranking, labels);
  }
  return {
    'ndcg@10': sums.ndcg / queries.length,
    'recall@100': sums.recall / queries.length,
    mrr: sums.reciprocalRank / queries.length,
    msPerQuery: sums.ms / queries.length,
  };
}
