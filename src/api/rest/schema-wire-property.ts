// Properties between the wire and the database: dataType lists, index flags, nested properties.

import type {
  JsonObject,
  NestedPropertyConfig,
  PropertyConfig,
} from '../../database/collection-config.ts';
import type { NestedPropertyInput, PropertyInput } from '../../database/schema/collection-input.ts';
import { DatabaseError } from '../../engine/errors.ts';
import {
  type PropertyType,
  propertyTypes,
  type Tokenization,
  tokenizations,
} from '../../engine/schema.ts';
import {
  asObject,
  flagField,
  listAt,
  objectAt,
  stringsAt,
  textField,
  type Unchecked,
} from './schema-wire-values.ts';

/** One property as clients send it; unknown keys are ignored. Throws 'invalid-argument'. */
export function propertyFromWire(json: unknown, path = ''): PropertyInput {
  const source = asObject(json, path);
  const moduleConfig = objectAt(source, 'moduleConfig', path);
  return {
    ...fieldFromWire(source, path),
    ...(moduleConfig === undefined ? {} : { moduleConfig }),
  };
}

/** One property as the wire echoes it. */
export function propertyToWire(property: PropertyConfig): JsonObject {
  const { moduleConfig } = property;
  return { ...fieldToWire(property), ...(moduleConfig === undefined ? {} : { moduleConfig }) };
}

function fieldFromWire(source: Unchecked, path: string): NestedPropertyInput {
  const { name = '' } = textField(source, 'name', path, 'name');
  const where = name === '' ? path : `property '${name}'`;
  const { tokenization } = textField(source, 'tokenization', where, 'tokenization');
  const nested = listAt(source, 'nestedProperties', where);
  return {
    name,
    ...typeFromWire(stringsAt(source, 'dataType', where), tokenization, where),
    ...textField(source, 'description', where, 'description'),
    ...flagField(source, 'indexFilterable', where, 'filterable'),
    ...flagField(source, 'indexSearchable', where, 'searchable'),
    ...flagField(source, 'indexRangeFilters', where, 'rangeFilters'),
    ...(nested === undefined
      ? {}
      : {
          nested: nested.map((each, index) => {
            const inner = `${where}: nestedProperties.${index}`;
            return fieldFromWire(asObject(each, inner), inner);
          }),
        }),
  };
}

function fieldToWire(property: NestedPropertyConfig): JsonObject {
  const { description, tokenization, nested } = property;
  return {
    name: property.name,
    dataType: [property.type],
    ...(description === undefined ? {} : { description }),
    indexFilterable: property.filterable,
    indexSearchable: property.searchable,
    indexRangeFilters: property.rangeFilters,
    ...(tokenization === undefined ? {} : { tokenization }),
    ...(nested === undefined ? {} : { nestedProperties: nested.map(fieldToWire) }),
  };
}

/** The old type `string` is text that splits at white space only, or not at all. */
function typeFromWire(
  dataType: readonly string[] | undefined,
  tokenization: string | undefined,
  where: string,
): { readonly type: PropertyType; readonly tokenization?: Tokenization } {
  const [word = '', ...others] = dataType ?? [];
  if (word === '' || others.length > 0 || /^[A-Z]/.test(word)) throw badType(dataType ?? [], where);
  if (word === 'string' || word === 'string[]') {
    const type = word === 'string' ? 'text' : 'text[]';
    const split = tokenization === undefined || tokenization === 'word';
    return { type, ...tokenizationFromWire(split ? 'whitespace' : tokenization, where) };
  }
  const type = propertyTypes.find((known) => known === word);
  if (type === undefined) throw badType([word], where);
  return { type, ...tokenizationFromWire(tokenization, where) };
}

function tokenizationFromWire(
  given: string | undefined,
  where: string,
): { readonly tokenization?: Tokenization } {
  if (given === undefined) return {};
  const tokenization = tokenizations.find((known) => known === given);
  if (tokenization !== undefined) return { tokenization };
  throw new DatabaseError('invalid-argument', {
    message: `${where}: tokenization ${JSON.stringify(given)} is not offered; allowed: ${tokenizations.join(', ')}`,
  });
}

function badType(dataType: readonly string[], where: string): DatabaseError {
  const named = dataType.some((word) => /^[A-Z]/.test(word));
  const problem = named
    ? 'names a collection, and references between collections are not offered'
    : 'is not one known data type';
  return new DatabaseError('invalid-argument', {
    message: `${where}: dataType [${dataType.join(', ')}] ${problem}; allowed: ${propertyTypes.join(', ')}`,
  });
}
