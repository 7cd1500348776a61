// What there is to import: paths to files, folders to the files in them, and what kind each file is.
// Also the names that tell sources apart, from one import to the next.

import { open, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { DatabaseError } from '../engine/errors.ts';

/** Formats of rows; everything else is pages. */
export const rowFormats = ['jsonl', 'csv', 'parquet'] as const;
export type RowFormat = (typeof rowFormats)[number];
export type Format = 'pages' | RowFormat;

/** One file to import. */
export interface Source {
  readonly path: string;
  /** Tells it from others in the collection, now and in later imports: importing the name again replaces it. */
  readonly name: string;
  readonly format: Format;
  readonly bytes: number;
  /** sha256 of the content in hexadecimal digits, where it is known already. */
  readonly hash?: string;
}

/** What was found, and what was named and can't be imported. */
export interface FoundSources {
  readonly sources: readonly Source[];
  readonly problems: readonly { readonly source: string; readonly message: string }[];
}

const formats: Readonly<Record<string, Format>> = {
  pdf: 'pages',
  png: 'pages',
  jpg: 'pages',
  jpeg: 'pages',
  webp: 'pages',
  gif: 'pages',
  bmp: 'pages',
  avif: 'pages',
  tif: 'pages',
  tiff: 'pages',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  csv: 'csv',
  tsv: 'csv',
  parquet: 'parquet',
};
const packable: readonly Format[] = ['jsonl', 'csv'];

/** The format that a name promises; undefined for none that is known. */
export function formatOfName(name: string): Format | undefined {
  const [, ending = '', packed] = /\.([a-z]+)(\.gz)?$/i.exec(name) ?? [];
  const format = Object.hasOwn(formats, ending.toLowerCase())
    ? formats[ending.toLowerCase()]
    : undefined;
  if (packed === undefined) return format;
  return format !== undefined && packable.includes(format) ? format : undefined;
}

/** The endings of names that are known, for messages. */
export const knownEndings: string = Object.keys(formats).join(', ');

/**
 * The files that the paths mean, in the order of the paths and inside folders by name. A file has its own
 * name, or as much of its path as tells it from others of the same name; one in a folder its path from
 * there. A folder in BEIR form is its corpus. Files of other kinds in folders are passed over; problems
 * are paths that are not there and named files of unknown kind.
 */
export async function findSources(paths: readonly string[]): Promise<FoundSources> {
  const found: { readonly path: string; readonly name?: string }[] = [];
  const problems: { source: string; message: string }[] = [];
  for (const path of paths) {
    try {
      const stats = await stat(path);
      if (stats.isFile()) found.push({ path });
      else if (!stats.isDirectory()) problems.push({ source: path, message: 'it is not a file' });
      else found.push(...(await filesOf(path)));
    } catch (error) {
      problems.push({ source: path, message: reasonOf(error) });
    }
  }
  const names = distinctNames(found);
  const sources: Source[] = [];
  for (const [index, { path }] of found.entries()) {
    const name = names[index] ?? path;
    try {
      const format = formatOfName(path) ?? (await formatOfContent(path));
      if (format) sources.push({ path, name, format, bytes: (await stat(path)).size });
      else problems.push({ source: name, message: `not a known kind of file: ${knownEndings}` });
    } catch (error) {
      problems.push({ source: name, message: reasonOf(error) });
    }
  }
  return { sources: withoutRepeats(sources), problems };
}

/** Kinds that can be told from their first bytes; throws when the file can't be read. */
export async function formatOfContent(path: string): Promise<Format | undefined> {
  await using file = await open(path);
  const start = Buffer.alloc(1024);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return formatOfBytes(start.subarray(0, bytesRead));
}

const magics: readonly (readonly [string, Format])[] = [
  ['89504e470d0a1a0a', 'pages'],
  ['ffd8ff', 'pages'],
  ['474946383', 'pages'],
  ['424d', 'pages'],
  ['49492a00', 'pages'],
  ['4d4d002a', 'pages'],
  ['50415231', 'parquet'],
];

function formatOfBytes(start: Buffer): Format | undefined {
  const hex = start.toString('hex');
  if (start.includes('%PDF-')) return 'pages';
  if (start.subarray(8, 12).toString('latin1') === 'WEBP') return 'pages';
  return magics.find(([magic]) => hex.startsWith(magic))?.[1];
}

const corpusNames = ['corpus.jsonl', 'corpus.jsonl.gz'];
const queryNames = ['queries.jsonl', 'queries.jsonl.gz'];

/** Files of known kinds below a folder, with their names; hidden ones and links to folders are left out. */
async function filesOf(folder: string): Promise<{ path: string; name: string }[]> {
  const found: { path: string; name: string }[] = [];
  const visit = async (path: string, name: string): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries.map((entry) => entry.name).sort();
    const corpus = names.find((each) => corpusNames.includes(each));
    if (corpus !== undefined && names.some((each) => queryNames.includes(each))) {
      const folderName = name === '' ? basename(resolve(path)) : name;
      found.push({ path: join(path, corpus), name: `${folderName}/${corpus}` });
      return;
    }
    const folders = new Set(entries.filter((one) => one.isDirectory()).map((one) => one.name));
    for (const each of names.filter((one) => !one.startsWith('.'))) {
      const inner = { path: join(path, each), name: name === '' ? each : `${name}/${each}` };
      if (folders.has(each)) await visit(inner.path, inner.name);
      else if (formatOfName(each) !== undefined && (await isFile(inner.path))) found.push(inner);
    }
  };
  await visit(folder, '');
  return found;
}

/** Names by which the files differ: the last word of the path, and more words where that is not enough. */
function distinctNames(
  files: readonly { readonly path: string; readonly name?: string }[],
): readonly string[] {
  const paths = files.map(({ path }) => resolve(path));
  const wordsOf = (index: number, count: number): string =>
    (paths[index] ?? '').split(sep).slice(-count).join('/');
  const names = files.map(({ name }, index) => name ?? wordsOf(index, 1));
  for (let count = 2; count < 64; count += 1) {
    const owners = new Map<string, Set<string>>();
    for (const [index, name] of names.entries()) {
      owners.set(name, (owners.get(name) ?? new Set()).add(paths[index] ?? ''));
    }
    const unclear = names.flatMap((name, at) => ((owners.get(name)?.size ?? 0) > 1 ? [at] : []));
    if (unclear.length === 0) break;
    for (const index of unclear) names[index] = wordsOf(index, count);
  }
  return names;
}

/** A file that was named twice is imported once. */
function withoutRepeats(sources: readonly Source[]): Source[] {
  const seen = new Set<string>();
  return sources.filter(({ path }) => {
    const isNew = !seen.has(resolve(path));
    seen.add(resolve(path));
    return isNew;
  });
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

function reasonOf(error: unknown): string {
  const { code } = error as { readonly code?: string };
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES') return 'it may not be read';
  return error instanceof Error ? error.message : String(error);
}

/** The source of one file under a given name, by the name or else the content. Throws 'invalid-argument'. */
export async function sourceOf(path: string, name: string): Promise<Source> {
  const format = formatOfName(name) ?? (await formatOfContent(path));
  if (format === undefined) {
    const message = `${name} is not a known kind of file: ${knownEndings}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return { path, name, format, bytes: (await stat(path)).size };
}
