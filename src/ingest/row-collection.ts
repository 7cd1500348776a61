// The collection that rows go into, made after the first of them: what their columns look like decides
// which text is embedded and which columns are text whatever a single value looks like.

import type { CollectionConfig } from '../database/collection-config.ts';
import type { PropertyInput, VectorInput } from '../database/schema/collection-input.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import { parseInstant } from '../engine/filter/instant.ts';
import { normaliseUuid } from '../engine/uuid.ts';
import { textVector, textVectorInput } from './page-collection.ts';
import { idProperty, type RowObject } from './row-objects.ts';

export interface RowCollectionOptions {
  readonly name: string;
  /** Local model that embeds the text; undefined: none, rows are found by keywords. */
  readonly model: string | undefined;
  /** Properties that are embedded; undefined: `title` and `text` where there is a `text`, else all text. */
  readonly textProperties: readonly string[] | undefined;
}

/**
 * The complete configuration of a new collection for rows like these. Numbers, lists and objects are
 * left to auto-schema. Throws 'invalid-argument' for a bad name.
 */
export function rowCollection(
  { name, model, textProperties }: RowCollectionOptions,
  rows: readonly Pick<RowObject, 'properties'>[],
): CollectionConfig {
  const names = new Set(rows.flatMap(({ properties }) => Object.keys(properties)));
  const embedded = textProperties ?? (names.has('text') ? ['title', 'text'] : undefined);
  const vector: VectorInput =
    model === undefined ? { name: textVector, kind: 'multi' } : textVectorInput(model, embedded);
  const properties = [...names].flatMap((property): PropertyInput[] => {
    if (property === idProperty) return [idPropertyInput];
    const values = rows.map((row) => row.properties[property]).filter((one) => one !== undefined);
    if (!values.every((value) => typeof value === 'string')) return [];
    const isEmbedded = embedded?.includes(property) ?? false;
    return [{ name: property, type: isEmbedded ? 'text' : textType(values) }];
  });
  return resolveCollection({ name, properties, vectors: [vector] });
}

const idPropertyInput: PropertyInput = {
  name: idProperty,
  type: 'text',
  tokenization: 'field',
  searchable: false,
  description: 'id of the row in its file',
  moduleConfig: { 'text2multivec-jinaai': { skip: true } },
};

/** Dates and uuids only where every value is one. */
function textType(values: readonly string[]): PropertyInput['type'] {
  if (values.length > 0 && values.every((text) => parseInstant(text) !== undefined)) return 'date';
  if (values.every((text) => normaliseUuid(text) !== undefined)) return 'uuid';
  return 'text';
}
