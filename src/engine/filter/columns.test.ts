// Columns come back from their bytes as they were, in a new order and without left-out documents.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Properties } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { writeFingerprint } from '../fingerprint.ts';
import { type PropertySchema, type PropertyType, propertyTypes } from '../schema.ts';
import type { Section, SectionSource } from '../segment/sections.ts';
import { readUuid } from '../uuid.ts';
import type { Column, LengthColumn } from './column.ts';
import { startsOf } from './column-codec.ts';
import { type Columns, encodeColumns, MemoryColumns, openColumns } from './columns.ts';
import type { Elements } from './elements.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

const samples: Record<PropertyType, (n: number) => unknown> = {
  text: (n) => 'é🙂'.repeat(n % 5),
  'text[]': (n) => Array.from({ length: n % 3 }, (_, at) => `${n} ${at}`),
  int: (n) => n - 10,
  'int[]': (n) => Array.from({ length: n % 4 }, (_, at) => n * at),
  number: (n) => n / 7,
  'number[]': (n) => Array.from({ length: n % 4 }, (_, at) => n / (at + 3)),
  boolean: (n) => n % 2 === 0,
  'boolean[]': (n) => Array.from({ length: n % 4 }, (_, at) => (n + at) % 2 === 0),
  date: (n) => `20${10 + (n % 80)}-01-02T03:04:05.1234567Z`,
  'date[]': (n) => Array.from({ length: n % 3 }, (_, at) => `${1000 + n}-0${at + 1}-02T03:04:05Z`),
  uuid,
  'uuid[]': (n) => Array.from({ length: n % 3 }, (_, at) => uuid(n + at)),
  blob: () => 'aGVsbG8=',
  blobHash: (n) => n.toString(16).padStart(64, '0'),
  geoCoordinates: (n) => ({ latitude: n / 2, longitude: -n }),
  phoneNumber: () => ({ input: '+31201234567' }),
  object: (n) => ({ n, word: `w${n % 3}` }),
  'object[]': (n) => Array.from({ length: n % 3 }, (_, at) => ({ n: at, list: [n, at] })),
  reference: (n) =>
    Array.from({ length: n % 3 }, (_, at) => `${at + n > 4 ? 'B' : 'A'}/${uuid(n)}`),
};

const inside: PropertySchema[] = [
  { name: 'n', type: 'int', filterable: true, searchable: false },
  { name: 'word', type: 'text', tokenization: 'word', filterable: true, searchable: true },
  { name: 'list', type: 'int[]', filterable: true, searchable: false },
];

const properties: PropertySchema[] = propertyTypes.map((type) => ({
  name: type.replace('[]', 'Array'),
  type,
  ...(type.startsWith('object') && { nested: inside }),
  filterable: true,
  searchable: false,
}));

function documents(count: number): Properties[] {
  return Array.from({ length: count }, (_, n) => {
    const entries = properties.flatMap(({ name, type }, index) =>
      (n + index) % 3 === 0 ? [] : [[name, samples[type](n)]],
    );
    return Object.fromEntries(entries) as Properties;
  });
}

function memory(all: readonly Properties[]): MemoryColumns {
  const columns = new MemoryColumns();
  for (const [doc, values] of all.entries()) {
    columns.add(
      doc,
      { createdAt: 1e12 + doc, updatedAt: 2e12 + doc, properties: values },
      { properties },
    );
  }
  return columns;
}

function sourceOf(sections: readonly Section[]): SectionSource {
  const all = new Map(sections.map(({ name, parts }) => [name, Buffer.concat([...parts])]));
  return {
    names: Array.from(all.keys()),
    section(name) {
      const bytes = all.get(name);
      if (!bytes) return undefined;
      return {
        length: bytes.length,
        bytes: (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
        read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
      };
    },
  };
}

/** Of a document's text, or of each of its texts, through the column's layout. */
function fingerprintsOf({ type, lengths, fingerprints }: LengthColumn, doc: number): number[] {
  if (!fingerprints) return [];
  const start = type === 'text' ? doc : startsOf(lengths)[doc]!;
  const count = type === 'text' ? 1 : lengths[doc]!;
  return Array.from(fingerprints.subarray(start * 2, (start + count) * 2));
}

function expectedFingerprints(texts: readonly string[]): number[] {
  const words = new Uint32Array(texts.length * 2);
  for (const [index, text] of texts.entries()) writeFingerprint(text, words, index * 2);
  return Array.from(words);
}

/** Reads everything that there is of elements. */
function readElements(elements: Elements | undefined): void {
  for (const name of elements?.names ?? []) elements?.column(name);
  for (const name of elements?.text.propertyNames ?? []) {
    const property = elements?.text.property(name);
    for (const term of property?.terms() ?? []) assert.ok(property?.postings(term));
    assert.ok(property?.lengths);
  }
  for (const name of elements?.elementNames ?? []) readElements(elements?.elements(name));
}

/** What one document has in a column, read through the column's layout. */
function readValue(column: Column | undefined, doc: number): unknown {
  if (!column?.present.has(doc)) return undefined;
  const offsets = 'offsets' in column ? column.offsets : undefined;
  const one = (at: number): unknown => {
    switch (column.kind) {
      case 'presence':
        return true;
      case 'length':
        return [column.lengths[at], ...fingerprintsOf(column, at)];
      case 'number':
      case 'boolean':
        return column.values[at];
      case 'date':
        return [column.ms[at], column.nanos?.[at] ?? 0];
      case 'uuid':
        return readUuid(column.bytes, at * 16);
      case 'geo':
        return [column.coordinates[at * 2], column.coordinates[at * 2 + 1]];
      case 'reference':
        return `${column.names[column.collections[at]!]}/${readUuid(column.bytes, at * 16)}`;
    }
  };
  if (!offsets) return one(doc);
  const count = offsets[doc + 1]! - offsets[doc]!;
  return Array.from({ length: count }, (_, index) => one(offsets[doc]! + index));
}

/** What a document with that value ought to have there. */
function expectedOf(type: PropertyType, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (type === 'text') {
    const text = value as string;
    return [Array.from(text).length, ...expectedFingerprints([text])];
  }
  if (type === 'text[]') {
    const texts = value as string[];
    return [texts.length, ...expectedFingerprints(texts)];
  }
  if (type === 'object[]') return [(value as unknown[]).length];
  if (/^(blob|blobHash|phoneNumber|object)$/.test(type)) return true;
  if (Array.isArray(value)) {
    const single = type.slice(0, -2) as PropertyType;
    return value.map((element) => expectedOf(single, element));
  }
  if (type === 'boolean') return value ? 1 : 0;
  if (type === 'date') {
    const ms = Date.parse((value as string).replace(/(\.\d{3})\d*/, '$1'));
    return [ms, (value as string).includes('.') ? 456700 : 0];
  }
  if (type === 'geoCoordinates') return Object.values(value as object);
  return value;
}

function assertHolds(columns: Columns, all: readonly Properties[], order: readonly number[]): void {
  for (const { name, type } of properties) {
    const column = columns.column(name);
    for (const [place, doc] of order.entries()) {
      const expected = expectedOf(type, all[doc]![name]);
      assert.deepEqual(readValue(column, place), expected, `${name} of document ${doc}`);
    }
  }
  for (const [place, doc] of order.entries()) {
    assert.equal(columns.createdAt[place], 1e12 + doc);
    assert.equal(columns.updatedAt[place], 2e12 + doc);
  }
}

const backwards = (count: number) => Uint32Array.from({ length: count }, (_, at) => count - 1 - at);

describe('Columns', () => {
  for (const count of [0, 1, 3, 31, 32, 33, 64, 127, 207]) {
    it(`hold every type of property in ${count} documents, in memory and sealed`, () => {
      const all = documents(count);
      const columns = memory(all);
      assertHolds(columns, all, Array.from(all.keys()));
      const order = backwards(count);
      const sealed = openColumns(sourceOf(encodeColumns(columns, order)), count);
      assertHolds(sealed, all, Array.from(order));
      assert.equal(sealed.documentCount, count);
    });
  }

  it('leave out the documents that the order leaves out', () => {
    const all = documents(100);
    const order = Uint32Array.from([5, 3, 99, 41]);
    const sealed = openColumns(sourceOf(encodeColumns(memory(all), order)), 4);
    assertHolds(sealed, all, Array.from(order));
  });

  it('encode sealed columns to the same bytes as those they came from', () => {
    const columns = memory(documents(50));
    const first = encodeColumns(columns, backwards(50));
    const sealed = openColumns(sourceOf(first), 50);
    const again = encodeColumns(
      sealed,
      Uint32Array.from({ length: 50 }, (_, at) => at),
    );
    const bytes = (sections: readonly Section[]) =>
      sections.map(({ name, parts }) => [name, Buffer.concat([...parts]).toString('hex')]);
    assert.deepEqual(bytes(again), bytes(first));
  });

  it('have none for a property that no document has, and take new properties on the way', () => {
    const columns = new MemoryColumns();
    const odd: PropertySchema = {
      name: 'constructor',
      type: 'int',
      filterable: true,
      searchable: false,
    };
    columns.add(0, { createdAt: 1, updatedAt: 1, properties: {} }, { properties: [odd] });
    assert.equal(columns.column('constructor'), undefined);
    const late: PropertySchema = {
      name: 'late',
      type: 'int[]',
      filterable: true,
      searchable: false,
    };
    const times = { createdAt: 1, updatedAt: 1 };
    for (let doc = 1; doc < 40; doc += 1) {
      columns.add(doc, { ...times, properties: {} }, { properties: [] });
    }
    assert.equal(columns.column('late'), undefined);
    columns.add(40, { ...times, properties: { late: [7, 8] } }, { properties: [late] });
    columns.add(41, { ...times, properties: { late: null } }, { properties: [late] });
    assert.deepEqual(columns.names, ['late']);
    const column = columns.column('late');
    assert.equal(readValue(column, 39), undefined);
    assert.deepEqual(readValue(column, 40), [7, 8]);
    assert.equal(readValue(column, 41), undefined);
    const without = encodeColumns(columns, Uint32Array.from([0, 1, 41]));
    assert.equal(openColumns(sourceOf(without), 3).column('late'), undefined);
  });

  it('name the section and the offset of bytes that are cut, too many, or missing', () => {
    const sections = encodeColumns(memory(documents(40)), backwards(40));
    const read = (changed: readonly Section[]) => {
      const columns = openColumns(sourceOf(changed), 40);
      for (const name of columns.names) columns.column(name);
      for (const name of columns.elementNames) readElements(columns.elements(name));
    };
    read(sections);
    for (const [index, section] of sections.entries()) {
      const bytes = Buffer.concat([...section.parts]);
      const cut = sections.with(index, { ...section, parts: [bytes.subarray(0, -1)] });
      const more = sections.with(index, { ...section, parts: [bytes, new Uint8Array(1)] });
      const changes = [sections.toSpliced(index, 1)];
      if (bytes.length > 0) changes.push(cut);
      if (!/columns\.directory|text\.properties/.test(section.name)) changes.push(more);
      for (const changed of changes) {
        assert.throws(
          () => read(changed),
          (error: unknown) => error instanceof DatabaseError && error.code === 'corrupt',
          section.name,
        );
      }
    }
  });

  it('refuse offsets that do not ascend to the count of values', () => {
    const columns = memory(documents(40));
    const sections = encodeColumns(columns, backwards(40));
    const index = sections.findIndex(
      ({ name }) => name === `columns.${columns.names.indexOf('intArray')}`,
    );
    const bytes = Buffer.concat([...sections[index]!.parts]);
    bytes.writeUInt32LE(1000, 8 + 4 * 20);
    const changed = sections.with(index, { name: sections[index]!.name, parts: [bytes] });
    assert.throws(
      () => openColumns(sourceOf(changed), 40).column('intArray'),
      /corrupt file section columns\.\d+ at byte \d+: offsets that ascend/,
    );
  });
});
