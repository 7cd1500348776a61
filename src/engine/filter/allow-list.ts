// From a filter to the set of documents of one segment that pass it. Every comparison makes a set of
// its own: from a scan of one column, or from posting lists for text; and, or, not join the sets.

import { unreachable } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import { DatabaseError } from '../errors.ts';
import type { TextIndex } from '../text/text-index.ts';
import type { Columns } from './columns.ts';
import {
  type Condition,
  type FilterContext,
  findReference,
  greater,
  less,
  resolveCondition,
  same,
} from './condition.ts';
import type { Level } from './elements.ts';
import type { Filter } from './filter.ts';
import { matchesLike } from './like.ts';
import {
  evaluateNested,
  isNestedComparison,
  isNestedFilter,
  resolveNested,
} from './nested-filter.ts';
import {
  runTest,
  type ScanTest,
  scanDates,
  scanLengths,
  scanPresence,
  scanReferences,
} from './scan.ts';
import { evaluateText } from './text-filter.ts';
import { evaluateValues } from './value-filter.ts';

/** What a filter reads of one segment. */
export interface FilterView extends FilterContext {
  /** At most what columns and text know; what they know beyond is left out. */
  readonly documentCount: number;
  readonly columns: Columns;
  readonly text: TextIndex;
  /** The canonical uuid of a document. */
  uuid(doc: number): string;
  /** The document with a canonical uuid, or -1. */
  find(uuid: string): number;
}

/**
 * The documents that pass the filter, deleted ones among them: the caller takes those out. Throws
 * DatabaseError as `checkFilter` does.
 */
export function evaluateFilter(filter: Filter, view: FilterView): Bitset {
  if (!isNestedFilter(filter)) return evaluatePlain(filter, view);
  const { columns, text, documentCount } = view;
  const documents: Level = {
    count: documentCount,
    text,
    column: (name) => columns.column(name),
    elements: (name) => columns.elements(name),
  };
  return evaluateNested(filter, documents, view, (plain) => evaluatePlain(plain, view));
}

/** Of filters that do not look inside objects. */
function evaluatePlain(filter: Filter, view: FilterView): Bitset {
  switch (filter.kind) {
    case 'and':
      return joined(filter, view, (a, b) => a.and(b));
    case 'or':
      return joined(filter, view, (a, b) => a.or(b));
    case 'not':
      return evaluatePlain(filter.operand, view).not();
    case 'refersTo': {
      const column = view.columns.column(findReference(filter.property, view).name);
      if (column?.kind !== 'reference') return Bitset.of(view.documentCount);
      return scanReferences(column, filter.targets, view.documentCount);
    }
    case 'reference':
      throw new Error('a filter through references is resolved before a segment sees it');
    case 'compare':
      return evaluateCondition(resolveCondition(filter, view), view);
    default:
      return unreachable(filter);
  }
}

/**
 * Throws DatabaseError for a filter that makes no sense for the collection: 'property-missing', or
 * 'invalid-argument' for an operator or value that does not go with the type, a property that is not
 * indexed, a text of stopwords only, or an `and` or `or` without operands.
 */
export function checkFilter(filter: Filter, context: FilterContext): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const operand of operandsOf(filter)) checkFilter(operand, context);
      return;
    case 'not':
      checkFilter(filter.operand, context);
      return;
    case 'reference':
    case 'refersTo':
      findReference(filter.property, context);
      return;
    case 'compare':
      if (isNestedComparison(filter)) resolveNested(filter, context);
      else resolveCondition(filter, context);
      return;
    default:
      unreachable(filter);
  }
}

type Joining = Extract<Filter, { readonly kind: 'and' | 'or' }>;

function operandsOf(filter: Joining): readonly Filter[] {
  if (filter.operands.length > 0) return filter.operands;
  const message = `a filter's '${filter.kind}' needs at least one operand`;
  throw new DatabaseError('invalid-argument', { message });
}

/** Every operand is evaluated, so that a mistake in any of them is told whatever the others find. */
function joined(filter: Joining, view: FilterView, join: (a: Bitset, b: Bitset) => Bitset): Bitset {
  return operandsOf(filter)
    .values()
    .map((operand) => evaluatePlain(operand, view))
    .reduce(join);
}

function evaluateCondition(condition: Condition, view: FilterView): Bitset {
  const { documentCount: count, columns } = view;
  switch (condition.kind) {
    case 'text':
      return evaluateText(view.text.property(condition.name), condition.test, count);
    case 'null': {
      const column = columns.column(condition.name);
      const found = column ? scanPresence(column, count) : Bitset.of(count);
      return condition.wanted ? found.not() : found;
    }
    case 'length': {
      const column = columns.column(condition.name);
      return runTest(condition.test, count, (test) => scanLengths(column, test, count));
    }
    case 'self':
      return runTest(condition.test, count, (test) => findSelf(view, test));
    case 'selfLike':
      return filterDocuments(count, (doc) => matchesLike(view.uuid(doc), condition.pattern));
    case 'time': {
      const ms = columns[condition.of];
      const present = Bitset.full(count);
      return runTest(condition.test, count, (test) => {
        const column = { kind: 'date', type: 'date', present, ms } as const;
        return scanDates({ ...column, offsets: undefined, nanos: undefined }, test, count);
      });
    }
    case 'number':
    case 'date':
    case 'uuid':
    case 'uuidLike':
    case 'geo':
      return evaluateValues(condition, count, (scan) =>
        scan(columns.column(condition.name), count),
      );
    default:
      return unreachable(condition);
  }
}

/** Documents by their own uuid: looked up where equality is asked for. */
function findSelf(view: FilterView, test: ScanTest<string>): Bitset {
  const { documentCount } = view;
  if (test.kind === 'sides' && test.sides !== same) {
    const { sides, value } = test;
    return filterDocuments(documentCount, (doc) => {
      const uuid = view.uuid(doc);
      return ((uuid < value ? less : uuid > value ? greater : same) & sides) !== 0;
    });
  }
  const found = Bitset.of(documentCount);
  for (const value of test.kind === 'any' ? test.values : [test.value]) {
    const doc = view.find(value);
    if (doc >= 0 && doc < documentCount) found.set(doc);
  }
  return found;
}

function filterDocuments(documentCount: number, passes: (doc: number) => boolean): Bitset {
  const found = Bitset.of(documentCount);
  for (let doc = 0; doc < documentCount; doc += 1) {
    if (passes(doc)) found.set(doc);
  }
  return found;
}
