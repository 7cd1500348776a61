// `tesserae query`: asks a collection a question in words, of a data directory or of a running server,
// and says which pages answer it and what on them matched. docs/QUERY.md tells of the output.

import { writeFile } from 'node:fs/promises';
import { type TextQueryMode, textQueryModes } from '../../database/text-query/text-query.ts';
import { parseArguments, readDataPlace, runCommand } from '../arguments.ts';
import { plainJson } from '../plain-text.ts';
import { answerHtml } from './answer-html.ts';
import { answerTable } from './answer-table.ts';
import { openData, openServer, type QuerySource } from './query-source.ts';

/** One line for the list of commands. */
export const summary = 'ask a collection, and show the pages and places that answer';

const usage = `Usage: tesserae query COLLECTION TEXT [options]

Finds what answers TEXT. A hit on a page names its file, its page and the boxes of what matched.

  --data DIR      directory of the data; PERSISTENCE_DATA_PATH; default data
  --url URL       instead: a running server, as http://127.0.0.1:8080
  --key KEY       its key; TESSERAE_API_KEY
  --tenant NAME   whose objects, where the collection has tenants
  --mode MODE     vector, keyword or hybrid (default vector where the collection has a model)
  --vector NAME   vectors that are compared; may be given several times (default all with a model)
  --limit N       hits (default 10)
  --alpha A       weight of the vectors in hybrid, 0 to 1 (default 0.7)
  --json          print the answer as JSON on standard output, and nothing else there
  --html FILE     also write a page with the pictures and what is warm on them
`;

interface Settings {
  readonly collection: string;
  readonly text: string;
  readonly data: string;
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly tenant: string;
  readonly mode: TextQueryMode | undefined;
  readonly vectors: readonly string[] | undefined;
  readonly limit: number | undefined;
  readonly alpha: number | undefined;
  readonly output: 'json' | 'table';
  readonly html: string | undefined;
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export function run(args: readonly string[]): Promise<number> {
  return runCommand({ name: 'query', usage, read: readSettings, act: ask }, args);
}

async function ask(settings: Settings): Promise<number> {
  const { url, key, data, tenant } = settings;
  await using source =
    url === undefined ? await openData(data, tenant) : openServer({ url, key }, tenant);
  await answer(settings, source);
  return 0;
}

async function answer(settings: Settings, source: QuerySource): Promise<void> {
  const { collection, text, mode, vectors, limit, alpha, html, output } = settings;
  const detail = html === undefined ? 'places' : 'all';
  const query = { text, mode, vectors, limit, alpha, detail } as const;
  const found = await source.answer(collection, query);
  if (html !== undefined) {
    const images = await Promise.all(found.hits.map(({ uuid }) => source.image(collection, uuid)));
    await writeFile(html, answerHtml(found, images));
    process.stderr.write(`${html}\n`);
  }
  const hits = found.hits.map(({ vectors: _, terms: __, ...hit }) => hit);
  process.stdout.write(output === 'json' ? jsonOf({ ...found, hits }) : answerTable(found));
}

/** Indented, with lists of numbers on one line: boxes are easier to read so. */
function jsonOf(value: object): string {
  const text = plainJson(JSON.stringify(value, null, 2));
  const numbers = /\[\n\s+[-\d.e+,\s]+\]/g;
  return `${text.replace(numbers, (list) => list.replace(/\s+/g, ' ').replace('[ ', '[').replace(' ]', ']'))}\n`;
}

/** The settings, or what is wrong with the arguments. */
function readSettings(args: readonly string[]): Settings | string {
  const parsed = parseArguments(args, options);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const [collection, ...words] = positionals;
  if (collection === undefined || words.length === 0) {
    return 'expected a collection and a text';
  }
  const place = readDataPlace(values);
  if (typeof place === 'string') return place;
  const mode = textQueryModes.find((each) => each === values.mode);
  if (values.mode !== undefined && mode === undefined) {
    return `--mode is ${values.mode}; allowed: ${textQueryModes.join(', ')}`;
  }
  const limit = readNumber(values.limit);
  const alpha = readNumber(values.alpha);
  if (Number.isNaN(limit)) return `--limit is ${values.limit}; allowed: numbers`;
  if (Number.isNaN(alpha)) return `--alpha is ${values.alpha}; allowed: numbers`;
  return {
    collection,
    text: words.join(' '),
    ...place,
    tenant: values.tenant ?? '',
    ...{ mode, limit, alpha, vectors: values.vector },
    output: values.json ? 'json' : 'table',
    html: values.html,
  };
}

function readNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text.trim() === '' ? Number.NaN : Number(text);
}

const options = {
  data: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  tenant: { type: 'string' },
  mode: { type: 'string' },
  vector: { type: 'string', multiple: true },
  limit: { type: 'string' },
  alpha: { type: 'string' },
  json: { type: 'boolean' },
  html: { type: 'string' },
} as const;
