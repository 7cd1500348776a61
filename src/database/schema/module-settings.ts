// Which vectorizer modules a named vector may have, and their effective settings. What a module does
// with them is the vectorizers' business; `none` means that vectors come with the objects.

import { DatabaseError } from '../../engine/errors.ts';
import { vectorDimsMax } from '../../engine/limits.ts';
import { type VectorizerModule, vectorizerModules } from '../../vectorizers/modules.ts';
import type { JsonObject } from '../collection-config.ts';
import { type ModuleRow, propertySettings } from './module-row.ts';
import { flag, integer, optionalNames, readObject, readSettings, text } from './setting-fields.ts';
import { singleModuleRows } from './single-module-settings.ts';

export type ModuleName = 'none' | VectorizerModule;
export const moduleNames: readonly ModuleName[] = ['none', ...vectorizerModules];

const jinaText: ModuleRow = {
  makesMultiVectors: true,
  fields: {
    baseURL: text('https://api.jina.ai'),
    model: text('jina-colbert-v2'),
    dimensions: integer(128, 1, vectorDimsMax),
    vectorizeClassName: flag(true),
    properties: optionalNames,
  },
  property: propertySettings,
};

const rows: Readonly<Record<ModuleName, ModuleRow>> = {
  ...singleModuleRows,
  none: { makesMultiVectors: false, fields: {} },
  'text2colbert-jinaai': jinaText,
  'text2multivec-jinaai': jinaText,
  'multi2multivec-jinaai': {
    makesMultiVectors: true,
    fields: {
      baseURL: text('https://api.jina.ai'),
      model: text('jina-embeddings-v4'),
      vectorizeClassName: flag(false),
      imageFields: optionalNames,
      textFields: optionalNames,
    },
    check: checkOneSortOfFields,
  },
  'multi2multivec-weaviate': {
    makesMultiVectors: true,
    fields: {
      baseURL: text(''),
      model: text('ModernVBERT/colmodernvbert'),
      vectorizeClassName: flag(false),
      imageFields: optionalNames,
    },
    check: checkImageFields,
  },
};

/** A module with its effective settings: those sent, unknown ones included, and the defaults. */
export interface ResolvedModule {
  readonly module: ModuleName;
  readonly settings: JsonObject;
}

/**
 * Checks the module of one vector and fills in its defaults; `where` names the vector in messages.
 * Throws 'invalid-argument' for an unknown module or settings that it can't work with.
 */
export function resolveModule(name: string, given: unknown, where: string): ResolvedModule {
  const module = moduleNames.find((known) => known === name);
  if (module === undefined) {
    throw new DatabaseError('invalid-argument', {
      message: `${where}: no vectorizer module with name ${JSON.stringify(name)}; known are ${moduleNames.join(', ')}`,
    });
  }
  const row = rows[module];
  const path = `${where}: vectorizer.${module}`;
  const sent = Object.entries(readObject(given, path)).filter(([, value]) => value !== null);
  const settings = { ...Object.fromEntries(sent), ...readSettings(row.fields, given, path) };
  row.check?.(settings, path);
  return { module, settings };
}

/** Whether what the module makes are multi-vectors; false for `none`, which makes nothing. */
export function makesMultiVectors(module: ModuleName): boolean {
  return rows[module].makesMultiVectors;
}

/** Whether a module can embed for a collection that says nothing of it. */
export function needsNoSettings(module: ModuleName): boolean {
  return rows[module].needsSettings !== true;
}

/** What a text property says about the module when its user says nothing; absent: it says nothing. */
export function propertyDefaults(module: ModuleName): JsonObject | undefined {
  return rows[module].property;
}

/**
 * Checks that the properties which a module embeds are of the types that it takes; a property that does
 * not exist yet may be added later. Throws 'invalid-argument'.
 */
export function checkModuleFields(
  settings: JsonObject,
  properties: readonly { readonly name: string; readonly type: string }[],
  where: string,
): void {
  for (const [field, types] of Object.entries(fieldTypes)) {
    for (const name of names(settings, field)) {
      const type = properties.find((property) => property.name === name)?.type;
      if (type === undefined || types.includes(type)) continue;
      throw new DatabaseError('invalid-argument', {
        message: `${where}: ${field} names '${name}', which is ${type}; allowed: ${types.join(', ')}`,
      });
    }
  }
}

const fieldTypes: Readonly<Record<string, readonly string[]>> = {
  imageFields: ['blob', 'blobHash'],
  textFields: ['text', 'text[]'],
};

/** The vectors of several fields are put together as they are; nothing could be weighted. */
function checkNoWeights(settings: JsonObject, where: string): void {
  const weights = readObject(settings['weights'], `${where}.weights`);
  if (!Object.keys(fieldTypes).some((field) => Array.isArray(weights[field]))) return;
  throw new DatabaseError('invalid-argument', {
    message: `${where}.weights is not allowed: the token vectors of all fields are kept as they are`,
  });
}

function checkOneSortOfFields(settings: JsonObject, where: string): void {
  checkNoWeights(settings, where);
  const sorts = ['imageFields', 'textFields'].filter((name) => names(settings, name).length > 0);
  if (sorts.length === 1) return;
  throw new DatabaseError('invalid-argument', {
    message: `${where} has ${sorts.length === 0 ? 'neither imageFields nor textFields' : 'both imageFields and textFields'}; exactly one of them must name properties`,
  });
}

function checkImageFields(settings: JsonObject, where: string): void {
  checkNoWeights(settings, where);
  if (names(settings, 'imageFields').length > 0) return;
  throw new DatabaseError('invalid-argument', {
    message: `${where}.imageFields names no property; at least one blob property is needed`,
  });
}

function names(settings: JsonObject, field: string): readonly string[] {
  return (settings[field] as readonly string[] | undefined) ?? [];
}
