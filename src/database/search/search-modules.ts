// The modules of a collection that have their say once hits are found: which reranker and which generator
// its settings name, and what is done where they name none.

import { DatabaseError } from '../../engine/errors.ts';
import type { MakeGenerator } from '../../generators/create-generators.ts';
import type { Generator } from '../../generators/generator.ts';
import type { MakeReranker } from '../../rerankers/create-rerankers.ts';
import type { Reranker } from '../../rerankers/reranker.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { GeneratorChoice } from './generate-hits.ts';

/** Who makes them; absent: nobody, and what needs one is refused. */
export interface SearchModules {
  readonly rerankers?: MakeReranker;
  readonly generators?: MakeGenerator;
  /** The generator of collections that name none; absent: they have none. */
  readonly defaultGenerator?: string;
}

/** The reranker that a collection's settings name. Throws 'invalid-argument' when there is none. */
export function rerankerOf(config: CollectionConfig, { rerankers }: SearchModules): Reranker {
  const { name: collection } = config;
  const module = moduleNamed('reranker-', config);
  if (module === undefined) {
    throw invalid(
      `unknown capability: rerank: collection ${collection} has no reranker; its moduleConfig may name one, as "reranker-tesserae"`,
    );
  }
  if (!rerankers) throw invalid(`unknown capability: rerank: this database has no rerankers`);
  return rerankers({ collection, module, settings: settingsOf(config, module) });
}

/**
 * The generator that a query names, else its collection's, else the default. Throws 'invalid-argument' for
 * none.
 */
export function generatorOf(
  config: CollectionConfig,
  choice: GeneratorChoice,
  { generators, defaultGenerator }: SearchModules,
): Generator {
  const { name: collection } = config;
  const module = choice.module ?? moduleNamed('generative-', config) ?? defaultGenerator;
  if (module === undefined) {
    throw invalid(
      `generate: client not found, empty provider: collection ${collection} has no generator, and the query names none`,
    );
  }
  if (!generators) throw invalid('generate: client not found: this database has no generators');
  const settings = settingsOf(config, module);
  return generators({ collection, module, settings, ofQuery: choice.settings ?? {} });
}

function moduleNamed(start: string, { moduleConfig = {} }: CollectionConfig): string | undefined {
  return Object.keys(moduleConfig).find((name) => name.startsWith(start));
}

function settingsOf(
  { moduleConfig = {} }: CollectionConfig,
  module: string,
): Readonly<Record<string, unknown>> {
  const settings = moduleConfig[module];
  return typeof settings === 'object' && settings !== null ? { ...settings } : {};
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
