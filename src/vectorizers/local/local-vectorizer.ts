// A vectorizer over a local text model. The model decides the width of its vectors; a width in the
// provider's settings is only echoed by the API.

import type { VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type {
  ContentInput,
  Embedding,
  EmbedOptions,
  Vectorizer,
  VectorizerConfig,
} from '../vectorizer.ts';
import type { LocalModels } from './local-models.ts';
import type { EncodeResult } from './text-model.ts';

/** Makes the vectorizer of a named vector that the local model `model` embeds; it is loaded when used. */
export function createLocalVectorizer(
  config: VectorizerConfig,
  model: string,
  models: LocalModels,
): Vectorizer {
  return {
    module: config.module,
    kind: 'multi',
    accepts: { text: true, image: false },
    embedObjects: (inputs, options) => embedObjects(inputs, options, model, models),
    embedQueryText: async (text, options) => {
      const encoder = await models.encoder(model);
      const [result] = await encoder.encodeEach([text], {
        priority: 'urgent',
        signal: options.signal,
      });
      const embedding = embeddingOf(result, model);
      if (embedding.kind === 'vector') return embedding.vector;
      throw embedding.kind === 'failed' ? embedding.error : failure(model, 'gave no vectors');
    },
    embedQueryImage: async () => {
      throw imageRefusal(model);
    },
  };
}

async function embedObjects(
  inputs: readonly ContentInput[],
  options: EmbedOptions,
  model: string,
  models: LocalModels,
): Promise<readonly Embedding[]> {
  const texts = inputs.flatMap((input, object) =>
    input.images.length === 0 && input.texts.length > 0
      ? [{ object, text: input.texts.join(' ') }]
      : [],
  );
  const embeddings: Embedding[] = inputs.map((input) =>
    input.images.length === 0 ? { kind: 'none' } : { kind: 'failed', error: imageRefusal(model) },
  );
  if (texts.length === 0) return embeddings;
  try {
    const encoder = await models.encoder(model);
    const results = await encoder.encodeEach(
      texts.map(({ text }) => text),
      { signal: options.signal },
    );
    for (const [index, { object }] of texts.entries()) {
      embeddings[object] = embeddingOf(results[index], model);
    }
  } catch (cause) {
    const error = cause instanceof Error ? cause : failure(model, String(cause));
    for (const { object } of texts) embeddings[object] = { kind: 'failed', error };
  }
  return embeddings;
}

function embeddingOf(result: EncodeResult | undefined, model: string): Embedding {
  if (result === undefined) return { kind: 'none' };
  if (result.kind === 'failed') return { kind: 'failed', error: failure(model, result.message) };
  const vector: VectorValue = { kind: 'multi', dims: result.dims, values: result.vectors };
  return { kind: 'vector', vector };
}

function failure(model: string, problem: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message: `local model ${model}: ${problem}` });
}

function imageRefusal(model: string): DatabaseError {
  return failure(
    model,
    'it embeds text only; images need an embedding service (WEAVIATE_EMBEDDINGS_BASE_URL) or vectors of your own',
  );
}
