// JSON lines: one object a line, blank lines between them allowed. A bad line is one failed item.

import { type Line, LineCutter } from './lines.ts';
import {
  openBytes,
  type RowBatch,
  type RowFields,
  type RowFile,
  type RowItem,
  type RowReading,
  rowBytesMax,
  unreadable,
} from './row-file.ts';

/** Reads the file from its start. Rejects with 'invalid-argument' when its bytes can't be read. */
export async function* readJsonLines(
  file: RowFile,
  { textColumns = [] }: RowReading = {},
): AsyncGenerator<RowBatch> {
  const itemsOf = (line: Line): RowItem[] => itemOf(line, textColumns);
  await using bytes = openBytes(file);
  const cutter = new LineCutter(rowBytesMax);
  try {
    for await (const chunk of bytes.chunks) {
      const items = cutter.add(chunk).flatMap(itemsOf);
      yield { items, bytesRead: bytes.bytesRead };
    }
  } catch (error) {
    throw unreadable(file.name, error);
  }
  yield { items: cutter.end().flatMap(itemsOf), bytesRead: bytes.bytesRead };
}

function itemOf({ number, text, problem }: Line, textColumns: readonly string[]): RowItem[] {
  const place = `line ${number}`;
  if (text === undefined) return [{ kind: 'failed', place, message: `the line ${problem}` }];
  if (text.trim() === '') return [];
  const fields = parseObject(text);
  if (fields) {
    const isRounded = textColumns.some((name) => isBeyondExact(fields[name]));
    const exact = isRounded ? { ...fields, ...sourcesOf(text, textColumns) } : fields;
    return [{ kind: 'row', place, fields: exact }];
  }
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return [{ kind: 'failed', place, message: `expected a JSON object, found ${shown}` }];
}

/** The JSON object that a text is; undefined when it is none. */
export function parseObject(text: string): RowFields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as RowFields) : undefined;
  } catch {
    return undefined;
  }
}

/** A number that may not be the one that stands in the file: others are the same number. */
function isBeyondExact(value: unknown): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value);
}

type Reviver = (
  this: unknown,
  name: string,
  value: unknown,
  context: { readonly source?: string },
) => unknown;

/** The digits of the columns that hold such numbers. */
function sourcesOf(text: string, columns: readonly string[]): RowFields {
  const found: { readonly owner: unknown; readonly name: string; readonly source: string }[] = [];
  const note: Reviver = function (name, value, { source }) {
    if (columns.includes(name) && source !== undefined && isBeyondExact(value)) {
      found.push({ owner: this, name, source });
    }
    return value;
  };
  const row: unknown = JSON.parse(text, note as (name: string, value: unknown) => unknown);
  const own = found.filter(({ owner }) => owner === row);
  return Object.fromEntries(own.map(({ name, source }) => [name, source]));
}
