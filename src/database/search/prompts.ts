// From what is stored of objects to the prompts of a generator: a template whose places in braces are
// properties, or a task with the objects behind it as JSON.

import type { Properties, PropertyValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { CollectionSchema, PropertyType } from '../../engine/schema.ts';

/** Values that are nothing to read. */
const unread: readonly PropertyType[] = ['blob', 'blobHash', 'reference'];

/** `{name}`, with room around the name; other braces, as those of JSON, are text. */
const place = /\{\s*(\w+)\s*\}/g;

/** The properties that a template names. Throws for one that there is not, or that is nothing to read. */
export function checkTemplate(template: string, schema: CollectionSchema): void {
  for (const [, name = ''] of template.matchAll(place)) readable(name, schema);
}

/** The template with the object's values. Throws 'invalid-argument' where the object has none. */
export function fillTemplate(template: string, properties: Properties): string {
  return template.replace(place, (_, name: string) => {
    const value = valueAt(properties, name);
    if (value !== null && value !== '') return textOf(value);
    throw new DatabaseError('invalid-argument', {
      message: `prompt: property '${name}' of this object is empty`,
    });
  });
}

/**
 * The task, and of each object those properties that are named, or all; absent ones are left out, keys
 * stand in the order of the alphabet. Throws for a property that there is not.
 */
export function groupedPrompt(
  task: string,
  names: readonly string[],
  objects: readonly Properties[],
  schema: CollectionSchema,
): string {
  for (const name of names) readable(name, schema);
  const shown = names.length > 0 ? names : readableNames(schema);
  const sorted = [...new Set(shown)].sort();
  const listed = objects.map((properties) =>
    Object.fromEntries(
      sorted
        .map((name): [string, PropertyValue] => [name, valueAt(properties, name)])
        .filter(([, value]) => value !== null),
    ),
  );
  return `${task}: ${JSON.stringify(listed)}`;
}

function readableNames({ properties }: CollectionSchema): string[] {
  return properties.filter(({ type }) => !unread.includes(type)).map(({ name }) => name);
}

function readable(name: string, { properties, collection }: CollectionSchema): void {
  const property = properties.find((known) => known.name === name);
  if (!property) throw new DatabaseError('property-missing', { property: name, collection });
  if (!unread.includes(property.type)) return;
  throw new DatabaseError('invalid-argument', {
    message: `prompt: property '${name}' is ${property.type}, which can't stand in a prompt`,
  });
}

function valueAt(properties: Properties, name: string): PropertyValue {
  return Object.hasOwn(properties, name) ? (properties[name] ?? null) : null;
}

function textOf(value: PropertyValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
