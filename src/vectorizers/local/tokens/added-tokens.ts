// Tokens that were added to a tokenizer's vocabulary (markers, the mask): found in a text as they are
// written, before or after it is normalised, and never cut.

import type { AlignedText, Span } from './aligned-text.ts';
import { blanksBefore, escapePattern, type Normalizer } from './normalizer.ts';

/** An entry of `added_tokens` in a tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
}

/** Part of a text: an added token with its place, or what is still to be cut. */
export type Section =
  | { readonly kind: 'token'; readonly token: AddedToken; readonly span: Span }
  | { readonly kind: 'text'; readonly text: AlignedText };

/** Finds added tokens; where several begin at one place the longest counts. */
export class AddedTokens {
  readonly #byContent: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | undefined;

  private constructor(byContent: ReadonlyMap<string, AddedToken>) {
    this.#byContent = byContent;
    const longestFirst = [...byContent.keys()].toSorted((a, b) => b.length - a.length);
    const alternatives = longestFirst.map(escapePattern).join('|');
    this.#pattern = alternatives === '' ? undefined : new RegExp(alternatives, 'gu');
  }

  /** Those that are searched in the text as it was given. */
  static asWritten(tokens: readonly AddedToken[]): AddedTokens {
    const wanted = tokens.filter((token) => !isNormalised(token) && token.content !== '');
    return new AddedTokens(new Map(wanted.map((token) => [token.content, token])));
  }

  /** Those that are searched in the normalised text, normalised themselves. */
  static normalised(
    tokens: readonly AddedToken[],
    normalise: (content: string) => string,
  ): AddedTokens {
    const wanted = tokens
      .filter(isNormalised)
      .map((token) => [normalise(token.content), token] as const)
      .filter(([content]) => content !== '');
    return new AddedTokens(new Map(wanted));
  }

  /** The sections of a text, in order. */
  cut(text: AlignedText): readonly Section[] {
    if (this.#pattern === undefined) return [{ kind: 'text', text }];
    const sections: Section[] = [];
    const given = text.text;
    let at = 0;
    for (const { 0: content, index } of given.matchAll(this.#pattern)) {
      const token = this.#byContent.get(content);
      let end = index + content.length;
      if (token === undefined || index < at) continue;
      if (token.single_word && isInsideWord(given, index, end)) continue;
      const start = token.lstrip ? index - blanksBefore(given, at, index) : index;
      if (start > at) sections.push({ kind: 'text', text: text.slice(at, start) });
      if (token.rstrip) end += /^\p{White_Space}+/u.exec(given.slice(end))?.[0].length ?? 0;
      sections.push({ kind: 'token', token, span: text.span(index, index + content.length) });
      at = end;
    }
    if (at < given.length) sections.push({ kind: 'text', text: text.slice(at, given.length) });
    return sections;
  }
}

/** Sections of a text after both searches: the texts that are left are normalised. */
export function cutSections(
  text: AlignedText,
  asWritten: AddedTokens,
  normalise: Normalizer,
  normalised: AddedTokens,
): readonly Section[] {
  return asWritten
    .cut(text)
    .flatMap((section) =>
      section.kind === 'token' ? [section] : normalised.cut(normalise(section.text)),
    );
}

function isNormalised(token: AddedToken): boolean {
  return token.normalized ?? token.special !== true;
}

function isInsideWord(text: string, start: number, end: number): boolean {
  const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1);
  const after = [...text.slice(end, end + 2)][0];
  return (before !== undefined && word.test(before)) || (after !== undefined && word.test(after));
}
