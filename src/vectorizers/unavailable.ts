// A vectorizer that can't embed: its collection is served, searched with vectors and written with vectors,
// and who asks it to embed is told why it can't.

import type { Vectorizer } from './vectorizer.ts';

/** Fails with the error, for objects one by one. */
export function unavailableVectorizer(
  module: string,
  error: Error,
  kind: Vectorizer['kind'] = 'multi',
): Vectorizer {
  const refuse = async (): Promise<never> => {
    throw error;
  };
  return {
    module,
    kind,
    accepts: { text: true, image: true },
    embedObjects: async (inputs) =>
      inputs.map(({ texts, images }) =>
        texts.length + images.length === 0 ? { kind: 'none' } : { kind: 'failed', error },
      ),
    embedQueryText: refuse,
    embedQueryImage: refuse,
  };
}
