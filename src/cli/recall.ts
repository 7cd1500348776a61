// `tesserae recall`: how many of the true answers a collection's searches find, of a data directory or of
// a running server. What the figures mean: docs/RECALL.md.

import type { CheckOptions } from '../database/recall/check-settings.ts';
import type { RecallReport } from '../database/recall/recall-monitor.ts';
import { DatabaseError } from '../engine/errors.ts';
import { expectedOne, parseArguments, readDataPlace, runCommand } from './arguments.ts';
import { ProgressBar } from './progress-bar.ts';
import { checkDirectory, checkServer } from './recall-source.ts';
import { textTable } from './text-table.ts';

/** One line for the list of commands. */
export const summary = 'measure how many of the true answers vector searches find';

const usage = `Usage: tesserae recall COLLECTION [options]

Asks queries twice, as every search asks and exactly, and compares the answers: queries made of stored
vectors, and of a server also the last ones that it was asked.

  --data DIR      directory of the data; PERSISTENCE_DATA_PATH; default data
  --url URL       instead: a running server, as http://127.0.0.1:8080
  --key KEY       its key; TESSERAE_API_KEY
  --tenant NAME   whose objects, where the collection has tenants
  --vector NAME   vector name, where the collection has several
  --queries N     how many (default 100)
  --k N,N         how many answers are compared (default 10,100)
  --tokens N      token vectors of a query made of stored ones (default 32)
  --seed N        chooses the queries
  --at-least R    end with status 3 when a recall is below R
  --json          print the report as JSON on standard output, and nothing else there
`;

interface Settings {
  readonly collection: string;
  readonly tenant: string;
  readonly data: string;
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly options: CheckOptions;
  readonly recallMin: number;
  readonly output: 'json' | 'table';
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export function run(args: readonly string[]): Promise<number> {
  return runCommand({ name: 'recall', usage, read: readSettings, act: recall }, args);
}

async function recall(settings: Settings): Promise<number> {
  const report = await check(settings);
  const text =
    settings.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : describe(report);
  process.stdout.write(text);
  const recalls = report.sources.flatMap(({ recall }) => recall.map((at) => at.recall));
  return recalls.some((recall) => recall < settings.recallMin) ? 3 : 0;
}

async function check(settings: Settings): Promise<RecallReport> {
  const { collection, tenant, options, url, key, data } = settings;
  const checked = { collection, tenant };
  let bar: ProgressBar | undefined;
  let before = 0;
  const progress = (done: number, total: number): void => {
    bar ??= new ProgressBar({
      stream: process.stderr,
      clock: () => performance.now(),
      label: `checking ${collection}, query`,
      itemCount: total,
      workTotal: total,
    });
    bar.advance(done - before, done - before);
    before = done;
  };
  try {
    return url === undefined
      ? await checkDirectory(data, checked, options, progress)
      : await checkServer({ url, key }, checked, options, progress);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'directory-locked') throw error;
    const message = `${error.message}; or check the running server with --url`;
    throw new DatabaseError('invalid-argument', { message }, { cause: error });
  } finally {
    bar?.end();
  }
}

/** The report for a reader. */
export function describe({ collection, vector, documents, sources }: RecallReport): string {
  const head = `${collection}, vector ${vector === '' ? '(unnamed)' : vector}: ${documents} objects\n`;
  if (sources.length === 0) return `${head}No query has an answer: there is nothing to compare.\n`;
  const rows = sources.flatMap(({ source, queries, recall, exactMs }) =>
    recall.map((at) => [
      `${queries} ${source}`,
      `@${at.k}`,
      at.recall.toFixed(4),
      `${at.low.toFixed(4)} … ${at.high.toFixed(4)}`,
      at.worst.toFixed(2),
      String(at.approximated),
      at.ms.toFixed(2),
      exactMs.toFixed(2),
      at.ms === 0 ? '' : (exactMs / at.ms).toFixed(1),
    ]),
  );
  const titles = [
    ...['queries', 'k', 'recall', '95 % sure', 'worst', 'approximate', 'ms', 'exact ms', 'faster'],
  ];
  const columns = titles.map((title, place) => {
    return { title, align: place === 0 ? 'left' : 'right' } as const;
  });
  const allExact = sources.every(({ recall }) => recall.every((at) => at.approximated === 0));
  const note = allExact ? 'Every search scored everything: nothing can be missed yet.\n' : '';
  return `${head}${textTable(columns, rows)}${note}`;
}

/** The settings, or what is wrong with the arguments. */
function readSettings(args: readonly string[]): Settings | string {
  const parsed = parseArguments(args, options);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const [collection, ...rest] = positionals;
  if (collection === undefined || rest.length > 0) {
    return expectedOne('collection', positionals);
  }
  const place = readDataPlace(values);
  if (typeof place === 'string') return place;
  const numbers = readNumbers(values);
  if (typeof numbers === 'string') return numbers;
  const { k, 'at-least': recallMin = [0], ...others } = numbers;
  const single = Object.entries(others).map(([name, [value]]) => [name, value] as const);
  return {
    collection,
    tenant: values.tenant ?? '',
    ...place,
    options: {
      ...Object.fromEntries(single),
      ...(k ? { ks: k } : {}),
      ...(values.vector === undefined ? {} : { vector: values.vector }),
    },
    recallMin: recallMin[0] ?? 0,
    output: values.json ? 'json' : 'table',
  };
}

const numberOptions = ['queries', 'k', 'tokens', 'seed', 'at-least'] as const;
type Numbers = Partial<Record<(typeof numberOptions)[number], readonly number[]>>;

/** What is allowed beyond being numbers, the check itself says. */
function readNumbers(values: Readonly<Record<string, unknown>>): Numbers | string {
  const numbers: Numbers = {};
  for (const name of numberOptions) {
    const text = values[name];
    if (typeof text !== 'string') continue;
    const parts = name === 'k' ? text.split(',') : [text];
    const read = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (read.some((value) => Number.isNaN(value))) return `--${name} is ${text}; allowed: numbers`;
    numbers[name] = read;
  }
  return numbers;
}

const options = {
  data: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  tenant: { type: 'string' },
  vector: { type: 'string' },
  queries: { type: 'string' },
  k: { type: 'string' },
  tokens: { type: 'string' },
  seed: { type: 'string' },
  'at-least': { type: 'string' },
  json: { type: 'boolean' },
} as const;
