// The collection that pages go into: its properties, its vectors and the names of its objects. One
// object is one page of a PDF, or one image.

import type { CollectionConfig } from '../database/collection-config.ts';
import type { PropertyInput, VectorInput } from '../database/schema/collection-input.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import type { Properties } from '../engine/document.ts';
import type { Page } from '../pages/page.ts';
import { nameUuid, urlNamespace } from './name-uuid.ts';

/** Vector of a page's words, embedded by a text model, each token with its box. */
export const textVector = 'text';
/** Vector of a page's picture, embedded by a page model, each patch with its box. */
export const pageVector = 'page';

const exact = { type: 'text', tokenization: 'field', searchable: false } as const;

/** What is stored of a page; the pictures are files beside the segments (page-images.ts). */
export const pageProperties: readonly PropertyInput[] = [
  { name: 'source', ...exact, description: 'file that the page is from' },
  { name: 'page', type: 'int', description: 'number of the page, from 1' },
  { name: 'pageCount', type: 'int', description: 'pages of the file' },
  { name: 'title', type: 'text', description: 'title of the file' },
  { name: 'text', type: 'text', description: 'words of the page in reading order' },
  { name: 'readBy', ...exact, description: 'text-layer, ocr or nothing' },
  { name: 'sourceHash', ...exact, description: 'sha256 of the file' },
];

/** What a page model embeds of objects that bring a picture with them; import stores none there. */
export const imageProperty: PropertyInput = {
  name: 'image',
  type: 'blob',
  description: 'not stored by import',
};

/** Which local models embed pages; undefined: that vector is not made. */
export interface PageModels {
  readonly text: string | undefined;
  readonly page: string | undefined;
}

/**
 * The complete configuration of a new collection of pages. Without any model it has the vector `text`
 * without a module: pages are found by keywords. Throws 'invalid-argument' for a bad name.
 */
export function pageCollection(name: string, models: PageModels): CollectionConfig {
  const { text, page } = models;
  const vectors: VectorInput[] = [];
  if (text !== undefined) vectors.push(textVectorInput(text, ['text']));
  if (page !== undefined) vectors.push(pageVectorInput(page));
  if (vectors.length === 0) vectors.push({ name: textVector, kind: 'multi' });
  const properties = page === undefined ? pageProperties : [...pageProperties, imageProperty];
  return resolveCollection({ name, properties, vectors });
}

/** A vector that a local text model embeds of the named properties; of all text ones when absent. */
export function textVectorInput(model: string, properties?: readonly string[]): VectorInput {
  const settings = {
    baseURL: `local:${model}`,
    model,
    vectorizeClassName: false,
    ...(properties ? { properties } : {}),
  };
  return { name: textVector, vectorizer: { module: 'text2multivec-jinaai', settings } };
}

/** A vector that a local page model embeds of pictures. */
export function pageVectorInput(model: string): VectorInput {
  const settings = { baseURL: `local:${model}`, model, imageFields: [imageProperty.name] };
  return { name: pageVector, vectorizer: { module: 'multi2multivec-weaviate', settings } };
}

/** True for a collection that import made of pages. */
export function isPageCollection({
  properties,
}: {
  readonly properties: readonly { readonly name: string }[];
}): boolean {
  return ['source', 'page', 'sourceHash'].every((name) =>
    properties.some((property) => property.name === name),
  );
}

/** The uuid of a page: the same file name and page number are always the same object. */
export function pageUuid(source: string, number: number): string {
  return nameUuid(urlNamespace, `${source}#page=${number}`);
}

/** The properties of a page's object. */
export function propertiesOfPage(page: Page, source: string, sourceHash: string): Properties {
  const { number, pageCount, title, text, readBy } = page;
  return {
    source,
    page: number,
    pageCount,
    title,
    text,
    readBy,
    sourceHash,
  };
}
