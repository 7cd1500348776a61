// From a collection's settings to its reranker: which module, and where it finds a service or a model.

import { DatabaseError } from '../engine/errors.ts';
import { defaultTextModel } from '../vectorizers/local/models.ts';
import {
  findService,
  type ModuleInfo,
  moduleList,
  type ServiceSettings,
} from '../vectorizers/module-service.ts';
import type { Vectorizer, VectorizerConfig } from '../vectorizers/vectorizer.ts';
import { createLateInteraction } from './late-interaction.ts';
import { createServiceReranker, rerankRows } from './rerank-services.ts';
import type { Reranker, RerankerConfig } from './reranker.ts';

/** What rerankers are made with. */
export interface RerankerParts {
  /** Makes what embeds for late interaction. */
  readonly vectorizers: (config: VectorizerConfig) => Vectorizer | undefined;
  readonly settings: ServiceSettings;
}

/** Throws DatabaseError for an unknown module or settings that it can't work with. */
export type MakeReranker = (config: RerankerConfig) => Reranker;

/** Scores a text by its length in UTF-16 units, for tests of what is built on reranking. */
const dummy: Reranker = {
  module: 'reranker-dummy',
  score: async (_, texts) => texts.map((text) => text.length),
};

/** Makes the rerankers of a database. */
export function createRerankers({ vectorizers, settings }: RerankerParts): MakeReranker {
  const local = ({ collection, module }: RerankerConfig, model: string): Reranker => {
    const vectorizer = vectorizers({
      collection,
      vectorName: module,
      module: 'text2multivec-jinaai',
      settings: { baseURL: `local:${model}` },
      metric: 'cosine',
    });
    if (vectorizer) return createLateInteraction(module, vectorizer);
    throw invalid(`${module}: there is no local model ${model}`);
  };
  return (config) => {
    const { module } = config;
    if (module === 'reranker-dummy') return dummy;
    if (module === 'reranker-tesserae') {
      const { model } = config.settings;
      return local(config, typeof model === 'string' && model !== '' ? model : defaultTextModel);
    }
    const row = rerankRows[module];
    if (!row) {
      const known = ['reranker-tesserae', ...Object.keys(rerankRows), 'reranker-dummy'];
      throw invalid(`no reranker module with name "${module}"; known are ${known.join(', ')}`);
    }
    const place = findService(row, config, settings);
    if (place.kind === 'local') return local(config, place.model);
    return createServiceReranker(config, row, place, settings);
  };
}

/** What clients are told of each module. */
export function rerankerInfo(): Readonly<Record<string, ModuleInfo>> {
  const services = Object.entries(rerankRows).map(([module, { service }]) => [module, service]);
  const own = [
    ['reranker-tesserae', 'late interaction'],
    ['reranker-dummy', 'dummy'],
  ];
  return moduleList('Reranker', [...own, ...services]);
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
