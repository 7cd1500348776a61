// A file of rows into a collection, in batches, with the place that it has come to kept on disk: an
// interrupted import goes on there, and what it writes twice is the same objects.

import type { Collection } from '../database/collection.ts';
import { assert } from '../engine/assert.ts';
import { BatchQueue } from './batch-queue.ts';
import { readCsv } from './formats/csv.ts';
import { readJsonLines } from './formats/jsonl.ts';
import { readParquet } from './formats/parquet.ts';
import type { RowBatch, RowItem } from './formats/row-file.ts';
import type { KnownSource } from './import-pages.ts';
import { type ImportRun, mayPass } from './import-run.ts';
import { idColumns, RowMapper, type RowObject } from './row-objects.ts';
import {
  type Problem,
  recordProblemsMax,
  type SourceRecord,
  type SourceRecords,
} from './source-records.ts';
import type { RowFormat, Source } from './sources.ts';

export interface RowImportParts {
  readonly run: ImportRun;
  /** The collection; made after the look of these rows where it is absent. */
  readonly collection: (sample: readonly RowObject[], mapper: RowMapper) => Promise<Collection>;
  readonly records: SourceRecords;
  /** Milliseconds; only differences count. */
  readonly clock: () => number;
}

interface RowWrite extends RowObject {
  readonly place: string;
  /** Number of the row among those of the file, from 1. */
  readonly number: number;
}

const batchDefault = 64;
const inFlightMax = 3;
/** Characters of the rows that are written together, or held to look at: long rows make small batches. */
const batchCharactersMax = 4 * 1024 * 1024;
/** Rows that a new collection is made after. */
const sampleRows = 200;
/** How often the place is kept; what was written since is written again after an interruption. */
const recordMs = 2_000;

/** How rows are read, as records keep it. */
export function readingOf(run: ImportRun): string {
  const { textColumns = [], idColumn = '' } = run.options;
  return JSON.stringify({ rows: 1, textColumns, idColumn });
}

/** Imports one file, from the place that `known` tells of. Throws what stops the whole import. */
export async function importRows(
  parts: RowImportParts,
  source: KnownSource,
  known: SourceRecord | undefined,
): Promise<void> {
  await new RowImport(parts, source, known).run();
}

/** Why a row is not in the collection; `number` where the database refused it, else it was not readable. */
interface RowProblem {
  readonly problem: Problem;
  readonly number?: number;
}

class RowImport {
  readonly #parts: RowImportParts;
  readonly #source: KnownSource;
  readonly #queue: BatchQueue<RowWrite>;
  readonly #mapper: RowMapper;
  readonly #from: number;
  readonly #problems: RowProblem[];
  #problemCount: number;
  #rowsRead = 0;
  #isRead = false;
  /** Rows that are not written yet, ascending; those that may be written next time stay. */
  readonly #open = new Set<number>();
  #recordedAt: number;
  #collection: Collection | undefined;

  constructor(parts: RowImportParts, source: KnownSource, known: SourceRecord | undefined) {
    const { run } = parts;
    this.#parts = parts;
    this.#source = source;
    this.#mapper = new RowMapper(run.options.idColumn);
    this.#from = known?.items ?? 0;
    this.#problems = (known?.problems ?? []).map((problem) => ({ problem, number: 0 }));
    this.#problemCount = this.#problems.length;
    this.#recordedAt = parts.clock();
    this.#queue = new BatchQueue({
      batchSize: run.options.batchSize ?? batchDefault,
      inFlightMax,
      weightMax: batchCharactersMax,
      weightOf: ({ characters }) => characters,
      keyOf: ({ uuid }) => uuid,
      work: (batch) => this.#write(batch),
    });
  }

  async run(): Promise<void> {
    const { run } = this.#parts;
    // What was refused before the place to go on from is part of this run's result.
    for (const { problem } of this.#problems) run.problem(problem);
    try {
      await this.#read();
      await this.#queue.finish();
    } catch (error) {
      await this.#queue.abandon();
      await this.#record();
      throw error;
    }
    await this.#record();
  }

  async #read(): Promise<void> {
    const { run } = this.#parts;
    let sample: RowWrite[] = [];
    let characters = 0;
    for await (const { items, bytesRead } of rowsOf(this.#source, run)) {
      run.signal.throwIfAborted();
      for (const item of items) {
        run.signal.throwIfAborted();
        const row = this.#rowOf(item);
        if (!row) continue;
        if (this.#collection) {
          await this.#queue.add(row);
          continue;
        }
        sample.push(row);
        characters += row.characters;
        const isEnough = sample.length >= sampleRows || characters >= batchCharactersMax;
        if (isEnough) sample = await this.#begin(sample);
      }
      run.read(bytesRead);
    }
    this.#isRead = true;
    if (!this.#collection) await this.#begin(sample);
  }

  /** The first rows show what the collection should be like. */
  async #begin(sample: readonly RowWrite[]): Promise<RowWrite[]> {
    this.#collection = await this.#parts.collection(sample, this.#mapper);
    for (const row of sample) await this.#queue.add(row);
    return [];
  }

  /** The row as an object; nothing for one that failed or was imported before. */
  #rowOf(item: RowItem): RowWrite | undefined {
    const { place } = item;
    if (item.kind === 'failed') return this.#fail(place, item.message);
    this.#rowsRead += 1;
    const number = this.#rowsRead;
    try {
      const object = this.#mapper.object(item.fields);
      if (number <= this.#from) return undefined;
      this.#open.add(number);
      return { ...object, place, number };
    } catch (error) {
      return this.#fail(place, error instanceof Error ? error.message : String(error));
    }
  }

  /** `number`: of a row that the database will always refuse. */
  #fail(item: string, message: string, number?: number): undefined {
    const problem = { source: this.#source.name, item, message };
    this.#problemCount += 1;
    if (this.#problems.length < recordProblemsMax) {
      this.#problems.push({ problem, ...(number === undefined ? {} : { number }) });
    }
    this.#parts.run.problem(problem);
  }

  async #write(batch: readonly RowWrite[]): Promise<void> {
    const { run } = this.#parts;
    const collection = this.#collection;
    assert(collection !== undefined, 'rows are written into a collection');
    run.signal.throwIfAborted();
    const inputs = batch.map(({ uuid, properties }) => ({ uuid, properties, vectors: new Map() }));
    const results = await run.insert(collection, inputs);
    // Embedding that was called off fails its objects: that is no fault of theirs.
    run.signal.throwIfAborted();
    const errors = results.map((result) => (result.kind === 'failed' ? result.error : undefined));
    await run.judge(collection, errors);
    for (const [index, { place, number }] of batch.entries()) {
      const error = errors[index];
      if (error && mayPass(error)) {
        run.problem({ source: this.#source.name, item: place, message: error.message });
        continue;
      }
      if (error) this.#fail(place, error.message, number);
      this.#open.delete(number);
    }
    run.count('written', errors.filter((error) => !error).length);
    if (this.#parts.clock() - this.#recordedAt >= recordMs) await this.#record();
  }

  /** Keeps how far the import is: every row up to that place is written or refused for good. */
  async #record(): Promise<void> {
    if (!this.#collection) return;
    this.#recordedAt = this.#parts.clock();
    const { name, hash, bytes, changed } = this.#source;
    const [firstOpen = this.#rowsRead + 1] = this.#open;
    const items = Math.max(this.#from, firstOpen - 1);
    const isDone = this.#isRead && this.#open.size === 0;
    // Lines that are not readable are found again when the file is read again.
    const kept = this.#problems.filter(({ number }) => isDone || (number ?? items + 1) <= items);
    await this.#parts.records.put(this.#collection, {
      ...{ name, hash, bytes, changed, state: isDone ? 'done' : 'partial' },
      ...{ reading: readingOf(this.#parts.run), items },
      problems: kept.map(({ problem }) => problem),
      problemCount: isDone ? this.#problemCount : kept.length,
    });
  }
}

function rowsOf(source: Source, run: ImportRun): AsyncIterable<RowBatch> {
  return readers[source.format as RowFormat](source, run);
}

const readers: Readonly<
  Record<RowFormat, (source: Source, run: ImportRun) => AsyncIterable<RowBatch>>
> = {
  jsonl: (source, { options: { idColumn } }) =>
    readJsonLines(source, { textColumns: idColumn ? [idColumn] : idColumns }),
  csv: (source, { options: { textColumns = [], idColumn } }) =>
    readCsv(source, { textColumns: [...textColumns, ...(idColumn ? [idColumn] : [])] }),
  parquet: (source, { signal }) => readParquet(source, signal),
};
