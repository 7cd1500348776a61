// Properties between the wire and the database: dataType lists, index flags, nested properties.

import type {
  JsonObject,
  NestedPropertyConfig,
  PropertyConfig,
  TextAnalyzerConfig,
} from '../../../database/collection-config.ts';
import type {
  NestedPropertyInput,
  PropertyInput,
} from '../../../database/schema/collection-input.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import {
  type PropertyType,
  propertyTypes,
  type Tokenization,
  tokenizations,
} from '../../../engine/schema.ts';
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
    ...targetsFromWire(source, path),
    ...(moduleConfig === undefined ? {} : { moduleConfig }),
  };
}

/** One property as the wire echoes it. */
export function propertyToWire(property: PropertyConfig): JsonObject {
  const { moduleConfig, targets } = property;
  const types = targets === undefined ? {} : { dataType: targets };
  return {
    ...fieldToWire(property),
    ...types,
    ...(moduleConfig === undefined ? {} : { moduleConfig }),
  };
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
    ...analyzerFromWire(source, where),
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
  const { description, tokenization, textAnalyzer, nested } = property;
  return {
    name: property.name,
    dataType: [property.type],
    ...(description === undefined ? {} : { description }),
    indexFilterable: property.filterable,
    indexSearchable: property.searchable,
    indexRangeFilters: property.rangeFilters,
    ...(tokenization === undefined ? {} : { tokenization }),
    ...(textAnalyzer === undefined ? {} : { textAnalyzer: analyzerToWire(textAnalyzer) }),
    ...(nested === undefined ? {} : { nestedProperties: nested.map(fieldToWire) }),
  };
}

function analyzerFromWire(
  source: Unchecked,
  where: string,
): Pick<NestedPropertyInput, 'textAnalyzer'> {
  const given = objectAt(source, 'textAnalyzer', where);
  return given === undefined
    ? {}
    : { textAnalyzer: textAnalyzerFromWire(given, `${where}: textAnalyzer`) };
}

/** The settings of a text property beyond its tokenization; throws 'invalid-argument'. */
export function textAnalyzerFromWire(
  source: Unchecked,
  path: string,
): NonNullable<NestedPropertyInput['textAnalyzer']> {
  const asciiFoldIgnore = stringsAt(source, 'asciiFoldIgnore', path);
  return {
    ...flagField(source, 'asciiFold', path, 'asciiFold'),
    ...(asciiFoldIgnore === undefined ? {} : { asciiFoldIgnore }),
    ...textField(source, 'stopwordPreset', path, 'stopwordPreset'),
  };
}

/** Only what says something is echoed. */
function analyzerToWire(config: TextAnalyzerConfig): JsonObject {
  const { asciiFold, asciiFoldIgnore, stopwordPreset } = config;
  return {
    ...(asciiFold ? { asciiFold } : {}),
    ...(asciiFoldIgnore.length > 0 ? { asciiFoldIgnore } : {}),
    ...(stopwordPreset === undefined ? {} : { stopwordPreset }),
  };
}

/** The old type `string` is text that splits at white space only, or not at all. */
function typeFromWire(
  dataType: readonly string[] | undefined,
  tokenization: string | undefined,
  where: string,
): { readonly type: PropertyType; readonly tokenization?: Tokenization } {
  const [word = '', ...others] = dataType ?? [];
  if (dataType && isReference(dataType)) return { type: 'reference' };
  if (word === '' || others.length > 0) throw badType(dataType ?? [], where);
  if (word === 'string' || word === 'string[]') {
    const type = word === 'string' ? 'text' : 'text[]';
    const split = tokenization === undefined || tokenization === 'word';
    return { type, ...tokenizationFromWire(split ? 'whitespace' : tokenization, where) };
  }
  const type = propertyTypes.find((known) => known === word);
  if (type === undefined || type === 'reference') throw badType([word], where);
  return { type, ...tokenizationFromWire(tokenization, where) };
}

/** Data types with a capital letter are the collections that a reference may lead to. */
function isReference(dataType: readonly string[]): boolean {
  return dataType.length > 0 && dataType.every((word) => /^[A-Z]/.test(word));
}

function targetsFromWire(source: Unchecked, path: string): Pick<PropertyInput, 'targets'> {
  const dataType = stringsAt(source, 'dataType', path) ?? [];
  return isReference(dataType) ? { targets: dataType } : {};
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
  const allowed = propertyTypes.filter((type) => type !== 'reference').join(', ');
  return new DatabaseError('invalid-argument', {
    message: `${where}: dataType [${dataType.join(', ')}] is not one known data type; allowed: ${allowed}, or names of collections`,
  });
}
