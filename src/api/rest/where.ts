// The `where` object of REST to the engine's filter tree.

import type { Filter, FilterOperator, FilterValue, GeoRange } from '../../engine/filter/filter.ts';
import { decodeTimes, filterOnPath } from '../grpc/filters.ts';
import { describe, type JsonRecord, readList, readRecord } from './json-fields.ts';
import { invalid, unparsable } from './wire-error.ts';

const comparisons: Readonly<Record<string, FilterOperator>> = {
  Equal: 'equal',
  NotEqual: 'notEqual',
  GreaterThan: 'greaterThan',
  GreaterThanEqual: 'greaterThanEqual',
  LessThan: 'lessThan',
  LessThanEqual: 'lessThanEqual',
  Like: 'like',
  IsNull: 'isNull',
  ContainsAny: 'containsAny',
  ContainsAll: 'containsAll',
  ContainsNone: 'containsNone',
  WithinGeoRange: 'withinGeoRange',
};
/** What may stand as `operator`. */
export const whereOperators: readonly string[] = ['And', 'Or', 'Not', ...Object.keys(comparisons)];

type ScalarName = 'string' | 'number' | 'boolean';

/** Fields that hold the value, and what they hold; a list of it for the operators over several values. */
const valueFields: Readonly<Record<string, ScalarName>> = {
  valueText: 'string',
  valueString: 'string',
  valueDate: 'string',
  valueInt: 'number',
  valueNumber: 'number',
  valueBoolean: 'boolean',
  valueTextArray: 'string',
  valueStringArray: 'string',
  valueDateArray: 'string',
  valueIntArray: 'number',
  valueNumberArray: 'number',
  valueBooleanArray: 'boolean',
};

/** Nesting of operators in one filter. */
const depthMax = 100;

/**
 * Reads a filter. Throws WireError for what can't be read, DatabaseError 'invalid-argument' for what
 * makes no sense; each names its place in the body.
 */
export function filterFromJson(value: unknown, path: string, depth = 0): Filter {
  if (depth > depthMax) throw invalid(`${path}: filters may be nested ${depthMax} deep`);
  const where = readRecord(value, path);
  const { operator } = where;
  if (operator === 'And' || operator === 'Or') {
    const kind = operator === 'And' ? 'and' : 'or';
    return { kind, operands: readOperands(where, path, depth) };
  }
  if (operator === 'Not') {
    const [operand, ...more] = readOperands(where, path, depth);
    if (operand && more.length === 0) return { kind: 'not', operand };
    throw invalid(`${path}.operands: Not takes one operand, got ${more.length + 1}`);
  }
  return readComparison(where, path);
}

function readOperands(where: JsonRecord, path: string, depth: number): readonly Filter[] {
  const operands = readList(where['operands'], `${path}.operands`);
  if (operands.length === 0) throw invalid(`${path}.operands: at least one operand is needed`);
  return operands.map((each, index) =>
    filterFromJson(each, `${path}.operands[${index}]`, depth + 1),
  );
}

function readComparison(where: JsonRecord, path: string): Filter {
  const name = where['operator'];
  const operator = typeof name === 'string' ? comparisons[name] : undefined;
  if (operator === undefined || !Object.hasOwn(comparisons, String(name))) {
    throw invalid(
      `${path}.operator: ${describe(name)} is not one of [${whereOperators.join(', ')}]`,
    );
  }
  const value = readValue(where, path);
  return filterOnPath(readPath(where['path'], `${path}.path`), (target) => {
    const isTime = target.kind === 'createdAt' || target.kind === 'updatedAt';
    return { kind: 'compare', operator, target, value: isTime ? decodeTimes(value) : value };
  });
}

function readPath(value: unknown, path: string): readonly string[] {
  const names = readList(value, path);
  return (names.length === 0 ? [undefined] : names).map((name) => {
    if (typeof name === 'string') return name;
    throw unparsable(path, `expected the name of a property, got ${describe(name)}`);
  });
}

function readValue(where: JsonRecord, path: string): FilterValue {
  const given = Object.keys(where).filter((key) => {
    const isValue = Object.hasOwn(valueFields, key) || key === 'valueGeoRange';
    return isValue && where[key] !== null && where[key] !== undefined;
  });
  const [field, ...more] = given;
  if (field === undefined || more.length > 0) {
    throw invalid(`${path}: expected one value field as valueText, got [${given.join(', ')}]`);
  }
  const value = where[field];
  if (field === 'valueGeoRange') return readRange(value, `${path}.${field}`);
  const wanted = valueFields[field] as ScalarName;
  const values = Array.isArray(value) ? value : [value];
  for (const each of values) {
    if (typeof each !== wanted) {
      throw unparsable(`${path}.${field}`, `expected a ${wanted}, got ${describe(each)}`);
    }
  }
  return value as FilterValue;
}

function readRange(value: unknown, path: string): GeoRange {
  const range = readRecord(value, path);
  const center = readRecord(range['geoCoordinates'], `${path}.geoCoordinates`);
  const distance = readRecord(range['distance'], `${path}.distance`);
  return {
    latitude: readNumber(center['latitude'], `${path}.geoCoordinates.latitude`),
    longitude: readNumber(center['longitude'], `${path}.geoCoordinates.longitude`),
    distance: readNumber(distance['max'], `${path}.distance.max`),
  };
}

function readNumber(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  throw unparsable(path, `expected a number, got ${describe(value)}`);
}
