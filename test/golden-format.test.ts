// Files that were stored in a format are opened by every later version, and a changed format has a new
// number. A failure here says what to do.

import assert from 'node:assert/strict';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Collection } from '../src/database/collection.ts';
import type { Database } from '../src/database/database.ts';
import type { ObjectInput } from '../src/database/object-input.ts';
import { type DirectoryDatabase, openDirectory } from '../src/database/open-directory.ts';
import type { VectorValue } from '../src/engine/document.ts';
import type { Filter } from '../src/engine/filter/filter.ts';
import type { Query } from '../src/engine/query/query.ts';
import { MemoryDirectory } from '../src/storage/memory-directory.ts';
import { MemoryStore } from '../src/storage/memory-store.ts';
import { openSegment } from '../src/storage/segment-files.ts';
import { vectorizerSettings } from '../src/vectorizers/create-vectorizers.ts';
import {
  everything,
  type Model,
  plain,
  tenants,
  writeGoldenDatabase,
} from './golden-format/golden-database.ts';
import { cosineMaxSim, noContext, uuidOf } from './simulation/world.ts';

const stored = join(import.meta.dirname, 'golden-format');
/** Every format that was ever released, and the one in work: the last. */
const formats = ['1'];
const current = formats.at(-1)!;
const advice = `the format on disk is not what test/golden-format/${current} holds. As long as no release \
has written format ${current}: node scripts/golden-format.ts ${current}. After that it needs a new number, a \
reader of its own, and files of its own beside these`;

/** The inputs are the same whatever the format: kept apart from how they are stored. */
async function modelOf(): Promise<{ model: Model; directory: MemoryDirectory }> {
  const directory = new MemoryDirectory();
  return { model: await writeGoldenDatabase(directory), directory };
}

/** Opens a copy, which `change` may have changed. */
async function withCopy(
  format: string,
  change: (folder: string) => void,
  use: (open: () => Promise<DirectoryDatabase>) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-golden-'));
  try {
    cpSync(join(stored, format), folder, { recursive: true });
    change(folder);
    await use(() => openDirectory(folder, { vectorizers: vectorizerSettings({}) }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkObjects(collection: Collection, objects: ReadonlyMap<string, ObjectInput>): void {
  assert.equal(collection.count(), objects.size);
  for (const [uuid, { properties, vectors, places, words }] of objects) {
    const document = collection.get(uuid);
    assert.ok(document, uuid);
    assert.deepEqual(document.properties, properties);
    assert.deepEqual([...document.vectors.keys()], [...vectors.keys()]);
    for (const [name, given] of vectors) {
      const vector: VectorValue = document.vectors.get(name)!;
      if (name !== 'pooled') assert.deepEqual(vector, given, `${uuid} ${name}`);
      else assert.equal(vector.values.length * 2, (given as VectorValue).values.length);
    }
    assert.equal(document.pooled?.get('pooled')?.length, vectors.has('pooled') ? 4 : undefined);
    assert.deepEqual(document.places, places);
    assert.deepEqual(document.words, words);
    assert.ok(document.createdAt > Date.UTC(2026) && document.updatedAt >= document.createdAt);
  }
}

async function search(collection: Collection, query: object): Promise<[string, number][]> {
  const whole = { offset: 0, limit: 100, autocut: 0, ...query } as Query;
  const { hits } = await collection.search(whole, { explain: false }, noContext);
  return hits.map(({ document, score }) => [document.uuid, score ?? 0]);
}

/** Every object at its place, with its score. */
async function checkVectorSearch(
  collection: Collection,
  objects: ReadonlyMap<string, ObjectInput>,
  name: string,
  score: (query: VectorValue, vector: VectorValue) => number,
): Promise<void> {
  for (const n of [3, 9, 103]) {
    const query = objects.get(uuidOf(n))!.vectors.get(name) as VectorValue;
    const expected = [...objects]
      .flatMap(([uuid, { vectors }]): [string, number][] => {
        const vector = vectors.get(name) as VectorValue | undefined;
        return vector ? [[uuid, score(query, vector)]] : [];
      })
      .sort(([, a], [, b]) => b - a);
    const targets = { names: [name], combination: 'minimum', weights: [] };
    const input = { kind: 'vectors', vectors: [query] };
    const found = await search(collection, { kind: 'vector', search: { input, targets } });
    assert.deepEqual(
      found.map(([uuid]) => uuid),
      expected.map(([uuid]) => uuid),
    );
    for (const [place, [, own]] of found.entries()) {
      assert.ok(Math.abs(own - expected[place]![1]) < 1e-4, `${name} ${place}`);
    }
  }
}

function minusSquares(query: VectorValue, { values }: VectorValue): number {
  return -values.reduce((sum, value, i) => sum + (value - query.values[i]!) ** 2, 0);
}

/** A filter on each kind of column, beside the same in plain words. */
const filters: readonly (readonly [string, Filter, (object: ObjectInput) => boolean])[] = [
  ['int', compare('greaterThan', 'int', 40), ({ properties }) => Number(properties['int']) > 40],
  [
    'number',
    compare('lessThan', 'number', 1),
    ({ properties }) => Number(properties['number']) < 1,
  ],
  ['boolean', compare('equal', 'flag', true), ({ properties }) => properties['flag'] === true],
  [
    'text',
    compare('equal', 'text', 'fjord'),
    ({ properties }) => wordsOf(properties['text']).includes('fjord'),
  ],
  ['field', compare('equal', 'code', 'C-34'), ({ properties }) => properties['code'] === 'C-34'],
  [
    'numbers',
    compare('containsAny', 'ints', [-14]),
    ({ properties }) => contains(properties['ints'], -14),
  ],
  [
    'date',
    compare('greaterThan', 'date', '2024-02-29T12:34:56.123456788Z'),
    ({ properties }) => typeof properties['date'] === 'string',
  ],
  [
    'uuid',
    compare('equal', 'uuid', uuidOf(5014)),
    ({ properties }) => properties['uuid'] === uuidOf(5014),
  ],
  [
    'null',
    compare('isNull', 'numbers', true),
    ({ properties }) => properties['numbers'] === undefined,
  ],
  [
    'place',
    compare('withinGeoRange', 'place', { latitude: 3, longitude: -3, distance: 100_000 }),
    ({ properties }) => 'place' in properties && Math.abs(Number(properties['int']) - 30) <= 6,
  ],
  [
    'references',
    {
      ...{ kind: 'reference', property: 'near', collection: 'Plain' },
      filter: { kind: 'compare', operator: 'equal', target: { kind: 'uuid' }, value: uuidOf(1) },
    },
    ({ properties }) => Number(properties['int']) % 10 === 7,
  ],
];

function compare(operator: string, name: string, value: unknown): Filter {
  return { kind: 'compare', operator, target: { kind: 'property', name }, value } as Filter;
}

function wordsOf(text: unknown): string[] {
  return typeof text === 'string' ? text.split(' ') : [];
}

function contains(list: unknown, value: number): boolean {
  return Array.isArray(list) && list.includes(value);
}

async function checkAnswers(database: Database, model: Model): Promise<void> {
  const objects = model.get('Everything')!;
  const collection = database.collection('Everything');
  await checkVectorSearch(collection, objects, 'mv', cosineMaxSim);
  await checkVectorSearch(collection, objects, 'sv', minusSquares);
  for (const word of ['amber', 'heath']) {
    const keyword = { text: word, operator: { kind: 'or', matchesMin: 1 } };
    const found = await search(collection, { kind: 'keyword', search: keyword });
    const with_ = [...objects].filter(([, { properties }]) =>
      [properties['text'], properties['texts']].flat().flatMap(wordsOf).includes(word),
    );
    assert.deepEqual(found.map(([uuid]) => uuid).sort(), with_.map(([uuid]) => uuid).sort());
  }
  for (const [name, filter, matches] of filters) {
    const found = await search(collection, { kind: 'fetch', sort: [], filter });
    const expected = [...objects].filter(([, object]) => matches(object));
    assert.ok(expected.length > 0 && expected.length < objects.size, `${name} divides the objects`);
    assert.deepEqual(
      found.map(([uuid]) => uuid).sort(),
      expected.map(([uuid]) => uuid).sort(),
      name,
    );
  }
}

describe('stored files', () => {
  for (const format of formats) {
    test(`of format ${format} open and hold what was stored`, async () => {
      const { model } = await modelOf();
      await withCopy(
        format,
        () => undefined,
        async (open) => {
          await using opened = await open().catch((error: unknown) => {
            throw new Error(`${advice}: ${error}`, { cause: error });
          });
          const { database } = opened;
          for (const { name, properties, vectors } of [everything, plain]) {
            const collection = database.collection(name);
            const named = (some: readonly { readonly name: string }[] = []): string[] =>
              some.map((one) => one.name);
            assert.deepEqual(named(collection.config.properties), named(properties));
            assert.deepEqual(named(collection.config.vectors), named(vectors));
            checkObjects(collection, model.get(name)!);
          }
          const known = database.tenants.list(database.collection('Shared'));
          assert.deepEqual(
            known.map(({ name, status, objects }) => `${name} ${status} ${objects}`),
            ['asleep inactive 3', 'logged active 2', 'sealed active 3'],
          );
          for (const name of tenants) {
            using held = await database.hold('Shared', name);
            checkObjects(held.collection, model.get(`Shared/${name}`)!);
          }
          const { sealed } = database.collection('Everything').segments;
          assert.deepEqual(
            sealed.map(({ segment }) => [segment.documentCount, segment.liveCount]),
            [
              [48, 43],
              [6, 5],
            ],
          );
          const [trained] = sealed;
          assert.ok(trained?.segment.codes('mv') && trained.segment.lists('sv'), 'one is trained');
          await checkAnswers(database, model);
        },
      );
    });
  }

  test(`of format ${current} are what is written now`, async () => {
    const { directory } = await modelOf();
    const files = globSync('**/*', { cwd: join(stored, current), withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    assert.ok(files.length >= 5);
    for (const file of files) {
      const name = relative(join(stored, current), file).split(sep).join('/');
      const [before, now] = [readFileSync(file), directory.contentOf(name)];
      if (name === 'store/manifest') assert.deepEqual(manifestOf(now), manifestOf(before), advice);
      else if (name.endsWith('.log')) assert.ok(before.equals(now), `${name}: ${advice}`);
      else assert.deepEqual(await sectionsOf(now), await sectionsOf(before), `${name}: ${advice}`);
    }
  });

  for (const [file, patch] of [
    ['store/manifest', patchManifest],
    ['store/collections/1/5.segment', patchSegment],
    ['store/collections/1/5.segment.live-15', patchSegment],
    ['log/00000000000000000016.log', patchLog],
  ] as const) {
    test(`of an unknown format are refused: ${file}`, async () => {
      const change = (folder: string): void => {
        const path = join(folder, file);
        writeFileSync(path, patch(readFileSync(path)));
      };
      await withCopy(current, change, async (open) => {
        await assert.rejects(open(), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'format-unknown');
          assert.match(error.message, /77/);
          return true;
        });
      });
    });
  }
});

/** Without the configuration, which is the database's and may gain settings, and its checksum. */
function manifestOf(bytes: Uint8Array): unknown {
  const [head = '', ...body] = Buffer.from(bytes).toString().split('\n');
  const manifest = JSON.parse(body.join('\n'));
  for (const collection of manifest.collections) delete collection.config;
  return [head.replace(/ [0-9a-f]{8}$/, ''), manifest];
}

/** Sections in their order with their bytes; of what training makes only the names. */
async function sectionsOf(bytes: Uint8Array): Promise<unknown> {
  const store = new MemoryStore();
  await store.put('file', [bytes], { kind: 'always' });
  const file = await openSegment(store, 'file');
  await file.verify();
  return file.names.map((name) => {
    const section = file.section(name)!;
    if (/\.(codes|lists)\./.test(name)) return name;
    return [name, Buffer.from(section.bytes(0, section.length)).toString('base64')];
  });
}

function patchManifest(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString().replace(/^tesserae-manifest [0-9]+/, 'tesserae-manifest 77'));
}

function patchSegment(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(77, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

function patchLog(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(77, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}
