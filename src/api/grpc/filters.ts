// Filters of the wire to the engine's filter tree.

import { uncapitalized } from '../../database/schema/names.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type {
  Filter,
  FilterOperator,
  FilterTarget,
  FilterValue,
} from '../../engine/filter/filter.ts';
import { filterReferencesMax } from '../../engine/limits.ts';
import {
  type Filters,
  FiltersOperator,
  type FilterTarget as WireTarget,
} from './generated/messages.ts';

const comparisons: ReadonlyMap<number, FilterOperator> = new Map([
  [FiltersOperator.OPERATOR_EQUAL, 'equal'],
  [FiltersOperator.OPERATOR_NOT_EQUAL, 'notEqual'],
  [FiltersOperator.OPERATOR_GREATER_THAN, 'greaterThan'],
  [FiltersOperator.OPERATOR_GREATER_THAN_EQUAL, 'greaterThanEqual'],
  [FiltersOperator.OPERATOR_LESS_THAN, 'lessThan'],
  [FiltersOperator.OPERATOR_LESS_THAN_EQUAL, 'lessThanEqual'],
  [FiltersOperator.OPERATOR_LIKE, 'like'],
  [FiltersOperator.OPERATOR_IS_NULL, 'isNull'],
  [FiltersOperator.OPERATOR_CONTAINS_ANY, 'containsAny'],
  [FiltersOperator.OPERATOR_CONTAINS_ALL, 'containsAll'],
  [FiltersOperator.OPERATOR_CONTAINS_NONE, 'containsNone'],
  [FiltersOperator.OPERATOR_WITHIN_GEO_RANGE, 'withinGeoRange'],
]);

/** Throws 'invalid-argument' for a malformed filter. */
export function decodeFilter(filter: Filters): Filter {
  switch (filter.operator) {
    case FiltersOperator.OPERATOR_AND:
      return { kind: 'and', operands: decodeOperands(filter, 'And') };
    case FiltersOperator.OPERATOR_OR:
      return { kind: 'or', operands: decodeOperands(filter, 'Or') };
    case FiltersOperator.OPERATOR_NOT: {
      const [operand, ...more] = decodeOperands(filter, 'Not');
      if (operand === undefined || more.length > 0) {
        throw invalid(`filter: Not takes one operand, got ${more.length + 1}`);
      }
      return { kind: 'not', operand };
    }
    default:
      return decodeComparison(filter);
  }
}

function decodeOperands(filter: Filters, operator: string): readonly Filter[] {
  if (filter.filters.length === 0) throw invalid(`filter: ${operator} has no operands`);
  return filter.filters.map(decodeFilter);
}

function decodeComparison(filter: Filters): Filter {
  const operator = comparisons.get(filter.operator);
  if (operator === undefined) throw invalid(`filter: operator ${filter.operator} is unknown`);
  const value = decodeValue(filter);
  if (value === undefined) throw invalid(`filter: ${operator} has no value`);
  const compare = (target: FilterTarget): Filter => {
    const isTime = target.kind === 'createdAt' || target.kind === 'updatedAt';
    return { kind: 'compare', operator, target, value: isTime ? decodeTimes(value) : value };
  };
  if (filter.target) return decodePath(filter.target, compare);
  return filterOnPath(filter.on, compare);
}

/** Through as many references as the target names, to the property that is compared. */
function decodePath(
  { property, single_target, multi_target, count }: WireTarget,
  compare: (target: FilterTarget) => Filter,
): Filter {
  if (property !== undefined) return compare(decodeTarget(property));
  if (count) return compare({ kind: 'referenceCount', name: uncapitalized(count.on) });
  const reference = single_target ?? multi_target;
  if (!reference?.target) throw invalid('filter: no property is named');
  const inner = decodePath(reference.target, compare);
  const collection = multi_target?.target_collection;
  const named = collection ? { collection } : {};
  return { kind: 'reference', property: uncapitalized(reference.on), ...named, filter: inner };
}

/**
 * A comparison through the references of a path: property, collection, property … Throws
 * 'invalid-argument' for a path that ends with a collection.
 */
export function filterOnPath(
  path: readonly string[],
  compare: (target: FilterTarget) => Filter,
): Filter {
  if (path.length > 2 * filterReferencesMax + 1) {
    throw invalid(`filter: a path may go through ${filterReferencesMax} references`);
  }
  const [property, collection, ...rest] = path;
  if (property === undefined) throw invalid('filter: no property is named');
  if (collection === undefined) return compare(decodeTarget(property));
  if (rest.length === 0) {
    throw invalid(`filter: path [${path.join(', ')}] ends with a collection, not with a property`);
  }
  const filter = filterOnPath(rest, compare);
  return { kind: 'reference', property: uncapitalized(property), collection, filter };
}

/**
 * What a property name of the wire means in a filter; the first letter is a small one, as it is stored.
 * Throws DatabaseError.
 */
export function decodeTarget(name: string): FilterTarget {
  switch (name) {
    case '':
      throw invalid('filter: no property is named');
    case '_id':
    case 'id':
      return { kind: 'uuid' };
    case '_creationTimeUnix':
      return { kind: 'createdAt' };
    case '_lastUpdateTimeUnix':
      return { kind: 'updatedAt' };
  }
  const length = /^len\((.*)\)$/.exec(name)?.[1];
  if (length !== undefined) return { kind: 'length', name: uncapitalized(length) };
  return { kind: 'property', name: uncapitalized(name) };
}

function decodeValue(filter: Filters): FilterValue | undefined {
  return (
    filter.value_text ??
    filter.value_int ??
    filter.value_boolean ??
    filter.value_number ??
    filter.value_text_array?.values ??
    filter.value_int_array?.values ??
    filter.value_boolean_array?.values ??
    filter.value_number_array?.values ??
    decodeRange(filter.value_geo)
  );
}

function decodeRange(range: Filters['value_geo']): FilterValue | undefined {
  if (range === undefined) return undefined;
  const { latitude, longitude, distance } = range;
  return { latitude, longitude, distance };
}

/** Times come as RFC 3339 or as milliseconds since 1970 in digits; inside they are RFC 3339. */
export function decodeTimes(value: FilterValue): FilterValue {
  if (typeof value === 'number') return timeText(value);
  if (typeof value === 'string') return /^\d+$/.test(value) ? timeText(Number(value)) : value;
  if (Array.isArray(value)) return value.map((each) => String(decodeTimes(each as FilterValue)));
  return value;
}

function timeText(milliseconds: number): string {
  const time = new Date(milliseconds);
  if (Number.isNaN(time.getTime())) throw invalid(`filter: ${milliseconds} is no time`);
  return time.toISOString();
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
