// The inverted index between the wire and the database: bm25, stopwords and what is indexed besides values.

import type { InvertedIndexConfig, JsonObject } from '../../../database/collection-config.ts';
import type { InvertedIndexInput } from '../../../database/schema/collection-input.ts';
import {
  flagField,
  numberField,
  objectAt,
  stringsAt,
  textField,
  type Unchecked,
} from './schema-wire-values.ts';

/** What `invertedIndexConfig` says; throws 'invalid-argument' for values of the wrong type. */
export function invertedIndexFromWire(source: Unchecked): InvertedIndexInput {
  const path = 'invertedIndexConfig';
  const bm25 = objectAt(source, 'bm25', path) ?? {};
  const stopwords = objectAt(source, 'stopwords', path) ?? {};
  return {
    bm25: {
      ...numberField(bm25, 'b', `${path}.bm25`, 'b'),
      ...numberField(bm25, 'k1', `${path}.bm25`, 'k1'),
    },
    stopwords: stopwordsFromWire(stopwords, `${path}.stopwords`),
    ...flagField(source, 'indexNullState', path, 'indexNullState'),
    ...flagField(source, 'indexPropertyLength', path, 'indexPropertyLength'),
    ...flagField(source, 'indexTimestamps', path, 'indexTimestamps'),
    ...numberField(source, 'cleanupIntervalSeconds', path, 'cleanupIntervalSeconds'),
    ...flagField(source, 'usingBlockMaxWAND', path, 'usingBlockMaxWand'),
    ...presetsFromWire(source, path),
  };
}

/** Stopwords as a collection says them; throws 'invalid-argument'. */
export function stopwordsFromWire(
  source: Unchecked,
  path: string,
): NonNullable<InvertedIndexInput['stopwords']> {
  const additions = stringsAt(source, 'additions', path);
  const removals = stringsAt(source, 'removals', path);
  return {
    ...textField(source, 'preset', path, 'preset'),
    ...(additions === undefined ? {} : { additions }),
    ...(removals === undefined ? {} : { removals }),
  };
}

/** The three index flags appear only where they are on; empty word lists are null. */
export function invertedIndexToWire(config: InvertedIndexConfig): JsonObject {
  const { bm25, stopwords } = config;
  return {
    bm25,
    cleanupIntervalSeconds: config.cleanupIntervalSeconds,
    ...(config.indexNullState ? { indexNullState: true } : {}),
    ...(config.indexPropertyLength ? { indexPropertyLength: true } : {}),
    ...(config.indexTimestamps ? { indexTimestamps: true } : {}),
    stopwords: {
      preset: stopwords.preset,
      additions: stopwords.additions.length === 0 ? null : stopwords.additions,
      removals: stopwords.removals.length === 0 ? null : stopwords.removals,
    },
    ...(config.stopwordPresets ? { stopwordPresets: config.stopwordPresets } : {}),
    usingBlockMaxWAND: config.usingBlockMaxWand,
  };
}

/** `{ stopwordPresets }`: lists of words by name; throws 'invalid-argument'. */
export function presetsFromWire(
  source: Unchecked,
  path: string,
): Pick<InvertedIndexInput, 'stopwordPresets'> {
  const given = objectAt(source, 'stopwordPresets', path);
  if (given === undefined) return {};
  const lists = Object.keys(given).map((name) => {
    return [name, stringsAt(given, name, `${path}.stopwordPresets`) ?? []] as const;
  });
  return { stopwordPresets: Object.fromEntries(lists) };
}
