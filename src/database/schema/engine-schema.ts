// What the engine must know of a collection, from its configuration.

import type { CollectionSchema, PropertySchema } from '../../engine/schema.ts';
import type { CollectionConfig, NestedPropertyConfig } from '../collection-config.ts';
import { engineAnalyzer, engineStopwords, type StopwordPresets } from './text-analyzer.ts';

/** The part of a configuration that objects are indexed and searched by. */
export function engineSchema(config: CollectionConfig): CollectionSchema {
  const { name, properties, vectors, invertedIndex } = config;
  const { bm25, stopwords, stopwordPresets } = invertedIndex;
  return {
    collection: name,
    properties: properties.map((property) => withAnalyzer(property, stopwordPresets)),
    vectors,
    bm25,
    stopwords: engineStopwords(stopwords, stopwordPresets),
  };
}

/** Whether filters may name the property: it has an index for them, if only one for ranges. */
export function isFilterable({
  filterable,
  rangeFilters,
}: Pick<NestedPropertyConfig, 'filterable' | 'rangeFilters'>): boolean {
  return filterable || rangeFilters;
}

function withAnalyzer(
  { textAnalyzer, nested, ...property }: NestedPropertyConfig,
  presets: StopwordPresets | undefined,
): PropertySchema {
  return {
    ...property,
    filterable: isFilterable(property),
    ...(textAnalyzer ? { analyzer: engineAnalyzer(textAnalyzer, presets) } : {}),
    ...(nested ? { nested: nested.map((inner) => withAnalyzer(inner, presets)) } : {}),
  };
}
