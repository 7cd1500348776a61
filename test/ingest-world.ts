// What tests of imports share: a database whose text vectors are made of the letters of words, files of
// pages and rows, and what an import leaves behind in a form that can be compared.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Collection } from '../src/database/collection.ts';
import type { Database } from '../src/database/database.ts';
import { DatabaseError } from '../src/engine/errors.ts';
import type { PageFiles } from '../src/ingest/import-pages.ts';
import type { ImportOptions, ImportSummary } from '../src/ingest/import-run.ts';
import { Importer } from '../src/ingest/importer.ts';
import type { Problem } from '../src/ingest/source-records.ts';
import { findSources } from '../src/ingest/sources.ts';
import { PageReader } from '../src/pages/page-reader.ts';
import { MemoryDirectory } from '../src/storage/memory-directory.ts';
import type { Embedding, Vectorizer, VectorizerConfig } from '../src/vectorizers/vectorizer.ts';
import { text, writePdf } from './pages/pdf-writer.ts';
import { type OpenOptions, openDatabase } from './simulation/world.ts';

/** Embeds the letters of words, each with its place in the text. */
export class LetterVectorizer implements Vectorizer {
  readonly module: string;
  readonly kind = 'multi';
  readonly accepts = { text: true, image: false };
  /** Texts that it was given to store. */
  readonly texts: string[] = [];
  /** Texts that match fail; `everything` fails queries as well. */
  fails: RegExp | 'everything' | undefined;

  constructor({ module }: Pick<VectorizerConfig, 'module'>) {
    this.module = module;
  }

  async embedObjects(
    inputs: readonly { readonly texts: readonly string[] }[],
  ): Promise<readonly Embedding[]> {
    return inputs.map(({ texts: [content] }): Embedding => {
      if (content === undefined) return { kind: 'none' };
      this.texts.push(content);
      if (this.fails === 'everything' || this.fails?.test(content)) {
        return { kind: 'failed', error: new DatabaseError('vectorizer-failed', this.#reason) };
      }
      const words = [...content.matchAll(/\S+/g)];
      const spans = words.flatMap((word) => [word.index, word.index + word[0].length]);
      const vector = vectorOf(words.map(([word]) => word));
      return { kind: 'vector', vector, places: { spans: Uint32Array.from(spans) } };
    });
  }

  async embedQueryText(content: string) {
    if (this.fails === 'everything') throw new DatabaseError('vectorizer-failed', this.#reason);
    return vectorOf(content.split(/\s+/));
  }

  async embedQueryImage(): Promise<never> {
    throw new DatabaseError('vectorizer-failed', { message: 'no images here' });
  }

  readonly #reason = { message: 'the letters are out' };
}

const dims = 4;

function vectorOf(words: readonly string[]) {
  const values = new Float32Array(dims * Math.max(1, words.length));
  for (const [row, word] of words.entries()) {
    for (let at = 0; at < dims; at += 1) values[row * dims + at] = word.charCodeAt(at) || 1;
  }
  return { kind: 'multi', dims, values } as const;
}

let reader: PageReader | undefined;

/** One reader for all worlds: starting its process takes longer than reading. */
function sharedPages(): PageFiles {
  reader ??= PageReader.open({ recognition: 'never', processesMax: 1 });
  const { readFile } = reader;
  return {
    readFile: readFile.bind(reader),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Ends the reader of all worlds. */
export async function closePages(): Promise<void> {
  await reader?.[Symbol.asyncDispose]();
  reader = undefined;
}

/** A database with an importer; `reopen` is what a restart does. */
export class IngestWorld implements AsyncDisposable {
  readonly directory: MemoryDirectory = new MemoryDirectory({ seed: 1 });
  readonly vectorizer = new LetterVectorizer({ module: 'text2multivec-jinaai' });
  readonly problems: Problem[] = [];
  readonly #options: OpenOptions;
  database!: Database;
  importer!: Importer;

  static async open(options: OpenOptions = {}): Promise<IngestWorld> {
    const world = new IngestWorld(options);
    await world.#open();
    return world;
  }

  private constructor(options: OpenOptions) {
    this.#options = options;
  }

  async #open(): Promise<void> {
    this.database = await openDatabase({
      ...this.#options,
      directory: this.directory,
      vectorizers: ({ module }) => (module === 'none' ? undefined : this.vectorizer),
    });
    this.importer = await Importer.open({ database: this.database, openPages: sharedPages });
  }

  async reopen(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await this.#open();
  }

  /** Imports paths into the collection `Files`; problems are collected anew. */
  async run(
    paths: readonly string[],
    options: Partial<ImportOptions> = {},
  ): Promise<ImportSummary> {
    this.problems.length = 0;
    const { sources, problems } = await findSources(paths);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    const onProblem = (problem: Problem): void => void this.problems.push(problem);
    const base = { collection: 'Files', textModel: 'letters', onProblem };
    return await this.importer.run(sources, { ...base, ...options });
  }

  get collection(): Collection {
    return this.database.collection('Files');
  }

  /** Everything about the objects but their times, by uuid. */
  contents(): unknown {
    return contentsOf(this.collection);
  }

  /** How many pictures there are in the store. */
  async pictureCount(): Promise<number> {
    return (await this.database.store.list('pages/')).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.importer.close();
    await this.database.close();
  }
}

/** Objects without their times, by uuid. */
export function contentsOf(collection: Collection): Record<string, unknown> {
  const found: [string, unknown][] = [];
  for (const segment of collection.segments.all()) {
    for (let doc = 0; doc < segment.documentCount; doc += 1) {
      if (!segment.live.has(doc)) continue;
      const { createdAt: _, updatedAt: __, ...rest } = segment.document(doc, { vectors: true });
      found.push([rest.uuid, rest]);
    }
  }
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A PDF whose pages have these lines. */
export function pdfOf(pages: readonly string[], title = 'A title'): Uint8Array {
  const lines = pages.map((line) => ({ width: 200, height: 100, drawn: [text(line, 20, 50)] }));
  return writePdf({ pages: lines, title });
}

/** A folder that is gone after the test; writes a file and gives its path. */
export function filesFor(t: TestContext): (name: string, content: string | Uint8Array) => string {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return (name, content) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
}
