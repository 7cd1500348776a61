// Conditions on numbers, dates, uuids and places, answered from a column of documents or elements.

import { unreachable } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import type { Column } from './column.ts';
import type { Condition } from './condition.ts';
import {
  runTest,
  scanBooleans,
  scanDates,
  scanGeo,
  scanNumbers,
  scanUuidPattern,
  scanUuids,
} from './scan.ts';

/** Finds what passes among the `count` documents or elements of a column. */
export type ColumnScan = (column: Column | undefined, count: number) => Bitset;

/**
 * Who passes, of `count`. `inside` runs a scan where the column is and says of whom it found something;
 * what is negated, or asks for all of several values, is put together of that. Without a column nobody
 * has a value, and only a negated test passes.
 */
export function evaluateValues(
  condition: Extract<Condition, { kind: 'number' | 'date' | 'uuid' | 'uuidLike' | 'geo' }>,
  count: number,
  inside: (scan: ColumnScan) => Bitset,
): Bitset {
  switch (condition.kind) {
    case 'number':
      return runTest(condition.test, count, (test) =>
        inside((column, within) => {
          if (column?.kind === 'number') return scanNumbers(column, test, within);
          if (column?.kind === 'boolean') return scanBooleans(column, test, within);
          return Bitset.of(within);
        }),
      );
    case 'date':
      return runTest(condition.test, count, (test) =>
        inside((column, within) =>
          column?.kind === 'date' ? scanDates(column, test, within) : Bitset.of(within),
        ),
      );
    case 'uuid':
      return runTest(condition.test, count, (test) =>
        inside((column, within) =>
          column?.kind === 'uuid' ? scanUuids(column, test, within) : Bitset.of(within),
        ),
      );
    case 'uuidLike':
      return inside((column, within) =>
        column?.kind === 'uuid'
          ? scanUuidPattern(column, condition.pattern, within)
          : Bitset.of(within),
      );
    case 'geo':
      return inside((column, within) =>
        column?.kind === 'geo' ? scanGeo(column, condition.range, within) : Bitset.of(within),
      );
    default:
      return unreachable(condition);
  }
}
