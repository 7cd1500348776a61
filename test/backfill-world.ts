// A collection of pages with a vector of their own, to which one that a service makes is added later.

import type { Collection } from '../src/database/collection.ts';
import { createVectorizers, type Vectorizers } from '../src/vectorizers/create-vectorizers.ts';
import type { EmbeddingMock } from './embedding-mock.ts';
import { multi, noContext, uuidOf } from './simulation/world.ts';

/** The vector that comes with each page. */
export const own = { name: 'own', kind: 'multi' } as const;

/** The vector that is added. */
export const made = {
  name: 'made',
  vectorizer: {
    module: 'text2colbert-jinaai',
    settings: { vectorizeClassName: false, properties: ['text'] },
  },
} as const;

/** The headers that the service wants. */
export const keyHeaders = { 'x-jinaai-api-key': 'key' };

/** Stores page `n`. */
export async function insertPage(collection: Collection, n: number): Promise<void> {
  const vectors = new Map([['own', multi([[n, 1]])]]);
  const object = { uuid: uuidOf(n), properties: { text: `page number ${n}` }, vectors };
  await collection.insert(object, noContext);
}

export function vectorizersOf(mock: EmbeddingMock): Vectorizers {
  return createVectorizers({ jinaBaseUrl: mock.url, modelsDirectory: '.' });
}
