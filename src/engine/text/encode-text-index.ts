// A text index as sections of a segment file: the bytes that open-text-index.ts reads. Every number is
// little-endian; properties stand in ascending order of name, terms in ascending order of their UTF-8
// bytes. docs/format/text.md says the same with an example.
//
//   text.properties  u32 number of documents D, u32 number of properties; then for each property:
//                    u32 bytes of its name, name in UTF-8, u32 number of terms T, u32 bytes of all
//                    terms, u32 bytes of all posting lists, f64 sum of lengths, u32 documents with a
//                    length that is not 0
//   text.dictionary  for each property: u32 × (T + 1) where each term starts and the last one ends,
//                    counted from the property's first term; u32 × (T + 1) the same for its posting
//                    list; the terms in UTF-8, one after another
//   text.postings    for each property, for each term: varint number of postings, then each posting:
//                    varint (gap × 2 + 1) when the frequency is 1, otherwise varint (gap × 2) and
//                    varint frequency. The gap is the number of documents since the previous posting
//                    or the start that do not hold the term.
//   text.lengths     for each property: u32 × D, the tokens of each document
//
// A varint has 7 bits a byte, the lowest first; the high bit says that another byte follows.

import { assert } from '../assert.ts';
import { ByteWriter } from '../bytes.ts';
import type { Section } from '../segment/sections.ts';
import { PostingListWriter } from './posting-list.ts';
import { compareTerms, type PropertyTextIndex, sortTerms, type TextIndex } from './text-index.ts';

/** Where the documents of one index go in a merged one. */
export interface TextPart {
  readonly index: TextIndex;
  /** New number of each document, -1 to leave it out (also where the array ends). */
  readonly places: Int32Array;
}

/**
 * The sections of a sealed segment whose document i is document `order[i]` of `index`; documents that
 * are not in `order` are left out, and so are terms that only they hold.
 */
export function encodeTextIndex(index: TextIndex, order: Uint32Array): Section[] {
  const places = new Int32Array(index.documentCount).fill(-1);
  for (let i = 0; i < order.length; i++) {
    if (order[i]! < places.length) places[order[i]!] = i;
  }
  return encodeTextParts([{ index, places }], order.length);
}

/** The sections of one segment of `documentCount` documents that come from several indexes. */
export function encodeTextParts(parts: readonly TextPart[], documentCount: number): Section[] {
  assert(documentCount < 2 ** 30, 'a document number fits a posting');
  const names = new Set(parts.flatMap(({ index }) => index.propertyNames));
  const directory = new ByteWriter();
  const dictionary: Uint8Array[] = [];
  const postings: Uint8Array[] = [];
  const lengths: Uint8Array[] = [];
  directory.u32(documentCount);
  directory.u32(names.size);
  for (const name of Array.from(names).sort(compareTerms)) {
    const encoded = new PropertyEncoder(parts, name, documentCount);
    encoded.describe(directory);
    dictionary.push(...encoded.dictionary());
    postings.push(encoded.postings.finish());
    lengths.push(bytesOf(encoded.lengths));
  }
  return [
    { name: 'text.properties', parts: [directory.finish()] },
    { name: 'text.dictionary', parts: dictionary },
    { name: 'text.postings', parts: postings },
    { name: 'text.lengths', parts: lengths },
  ];
}

interface PropertyPart {
  readonly property: PropertyTextIndex;
  readonly places: Int32Array;
}

/** Everything of one property. */
class PropertyEncoder {
  readonly postings = new PostingListWriter();
  readonly lengths: Uint32Array;
  readonly #name: string;
  readonly #parts: readonly PropertyPart[];
  readonly #terms = new ByteWriter();
  readonly #termStarts: number[] = [];
  readonly #postingStarts: number[] = [];
  /** Documents of the list in work, and the frequency of each document of the segment. */
  readonly #docs: Uint32Array;
  readonly #frequencies: Uint32Array;

  constructor(parts: readonly TextPart[], name: string, documentCount: number) {
    this.#name = name;
    this.#parts = parts.flatMap(({ index, places }) => {
      const property = index.property(name);
      return property === undefined ? [] : [{ property, places }];
    });
    this.#docs = new Uint32Array(documentCount);
    this.#frequencies = new Uint32Array(documentCount);
    this.lengths = new Uint32Array(documentCount);
    for (const { property, places } of this.#parts) {
      for (let doc = 0; doc < places.length; doc++) {
        if (places[doc]! >= 0) this.lengths[places[doc]!] = property.lengthOf(doc);
      }
    }
    for (const term of this.#allTerms()) this.#encodeTerm(term);
    this.#termStarts.push(this.#terms.length);
    this.#postingStarts.push(this.postings.length);
  }

  describe(directory: ByteWriter): void {
    let sum = 0;
    let count = 0;
    for (const length of this.lengths) {
      sum += length;
      if (length > 0) count += 1;
    }
    assert(this.postings.length < 2 ** 32, 'posting lists of a property fit 4 GiB');
    directory.text(this.#name);
    directory.u32(this.#termStarts.length - 1);
    directory.u32(this.#terms.length);
    directory.u32(this.postings.length);
    directory.f64(sum);
    directory.u32(count);
  }

  dictionary(): Uint8Array[] {
    return [
      bytesOf(Uint32Array.from(this.#termStarts)),
      bytesOf(Uint32Array.from(this.#postingStarts)),
      this.#terms.finish(),
    ];
  }

  /** The terms of every part, ascending; several parts are joined through a set. */
  #allTerms(): Iterable<string> {
    if (this.#parts.length === 1) return this.#parts[0]!.property.terms();
    const terms = new Set<string>();
    for (const { property } of this.#parts) for (const term of property.terms()) terms.add(term);
    return sortTerms(Array.from(terms));
  }

  #encodeTerm(term: string): void {
    let count = 0;
    for (const { property, places } of this.#parts) {
      const list = property.postings(term);
      if (list === undefined) continue;
      for (let i = 0; i < list.docs.length; i++) {
        const place = places[list.docs[i]!] ?? -1;
        if (place < 0) continue;
        this.#docs[count++] = place;
        this.#frequencies[place] = list.frequencies[i]!;
      }
    }
    if (count === 0) return;
    this.#termStarts.push(this.#terms.length);
    this.#postingStarts.push(this.postings.length);
    this.#terms.characters(term);
    this.postings.append(this.#docs.subarray(0, count).sort(), this.#frequencies);
  }
}

function bytesOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
