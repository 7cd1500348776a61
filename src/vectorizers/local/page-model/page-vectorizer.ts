// A vectorizer over a local page model: images of pages to patch vectors with their boxes, queries in
// words or by an image. The model decides the width of its vectors.

import type { TokenPlaces, VectorValue } from '../../../engine/document.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import { checkedBytes } from '../../base64.ts';
import type {
  ContentInput,
  Embedding,
  EmbedOptions,
  Vectorizer,
  VectorizerConfig,
} from '../../vectorizer.ts';
import type { EncodePageOptions } from './page-encoder.ts';
import type { EncodedQuery, EncodedTokens } from './page-model.ts';
import type { EncodedImage, PageModels } from './page-models.ts';

/** Makes the vectorizer of a named vector that the page model `model` embeds; it is loaded when used. */
export function createPageVectorizer(
  config: Pick<VectorizerConfig, 'module'>,
  model: string,
  models: PageModels,
): Vectorizer & Required<Pick<Vectorizer, 'queryTokens'>> {
  return {
    module: config.module,
    kind: 'multi',
    accepts: { text: true, image: true },
    embedObjects: (inputs, options) => embedObjects(inputs, options, model, models),
    embedQueryText: async (text, { signal }) => {
      const { dims, vectors } = await models.encodeQuery(model, text, { signal });
      return { kind: 'multi', dims, values: vectors };
    },
    queryTokens: async (text, { signal }) =>
      (await models.encodeQuery(model, text, { signal })).spans,
    embedQueryImage: async (base64, { signal }) => {
      const bytes = imageBytes(base64, 'the image of the query');
      return patchesOf(await models.encodeImage(model, bytes, { signal, priority: 'urgent' }));
    },
  };
}

/** Objects under way in one call: one is decoded while the other is in the model. */
const objectsInFlightMax = 2;

async function embedObjects(
  inputs: readonly ContentInput[],
  options: EmbedOptions,
  model: string,
  models: PageModels,
): Promise<readonly Embedding[]> {
  const embeddings: Embedding[] = inputs.map(() => ({ kind: 'none' }));
  const waiting = inputs.entries();
  const work = async (): Promise<void> => {
    for (const [index, input] of waiting) {
      embeddings[index] = await embedObject(input, options, model, models);
    }
  };
  await Promise.all(Array.from({ length: objectsInFlightMax }, work));
  return embeddings;
}

/** The texts, then the images of an object, as one multi-vector. */
async function embedObject(
  { texts, images }: ContentInput,
  { signal }: EmbedOptions,
  model: string,
  models: PageModels,
): Promise<Embedding> {
  if (texts.length + images.length === 0) return { kind: 'none' };
  const options: EncodePageOptions = { signal };
  const parts: (EncodedQuery | EncodedImage)[] = [];
  try {
    for (const text of texts) parts.push(await models.encodeText(model, text, options));
    for (const [index, image] of images.entries()) {
      const name = images.length === 1 ? 'the image' : `image ${index + 1} of ${images.length}`;
      parts.push(await models.encodeImage(model, imageBytes(image, name), options));
    }
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
  const places = placesOf(parts);
  return { kind: 'vector', vector: join(parts), ...(places === undefined ? {} : { places }) };
}

/**
 * The boxes of an object with one image; a text's tokens have none. With several images there are no
 * places: a box would not say on which of them it lies.
 */
function placesOf(parts: readonly (EncodedQuery | EncodedImage)[]): TokenPlaces | undefined {
  const images = parts.filter((part) => 'boxes' in part);
  const [image] = images;
  if (image === undefined || images.length > 1) return undefined;
  const page = { width: image.width, height: image.height };
  if (parts.length === 1) return { boxes: image.boxes, page };
  const rows = parts.reduce((sum, part) => sum + part.vectors.length / part.dims, 0);
  const boxes = new Uint16Array(rows * 4);
  boxes.set(image.boxes, boxes.length - image.boxes.length);
  return { boxes, page };
}

function join(parts: readonly EncodedTokens[]): VectorValue {
  const [first] = parts;
  const dims = first?.dims ?? 0;
  if (first !== undefined && parts.length === 1) {
    return { kind: 'multi', dims, values: first.vectors };
  }
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.vectors.length, 0));
  let offset = 0;
  for (const { vectors } of parts) {
    values.set(vectors, offset);
    offset += vectors.length;
  }
  return { kind: 'multi', dims, values };
}

/**
 * What a page is compared by when it is the query: its patches. The words of the prompt are in every page
 * alike and the whole page repeats the patches; without both, 16 tiles are 1,024 vectors, the most that a
 * query may have.
 */
function patchesOf({ dims, vectors, boxes }: EncodedImage): VectorValue {
  const rows = Array.from({ length: boxes.length / 4 }, (_, row) => row);
  const patches = rows.filter((row) => boxes[row * 4 + 2] !== 0);
  const values = new Float32Array(patches.length * dims);
  for (const [index, row] of patches.entries()) {
    values.set(vectors.subarray(row * dims, (row + 1) * dims), index * dims);
  }
  return { kind: 'multi', dims, values };
}

function imageBytes(base64: string, name: string): Uint8Array {
  const bytes = checkedBytes(base64);
  if (bytes !== undefined && bytes.length > 0) return bytes;
  throw new DatabaseError('invalid-argument', {
    message: `${name} is not base64 of an image file`,
  });
}
