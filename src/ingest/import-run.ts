// One run of an import: what is wanted, how far it is, what failed, and when to give up because nothing
// can be embedded any more.

import type { Collection } from '../database/collection.ts';
import { whenRoom } from '../database/memory-budget.ts';
import type { ObjectInput, WriteResult } from '../database/object-input.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { Problem } from './source-records.ts';

/** What is wanted of an import. */
export interface ImportOptions {
  readonly collection: string;
  /** Of a collection that is there: whose objects they become. */
  readonly tenant?: string | undefined;
  /** Local text model of a collection that is made; undefined: none, its objects are found by keywords. */
  readonly textModel: string | undefined;
  /** Local page model of a collection of pages that is made; undefined: pictures are not embedded. */
  readonly pageModel?: string | undefined;
  /** Columns whose text is embedded, of a collection that is made for rows, and that stay text. */
  readonly textColumns?: readonly string[] | undefined;
  /** Column that names the rows; undefined: `_id` or `id` where they are, else the whole row. */
  readonly idColumn?: string | undefined;
  /** Objects that are embedded and written together. */
  readonly batchSize?: number | undefined;
  /** What happens to sources that have not changed since they were imported. */
  readonly unchanged?: 'skip' | 'import' | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly onProblem?: ((problem: Problem) => void) | undefined;
}

/** How far an import is; counts of this run. */
export interface ImportProgress {
  /** The source that is read. */
  readonly source: string;
  readonly sourcesDone: number;
  readonly sourcesTotal: number;
  /** Of all sources, as far as what is in them is imported. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Objects stored. */
  readonly written: number;
  /** Pages that were there already, as they are now. */
  readonly kept: number;
  /** Pages that their file does not have any more. */
  readonly removed: number;
  readonly failed: number;
  /** Of the file whose pages were written last. */
  readonly pages?: { readonly done: number; readonly total: number };
}

/** What came of an import. */
export interface ImportSummary extends Omit<ImportProgress, 'source' | 'pages'> {
  /** Sources that have not changed since they were imported. */
  readonly unchanged: number;
}

/** Objects in a row that could not be embedded before the model itself is asked. */
const embedFailuresMax = 8;

/** Counts of one run; knows when embedding has broken down. */
export class ImportRun {
  readonly options: ImportOptions;
  readonly signal: AbortSignal;
  /** Where to, as it is now; undefined while it is not made. */
  readonly find: () => Collection | undefined;
  readonly #sourcesTotal: number;
  readonly #bytesTotal: number;
  #source = '';
  #pages: ImportProgress['pages'];
  #bytesDone = 0;
  /** Of the source that is read. */
  #bytesHere = 0;
  #embedFailures = 0;
  #isProbed = false;
  #counts = { sourcesDone: 0, unchanged: 0, written: 0, kept: 0, removed: 0, failed: 0 };

  constructor(
    options: ImportOptions,
    sources: readonly { readonly bytes: number }[],
    find: () => Collection | undefined,
  ) {
    this.options = options;
    this.find = find;
    this.signal = options.signal ?? new AbortController().signal;
    this.#sourcesTotal = sources.length;
    this.#bytesTotal = sources.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get summary(): ImportSummary {
    return {
      ...this.#counts,
      sourcesTotal: this.#sourcesTotal,
      bytesDone: Math.round(this.#bytesDone),
      bytesTotal: this.#bytesTotal,
    };
  }

  /** A source is read next. */
  begin(source: string): void {
    this.#source = source;
    this.#pages = undefined;
    this.#bytesHere = 0;
    this.#report();
  }

  /** So many bytes of the source that is read are dealt with. */
  read(bytes: number): void {
    this.#bytesDone += bytes - this.#bytesHere;
    this.#bytesHere = bytes;
    this.#report();
  }

  /** Pages of a source are dealt with, whichever is read by now; all are as much as its bytes. */
  pagesDone(pages: { readonly done: number; readonly total: number }, bytes: number): void {
    this.#bytesDone += bytes;
    this.#pages = pages;
    this.#report();
  }

  /** The source is read to its end. */
  end(): void {
    this.#counts.sourcesDone += 1;
    this.#report();
  }

  count(what: 'unchanged' | 'written' | 'kept' | 'removed', number = 1): void {
    this.#counts[what] += number;
    this.#report();
  }

  problem(problem: Problem, number = 1): void {
    this.#counts.failed += number;
    this.options.onProblem?.(problem);
    this.#report();
  }

  /** Called before anything is embedded: throws as `probe` the first time. */
  async begunWith(collection: Collection): Promise<void> {
    if (this.#isProbed) return;
    await this.probe(collection);
    this.#isProbed = true;
  }

  /**
   * Asks the models of the collection for a vector. Throws 'vectorizer-failed', with what the first one
   * that gives none says.
   */
  async probe(collection: Collection): Promise<void> {
    for (const { name } of collection.config.vectors) {
      const vectorizer = collection.vectorizer(name);
      if (!vectorizer) continue;
      try {
        await vectorizer.embedQueryText('probe', { headers: {}, signal: this.signal });
      } catch (cause) {
        this.signal.throwIfAborted();
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `nothing can be embedded for vector ${name} of collection ${collection.name}: ${reason}`;
        throw new DatabaseError('vectorizer-failed', { message }, { cause });
      }
    }
  }

  /** As insertMany of the collection, but while memory is full it waits. */
  async insert(
    collection: Collection,
    objects: readonly ObjectInput[],
  ): Promise<readonly WriteResult[]> {
    const context = { headers: {}, signal: this.signal };
    const { signal } = this;
    return await whenRoom(() => collection.insertMany(objects, context), { signal });
  }

  /**
   * Takes note of what came of objects, in order. When many in a row could not be embedded, and the model
   * gives no vector for a plain word either, throws 'vectorizer-failed'.
   */
  async judge(
    collection: Collection,
    errors: readonly (DatabaseError | undefined)[],
  ): Promise<void> {
    for (const error of errors) {
      this.#embedFailures = error?.code === 'vectorizer-failed' ? this.#embedFailures + 1 : 0;
      if (this.#embedFailures < embedFailuresMax) continue;
      this.#embedFailures = 0;
      await this.probe(collection);
    }
  }

  #report(): void {
    const { unchanged: _, ...counts } = this.summary;
    const pages = this.#pages ? { pages: this.#pages } : {};
    this.options.onProgress?.({ source: this.#source, ...counts, ...pages });
  }
}

/** True for failures that may not come again when the same object is imported again. */
export function mayPass({ code }: DatabaseError): boolean {
  return !permanent.has(code);
}

const permanent: ReadonlySet<DatabaseError['code']> = new Set([
  'bad-request',
  'invalid-argument',
  'property-invalid',
  'property-missing',
  'vector-invalid',
  'vector-dims',
  'vector-unknown',
]);
