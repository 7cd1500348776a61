// From a collection's settings to its reranker: which module, and where it finds a service or a model.

import { DatabaseError } from '../engine/errors.ts';
import { defaultTextModel } from '../vectorizers/local/models.ts';
import type { Vectorizer, VectorizerConfig } from '../vectorizers/vectorizer.ts';
import { createLateInteraction } from './late-interaction.ts';
import type { Reranker, RerankerConfig } from './reranker.ts';

/** What rerankers are made with. */
export interface RerankerParts {
  /** Makes what embeds for late interaction. */
  readonly vectorizers: (config: VectorizerConfig) => Vectorizer | undefined;
}

/** Throws DatabaseError 'invalid-argument' for an unknown module or settings that it can't work with. */
export type MakeReranker = (config: RerankerConfig) => Reranker;

/** Scores a text by its length in UTF-16 units, for tests of what is built on reranking. */
const dummy: Reranker = {
  module: 'reranker-dummy',
  score: async (_, texts) => texts.map((text) => text.length),
};

/** Makes the rerankers of a database. */
export function createRerankers({ vectorizers }: RerankerParts): MakeReranker {
  const local = (config: RerankerConfig): Reranker => {
    const { collection, module, settings } = config;
    const { model } = settings;
    const name = typeof model === 'string' && model !== '' ? model : defaultTextModel;
    const vectorizer = vectorizers({
      collection,
      vectorName: module,
      module: 'text2multivec-jinaai',
      settings: { baseURL: `local:${name}` },
      metric: 'cosine',
    });
    if (vectorizer) return createLateInteraction(module, vectorizer);
    throw invalid(`${module}: there is no local model ${name}`);
  };
  return (config) => {
    switch (config.module) {
      case 'reranker-dummy':
        return dummy;
      case 'reranker-tesserae':
        return local(config);
      default:
        throw invalid(`no reranker module with name "${config.module}"`);
    }
  };
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
