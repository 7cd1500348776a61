// Bodies of embedding requests: models, inputs and what they are for, as each protocol says it.

import { DatabaseError } from '../../../engine/errors.ts';
import {
  embeddingCharactersMax,
  embeddingImagesMax,
  embeddingInputsMax,
  vectorDimsMax,
} from '../../../engine/limits.ts';
import { imageBase64 } from '../../../vectorizers/base64.ts';
import { describe, isRecord, type JsonRecord } from '../json-fields.ts';

/** One text, or one image in base64. */
export type Input =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly base64: string };

/** What is to be embedded. */
export interface EmbeddingRequest {
  /** Absent when the caller names none. */
  readonly model: string | undefined;
  /** At least one. */
  readonly inputs: readonly Input[];
  readonly purpose: 'document' | 'query';
  /** Width that the caller expects. */
  readonly dimensions: number | undefined;
}

/**
 * Reads a request of Jina's: `/v1/multi-vector` with `input_type`, `/v1/embeddings` with `task` and
 * `return_multivector`. Throws DatabaseError 'invalid-argument' naming the field.
 */
export function readJinaRequest(
  body: unknown,
  call: 'multi-vector' | 'embeddings',
): EmbeddingRequest {
  const fields = readBody(body);
  if (call === 'embeddings' && fields['return_multivector'] !== true) {
    throw invalid('"return_multivector" must be true: these models make one vector for each token');
  }
  const { embedding_type: type = 'float' } = fields;
  const types = Array.isArray(type) ? type : [type];
  const other = types.find((each) => each !== 'float' && each !== null);
  if (other !== undefined) throw wrong('embedding_type', other, '"float"');
  return {
    ...readCommon(fields),
    inputs: readInputs(fields['input'], 'text'),
    purpose: readInputType(fields['input_type']) ?? readTask(fields['task']) ?? 'document',
  };
}

/**
 * Reads a request of the protocol of Weaviate's embeddings, where a string is an image unless the call
 * is a search. Throws DatabaseError 'invalid-argument' naming the field.
 */
export function readWeaviateRequest(body: unknown): EmbeddingRequest {
  const fields = readBody(body);
  const { is_search_query: isQuery = false } = fields;
  if (typeof isQuery !== 'boolean' && isQuery !== null) {
    throw wrong('is_search_query', isQuery, 'true or false');
  }
  return {
    ...readCommon(fields),
    inputs: readInputs(fields['input'], isQuery ? 'text' : 'image'),
    purpose: isQuery ? 'query' : 'document',
  };
}

function readBody(body: unknown): JsonRecord {
  if (isRecord(body)) return body;
  throw invalid(`the body must be an object, got ${describe(body)}`);
}

function readCommon(fields: JsonRecord): Pick<EmbeddingRequest, 'model' | 'dimensions'> {
  const { model, dimensions } = fields;
  if (model !== undefined && model !== null && typeof model !== 'string') {
    throw wrong('model', model, 'the name of a model');
  }
  if (dimensions === undefined || dimensions === null) {
    return { model: model || undefined, dimensions: undefined };
  }
  const isWidth = Number.isSafeInteger(dimensions) && Number(dimensions) >= 1;
  if (isWidth && Number(dimensions) <= vectorDimsMax) {
    return { model: model || undefined, dimensions: Number(dimensions) };
  }
  throw wrong('dimensions', dimensions, `whole numbers from 1 to ${vectorDimsMax}`);
}

function readInputType(value: unknown): EmbeddingRequest['purpose'] | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'query' || value === 'document') return value;
  throw wrong('input_type', value, '"query", "document"');
}

/** `retrieval.query`, `code.query` and the like are queries, every other task embeds documents. */
function readTask(value: unknown): EmbeddingRequest['purpose'] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrong('task', value, 'the name of a task');
  return value.endsWith('.query') ? 'query' : 'document';
}

function readInputs(value: unknown, meant: Input['kind']): readonly Input[] {
  const list = typeof value === 'string' || isRecord(value) ? [value] : value;
  if (!Array.isArray(list) || list.length === 0) {
    throw wrong('input', value, 'a list with at least one entry');
  }
  if (list.length > embeddingInputsMax) {
    throw invalid(`"input" has ${list.length} entries, the maximum is ${embeddingInputsMax}`);
  }
  const inputs = list.map((entry, index) => readInput(entry, `input[${index}]`, meant));
  checkSizes(inputs);
  return inputs;
}

function readInput(entry: unknown, path: string, meant: Input['kind']): Input {
  const [kind, content] = isRecord(entry) ? ofRecord(entry) : [meant, entry];
  if (typeof content !== 'string') {
    throw wrong(path, entry, 'a string, {"text": string} or {"image": base64}');
  }
  if (kind === 'text') return { kind, text: content };
  try {
    return { kind, base64: imageBase64(content, path) };
  } catch (cause) {
    if (isRecord(entry) || !(cause instanceof DatabaseError)) throw cause;
    const message = `${cause.message}; here a string is an image, send a text as {"text": string}`;
    throw new DatabaseError('invalid-argument', { message }, { cause });
  }
}

function ofRecord(entry: JsonRecord): readonly [Input['kind'], unknown] {
  const { text, image, bytes } = entry;
  if (text !== undefined && (image ?? bytes) !== undefined) return ['text', undefined];
  return text === undefined ? ['image', image ?? bytes] : ['text', text];
}

function checkSizes(inputs: readonly Input[]): void {
  const images = inputs.filter(({ kind }) => kind === 'image').length;
  if (images > embeddingImagesMax) {
    throw invalid(`"input" has ${images} images, the maximum is ${embeddingImagesMax}`);
  }
  const characters = inputs.reduce(
    (sum, input) => sum + (input.kind === 'text' ? input.text.length : 0),
    0,
  );
  if (characters > embeddingCharactersMax) {
    throw invalid(
      `"input" has ${characters} characters, the maximum is ${embeddingCharactersMax}; send several requests`,
    );
  }
}

function wrong(field: string, seen: unknown, allowed: string): DatabaseError {
  return invalid(`"${field}" is ${describe(seen)}; allowed: ${allowed}`);
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
