// Comma-separated values (RFC 4180, also with semicolons, tabs or bars): the first record names the
// columns. A column is a number or true and false when the first rows say so; empty cells are absent.

import { type CsvError, type Info, parse } from 'csv-parse';
import {
  openBytes,
  type RowBatch,
  type RowFile,
  type RowItem,
  type RowReading,
  rowBytesMax,
  unreadable,
} from './row-file.ts';

const delimiters = [',', ';', '\t', '|'] as const;
/** Rows that decide the types of the columns. */
const sampleRows = 1_000;
/** Rows that are handed on together. */
const batchRows = 256;

type ColumnType = 'text' | 'number' | 'boolean';

/** A record as it stands in the file. */
interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/** Reads the file from its start. Rejects with 'invalid-argument' when it has no usable header or can't be read on. */
export async function* readCsv(file: RowFile, reading: RowReading = {}): AsyncGenerator<RowBatch> {
  await using bytes = openBytes(file);
  const failed: RowItem[] = [];
  try {
    let table: CsvTable | undefined;
    let held: CsvRecord[] = [];
    let characters = 0;
    for await (const record of recordsOf(file, bytes.chunks, failed)) {
      if (!table) {
        table = new CsvTable(record, reading.textColumns ?? []);
        continue;
      }
      held.push(record);
      characters += record.cells.reduce((sum, cell) => sum + cell.length, 0);
      const isEnough = held.length >= (table.isTyped ? batchRows : sampleRows);
      if (!isEnough && characters < rowBytesMax) continue;
      characters = 0;
      yield { items: [...failed.splice(0), ...table.rows(held)], bytesRead: bytes.bytesRead };
      held = [];
    }
    const items = [...failed.splice(0), ...(table?.rows(held) ?? [])];
    yield { items, bytesRead: bytes.bytesRead };
  } catch (error) {
    throw unreadable(file.name, error);
  }
}

/** The header with what is known of the columns. */
class CsvTable {
  readonly #names: readonly string[];
  readonly #textColumns: readonly string[];
  #types: readonly ColumnType[] | undefined;

  constructor({ cells }: CsvRecord, textColumns: readonly string[]) {
    const names = cells.map((cell) => cell.trim());
    const seen = new Set<string>();
    const twice = names.find((name) => {
      const isKnown = name !== '' && seen.has(name);
      seen.add(name);
      return isKnown;
    });
    if (twice !== undefined) throw new Error(`the header names the column ${twice} twice`);
    if (names.every((name) => name === '')) throw new Error('the header names no column');
    this.#names = names.map((name, index) => (name === '' ? `column ${index + 1}` : name));
    this.#textColumns = textColumns;
  }

  get isTyped(): boolean {
    return this.#types !== undefined;
  }

  /** The rows of records; the first ones decide the types. */
  rows(records: readonly CsvRecord[]): RowItem[] {
    this.#types ??= this.#names.map((name, column) =>
      this.#textColumns.includes(name)
        ? 'text'
        : typeOf(records.map(({ cells }) => cells[column] ?? '')),
    );
    const types = this.#types;
    return records.map((record) => this.#row(record, types));
  }

  #row({ cells, line }: CsvRecord, types: readonly ColumnType[]): RowItem {
    const place = `line ${line}`;
    const names = this.#names;
    if (cells.length !== names.length) {
      const message = `expected ${names.length} columns, found ${cells.length}`;
      return { kind: 'failed', place, message };
    }
    const fields: [string, unknown][] = [];
    for (const [column, name] of names.entries()) {
      const cell = cells[column] ?? '';
      if (cell === '') continue;
      const value = cellValue(cell, types[column] ?? 'text');
      if (value === undefined) {
        const message = `column ${name} holds a ${types[column]} in the first rows, here it is ${shown(cell)}; name it as a text column to keep it as it is`;
        return { kind: 'failed', place, message };
      }
      fields.push([name, value]);
    }
    return { kind: 'row', place, fields: Object.fromEntries(fields) };
  }
}

/** Records with the line that each begins at; those that break the form go to `failed`. */
async function* recordsOf(
  file: RowFile,
  chunks: AsyncIterable<Buffer>,
  failed: RowItem[],
): AsyncGenerator<CsvRecord> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  /** The parser counts a line break of two characters inside quotes twice. */
  let countedTwice = 0;
  let goodLine = 0;
  let failedLine = 0;
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(file.name, first.value),
    info: true,
    max_record_size: rowBytesMax,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      const line = Number(error?.['lines'] ?? 0) - countedTwice;
      if (error?.code === 'CSV_MAX_RECORD_SIZE') parser.destroy(endless(goodLine));
      else if (line !== failedLine) failed.push(failure(error, line, goodLine));
      failedLine = line;
      return undefined;
    },
  });
  const feed = async (): Promise<void> => {
    let chunk: IteratorResult<Buffer> = first;
    while (!chunk.done && !parser.destroyed) {
      if (!parser.write(chunk.value)) await drained(parser);
      chunk = await iterator.next();
    }
    parser.end();
  };
  const feeding = feed().catch((error: Error) => void parser.destroy(error));
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const broken = record.filter((cell) => cell.includes('\n')).join('\0');
      countedTwice += broken.split('\r\n').length - 1;
      goodLine = info.lines - countedTwice;
      yield { cells: record, line: goodLine - broken.split('\n').length + 1 };
    }
  } finally {
    parser.destroy();
    await feeding;
    await iterator.return?.();
  }
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: Info;
}

/** Resolves when the stream takes more, or will never do. */
function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      parser.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    parser.on('drain', done).on('close', done).on('error', done);
  });
}

/** A record that never ends makes the rest unreadable. */
function endless(goodLine: number): Error {
  return new Error(
    `the record after line ${goodLine} is longer than ${rowBytesMax} bytes, perhaps because a quote is not closed`,
  );
}

function failure(error: CsvError | undefined, line: number, goodLine: number): RowItem {
  switch (error?.code) {
    case 'CSV_QUOTE_NOT_CLOSED': {
      const message = 'a quote that is opened in this record is never closed';
      return { kind: 'failed', place: `line ${goodLine + 1}`, message };
    }
    default:
      return { kind: 'failed', place: `line ${line}`, message: error?.message ?? 'not readable' };
  }
}

/** The delimiter that the header has most of, outside quotes; tabs by the file's name. */
function delimiterOf(name: string, start: Buffer): string {
  if (/\.tsv(\.gz)?$/i.test(name)) return '\t';
  const [header = ''] = start.toString('utf8').split('\n', 1);
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = delimiters.map((each) => bare.split(each).length - 1);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

const numberPattern = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** More digits than a number holds exactly: a name rather than a quantity. */
const digitsMax = 15;

function typeOf(cells: readonly string[]): ColumnType {
  const filled = cells.filter((cell) => cell !== '');
  if (filled.length === 0) return 'text';
  for (const type of ['number', 'boolean'] as const) {
    if (filled.every((cell) => cellValue(cell, type) !== undefined)) return type;
  }
  return 'text';
}

function cellValue(cell: string, type: ColumnType): unknown {
  if (type === 'text') return cell;
  const text = cell.trim();
  if (type === 'boolean') return /^(true|false)$/i.test(text) ? /^t/i.test(text) : undefined;
  const digits = text.replace(/\D/g, '').length;
  return numberPattern.test(text) && digits <= digitsMax ? Number(text) : undefined;
}

function shown(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 39)}…` : cell);
}
