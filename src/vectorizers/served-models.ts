// Which local models this server embeds with for other processes, and by which names they ask.

import { DatabaseError } from '../engine/errors.ts';
import { modelCatalogue, modelEntry } from './local/models.ts';
import type { Vectorizer } from './vectorizer.ts';

/** The models that callers may name. */
export interface ServedModels {
  /** Every name, in the order in which they were given. */
  readonly names: readonly string[];
  /**
   * The vectorizer of a name, of which the part after the last slash counts, in any letter case; of
   * the only model when no name is given. Throws DatabaseError 'invalid-argument' listing the names.
   */
  vectorizer(name: string | undefined): Vectorizer;
}

/**
 * Reads `NAME`, `ALIAS=NAME` between commas; `none` serves nothing, nothing given serves the whole
 * catalogue. Throws DatabaseError 'invalid-argument' for a model that is not in it.
 */
export function readServedModels(
  setting: string | undefined,
  make: (model: string) => Vectorizer,
): ServedModels {
  const models = new Map(readNames(setting));
  const made = new Map<string, Vectorizer>();
  const names = [...models.keys()];
  const unknown = (name: string): DatabaseError => {
    const known = names.length === 0 ? 'this server serves none' : `known are ${names.join(', ')}`;
    return new DatabaseError('invalid-argument', { message: `unknown model "${name}"; ${known}` });
  };
  return {
    names,
    vectorizer: (given) => {
      const name = given ?? (names.length === 1 ? names[0] : undefined);
      if (name === undefined) {
        const message = `"model" is missing; known are ${names.join(', ')}`;
        throw new DatabaseError('invalid-argument', { message });
      }
      const key = names.find((known) => known === name) ?? shortName(name, names);
      const model = key === undefined ? undefined : models.get(key);
      if (model === undefined) throw unknown(name);
      const vectorizer = made.get(model) ?? make(model);
      made.set(model, vectorizer);
      return vectorizer;
    },
  };
}

function shortName(name: string, names: readonly string[]): string | undefined {
  const short = name.replace(/^.*\//, '').toLowerCase();
  return names.find((known) => known.toLowerCase() === short);
}

function readNames(setting: string | undefined): readonly (readonly [string, string])[] {
  if (setting === undefined) return modelCatalogue.map(({ name }) => [name, name]);
  if (setting.trim() === 'none') return [];
  return setting
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [alias = '', model = alias] = entry.split('=').map((part) => part.trim());
      return [alias, modelEntry(model).name];
    });
}
