// A vectorizer over a local text model. The model decides the width of its vectors; a width in the
// provider's settings is only echoed by the API. Of an image it embeds the words that can be read in it.

import type { TokenPlaces, VectorValue } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { checkedBytes } from '../base64.ts';
import type {
  ContentInput,
  Embedding,
  EmbedOptions,
  Vectorizer,
  VectorizerConfig,
} from '../vectorizer.ts';
import type { LocalModels } from './local-models.ts';
import { type PageText, placesOfTokens, spansOfTokens } from './page-text.ts';
import type { EncodedText, EncodeForm, EncodeResult, TextToken } from './text-model.ts';

/** Reads the words of one image; throws DatabaseError when it is none or can't be read. */
export type ReadImage = (bytes: Uint8Array) => Promise<PageText>;

/** What a local vectorizer works with. */
export interface LocalParts {
  readonly models: LocalModels;
  /** What is made of a text; a multi-vector, `tokens`, unless told otherwise. */
  readonly form?: EncodeForm | undefined;
  /** Absent: images are refused. */
  readonly readImage?: ReadImage | undefined;
}

/** A text to embed, and what is kept of where its tokens stand. */
interface Content {
  readonly text: string;
  readonly places: (tokens: readonly TextToken[]) => TokenPlaces;
}

/** Makes the vectorizer of a named vector that the local model `model` embeds; it is loaded when used. */
export function createLocalVectorizer(
  { module }: Pick<VectorizerConfig, 'module'>,
  model: string,
  parts: LocalParts,
): Vectorizer {
  const { form = 'tokens' } = parts;
  const isSingle = form !== 'tokens';
  const encodeQuery = async (text: string, { signal }: EmbedOptions): Promise<EncodedText> => {
    const encoder = await parts.models.encoder(model);
    const [result] = await encoder.encodeEach([text], {
      as: 'query',
      form,
      priority: 'urgent',
      signal,
    });
    if (result?.kind === 'encoded') return result;
    if (result) throw fault(model, result.message);
    throw failure(model, 'gave no vectors');
  };
  const isImages = parts.readImage !== undefined;
  return {
    module,
    kind: isSingle ? 'single' : 'multi',
    accepts: { text: true, image: isImages },
    ...(isImages ? { leavesOut: leftOut(model) } : {}),
    embedObjects: (inputs, options) => embedObjects(inputs, options, model, parts),
    embedQueryText: async (text, options) => vectorOf(await encodeQuery(text, options), form),
    ...(isSingle
      ? {}
      : {
          queryTokens: async (text, options) =>
            spansOfTokens((await encodeQuery(text, options)).tokens),
        }),
    embedQueryImage: async (base64, options) => {
      const { text } = await imageContent({ texts: [], images: [base64] }, model, parts);
      return vectorOf(await encodeQuery(text, options), form);
    },
  };
}

function leftOut(model: string): string {
  return `the text model ${model} embeds the words that are read in an image; pictures are not looked at`;
}

async function embedObjects(
  inputs: readonly ContentInput[],
  options: EmbedOptions,
  model: string,
  parts: LocalParts,
): Promise<readonly Embedding[]> {
  const contents = await contentsOf(inputs, options, model, parts);
  const embeddings: Embedding[] = contents.map((content) =>
    content instanceof Error ? { kind: 'failed', error: content } : { kind: 'none' },
  );
  const texts = contents.flatMap((content, object) =>
    content === undefined || content instanceof Error ? [] : [{ object, content }],
  );
  if (texts.length === 0) return embeddings;
  try {
    const encoder = await parts.models.encoder(model);
    const results = await encoder.encodeEach(
      texts.map(({ content }) => content.text),
      { signal: options.signal, form: parts.form ?? 'tokens' },
    );
    for (const [index, { object, content }] of texts.entries()) {
      embeddings[object] = embeddingOf(results[index], content, model, parts.form);
    }
  } catch (cause) {
    const error = asError(cause);
    for (const { object } of texts) embeddings[object] = { kind: 'failed', error };
  }
  return embeddings;
}

/** Objects whose images are read at a time: the others are not begun when the caller goes away. */
const objectsInFlightMax = 8;

/** What each object holds, or why that can't be read. */
async function contentsOf(
  inputs: readonly ContentInput[],
  { signal }: EmbedOptions,
  model: string,
  parts: LocalParts,
): Promise<readonly (Content | Error | undefined)[]> {
  const contents: (Content | Error | undefined)[] = new Array(inputs.length).fill(undefined);
  const waiting = inputs.entries();
  const work = async (): Promise<void> => {
    for (const [index, input] of waiting) {
      contents[index] = signal?.aborted
        ? failure(model, 'the request was cancelled')
        : await contentOf(input, model, parts).catch(asError);
    }
  };
  await Promise.all(Array.from({ length: objectsInFlightMax }, work));
  return contents;
}

/** Undefined where an object has nothing to embed. */
async function contentOf(
  input: ContentInput,
  model: string,
  parts: LocalParts,
): Promise<Content | undefined> {
  if (input.images.length > 0) return await imageContent(input, model, parts);
  if (input.texts.length === 0) return undefined;
  const places = (tokens: readonly TextToken[]) => ({ spans: spansOfTokens(tokens) });
  return { text: input.texts.join(' '), places };
}

/**
 * The texts, then the words of the images. Boxes are those of the only image; of several nobody could say
 * which one a box is on.
 */
async function imageContent(
  { texts, images }: ContentInput,
  model: string,
  { readImage }: LocalParts,
): Promise<Content> {
  if (!readImage) throw imageRefusal(model);
  const pages = await Promise.all(images.map((image) => readImage(bytesOf(image, model))));
  const text = [...texts, ...pages.map((page) => page.text)].filter(Boolean).join(' ');
  if (text.trim() === '') throw fault(model, `no word can be read in the image, and ${advice}`);
  const [page] = pages;
  if (!page || pages.length > 1) {
    return { text, places: (tokens) => ({ spans: spansOfTokens(tokens), text }) };
  }
  const before = text.length - page.text.length;
  const wordStarts = page.wordStarts.map((start) => start + before);
  const whole: PageText = { ...page, text, wordStarts };
  return { text, places: (tokens) => placesOfTokens(whole, tokens) };
}

const advice =
  'the model embeds words only: a picture needs a page model, an embedding service ' +
  '(WEAVIATE_EMBEDDINGS_BASE_URL) or vectors of your own';

function bytesOf(base64: string, model: string): Uint8Array {
  const bytes = checkedBytes(base64);
  if (bytes) return bytes;
  throw fault(model, 'the image is not base64');
}

function embeddingOf(
  result: EncodeResult | undefined,
  content: Content,
  model: string,
  form: EncodeForm = 'tokens',
): Embedding {
  if (result === undefined) return { kind: 'none' };
  if (result.kind === 'failed') return { kind: 'failed', error: fault(model, result.message) };
  const vector = vectorOf(result, form);
  // One vector of a whole text stands for no place in it.
  if (form !== 'tokens') return { kind: 'vector', vector };
  return { kind: 'vector', vector, places: content.places(result.tokens) };
}

function vectorOf({ dims, vectors }: EncodedText, form: EncodeForm): VectorValue {
  return { kind: form === 'tokens' ? 'multi' : 'single', dims, values: vectors };
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}

function failure(model: string, problem: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', { message: `local model ${model}: ${problem}` });
}

/** The input's, not the model's: another input may do. */
function fault(model: string, problem: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message: `local model ${model}: ${problem}` });
}

function imageRefusal(model: string): DatabaseError {
  return failure(
    model,
    'it embeds text only; images need an embedding service (WEAVIATE_EMBEDDINGS_BASE_URL) or vectors of your own',
  );
}
