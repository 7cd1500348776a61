// Files of pages into a collection: reads, embeds, stores the picture and then the object, a few batches
// at a time. What is there already stays, what a changed file no longer has goes.

import type { Collection } from '../database/collection.ts';
import type { ObjectInput } from '../database/object-input.ts';
import type { TokenPlaces, VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Page, PageFile, PageItem } from '../pages/page.ts';
import { boxesOfTokens, placesOfWords } from '../vectorizers/local/page-text.ts';
import type { ContentInput, Embedding } from '../vectorizers/vectorizer.ts';
import { BatchQueue } from './batch-queue.ts';
import type { ImportRun } from './import-run.ts';
import { pageUuid, pageVector, propertiesOfPage, textVector } from './page-collection.ts';
import type { PageImages } from './page-images.ts';
import type { SourceRecord, SourceRecords } from './source-records.ts';
import type { Source } from './sources.ts';

/** What reads pages; PageReader does. */
export interface PageFiles extends AsyncDisposable {
  readFile(
    file: PageFile,
    options?: { readonly signal?: AbortSignal; readonly firstPage?: number },
  ): AsyncIterable<PageItem>;
}

export interface PageImportParts {
  readonly run: ImportRun;
  /** Made when the first page is there to be written. */
  readonly collection: () => Promise<Collection>;
  readonly images: PageImages;
  readonly records: SourceRecords;
  readonly files: PageFiles;
}

/** A source with its content's mark. */
export interface KnownSource extends Source {
  readonly hash: string;
  readonly changed: string;
}

/** A file whose pages are on their way. */
interface PageSource {
  readonly source: KnownSource;
  /** Pages that are not written yet. */
  pending: number;
  /** Pages that are written, there already, or failed. */
  done: number;
  isRead: boolean;
  pageCount: number;
  problemCount: number;
}

interface PageWrite {
  readonly from: PageSource;
  readonly page: Page;
  readonly uuid: string;
  /** The sourceHash of the object that is there. */
  readonly older: string | undefined;
}

const batchDefault = 8;
/** More pages together are no faster; each takes a megabyte and more. */
const batchMax = 64;
const inFlightMax = 3;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Fed file after file, then finished or abandoned. */
export class PageImport {
  readonly #parts: PageImportParts;
  readonly #queue: BatchQueue<PageWrite>;

  constructor(parts: PageImportParts) {
    this.#parts = parts;
    this.#queue = new BatchQueue({
      batchSize: Math.min(parts.run.options.batchSize ?? batchDefault, batchMax),
      inFlightMax,
      keyOf: ({ uuid }) => uuid,
      work: (batch) => this.#write(batch),
    });
  }

  /** Reads a file; its last pages may be written later. */
  async add(source: KnownSource): Promise<void> {
    const { run, files } = this.#parts;
    const from = { source, pending: 0, done: 0, isRead: false, pageCount: 0, problemCount: 0 };
    const { name, path } = source;
    for await (const item of files.readFile({ name, path }, { signal: run.signal })) {
      run.signal.throwIfAborted();
      if (item.kind === 'failed') await this.#fail(from, item.message, item.number);
      else await this.#take(from, item.page);
    }
    from.isRead = true;
    if (from.pageCount === 0) run.read(source.bytes);
    if (from.pending === 0) await this.#end(from);
  }

  /** Resolves when every page is written. */
  async finish(): Promise<void> {
    await this.#queue.finish();
  }

  /** Gives up what is not begun; never throws. */
  async abandon(): Promise<void> {
    await this.#queue.abandon();
  }

  async #take(from: PageSource, page: Page): Promise<void> {
    const { run, images } = this.#parts;
    const { name, hash } = from.source;
    from.pageCount = page.pageCount;
    const uuid = pageUuid(name, page.number);
    const collection = await this.#parts.collection();
    const stored = collection.get(uuid);
    const older = stored?.properties['sourceHash'];
    const isKept =
      run.options.unchanged !== 'import' &&
      older === hash &&
      isEmbedded(collection, stored?.vectors, page) &&
      (await images.has(collection, uuid, hash));
    if (isKept) {
      run.count('kept');
      return this.#done(from);
    }
    from.pending += 1;
    await this.#queue.add({
      from,
      page,
      uuid,
      older: typeof older === 'string' ? older : undefined,
    });
  }

  /** An older version of a page that can't be read any more is not the page of this file. */
  async #fail(from: PageSource, message: string, number: number | undefined): Promise<void> {
    const { name, hash } = from.source;
    from.problemCount += 1;
    const item = number === undefined ? {} : { item: `page ${number}` };
    this.#parts.run.problem({ source: name, ...item, message });
    if (number === undefined) return;
    if (from.pageCount > 0) this.#done(from);
    const collection = await this.#parts.collection();
    const stored = collection.get(pageUuid(name, number));
    if (stored && stored.properties['sourceHash'] !== hash)
      await this.#remove(collection, number, name);
  }

  /** One page more is dealt with. */
  #done(from: PageSource): void {
    const { pageCount: total, source } = from;
    from.done += 1;
    this.#parts.run.pagesDone({ done: from.done, total }, source.bytes / total);
  }

  async #write(batch: readonly PageWrite[]): Promise<void> {
    const { run, images } = this.#parts;
    const collection = await this.#parts.collection();
    const { objects, errors } = await this.#embed(collection, batch);
    run.signal.throwIfAborted();
    const hashOf = ({ from }: PageWrite): string => from.source.hash;
    const good = batch.filter((_, index) => objects[index]);
    try {
      const puts = await Promise.allSettled(
        good.map((write) => images.put(collection, write.uuid, write.page, hashOf(write))),
      );
      const refused = puts.find((put) => put.status === 'rejected');
      if (refused) throw refused.reason;
      const inputs = objects.filter((object) => object !== undefined);
      const results = await run.insert(collection, inputs);
      for (const [index, write] of good.entries()) {
        const result = results[index];
        if (result?.kind === 'failed') errors.set(write, result.error);
        else run.count('written');
      }
    } finally {
      await Promise.all(
        good.map((write) => images.release(collection, write.uuid, hashOf(write), write.older)),
      );
    }
    await this.#settle(collection, batch, errors);
  }

  /** Takes note of what came of the pages, and ends the files of which these were the last ones. */
  async #settle(
    collection: Collection,
    batch: readonly PageWrite[],
    errors: ReadonlyMap<PageWrite, DatabaseError>,
  ): Promise<void> {
    const { run } = this.#parts;
    for (const [write, { message }] of errors) {
      write.from.problemCount += 1;
      run.problem({ source: write.from.source.name, item: `page ${write.page.number}`, message });
    }
    await run.judge(
      collection,
      batch.map((write) => errors.get(write)),
    );
    for (const { from } of batch) {
      from.pending -= 1;
      this.#done(from);
    }
    for (const from of new Set(batch.map((write) => write.from))) {
      if (from.isRead && from.pending === 0) await this.#end(from);
    }
  }

  /** The objects of pages, undefined where the embedding failed. */
  async #embed(
    collection: Collection,
    batch: readonly PageWrite[],
  ): Promise<{
    readonly objects: readonly (ObjectInput | undefined)[];
    readonly errors: Map<PageWrite, DatabaseError>;
  }> {
    const pages = batch.map(({ page }) => page);
    const texts = await this.#embedAs(collection, textVector, pages, ({ text }) => ({
      texts: text.trim() === '' ? [] : [text],
      images: [],
    }));
    const pictures = await this.#embedAs(collection, pageVector, pages, ({ image }) => ({
      texts: [],
      images: [base64(image.bytes)],
    }));
    const errors = new Map<PageWrite, DatabaseError>();
    const objects = batch.map((write, index) => {
      const embeddings = { [textVector]: texts?.[index], [pageVector]: pictures?.[index] };
      const failed = Object.values(embeddings).find((each) => each?.kind === 'failed');
      if (failed?.kind !== 'failed') return objectOf(write, embeddings);
      errors.set(write, asDatabaseError(failed.error));
      return undefined;
    });
    return { objects, errors };
  }

  async #embedAs(
    collection: Collection,
    name: string,
    pages: readonly Page[],
    contentOf: (page: Page) => ContentInput,
  ): Promise<readonly Embedding[] | undefined> {
    const { signal } = this.#parts.run;
    const inputs = pages.map(contentOf);
    return await collection.vectorizer(name)?.embedObjects(inputs, { headers: {}, signal });
  }

  /** All pages are written: removes those that the file had before, and keeps what is known of it. */
  async #end({ source, pageCount, problemCount }: PageSource): Promise<void> {
    const { records } = this.#parts;
    const { name, hash, bytes, changed } = source;
    // Of a file that can't be read at all, the pages of its last readable version stay.
    if (pageCount === 0) return;
    const collection = await this.#parts.collection();
    const before = (await records.get(collection, name))?.items ?? 0;
    const isLive = (n: number): boolean =>
      collection.segments.find(pageUuid(name, n)) !== undefined;
    for (let n = pageCount + 1; n <= before || isLive(n); n += 1) {
      await this.#remove(collection, n, name);
    }
    const state = problemCount === 0 ? 'done' : 'partial';
    const record: SourceRecord = {
      ...{ name, hash, bytes, changed, state },
      ...{ reading: 'pages', items: pageCount, problems: [], problemCount },
    };
    await records.put(collection, record);
  }

  async #remove(collection: Collection, number: number, name: string): Promise<void> {
    if (await collection.delete(pageUuid(name, number))) this.#parts.run.count('removed');
  }
}

/** True when every page that the record tells of is in the collection. */
export function hasAllPages(collection: Collection, { name, items }: SourceRecord): boolean {
  for (let number = 1; number <= items; number += 1) {
    if (!collection.segments.find(pageUuid(name, number))) return false;
  }
  return items > 0;
}

/** A page without words has no text vector. */
function isEmbedded(
  collection: Collection,
  vectors: ReadonlyMap<string, VectorValue> | undefined,
  page: Page,
): boolean {
  return [textVector, pageVector].every((name) => {
    const isWanted = collection.vectorizer(name) && (name === pageVector || page.words.length > 0);
    return !isWanted || vectors?.has(name);
  });
}

function objectOf(
  { page, uuid, from }: PageWrite,
  embeddings: Readonly<Record<string, Embedding | undefined>>,
): ObjectInput {
  const vectors = new Map<string, VectorValue>();
  const places = new Map<string, TokenPlaces>();
  for (const [name, embedding] of Object.entries(embeddings)) {
    if (embedding?.kind !== 'vector') continue;
    vectors.set(name, embedding.vector);
    const found = name === textVector ? boxesOfTokens(page, embedding.places) : embedding.places;
    if (found) places.set(name, found);
  }
  const { name, hash } = from.source;
  const words = new Map(page.words.length > 0 ? [['text', placesOfWords(page)]] : []);
  return { uuid, properties: propertiesOfPage(page, name, hash), vectors, places, words };
}

function asDatabaseError(error: Error): DatabaseError {
  if (error instanceof DatabaseError) return error;
  return new DatabaseError('vectorizer-failed', { message: error.message }, { cause: error });
}
