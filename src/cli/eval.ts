// `tesserae eval`: how well keyword search, late interaction and both together rank the documents of a
// test collection in BEIR form. What the figures mean: docs/EVALUATION.md.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { openDirectory } from '../database/open-directory.ts';
import { DatabaseError } from '../engine/errors.ts';
import { readBeirFolder } from '../ingest/formats/beir-folder.ts';
import { vectorizerSettings } from '../vectorizers/create-vectorizers.ts';
import { modelsDirectory } from '../vectorizers/local/model-store.ts';
import { defaultTextModel } from '../vectorizers/local/models.ts';
import { expectedOne, parseArguments, runCommand } from './arguments.ts';
import { embeddingsDirectory } from './embedding-cache.ts';
import { type Evaluation, evaluate, hybridAlpha, runNames } from './evaluation.ts';
import { pullProgress } from './models.ts';
import { duration } from './progress-bar.ts';
import { TextEmbedder } from './text-embedder.ts';
import { textTable } from './text-table.ts';

/** One line for the list of commands. */
export const summary = 'measure search quality on a test collection in BEIR form';

const usage = `Usage: tesserae eval DIR [options]

Imports DIR (corpus.jsonl, queries.jsonl, qrels.tsv; the first two may be .gz) into a database and
prints nDCG@10, recall@100 and MRR of keyword search, late interaction and hybrid search.

  --qrels FILE    another file of judgements, in DIR or a path of its own
  --binary        count every relevant document as 1, whatever its grade
  --limit N       ask only the first N judged queries
  --exact         score every document in vector searches, so that none can be missed
  --model NAME    local model (default minilm, pulled when it is not there); none: keywords only
  --tokens N      token vectors kept of a document, its first ones (default 256: what the default
                  model reads at once); all: no limit
  --pool FACTOR   store one token vector for FACTOR similar ones of a document, 1 to 4 (default 1: all)
  --no-cache      embed anew and keep nothing; otherwise embeddings are kept in the user's cache
                  directory (${'$XDG_CACHE_HOME'}/tesserae/embeddings), which makes a second run quick
  --data DIR      keep the database in DIR instead of a temporary directory
  --json          print the figures as JSON on standard output, and nothing else there
`;

/** Later windows of the model lose more than they find: docs/EVALUATION.md. */
const defaultTokens = '256';

interface Settings {
  readonly path: string;
  readonly qrels: string | undefined;
  readonly labels: 'graded' | 'binary';
  readonly queriesMax: number;
  readonly exact: boolean;
  readonly tokensMax: number;
  readonly poolFactor: number;
  /** Undefined: the default one, or none where it can't be had. */
  readonly model: string | undefined;
  readonly cacheDirectory: string | undefined;
  readonly data: string | undefined;
  readonly output: 'json' | 'table';
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export function run(args: readonly string[]): Promise<number> {
  return runCommand({ name: 'eval', usage, read: readSettings, act: judge }, args);
}

async function judge(settings: Settings): Promise<number> {
  const folder = await readBeirFolder(settings.path, { qrels: settings.qrels });
  await using embedder = await openEmbedder(settings);
  using directory = dataDirectory(settings.data);
  await using opened = await openDirectory(directory.path, {
    vectorizers: vectorizerSettings(process.env),
  });
  const evaluation = await evaluate({
    database: opened.database,
    folder,
    path: settings.path,
    embedder,
    labels: settings.labels,
    queriesMax: settings.queriesMax,
    exact: settings.exact,
    tokensMax: settings.tokensMax,
    poolFactor: settings.poolFactor,
    progress: process.stderr,
    clock: () => performance.now(),
  });
  const isJson = settings.output === 'json';
  process.stdout.write(
    isJson
      ? jsonOf(evaluation)
      : describe(evaluation, { ...settings, qrelsPath: folder.qrelsPath, embedder }),
  );
  return 0;
}

/** The settings, or what is wrong with the arguments. */
function readSettings(args: readonly string[]): Settings | string {
  const parsed = parseArguments(args, options);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const [path, ...rest] = positionals;
  if (path === undefined || rest.length > 0) {
    return expectedOne('folder', positionals);
  }
  const { limit = 'all', tokens = defaultTokens, pool = '1' } = values;
  for (const [name, value] of Object.entries({ limit, tokens })) {
    if (value === 'all' || /^[1-9]\d*$/.test(value)) continue;
    return `--${name} is ${value}; allowed: whole numbers from 1, all`;
  }
  if (!/^[1-4]$/.test(pool)) return `--pool is ${pool}; allowed: 1, 2, 3, 4`;
  return {
    path,
    qrels: values.qrels,
    labels: values.binary ? 'binary' : 'graded',
    queriesMax: numberOrAll(limit),
    exact: values.exact ?? false,
    tokensMax: numberOrAll(tokens),
    poolFactor: Number(pool),
    model: values.model,
    cacheDirectory: values['no-cache'] ? undefined : embeddingsDirectory(),
    data: values.data,
    output: values.json ? 'json' : 'table',
  };
}

function numberOrAll(value: string): number {
  return value === 'all' ? Number.POSITIVE_INFINITY : Number(value);
}

const options = {
  qrels: { type: 'string' },
  binary: { type: 'boolean' },
  limit: { type: 'string' },
  exact: { type: 'boolean' },
  tokens: { type: 'string' },
  pool: { type: 'string' },
  model: { type: 'string' },
  'no-cache': { type: 'boolean' },
  data: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** A model that was named must be there; the default one may be missing. */
async function openEmbedder(settings: Settings): Promise<TextEmbedder | undefined> {
  const { model = defaultTextModel, cacheDirectory } = settings;
  if (model === 'none') return undefined;
  try {
    return await TextEmbedder.open({
      model,
      modelsDirectory: modelsDirectory(),
      cacheDirectory,
      onPull: pullProgress(process.stderr),
    });
  } catch (error) {
    const isMissing = error instanceof DatabaseError && error.code === 'vectorizer-failed';
    if (settings.model !== undefined || !isMissing) throw error;
    process.stderr.write(
      `${error.message}\n\nWithout a model only keyword search is measured (bm25).\n`,
    );
    return undefined;
  }
}

interface DataDirectory extends Disposable {
  readonly path: string;
}

/** The given directory, or one that is removed at the end, also when the process is told to stop. */
function dataDirectory(given: string | undefined): DataDirectory {
  if (given !== undefined) return { path: given, [Symbol.dispose]: () => undefined };
  const path = mkdtempSync(join(tmpdir(), 'tesserae-eval-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  const stop = (): void => {
    remove();
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return {
    path,
    [Symbol.dispose]: () => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      remove();
    },
  };
}

function jsonOf({ queryCount, vectorCount, runs }: Evaluation): string {
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toFixed(6)) : value;
  return `${JSON.stringify({ queries: queryCount, vectors: vectorCount, runs }, rounded)}\n`;
}

interface Shown extends Settings {
  readonly qrelsPath: string;
  readonly embedder: TextEmbedder | undefined;
}

function describe(evaluation: Evaluation, shown: Shown): string {
  const { documentCount, queryCount, runs } = evaluation;
  const columns = ['run', 'nDCG@10', 'recall@100', 'MRR', 'ms/query'].map((title, index) => ({
    title,
    align: index === 0 ? ('left' as const) : ('right' as const),
  }));
  const rows = runNames.flatMap((name) => {
    const figures = runs[name];
    if (figures === undefined) return [];
    const shares = [figures['ndcg@10'], figures['recall@100'], figures.mrr];
    const ms = figures.msPerQuery.toFixed(2);
    return [[name, ...shares.map((share) => share.toFixed(4)), ms]];
  });
  const labels = shown.labels === 'binary' ? 'labels as 0 or 1' : 'labels as gains';
  const title =
    `${basename(resolve(shown.path))}: ${documentCount} documents, ${queryCount} judged queries, ` +
    `${basename(shown.qrelsPath)} with ${labels}`;
  return `${title}\n\n${textTable(columns, rows)}\n${notes(evaluation, shown)}`;
}

function notes(
  { collection, importMs, queryEmbeddingMs, queryCount, vectorCount }: Evaluation,
  shown: Shown,
): string {
  const { embedder, data, tokensMax, poolFactor } = shown;
  const lines = ['bm25    keywords in title and text'];
  if (embedder) {
    const { embedded, cached } = embedder.counts;
    lines.push(
      `maxsim  late interaction with the local model ${embedder.model}, ${Number.isFinite(tokensMax) ? `at most ${tokensMax}` : 'all'} token vectors a document`,
      `hybrid  both, alpha ${hybridAlpha}, fused by relative score`,
      '',
      `${vectorCount} token vectors are stored${poolFactor === 1 ? '' : `, pooled by ${poolFactor}`}.`,
      `Import with embedding ${duration(importMs)}; ${queryCount} queries embedded in ${duration(queryEmbeddingMs)}, which is not part of ms/query.`,
      `${embedded} texts went through the model, ${cached} came from the cache.`,
    );
    if (embedder.cache) {
      lines.push(`Embeddings are kept in ${embedder.cache.folder}; --no-cache does without.`);
    }
  } else {
    lines.push('', `No model: keyword search only. Import ${duration(importMs)}.`);
  }
  if (data !== undefined) lines.push(`The collection ${collection} is kept in ${data}.`);
  return `${lines.join('\n')}\n`;
}
