// Reads a test collection in BEIR form: documents and queries as JSON lines, judgements as
// tab-separated values. Every fault names the file, the line and what was expected there.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { DatabaseError } from '../../engine/errors.ts';
import { parseObject } from './jsonl.ts';

export interface BeirDocument {
  readonly id: string;
  /** Empty when the file gives none. */
  readonly title: string;
  readonly text: string;
}

export interface BeirQuery {
  readonly id: string;
  readonly text: string;
  /** Label of each judged document; 0 or less means judged as not relevant. */
  readonly labels: ReadonlyMap<string, number>;
}

export interface BeirFolder {
  readonly documents: readonly BeirDocument[];
  /** Every query, judged or not, in the file's order. */
  readonly queries: readonly BeirQuery[];
  /** The judgements' file, as it was found. */
  readonly qrelsPath: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Where judgements are when nobody says: beside the rest, or in the folder that BEIR's own sets have. */
const qrelsPlaces = ['qrels.tsv', join('qrels', 'test.tsv')];

/**
 * Reads `corpus.jsonl` and `queries.jsonl` (either may end in `.gz`) and the judgements: `qrels` in
 * the folder or as a path of its own, else one of the usual places. Throws DatabaseError
 * 'invalid-argument' for a missing file, a malformed line, an id given twice, or a judgement that
 * names an unknown query or document.
 */
export async function readBeirFolder(
  folder: string,
  options: { readonly qrels?: string | undefined } = {},
): Promise<BeirFolder> {
  const documents = await readDocuments(
    await findFile(folder, ['corpus.jsonl', 'corpus.jsonl.gz']),
  );
  const texts = await readQueries(await findFile(folder, ['queries.jsonl', 'queries.jsonl.gz']));
  const qrelsPath = await findQrels(folder, options.qrels);
  const known = {
    queries: new Set(texts.map((query) => query.id)),
    documents: new Set(documents.map((document) => document.id)),
  };
  const labels = await readLabels(qrelsPath, known);
  const queries = texts.map((query) => ({ ...query, labels: labels.get(query.id) ?? new Map() }));
  return { documents, queries, qrelsPath };
}

async function readDocuments(path: string): Promise<BeirDocument[]> {
  const documents: BeirDocument[] = [];
  for await (const { fields, line } of jsonLines(path)) {
    documents.push({
      id: idOf(fields, path, line),
      title: textOf(fields, 'title', { path, line, optional: true }),
      text: textOf(fields, 'text', { path, line, optional: false }),
    });
  }
  if (documents.length === 0) throw invalid(path, 1, 'at least one document', 'an empty file');
  return documents;
}

async function readQueries(path: string): Promise<{ id: string; text: string }[]> {
  const queries: { id: string; text: string }[] = [];
  for await (const { fields, line } of jsonLines(path)) {
    const text = textOf(fields, 'text', { path, line, optional: false });
    queries.push({ id: idOf(fields, path, line), text });
  }
  return queries;
}

async function readLabels(
  path: string,
  known: { readonly queries: ReadonlySet<string>; readonly documents: ReadonlySet<string> },
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const labels = new Map<string, Map<string, number>>();
  for await (const { text, line } of linesOf(path)) {
    const [query, document, score, ...rest] = text.split('\t').map((field) => field.trim());
    const isRow = query && document && score && rest.length === 0;
    if (line === 1) {
      if (isRow && Number.isNaN(Number(score))) continue;
      throw invalid(path, line, 'the header "query-id corpus-id score", tab-separated', text);
    }
    if (!isRow || !/^-?\d+$/.test(score)) {
      throw invalid(
        path,
        line,
        'query-id, corpus-id and a whole-number score, tab-separated',
        text,
      );
    }
    if (!known.queries.has(query)) throw invalid(path, line, 'the id of a known query', query);
    if (!known.documents.has(document)) {
      throw invalid(path, line, 'the id of a document of the corpus', document);
    }
    const judged = labels.get(query) ?? new Map<string, number>();
    if ((judged.get(document) ?? Number(score)) !== Number(score)) {
      throw invalid(path, line, 'one score for each pair of query and document', text);
    }
    labels.set(query, judged.set(document, Number(score)));
  }
  return labels;
}

async function* jsonLines(path: string): AsyncGenerator<{ fields: Fields; line: number }> {
  const seen = new Set<unknown>();
  for await (const { text, line } of linesOf(path)) {
    const fields = parseObject(text);
    if (fields === undefined) throw invalid(path, line, 'a JSON object', text);
    if (seen.has(fields['_id'])) throw invalid(path, line, 'an _id that is not used yet', text);
    seen.add(fields['_id']);
    yield { fields, line };
  }
}

/** Lines that are not blank, with their numbers from 1. */
async function* linesOf(path: string): AsyncGenerator<{ text: string; line: number }> {
  const raw = createReadStream(path);
  const input = path.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => input.destroy(error));
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() !== '') yield { text, line };
    }
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${path} cannot be read after line ${line}: ${reason}`;
    throw new DatabaseError('invalid-argument', { message }, { cause: error });
  } finally {
    raw.destroy();
  }
}

function idOf(fields: Fields, path: string, line: number): string {
  const id = fields['_id'];
  if (typeof id === 'string' && id !== '') return id;
  throw invalid(path, line, 'a JSON object with a string "_id"', JSON.stringify(fields));
}

interface TextPlace {
  readonly path: string;
  readonly line: number;
  readonly optional: boolean;
}

function textOf(fields: Fields, name: string, { path, line, optional }: TextPlace): string {
  const text = fields[name];
  if (typeof text === 'string') return text;
  if (optional && (text === undefined || text === null)) return '';
  throw invalid(path, line, `a JSON object with a string "${name}"`, JSON.stringify(fields));
}

async function findQrels(folder: string, given: string | undefined): Promise<string> {
  if (given === undefined) return await findFile(folder, qrelsPlaces);
  const beside = join(folder, given);
  if (await isFile(beside)) return beside;
  if (await isFile(given)) return given;
  const message = `no judgements at ${beside} nor at ${resolve(given)}`;
  throw new DatabaseError('invalid-argument', { message });
}

async function findFile(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    if (await isFile(join(folder, name))) return join(folder, name);
  }
  const message = `${folder} has no ${names.join(' or ')}: a folder in BEIR form holds corpus.jsonl, queries.jsonl (each may be .gz) and qrels.tsv`;
  throw new DatabaseError('invalid-argument', { message });
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

function invalid(path: string, line: number, expected: string, seen: string): DatabaseError {
  const shown = seen.length > 80 ? `${seen.slice(0, 79)}…` : seen;
  const message = `${path} line ${line}: expected ${expected}, found ${shown}`;
  return new DatabaseError('invalid-argument', { message });
}
