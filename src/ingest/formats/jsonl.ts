// JSON lines: one object a line, blank lines between them allowed. A bad line is one failed item.

import { type Line, LineCutter } from './lines.ts';
import {
  openBytes,
  type RowBatch,
  type RowFields,
  type RowFile,
  type RowItem,
  rowBytesMax,
  unreadable,
} from './row-file.ts';

/** Reads the file from its start. Rejects with 'invalid-argument' when its bytes can't be read. */
export async function* readJsonLines(file: RowFile): AsyncGenerator<RowBatch> {
  await using bytes = openBytes(file);
  const cutter = new LineCutter(rowBytesMax);
  try {
    for await (const chunk of bytes.chunks) {
      const items = cutter.add(chunk).flatMap(itemOf);
      yield { items, bytesRead: bytes.bytesRead };
    }
  } catch (error) {
    throw unreadable(file.name, error);
  }
  yield { items: cutter.end().flatMap(itemOf), bytesRead: bytes.bytesRead };
}

function itemOf({ number, text, problem }: Line): RowItem[] {
  const place = `line ${number}`;
  if (text === undefined) return [{ kind: 'failed', place, message: `the line ${problem}` }];
  if (text.trim() === '') return [];
  const fields = parseObject(text);
  if (fields) return [{ kind: 'row', place, fields }];
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return [{ kind: 'failed', place, message: `expected a JSON object, found ${shown}` }];
}

function parseObject(text: string): RowFields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as RowFields) : undefined;
  } catch {
    return undefined;
  }
}
