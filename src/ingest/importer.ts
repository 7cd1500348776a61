// Imports sources into a collection of a database: makes the collection where it is absent, passes over
// what has not changed, and goes on where an interrupted import ended. docs/IMPORT.md says what it promises.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Collection } from '../database/collection.ts';
import type { CollectionConfig } from '../database/collection-config.ts';
import type { Database } from '../database/database.ts';
import { collectionName } from '../database/schema/names.ts';
import { DatabaseError } from '../engine/errors.ts';
import { hasAllPages, type KnownSource, type PageFiles, PageImport } from './import-pages.ts';
import { importRows, readingOf } from './import-rows.ts';
import { type ImportOptions, ImportRun, type ImportSummary } from './import-run.ts';
import { pageCollection, pageVector, textVector } from './page-collection.ts';
import { PageImages } from './page-images.ts';
import { rowCollection } from './row-collection.ts';
import type { RowMapper, RowObject } from './row-objects.ts';
import { type SourceRecord, SourceRecords } from './source-records.ts';
import type { Source } from './sources.ts';

export interface ImporterParts {
  readonly database: Database;
  /** Made when the first page is read. */
  readonly openPages: () => PageFiles;
  /** Hears of what fails in the background. */
  readonly onFault?: (error: unknown) => void;
}

/** What an import would do with a source. */
export type SourceState = 'new' | 'changed' | 'unfinished' | 'unchanged';

interface Target extends Disposable {
  readonly find: ImportRun['find'];
}

/** Opened once a database, one import at a time; `close()` or `await using` ends it, not the database. */
export class Importer implements AsyncDisposable {
  readonly #parts: ImporterParts;
  readonly #records: SourceRecords;
  /** The pictures of the database's pages. */
  readonly images: PageImages;
  #files: PageFiles | undefined;

  private constructor(parts: ImporterParts, images: PageImages, records: SourceRecords) {
    this.#parts = parts;
    this.images = images;
    this.#records = records;
  }

  /** Removes pictures and records that nothing needs any more. */
  static async open(parts: ImporterParts): Promise<Importer> {
    const images = await PageImages.open(parts.database, parts.onFault);
    const records = await SourceRecords.open(parts.database);
    return new Importer(parts, images, records);
  }

  /**
   * Imports the sources in order. What is wrong with a part of a source goes to `onProblem`, and the rest
   * goes on. Throws what stops everything: the signal's reason, 'invalid-argument' for a collection that
   * does not fit, 'vectorizer-failed' when nothing can be embedded, and what storing throws. What was
   * imported by then stays, and the next run goes on there.
   */
  async run(sources: readonly Source[], options: ImportOptions): Promise<ImportSummary> {
    using target = await this.#target(options);
    const run = new ImportRun(options, sources, target.find);
    const name = collectionName(options.collection);
    const found = run.find();
    if (found) checkModels(found, options);
    this.#files ??= this.#parts.openPages();
    const files = this.#files;
    let into: Collection | undefined;
    const pages = new PageImport({
      run,
      // The same until the end: one that is deleted meanwhile is not made again.
      collection: async () => {
        into ??= await this.#pageCollection(run, name);
        return into;
      },
      images: this.images,
      records: this.#records,
      files,
    });
    try {
      for (const source of sources) {
        run.signal.throwIfAborted();
        run.begin(source.name);
        await this.#import(run, pages, source);
        run.end();
      }
      await pages.finish();
    } catch (error) {
      await pages.abandon();
      throw run.signal.aborted ? run.signal.reason : error;
    }
    return run.summary;
  }

  /** What `run` would do with a source. Throws when its file can't be read. */
  async state(source: Source, options: ImportOptions): Promise<SourceState> {
    using target = await this.#target(options);
    const run = new ImportRun(options, [source], target.find);
    const collection = run.find();
    const record = collection && (await this.#records.get(collection, source.name));
    if (!collection || !record) return 'new';
    const known = await this.#known(source, record);
    if (!isAlike(run, source, known, record)) return 'changed';
    return isDone(collection, record) ? 'unchanged' : 'unfinished';
  }

  async close(): Promise<void> {
    await this.#files?.[Symbol.asyncDispose]();
    await this.images[Symbol.asyncDispose]();
    await this.#records[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Where to: a tenant stays open until the result is disposed of, and is made where its collection says so. */
  async #target({ collection: name, tenant = '' }: ImportOptions): Promise<Target> {
    const { database } = this.#parts;
    const known = database.findCollection(name);
    // Says also of a collection with tenants that one is wanting.
    if (tenant === '' && !known?.config.multiTenancy.enabled) {
      return { find: () => database.findCollection(name), [Symbol.dispose]: () => undefined };
    }
    if (tenant !== '' && known?.config.multiTenancy.autoTenantCreation) {
      await database.tenants.create(known, [{ name: tenant, status: 'active' }]);
    }
    const held = await database.hold(name, tenant);
    return { find: () => held.collection, [Symbol.dispose]: () => held[Symbol.dispose]() };
  }

  async #import(run: ImportRun, pages: PageImport, source: Source): Promise<void> {
    try {
      await this.#importKnown(run, pages, source);
    } catch (error) {
      run.signal.throwIfAborted();
      if (!isOfSource(error)) throw error;
      run.problem({ source: source.name, message: error.message });
      run.read(source.bytes);
    }
  }

  async #importKnown(run: ImportRun, pages: PageImport, source: Source): Promise<void> {
    const collection = run.find();
    const record = collection && (await this.#records.get(collection, source.name));
    const known = await this.#known(source, record);
    const isForced = run.options.unchanged === 'import';
    const alike = record && !isForced && isAlike(run, source, known, record) ? record : undefined;
    if (collection && alike && isDone(collection, alike)) {
      for (const problem of alike.problems) run.problem(problem);
      tellRest(run, alike);
      run.count('unchanged');
      run.read(source.bytes);
      if (known.changed !== '' && alike.changed !== known.changed) {
        await this.#records.put(collection, { ...alike, changed: known.changed });
      }
      return;
    }
    if (collection) await run.begunWith(collection);
    if (source.format === 'pages') return await pages.add(known);
    const parts = {
      run,
      collection: (sample: readonly RowObject[], mapper: RowMapper) =>
        this.#rowCollection(run, sample, mapper),
      records: this.#records,
      clock: () => performance.now(),
    };
    await importRows(parts, known, alike);
  }

  /** The source with its content's hash: the record's where the file was not touched since. */
  async #known(source: Source, record: SourceRecord | undefined): Promise<KnownSource> {
    if (source.hash !== undefined) return { ...source, hash: source.hash, changed: '' };
    try {
      const { mtimeNs, size } = await stat(source.path, { bigint: true });
      const changed = String(mtimeNs);
      const isUntouched = record?.changed === changed && record.bytes === Number(size);
      const hash = isUntouched ? record.hash : await hashOf(source.path);
      return { ...source, hash, changed, bytes: Number(size) };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `${source.name} can't be read: ${reason}`;
      throw new DatabaseError('invalid-argument', { message }, { cause });
    }
  }

  async #pageCollection(run: ImportRun, name: string): Promise<Collection> {
    const found = run.find();
    if (found) return checkPages(found);
    const { textModel: text, pageModel: page } = run.options;
    return await this.#make(run, pageCollection(name, { text, page }));
  }

  async #rowCollection(
    run: ImportRun,
    sample: readonly RowObject[],
    mapper: RowMapper,
  ): Promise<Collection> {
    const { collection: name, textModel: model, textColumns } = run.options;
    const found = run.find();
    if (found) return found;
    const textProperties = textColumns?.map((column) => mapper.nameOf(column));
    return await this.#make(run, rowCollection({ name, model, textProperties }, sample));
  }

  /** A collection that nothing can be embedded for is not left behind. */
  async #make(run: ImportRun, config: CollectionConfig): Promise<Collection> {
    const { database } = this.#parts;
    await database.createCollection(config);
    const collection = database.collection(config.name);
    try {
      await run.begunWith(collection);
    } catch (error) {
      await database.deleteCollection(config.name);
      throw error;
    }
    return collection;
  }
}

/** A record keeps the first problems, and how many there were. */
function tellRest(run: ImportRun, { name, problems, problemCount }: SourceRecord): void {
  const rest = problemCount - problems.length;
  if (rest <= 0) return;
  run.problem(
    { source: name, message: `${rest} more failed when it was imported; --again tells of all` },
    rest,
  );
}

/** Errors of one source, after which the others can be imported. */
function isOfSource(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === 'invalid-argument';
}

function isAlike(
  run: ImportRun,
  source: Source,
  { hash }: KnownSource,
  record: SourceRecord,
): boolean {
  const reading = source.format === 'pages' ? 'pages' : readingOf(run);
  return record.hash === hash && record.reading === reading;
}

function isDone(collection: Collection, record: SourceRecord): boolean {
  if (record.state !== 'done') return false;
  return record.reading !== 'pages' || hasAllPages(collection, record);
}

/** A model that was asked for must be that of the collection. */
function checkModels({ name, config }: Collection, { pageModel }: ImportOptions): void {
  if (pageModel === undefined || config.vectors.some((vector) => vector.name === pageVector))
    return;
  const known = config.vectors.map((vector) => vector.name).join(', ');
  const message = `collection ${name} has no vector ${pageVector} for the page model ${pageModel}; its vectors are [${known}]`;
  throw new DatabaseError('invalid-argument', { message });
}

function checkPages(collection: Collection): Collection {
  const { name, config } = collection;
  const names = config.vectors.map((vector) => vector.name);
  if (names.some((each) => each === textVector || each === pageVector)) return collection;
  const message = `collection ${name} has the vectors [${names.join(', ')}]; pages need one of the name ${textVector} or ${pageVector}: choose another collection`;
  throw new DatabaseError('invalid-argument', { message });
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
