// The character map that SentencePiece models carry: which characters, or clusters of characters, are
// written as which others before tokens are made. It is a double-array trie over UTF-8 bytes.

import { DatabaseError } from '../../../engine/errors.ts';
import type { AlignedText } from './aligned-text.ts';

/** Longer clusters are never looked up as a whole. */
const clusterBytesMax = 5;
/** Clusters kept with what they are written as; a text of one's own making may have any number of them. */
const knownMax = 50_000;

export class CharacterMap {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  readonly #known = new Map<string, string | undefined>();

  private constructor(units: Uint32Array, texts: Uint8Array) {
    this.#units = units;
    this.#texts = texts;
  }

  /**
   * Reads a map from base64: the size of the trie in bytes, the trie, and the texts that it points to,
   * each ended by a zero. An empty map changes nothing. Throws DatabaseError 'vectorizer-failed'.
   */
  static parse(base64: string): CharacterMap {
    const bytes = Buffer.from(base64, 'base64');
    const trieBytes = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
    if (trieBytes % 4 !== 0 || trieBytes > Math.max(0, bytes.length - 4)) {
      throw new DatabaseError('vectorizer-failed', {
        message: `the tokenizer has a character map of ${bytes.length} bytes whose trie would have ${trieBytes}`,
      });
    }
    const units = Uint32Array.from({ length: trieBytes / 4 }, (_, index) =>
      bytes.readUInt32LE(4 + 4 * index),
    );
    return new CharacterMap(units, bytes.subarray(4 + trieBytes));
  }

  apply(text: AlignedText): AlignedText {
    if (this.#units.length === 0) return text;
    const edits: { from: number; to: number; text: string }[] = [];
    const put = (from: number, part: string, found: string | undefined): void => {
      if (found !== undefined && found !== part) {
        edits.push({ from, to: from + part.length, text: found });
      }
    };
    for (const { segment, index } of this.#segmenter.segment(text.text)) {
      const whole = this.#find(segment);
      if (whole !== undefined) {
        put(index, segment, whole);
        continue;
      }
      let at = index;
      for (const character of segment) {
        if (character !== segment) put(at, character, this.#find(character));
        at += character.length;
      }
    }
    return text.edited(edits);
  }

  /** What a cluster is written as; undefined when it stays. */
  #find(cluster: string): string | undefined {
    // A single character has at most four bytes.
    if (cluster.length > clusterBytesMax) return undefined;
    if (this.#known.has(cluster)) return this.#known.get(cluster);
    const bytes = this.#encoder.encode(cluster);
    const offset = bytes.length <= clusterBytesMax ? this.#lookUp(bytes) : undefined;
    const found = offset === undefined ? undefined : this.#textAt(offset);
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(cluster, found);
    return found;
  }

  /** The value of the shortest entry that the bytes begin with. */
  #lookUp(bytes: Uint8Array): number | undefined {
    let at = offsetOf(this.#units[0] ?? 0);
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = this.#units[at] ?? 0;
      if ((unit & 0x8000_00ff) !== byte) return undefined;
      at ^= offsetOf(unit);
      if ((unit >>> 8) & 1) return (this.#units[at] ?? 0) & 0x7fff_ffff;
    }
    return undefined;
  }

  #textAt(offset: number): string {
    const end = this.#texts.indexOf(0, offset);
    return this.#decoder.decode(this.#texts.subarray(offset, end < 0 ? undefined : end));
  }
}

/** How far a unit's children are. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
