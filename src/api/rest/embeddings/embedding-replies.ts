// Replies of the embedding protocols as JSON text, in pieces of bounded size.

import { tokenCount, type VectorValue } from '../../../engine/document.ts';
import { vectorJson } from '../float32-json.ts';

/** Numbers of one piece: about half a megabyte of text. */
const pieceNumbers = 65_536;

/** The reply of Jina's calls: `data`, with the token vectors of each input, and `usage`. */
export function* jinaReply(
  model: string,
  vectors: readonly (VectorValue | undefined)[],
): Generator<string> {
  const tokens = vectors.reduce((sum, vector) => sum + (vector ? tokenCount(vector) : 0), 0);
  const usage = { total_tokens: tokens, prompt_tokens: tokens };
  yield `{"model":${JSON.stringify(model)},"object":"list","usage":${JSON.stringify(usage)},"data":[`;
  for (const [index, vector] of vectors.entries()) {
    yield `${index === 0 ? '' : ','}{"object":"embeddings","index":${index},"embeddings":`;
    yield* rows(vector);
    yield '}';
  }
  yield ']}';
}

/** The reply of the protocol of Weaviate's embeddings. */
export function* weaviateReply(
  model: string,
  vectors: readonly (VectorValue | undefined)[],
): Generator<string> {
  yield '{"embeddings":[';
  for (const [index, vector] of vectors.entries()) {
    if (index > 0) yield ',';
    yield* rows(vector);
  }
  const metadata = { model, num_embeddings_inferred: vectors.length };
  yield `],"metadata":${JSON.stringify(metadata)}}`;
}

/** A list of token vectors; an empty one where there is none. */
function* rows(vector: VectorValue | undefined): Generator<string> {
  const { dims, values } = vector ?? { dims: 1, values: new Float32Array() };
  const step = Math.max(1, Math.floor(pieceNumbers / dims)) * dims;
  yield '[';
  for (let from = 0; from < values.length; from += step) {
    const part = values.subarray(from, from + step);
    const text = vectorJson({ kind: 'multi', dims, values: part });
    yield `${from === 0 ? '' : ','}${text.slice(1, -1)}`;
  }
  yield ']';
}
