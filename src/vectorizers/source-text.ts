// What a module embeds of an object and of a query: pure functions from settings and properties to
// texts and images. The rules follow the reference; the vectors of the clients' tutorials depend on them.

import type { Properties, PropertyValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import type { PropertyType } from '../engine/schema.ts';
import { isMultimodal, type VectorizerModule } from './modules.ts';
import type { ContentInput } from './vectorizer.ts';

/** What must be known of a property; the database's PropertyConfig has it. */
export interface SourceProperty {
  readonly name: string;
  readonly type: PropertyType;
  /** By module: `skip`, `vectorizePropertyName`. */
  readonly moduleConfig?: Readonly<Record<string, unknown>>;
}

/** The named vector whose content is wanted, with the properties of its collection. */
export interface SourceConfig {
  readonly collection: string;
  readonly module: VectorizerModule;
  /** Effective settings: `properties`, `vectorizeClassName`; multimodal `textFields`, `imageFields`. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly properties: readonly SourceProperty[];
}

/**
 * Names of the properties that a vector is made from, in the order in which they are embedded.
 * An object needs a new vector only when one of these changed.
 */
export function sourceProperties(config: SourceConfig): readonly string[] {
  if (isMultimodal(config.module)) {
    return [...stringList(config.settings['textFields']), ...imageFields(config)];
  }
  return textProperties(config).map((property) => property.name);
}

/**
 * What is embedded of an object. A text module gets exactly one text: the collection's name unless
 * switched off, then the source properties in alphabetical order, joined by blanks; the name alone
 * when there is no source property. A multimodal module gets its fields as they are, maybe none.
 */
export function sourceText(config: SourceConfig, properties: Properties): ContentInput {
  if (isMultimodal(config.module)) {
    const fields = stringList(config.settings['textFields']);
    const texts = fields.flatMap((name, index) => {
      const text = valueText(properties[name]);
      return text === undefined ? [] : [{ content: text, weight: weightOf(config, 'text', index) }];
    });
    const images = imageFields(config).flatMap((name, index) => {
      const weight = weightOf(config, 'image', index);
      return stringList([properties[name]]).map((content) => ({ content, weight }));
    });
    const weights = [...texts, ...images].map(({ weight }) => weight);
    return {
      texts: texts.map(({ content }) => content),
      images: images.map(({ content }) => content),
      ...(weights.some((weight) => weight !== undefined)
        ? { weights: weights.map((weight) => weight ?? 1) }
        : {}),
    };
  }
  const parts = textProperties(config).flatMap((property) => {
    const text = valueText(properties[property.name]);
    if (text === undefined) return [];
    const setting = moduleSetting(property, config.module, 'vectorizePropertyName');
    return setting === true ? [splitName(property.name), text] : [text];
  });
  const name = splitName(config.collection);
  const isNamed = config.settings['vectorizeClassName'] !== false || parts.length === 0;
  return { texts: [(isNamed ? [name, ...parts] : parts).join(' ')], images: [] };
}

/**
 * The text of a query with one or more concepts: sorted and joined by blanks, as the reference does.
 * Throws DatabaseError 'vectorizer-failed' where the module takes one concept only.
 */
export function queryText(module: VectorizerModule, concepts: readonly string[]): string {
  if (module === 'multi2multivec-jinaai' && concepts.length !== 1) {
    throw new DatabaseError('vectorizer-failed', {
      message: `vectorize keywords: only 1 query can be vectorized, passed ${concepts.length} queries`,
    });
  }
  return concepts.toSorted().join(' ');
}

/** A name in words: a blank where letters of another case, or digits, begin (`MyClass` → `My Class`). */
export function splitName(name: string): string {
  const part = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}+|\p{Nd}+|[^\p{Lu}\p{Ll}\p{Nd}\s]+/gu;
  return (name.match(part) ?? []).join(' ');
}

function textProperties(config: SourceConfig): readonly SourceProperty[] {
  const named = config.settings['properties'];
  const wanted = Array.isArray(named) ? new Set(stringList(named)) : undefined;
  return config.properties
    .filter((property) => {
      if (moduleSetting(property, config.module, 'skip') === true) return false;
      if (wanted !== undefined) return wanted.has(property.name) && !isBlobType(property.type);
      return property.type === 'text' || property.type === 'text[]';
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether values are base64, or come as that. */
function isBlobType(type: PropertyType): boolean {
  return type === 'blob' || type === 'blobHash';
}

function imageFields(config: SourceConfig): readonly string[] {
  return stringList(config.settings['imageFields']);
}

/** What the settings say of a field's weight; undefined: its kind has no weights. */
function weightOf(
  { settings }: SourceConfig,
  kind: 'text' | 'image',
  index: number,
): number | undefined {
  const weights = settings['weights'] as Readonly<Record<string, unknown>> | undefined;
  const list = weights?.[`${kind}Fields`];
  return Array.isArray(list) ? Number(list[index] ?? 0) : undefined;
}

function moduleSetting(property: SourceProperty, module: string, key: string): unknown {
  const settings = property.moduleConfig?.[module];
  if (typeof settings !== 'object' || settings === null) return undefined;
  return (settings as Readonly<Record<string, unknown>>)[key];
}

function stringList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function valueText(value: PropertyValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  const elements = value.map(valueText).filter((text) => text !== undefined);
  return elements.length === 0 ? undefined : elements.join(' ');
}
