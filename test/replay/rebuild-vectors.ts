// Long vectors of recorded requests show only their shape. They came from the embedding mock, whose
// rule is known, so they are made again from the text that stands nearest to them.

import { textTokens, tokenVector } from '../embedding-mock.ts';
import type { Json, JsonObject } from '../grpc/golden-messages.ts';

/** Texts whose vectors were sent without the text: the tutorial's query. */
const knownTexts = ['A good database for AI app builders'];

/** The request with every shape replaced by the vectors that it stands for. */
export function rebuildVectors(request: Json): Json {
  return rebuild(request, knownTexts);
}

/** `texts` are those of the surrounding objects, the nearest first. */
function rebuild(value: Json, texts: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((each) => rebuild(each, texts));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as JsonObject;
  const rows = object['$multivector_shape'];
  if (rows !== undefined) return tokenVectors(rows, object['$first_token_first4'], texts);
  const packed = object['$multi_fp32_shape'];
  if (packed !== undefined) {
    return { $base64: packMultiVector(tokenVectors(packed, object['$first4'], texts)) };
  }
  const nearer = [...stringsOf(object), ...texts];
  return Object.fromEntries(
    Object.entries(object).map(([key, each]) => [key, rebuild(each, nearer)]),
  );
}

function tokenVectors(shape: Json, first: Json | undefined, texts: readonly string[]): number[][] {
  const [count, dims] = shape as [number, number];
  const tokens = texts
    .map((text) => textTokens(text, false))
    .find((each) => each.length === count) ?? [
    // Nothing in the recordings depends on the words of these.
    '[CLS]',
    '[D]',
    ...Array.from({ length: count - 3 }, (_, index) => `word${index}`),
    '[SEP]',
  ];
  const vectors = tokens.map((token) => tokenVector(token, dims));
  if (JSON.stringify(vectors[0]?.slice(0, 4)) !== JSON.stringify(first)) {
    throw new Error(`a vector that starts with ${JSON.stringify(first)} follows no known rule`);
  }
  return vectors;
}

/** The texts of an object itself and of its properties, not those of objects in lists below it. */
function stringsOf(object: JsonObject): string[] {
  return Object.values(object).flatMap((value) => {
    if (typeof value === 'string') return [value];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return stringsOf(value as JsonObject);
  });
}

function packMultiVector(vectors: readonly (readonly number[])[]): string {
  const dims = vectors[0]?.length ?? 0;
  const bytes = Buffer.alloc(2 + vectors.length * dims * 4);
  bytes.writeUInt16LE(dims, 0);
  vectors.flat().forEach((value, index) => {
    bytes.writeFloatLE(value, 2 + index * 4);
  });
  return bytes.toString('base64');
}
