// Which word of a passage answered each word of a question: the alignment of their token vectors, told
// in the words that the tokens were cut from.

import type { VectorValue } from '../engine/document.ts';
import { openKernels } from '../engine/kernels/kernels.ts';
import { MaxSimScorer, prepareQuery } from '../engine/multivector/maxsim.ts';
import { MemoryTokenVectors } from '../engine/multivector/memory-token-vectors.ts';
import type { EncodedText, TextToken } from '../vectorizers/local/text-model.ts';

/** One query token with the best document token. */
export interface AlignedToken {
  /** What the query token stands for in the question; empty for the model's own markers. */
  readonly question: string;
  /** The whole word around the document token; empty for the model's own markers. */
  readonly passage: string;
  /** Cosine of the two; the sum over all query tokens is the MaxSim score. */
  readonly score: number;
}

/** A text with the tokens that stand beside its vectors. */
export interface EncodedPair {
  readonly question: { readonly text: string; readonly encoded: EncodedText };
  readonly passage: {
    readonly text: string;
    readonly tokens: readonly TextToken[];
    readonly vector: VectorValue;
  };
}

/** One row for each query token, in the question's order, markers included. */
export function alignWords({ question, passage }: EncodedPair): readonly AlignedToken[] {
  const { encoded } = question;
  const scorer = MaxSimScorer.open(openKernels({ forcePlain: false }));
  const vectors = MemoryTokenVectors.open({ normalized: true });
  vectors.append(0, passage.vector);
  const query: VectorValue = { kind: 'multi', dims: encoded.dims, values: encoded.vectors };
  const alignment = scorer.align(prepareQuery(query, true), vectors, 0);
  return encoded.tokens.map((token, index) => {
    const winner = passage.tokens[alignment?.documentTokens[index] ?? 0];
    return {
      question: question.text.slice(token.start, token.end),
      passage: winner ? wordAround(passage.text, winner) : '',
      score: alignment?.scores[index] ?? 0,
    };
  });
}

/** The run of letters and digits that the token is part of; a marker, which has no text, gives none. */
function wordAround(text: string, { start, end }: TextToken): string {
  if (start === end) return '';
  const before = /[\p{L}\p{N}]*$/u.exec(text.slice(0, start))?.[0] ?? '';
  const after = /^[\p{L}\p{N}]*/u.exec(text.slice(end))?.[0] ?? '';
  const token = text.slice(start, end);
  return /^[\p{L}\p{N}]/u.test(token) ? `${before}${token}${after}` : token;
}
