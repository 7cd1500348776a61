// What a text property says of its words beyond the tokenization, and the lists of stopwords that a
// collection names for its properties.

import { DatabaseError } from '../../engine/errors.ts';
import type { StopwordConfig, TextAnalyzer } from '../../engine/schema.ts';
import { presetWords } from '../../engine/text/stopwords.ts';
import type {
  InvertedIndexConfig,
  NestedPropertyConfig,
  TextAnalyzerConfig,
} from '../collection-config.ts';
import type { NestedPropertyInput } from './collection-input.ts';
import { invalid, show } from './setting-fields.ts';

/** Named lists of stopwords. */
export type StopwordPresets = NonNullable<InvertedIndexConfig['stopwordPresets']>;

const builtIn = ['en', 'none'] as const;

/**
 * `{ textAnalyzer }`, complete, or nothing where nothing is said. Throws 'invalid-argument' for what does
 * not go together. Whether a preset exists is for checkPresets to say.
 */
export function resolveTextAnalyzer(
  { type, tokenization = 'word', textAnalyzer: input = {} }: NestedPropertyInput,
  where: string,
): Pick<NestedPropertyConfig, 'textAnalyzer'> {
  const { asciiFold = false, asciiFoldIgnore = [], stopwordPreset } = input;
  if (!asciiFold && asciiFoldIgnore.length === 0 && stopwordPreset === undefined) return {};
  const wrong = (problem: string): DatabaseError =>
    new DatabaseError('invalid-argument', { message: `${where}: textAnalyzer: ${problem}` });
  if (type !== 'text' && type !== 'text[]') {
    throw wrong(`allowed only for text and text[], not ${type}`);
  }
  if (!asciiFold && asciiFoldIgnore.length > 0) {
    throw wrong('asciiFoldIgnore needs asciiFold to be true');
  }
  const long = asciiFoldIgnore.find((letter) => [...letter.normalize('NFC')].length !== 1);
  if (long !== undefined) {
    throw wrong(`asciiFoldIgnore holds ${show(long)}; allowed: single characters`);
  }
  if (stopwordPreset !== undefined && tokenization !== 'word') {
    throw wrong(`stopwordPreset needs tokenization word, not ${tokenization}`);
  }
  const preset = stopwordPreset === undefined ? {} : { stopwordPreset };
  return { textAnalyzer: { asciiFold, asciiFoldIgnore, ...preset } };
}

/** `{ stopwordPresets }`, or nothing where there are none. Throws 'invalid-argument' for blank names and words. */
export function resolvePresets(
  given: Readonly<Record<string, readonly string[]>> = {},
): Pick<InvertedIndexConfig, 'stopwordPresets'> {
  for (const [name, words] of Object.entries(given)) {
    if (name.trim() === '' || name === '__proto__') {
      throw invalid('stopwordPresets', name, 'names that are not blank and not __proto__');
    }
    const blank = words.find((word) => word.trim() === '');
    if (blank !== undefined) {
      throw invalid(`stopwordPresets.${name}`, blank, 'words that are not blank');
    }
  }
  return Object.keys(given).length === 0 ? {} : { stopwordPresets: given };
}

/** Throws 'invalid-argument' when a property, also a nested one, names a preset that there is not. */
export function checkPresets(
  properties: readonly NestedPropertyConfig[],
  presets: StopwordPresets = {},
  path = '',
): void {
  const known: readonly string[] = [...builtIn, ...Object.keys(presets)];
  for (const { name, textAnalyzer, nested = [] } of properties) {
    const preset = textAnalyzer?.stopwordPreset;
    if (preset !== undefined && !known.includes(preset)) {
      const where = `property '${path}${name}': textAnalyzer.stopwordPreset`;
      throw invalid(where, preset, [...new Set(known)].join(', '));
    }
    checkPresets(nested, presets, `${path}${name}.`);
  }
}

/** What the engine makes of a property's settings. */
export function engineAnalyzer(
  { asciiFold, asciiFoldIgnore, stopwordPreset }: TextAnalyzerConfig,
  presets: StopwordPresets = {},
): TextAnalyzer {
  const stopwords =
    stopwordPreset === undefined ? {} : { stopwords: wordsOf(stopwordPreset, presets) };
  return { ...(asciiFold ? { foldExcept: asciiFoldIgnore } : {}), ...stopwords };
}

/** The collection's own stopwords, where a list of its own may stand for the built-in one. */
export function engineStopwords(
  config: StopwordConfig,
  presets: StopwordPresets = {},
): StopwordConfig {
  if (!Object.hasOwn(presets, config.preset)) return config;
  const additions = [...(presets[config.preset] ?? []), ...config.additions];
  return { preset: 'none', additions, removals: config.removals };
}

function wordsOf(name: string, presets: StopwordPresets): readonly string[] {
  if (Object.hasOwn(presets, name)) return presets[name] ?? [];
  const found = builtIn.find((one) => one === name);
  return found === undefined ? [] : presetWords(found);
}
