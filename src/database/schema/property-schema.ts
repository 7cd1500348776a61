// Properties of a collection: defaults, and what may not be combined.

import { DatabaseError } from '../../engine/errors.ts';
import {
  type PropertyType,
  propertyTypes,
  type Tokenization,
  tokenizations,
} from '../../engine/schema.ts';
import type {
  CollectionConfig,
  JsonObject,
  NestedPropertyConfig,
  PropertyConfig,
} from '../collection-config.ts';
import type { NestedPropertyInput, PropertyInput } from './collection-input.ts';
import { type ModuleName, moduleNames, propertyDefaults } from './module-settings.ts';
import { collectionName, nestedPropertyName, propertyName } from './names.ts';
import { invalid, readObject } from './setting-fields.ts';
import { checkPresets, resolveTextAnalyzer } from './text-analyzer.ts';

/** Objects inside objects; deeper ones are refused. */
const nestingMax = 32;

/** Whether keyword search can read the type. */
export function isTextType(type: PropertyType): boolean {
  return type === 'text' || type === 'text[]';
}

/** Whether values of the type have properties of their own. */
export function isObjectType(type: PropertyType): boolean {
  return type === 'object' || type === 'object[]';
}

/**
 * The complete configuration of one property in a collection whose vectors use `modules`. Throws
 * 'invalid-argument' for a bad name, type or combination.
 */
export function resolveProperty(
  input: PropertyInput,
  modules: readonly ModuleName[],
): PropertyConfig {
  const name = propertyName(input.name);
  const moduleConfig = resolveModuleConfig(input, modules);
  const targets = resolveTargets(input);
  return {
    ...resolveField({ ...input, name }, `property '${name}'`, 1),
    ...(targets === undefined ? {} : { targets }),
    ...(moduleConfig === undefined ? {} : { moduleConfig }),
  };
}

/**
 * As resolveProperty, for a property that joins an existing collection; throws 'invalid-argument' too
 * when its name is taken.
 */
export function resolveNewProperty(config: CollectionConfig, input: PropertyInput): PropertyConfig {
  const modules = config.vectors.map((vector) => vector.vectorizer.module);
  const property = resolveProperty(
    input,
    moduleNames.filter((module) => modules.includes(module)),
  );
  checkPropertyNames(config.name, [...config.properties, property]);
  checkPresets([property], config.invertedIndex.stopwordPresets);
  return property;
}

/** Throws 'invalid-argument' when two names differ at most in letter case. */
export function checkPropertyNames(
  collection: string,
  properties: readonly { readonly name: string }[],
): void {
  const seen = new Set<string>();
  for (const { name } of properties) {
    if (seen.has(name.toLowerCase())) {
      throw new DatabaseError('invalid-argument', {
        message: `collection ${collection}: property '${name}' is already in use or given more than once`,
      });
    }
    seen.add(name.toLowerCase());
  }
}

function resolveField(
  input: NestedPropertyInput,
  where: string,
  depth: number,
): Omit<PropertyConfig, 'moduleConfig'> {
  const { name, type, description } = input;
  checkType(input, where);
  const searchable = input.searchable ?? isTextType(type);
  return {
    name,
    type,
    ...(description ? { description } : {}),
    ...(isTextType(type) ? { tokenization: input.tokenization ?? 'word' } : {}),
    ...resolveTextAnalyzer(input, where),
    filterable: input.filterable ?? true,
    searchable,
    rangeFilters: input.rangeFilters ?? false,
    ...(isObjectType(type) ? { nested: resolveNested(input.nested ?? [], where, depth) } : {}),
  };
}

/** Names of collections; whether they exist is for the database to say. */
function resolveTargets({
  name,
  type,
  targets = [],
}: PropertyInput): readonly string[] | undefined {
  if ((type === 'reference') === targets.length > 0) {
    return type === 'reference' ? targets.map(collectionName) : undefined;
  }
  const message =
    type === 'reference'
      ? `property '${name}': a reference names at least one collection`
      : `property '${name}': targets are allowed only for reference, not ${type}`;
  throw new DatabaseError('invalid-argument', { message });
}

function resolveNested(
  inputs: readonly NestedPropertyInput[],
  where: string,
  depth: number,
): NestedPropertyConfig[] {
  if (inputs.length > 0 && depth >= nestingMax) {
    throw new DatabaseError('invalid-argument', {
      message: `${where}: nested properties are ${depth + 1} levels deep; allowed: ${nestingMax}`,
    });
  }
  const reference = inputs.find(({ type }) => type === 'reference');
  if (reference) {
    const message = `${where}.${reference.name}: objects refer to others by properties of their own, not by nested ones`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const nested = inputs.map((input) =>
    resolveField(
      { ...input, name: nestedPropertyName(input.name) },
      `${where}.${input.name}`,
      depth + 1,
    ),
  );
  checkPropertyNames(where, nested);
  return nested;
}

function checkType(input: NestedPropertyInput, where: string): void {
  const { type, tokenization } = input;
  if (!propertyTypes.includes(type)) {
    throw invalid(`${where}: data type`, type, propertyTypes.join(', '));
  }
  if (tokenization !== undefined) checkTokenization(type, tokenization, where);
  if (input.searchable === true && !isTextType(type)) {
    throw invalid(`${where}: indexSearchable`, true, `true only for text and text[], not ${type}`);
  }
  if (input.rangeFilters === true && !['int', 'number', 'date'].includes(type)) {
    throw invalid(
      `${where}: indexRangeFilters`,
      true,
      `true only for int, number and date, not ${type}`,
    );
  }
  if (input.nested !== undefined && input.nested.length > 0 && !isObjectType(type)) {
    throw new DatabaseError('invalid-argument', {
      message: `${where}: nestedProperties are allowed only for object and object[], not ${type}`,
    });
  }
}

function checkTokenization(type: PropertyType, tokenization: Tokenization, where: string): void {
  if (!tokenizations.includes(tokenization)) {
    throw invalid(`${where}: tokenization`, tokenization, tokenizations.join(', '));
  }
  if (!isTextType(type)) {
    throw new DatabaseError('invalid-argument', {
      message: `${where}: tokenization is allowed only for text and text[], not ${type}`,
    });
  }
}

/** What was given, completed for modules that read text properties one by one. */
function resolveModuleConfig(
  input: PropertyInput,
  modules: readonly ModuleName[],
): JsonObject | undefined {
  const config: Record<string, unknown> = { ...input.moduleConfig };
  for (const module of modules) {
    const defaults = propertyDefaults(module);
    if (defaults === undefined) continue;
    const path = `property '${input.name}': moduleConfig.${module}`;
    const given = readObject(config[module], path);
    if (isTextType(input.type)) config[module] = { ...defaults, ...given };
  }
  return input.moduleConfig === undefined && Object.keys(config).length === 0 ? undefined : config;
}
