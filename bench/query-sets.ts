// Queries on a corpus: real questions, and cuts of real passages that are not stored.

import type { VectorValue } from '../src/engine/document.ts';
import type { DomainText, LabelledPassages } from './real-passages.ts';

/** Queries of one kind. */
export interface QuerySet {
  readonly name: string;
  readonly queries: readonly VectorValue[];
}

/** What is kept out of the corpus. */
export interface HeldOut {
  readonly passages: ReadonlySet<VectorValue>;
  readonly questions: readonly VectorValue[];
}

/** Passages that are kept out, whatever is asked, so that a corpus does not depend on its queries. */
const heldMax = 300;
/** Tokens of a long cut, and of the passage's start left out. */
const cutTokens = 32;
const cutFrom = 4;

/** The questions, and the first long passages, of the texts that belong. */
export function heldOutOf(real: LabelledPassages, belongs: (text: DomainText) => boolean): HeldOut {
  const { dims, passages, questions, passageTexts, questionTexts } = real;
  const long = passages.filter(
    ({ values }, i) => values.length >= (cutFrom + cutTokens) * dims && belongs(passageTexts[i]!),
  );
  return {
    passages: new Set(long.slice(0, heldMax)),
    questions: questions.filter((_, i) => belongs(questionTexts[i]!)),
  };
}

/** Cuts of 32 tokens, and of one to three in turn, as names are; `count` of each at most. */
export function cutQueries(held: HeldOut, count: number): QuerySet[] {
  const passages = [...held.passages].slice(0, count);
  const cut = ({ dims, values }: VectorValue, from: number, tokens: number): VectorValue => ({
    ...{ kind: 'multi', dims },
    values: values.slice(from * dims, (from + tokens) * dims),
  });
  return [
    {
      name: `${cutTokens} tokens`,
      queries: passages.map((passage) => cut(passage, cutFrom, cutTokens)),
    },
    {
      name: '1 to 3 tokens',
      queries: passages.map((passage, i) => cut(passage, 1 + (i % cutTokens), 1 + (i % 3))),
    },
  ];
}

/** One of the items. */
export function pick<T>(items: readonly T[], random: () => number): T {
  return items[pickCount(items.length, random)]!;
}

/** A number of 0 … count - 1. */
export function pickCount(count: number, random: () => number): number {
  return Math.floor(random() * count);
}
