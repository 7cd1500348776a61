// Which local models this server embeds with for other processes, and by which names they ask.

import { DatabaseError } from '../engine/errors.ts';
import type { Vectorizer } from './vectorizer.ts';

/** The models that callers may name. */
export interface ServedModels {
  /** The names that can be used now. */
  readonly names: readonly string[];
  /**
   * The vectorizer of a name, of which the part after the last slash counts, in any letter case; of
   * the only model when no name is given. Throws DatabaseError 'invalid-argument' listing the names.
   */
  vectorizer(name: string | undefined): Vectorizer;
}

/** The local models, as far as serving them goes. */
export interface LocalModelSource {
  /** Names of the models that are on this machine now. */
  readonly present: () => readonly string[];
  /** True for a name that means a model, also one that was not pulled. */
  readonly isKnown: (model: string) => boolean;
  readonly make: (model: string) => Vectorizer;
}

/**
 * Reads `NAME`, `OTHER=NAME` between commas; `none` serves nothing, nothing given serves whatever is on
 * this machine. Throws DatabaseError 'invalid-argument' for a name that means no model.
 */
export function readServedModels(
  setting: string | undefined,
  source: LocalModelSource,
): ServedModels {
  const chosen = setting === undefined ? undefined : readNames(setting, source);
  const made = new Map<string, Vectorizer>();
  const names = (): readonly string[] => (chosen ? [...chosen.keys()] : source.present());
  const modelOf = (name: string): string | undefined => {
    if (chosen) return chosen.get(matching(name, names()) ?? '');
    const found = matching(name, names());
    if (found !== undefined) return found;
    return source.isKnown(name) ? name : undefined;
  };
  return {
    get names() {
      return names();
    },
    vectorizer: (given) => {
      const all = names();
      const name = given ?? (all.length === 1 ? all[0] : undefined);
      if (name === undefined) throw unknownModel('"model" is missing', all);
      const model = modelOf(name);
      if (model === undefined) throw unknownModel(`unknown model ${JSON.stringify(name)}`, all);
      const vectorizer = made.get(model) ?? source.make(model);
      made.set(model, vectorizer);
      return vectorizer;
    },
  };
}

function unknownModel(problem: string, names: readonly string[]): DatabaseError {
  const known = names.length === 0 ? 'this server serves none' : `known are ${names.join(', ')}`;
  return new DatabaseError('invalid-argument', { message: `${problem}; ${known}` });
}

/** The name itself, or the one that it ends in. */
function matching(name: string, names: readonly string[]): string | undefined {
  if (names.includes(name)) return name;
  const short = name.replace(/^.*\//, '').toLowerCase();
  return names.find((known) => known.toLowerCase() === short);
}

function readNames(setting: string, { isKnown }: LocalModelSource): ReadonlyMap<string, string> {
  const entries = setting.split(',').map((entry) => entry.trim());
  const names = new Map<string, string>();
  for (const entry of entries.filter((each) => each !== '' && each !== 'none')) {
    const [other = '', model = other] = entry.split('=').map((part) => part.trim());
    if (!isKnown(model)) {
      const message = `TESSERAE_SERVED_MODELS: unknown local model "${model}"`;
      throw new DatabaseError('invalid-argument', { message });
    }
    names.set(other, model);
  }
  return names;
}
