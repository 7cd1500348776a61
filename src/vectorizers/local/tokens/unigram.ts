// The Unigram model of SentencePiece: of all ways to cut a piece into entries of the vocabulary, the
// one with the best sum of scores. Written here because the tokenizer library's own keeps a tree of
// maps: 160 MB and seconds to build for the 250,000 entries of XLM-R, against 30 MB for one map.

import { DatabaseError } from '../../../engine/errors.ts';

/** Tokens of one piece; `lengths` are the UTF-16 units of the piece that each stands for. */
export interface PieceTokens {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  readonly lengths: readonly number[];
}

/** The `model` of a tokenizer.json. */
export interface UnigramConfig {
  readonly vocab: readonly (readonly [string, number])[];
  readonly unk_id: number | null;
  readonly byte_fallback?: boolean;
}

/** How much worse than the worst entry an unknown character is. */
const unknownPenalty = 10;

export class UnigramModel {
  readonly #ids = new Map<string, number>();
  readonly #scores: Float64Array;
  readonly #unknownId: number;
  readonly #unknownScore: number;
  readonly #unitsMax: number;
  readonly #isByteFallback: boolean;

  /** Throws DatabaseError 'vectorizer-failed' when the vocabulary has no entry for unknown characters. */
  constructor({ vocab, unk_id, byte_fallback }: UnigramConfig) {
    if (unk_id === null || unk_id === undefined || vocab[unk_id] === undefined) {
      throw new DatabaseError('vectorizer-failed', {
        message: `the tokenizer's unk_id is ${unk_id}, which is none of its ${vocab.length} entries`,
      });
    }
    this.#scores = Float64Array.from(vocab, ([, score]) => score);
    for (const [id, [text]] of vocab.entries()) if (!this.#ids.has(text)) this.#ids.set(text, id);
    this.#unknownId = unk_id;
    this.#unknownScore = this.#scores.reduce((a, b) => Math.min(a, b), 0) - unknownPenalty;
    this.#unitsMax = vocab.reduce((max, [text]) => Math.max(max, text.length), 1);
    this.#isByteFallback = byte_fallback === true;
  }

  idOf(text: string): number | undefined {
    return this.#ids.get(text);
  }

  encode(piece: string): PieceTokens {
    const ids: number[] = [];
    const texts: string[] = [];
    const lengths: number[] = [];
    for (const { id, from, to } of this.#bestCut(piece)) {
      const text = piece.slice(from, to);
      const bytes = id === this.#unknownId ? this.#bytesOf(text) : undefined;
      for (const [index, byte] of (bytes ?? [{ id, text }]).entries()) {
        ids.push(byte.id);
        texts.push(byte.text);
        // The bytes of a character share its place.
        lengths.push(index === 0 ? to - from : 0);
      }
    }
    return { ids, texts, lengths };
  }

  /** Entries along the piece; neighbouring unknown characters together. */
  #bestCut(piece: string): readonly Cut[] {
    const length = piece.length;
    const best = new Float64Array(length + 1).fill(Number.NEGATIVE_INFINITY);
    const from = new Uint32Array(length + 1);
    const ids = new Uint32Array(length + 1);
    best[0] = 0;
    const take = (start: number, end: number, id: number, score: number): void => {
      if (score <= (best[end] ?? 0)) return;
      best[end] = score;
      from[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < length; ) {
      const reached = best[start] ?? 0;
      const next = start + ((piece.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      const limit = Math.min(length, start + this.#unitsMax);
      let hasSingle = false;
      for (let end = next; end <= limit; end += 1) {
        const id = this.#ids.get(piece.slice(start, end));
        if (id === undefined) continue;
        take(start, end, id, reached + (this.#scores[id] ?? 0));
        if (end === next) hasSingle = true;
      }
      if (!hasSingle) take(start, next, this.#unknownId, reached + this.#unknownScore);
      start = next;
    }
    const cuts: Cut[] = [];
    for (let end = length; end > 0; end = from[end] ?? 0) {
      const cut = { id: ids[end] ?? 0, from: from[end] ?? 0, to: end };
      const after = cuts.at(-1);
      const isUnknown = cut.id === this.#unknownId && after?.id === this.#unknownId;
      if (isUnknown) cuts[cuts.length - 1] = { ...cut, to: after.to };
      else cuts.push(cut);
    }
    return cuts.toReversed();
  }

  #bytesOf(text: string): readonly { readonly id: number; readonly text: string }[] | undefined {
    if (!this.#isByteFallback) return undefined;
    const bytes = Array.from(new TextEncoder().encode(text), (byte) => {
      const name = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
      return { id: this.#ids.get(name), text: name };
    });
    return bytes.every((byte): byte is { id: number; text: string } => byte.id !== undefined)
      ? bytes
      : undefined;
  }
}

interface Cut {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}
