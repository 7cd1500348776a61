// Reads the sections that encode-text-index.ts made; the layout stands there. The dictionary is
// resident, posting lists are read one at a time, lengths when first needed.

import { ByteReader } from '../bytes.ts';
import { DatabaseError } from '../errors.ts';
import type { SectionReader, SectionSource } from '../segment/sections.ts';
import { decodePostingList } from './posting-list.ts';
import type { Postings, PropertyTextIndex, TextIndex } from './text-index.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Opens the text index of a sealed segment. Throws DatabaseError 'corrupt' here, or later where a
 * posting list is read.
 */
export function openTextIndex(source: SectionSource, documentCount: number): TextIndex {
  const sections: TextSections = {
    dictionary: required(source, 'text.dictionary'),
    postings: required(source, 'text.postings'),
    lengths: required(source, 'text.lengths'),
  };
  const directory = required(source, 'text.properties');
  const bytes = directory.bytes(0, directory.length);
  const described = readDirectory(new ByteReader(bytes, 'text.properties'), documentCount);
  const end = described.end;
  expectLength('text.dictionary', sections.dictionary, end.dictionary);
  expectLength('text.postings', sections.postings, end.postings);
  expectLength('text.lengths', sections.lengths, end.lengths);
  const properties = described.properties.map(
    (entry) => new SealedProperty(sections, entry, documentCount),
  );
  return new SealedTextIndex(properties, documentCount);
}

interface TextSections {
  readonly dictionary: SectionReader;
  readonly postings: SectionReader;
  readonly lengths: SectionReader;
}

/** Where the parts of a property start in their sections. */
interface Starts {
  readonly dictionary: number;
  readonly postings: number;
  readonly lengths: number;
}

interface PropertyEntry {
  readonly name: string;
  readonly termCount: number;
  readonly termBytes: number;
  readonly postingBytes: number;
  readonly lengthSum: number;
  readonly lengthCount: number;
  readonly starts: Starts;
}

function readDirectory(
  reader: ByteReader,
  documentCount: number,
): { readonly properties: readonly PropertyEntry[]; readonly end: Starts } {
  if (reader.u32() !== documentCount) throw reader.corrupt(`${documentCount} documents`);
  const count = reader.u32();
  const properties: PropertyEntry[] = [];
  let starts: Starts = { dictionary: 0, postings: 0, lengths: 0 };
  for (let i = 0; i < count; i++) {
    const entry = {
      name: reader.text(),
      termCount: reader.u32(),
      termBytes: reader.u32(),
      postingBytes: reader.u32(),
      lengthSum: reader.f64(),
      lengthCount: reader.u32(),
      starts,
    };
    properties.push(entry);
    starts = {
      dictionary: starts.dictionary + 8 * (entry.termCount + 1) + entry.termBytes,
      postings: starts.postings + entry.postingBytes,
      lengths: starts.lengths + 4 * documentCount,
    };
  }
  return { properties, end: starts };
}

class SealedTextIndex implements TextIndex {
  readonly documentCount: number;
  readonly propertyNames: readonly string[];
  readonly #properties: ReadonlyMap<string, SealedProperty>;

  constructor(properties: readonly SealedProperty[], documentCount: number) {
    this.documentCount = documentCount;
    this.propertyNames = properties.map(({ name }) => name);
    this.#properties = new Map(properties.map((property) => [property.name, property]));
  }

  property(name: string): PropertyTextIndex | undefined {
    return this.#properties.get(name);
  }

  remove(doc: number): void {
    for (const property of this.#properties.values()) property.remove(doc);
  }
}

class SealedProperty implements PropertyTextIndex {
  readonly name: string;
  lengthSum: number;
  lengthCount: number;
  readonly #sections: TextSections;
  readonly #starts: Starts;
  readonly #documentCount: number;
  readonly #termStarts: Uint32Array;
  readonly #postingStarts: Uint32Array;
  readonly #terms: Uint8Array;
  #lengths: Uint32Array | undefined;

  constructor(sections: TextSections, entry: PropertyEntry, documentCount: number) {
    const { termCount, termBytes, starts } = entry;
    const startBytes = 4 * (termCount + 1);
    const { dictionary } = sections;
    this.name = entry.name;
    this.lengthSum = entry.lengthSum;
    this.lengthCount = entry.lengthCount;
    this.#sections = sections;
    this.#starts = starts;
    this.#documentCount = documentCount;
    this.#termStarts = numbers(dictionary, starts.dictionary, startBytes);
    this.#postingStarts = numbers(dictionary, starts.dictionary + startBytes, startBytes);
    this.#terms = dictionary.bytes(starts.dictionary + 2 * startBytes, termBytes);
    expectAscending(this.#termStarts, termBytes, starts.dictionary);
    expectAscending(this.#postingStarts, entry.postingBytes, starts.dictionary + startBytes);
  }

  get lengths(): Uint32Array {
    this.#lengths ??= numbers(
      this.#sections.lengths,
      this.#starts.lengths,
      4 * this.#documentCount,
    );
    return this.#lengths;
  }

  lengthOf(doc: number): number {
    return this.lengths[doc] ?? 0;
  }

  remove(doc: number): void {
    const length = this.lengthOf(doc);
    if (length === 0) return;
    this.lengthSum -= length;
    this.lengthCount -= 1;
    this.lengths[doc] = 0;
  }

  postings(term: string): Postings | undefined {
    const wanted = encoder.encode(term);
    const index = this.#lowerBound(wanted);
    if (index >= this.#termStarts.length - 1 || this.#compare(index, wanted) !== 0)
      return undefined;
    const start = this.#starts.postings + this.#postingStarts[index]!;
    const length = this.#postingStarts[index + 1]! - this.#postingStarts[index]!;
    return decodePostingList(this.#sections.postings.bytes(start, length), this.#documentCount, {
      file: 'text.postings',
      offset: start,
    });
  }

  *terms(from = ''): Generator<string> {
    const count = this.#termStarts.length - 1;
    for (let i = this.#lowerBound(encoder.encode(from)); i < count; i++) {
      yield decoder.decode(this.#terms.subarray(this.#termStarts[i]!, this.#termStarts[i + 1]!));
    }
  }

  /** Number of terms that are below `wanted`. */
  #lowerBound(wanted: Uint8Array): number {
    let low = 0;
    let high = this.#termStarts.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, wanted) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Negative when the term at `index` is below `wanted`, 0 when it is the same. */
  #compare(index: number, wanted: Uint8Array): number {
    const start = this.#termStarts[index]!;
    const length = this.#termStarts[index + 1]! - start;
    const shared = Math.min(length, wanted.length);
    for (let i = 0; i < shared; i++) {
      const difference = this.#terms[start + i]! - wanted[i]!;
      if (difference !== 0) return difference;
    }
    return length - wanted.length;
  }
}

function required(source: SectionSource, name: string): SectionReader {
  const section = source.section(name);
  if (section !== undefined) return section;
  throw new DatabaseError('corrupt', { file: name, offset: 0, expected: 'a section of that name' });
}

function expectLength(file: string, section: SectionReader, expected: number): void {
  if (section.length === expected) return;
  const problem = `a section of ${expected} bytes, found ${section.length}`;
  throw new DatabaseError('corrupt', { file, offset: 0, expected: problem });
}

function expectAscending(starts: Uint32Array, end: number, offset: number): void {
  let last = 0;
  for (const start of starts) {
    if (start < last) last = Number.POSITIVE_INFINITY;
    else last = start;
  }
  if (starts[0] === 0 && last === end) return;
  const expected = `ascending starts from 0 to ${end}`;
  throw new DatabaseError('corrupt', { file: 'text.dictionary', offset, expected });
}

/** `length` bytes from `offset` as numbers, in the machine's order: little-endian wherever this runs. */
function numbers(section: SectionReader, offset: number, length: number): Uint32Array {
  return new Uint32Array(section.bytes(offset, length).buffer);
}
