// Embeds pages that are stored already, for a vector that is added to their collection: from the picture
// beside the segments, or from the words whose boxes are stored with the text.

import type { DocumentEmbedder } from '../database/backfill/backfill.ts';
import type { StoredEmbedder } from '../database/backfill/backfill-jobs.ts';
import type { Collection } from '../database/collection.ts';
import { boxUnits, type Document } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { boxesOfTokens, type PageText } from '../vectorizers/local/page-text.ts';
import type { ContentInput, Embedding, Vectorizer } from '../vectorizers/vectorizer.ts';
import { isPageCollection } from './page-collection.ts';
import type { PageImages } from './page-images.ts';

/** Texts and pictures that are embedded together. */
const textBatch = 32;
const pictureBatch = 4;

/** How a backfill embeds what `import` made of pages; undefined: from the properties, as anything else. */
export function storedEmbedderOf(
  images: PageImages,
): (collection: Collection, vector: string) => StoredEmbedder | undefined {
  return (collection, vector) => {
    const vectorizer = collection.vectorizer(vector);
    if (!vectorizer || !isPageCollection(collection.config)) return undefined;
    return {
      embed: storedPageEmbedder(collection, vectorizer, images),
      batch: vectorizer.accepts.image ? pictureBatch : textBatch,
    };
  };
}

/**
 * Embeds documents of a collection that `import` made of pages: their pictures where the vectorizer
 * takes images, else their words.
 */
function storedPageEmbedder(
  collection: Collection,
  vectorizer: Vectorizer,
  images: PageImages,
): DocumentEmbedder {
  return async (documents, context) => {
    if (!vectorizer.accepts.image) return embedWords(vectorizer, documents, context);
    const inputs = await Promise.all(
      documents.map(async ({ uuid }) => {
        const picture = await images.read(collection, uuid, 'page');
        return picture && { texts: [], images: [Buffer.from(picture.bytes).toString('base64')] };
      }),
    );
    const found = inputs.filter((input) => input !== undefined);
    const embeddings = [...(await vectorizer.embedObjects(found, context))];
    return documents.map((document, index): Embedding => {
      const embedding = inputs[index] === undefined ? pictureless(document) : embeddings.shift();
      return embedding ?? { kind: 'none' };
    });
  };
}

async function embedWords(
  vectorizer: Vectorizer,
  documents: readonly Document[],
  context: Parameters<DocumentEmbedder>[1],
): Promise<readonly Embedding[]> {
  const inputs = documents.map(({ properties }): ContentInput => {
    const { text } = properties;
    return { texts: typeof text === 'string' && text.trim() !== '' ? [text] : [], images: [] };
  });
  const embeddings = await vectorizer.embedObjects(inputs, context);
  return embeddings.map((embedding, index): Embedding => {
    const page = pageTextOf(documents[index] as Document);
    if (embedding.kind !== 'vector' || !page) return embedding;
    const places = boxesOfTokens(page, embedding.places);
    return places ? { ...embedding, places } : embedding;
  });
}

/** The words of a stored page, as they were read; undefined when their boxes were not stored. */
function pageTextOf({ properties, words }: Document): PageText | undefined {
  const { text } = properties;
  const { boxes, spans, page } = words?.get('text') ?? {};
  if (typeof text !== 'string' || !boxes || !spans || !page) return undefined;
  const rows = Array.from({ length: spans.length / 2 }, (_, row) => {
    const [start = 0, end = 0] = spans.subarray(2 * row, 2 * row + 2);
    const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(4 * row, 4 * row + 4);
    const share = (units: number): number => units / boxUnits;
    const box = { x: share(x), y: share(y), width: share(width), height: share(height) };
    return { start, word: { text: text.slice(start, end), ...box } };
  });
  return {
    text,
    words: rows.map(({ word }) => word),
    wordStarts: rows.map(({ start }) => start),
    widthPoints: page.width,
    heightPoints: page.height,
  };
}

function pictureless({ properties }: Document): Embedding {
  const { source, page } = properties;
  const message = `page ${page} of ${source} has no picture any more: import the file again`;
  return { kind: 'failed', error: new DatabaseError('vectorizer-failed', { message }) };
}
