// Types guessed from values, as the reference guesses them, and its recordings replayed.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Properties, PropertyValue } from '../../engine/document.ts';
import type {
  CollectionConfig,
  NestedPropertyConfig,
  PropertyConfig,
} from '../collection-config.ts';
import { extendProperties, inferProperties } from './auto-schema.ts';
import { resolveCollection } from './collection-schema.ts';
import { checkProperties } from './property-values.ts';

const empty: CollectionConfig = resolveCollection({ name: 'Auto' });

/** Type, and of objects the nested ones: `text`, or `{ x: 'number' }`. */
type Sketch = string | { readonly [name: string]: Sketch };

function sketch({ type, nested }: NestedPropertyConfig): Sketch {
  if (!nested) return type;
  return Object.fromEntries(nested.map((inner) => [inner.name, sketch(inner)]));
}

function inferred(value: unknown): Sketch {
  const [property] = inferProperties(empty, { p: value as PropertyValue });
  return sketch(property!);
}

function withProperties(properties: readonly PropertyConfig[]): CollectionConfig {
  return { ...empty, properties };
}

const uuid = '6df95749-fcc1-5494-875c-7a61865898a3';
const day = '2024-01-02T03:04:05Z';

describe('inferProperties', () => {
  it('guesses types from values', () => {
    const cases: readonly (readonly [unknown, Sketch])[] = [
      ['text', 'text'],
      ['2024-01-02', 'text'],
      ['aGVsbG8gd29ybGQ=', 'text'],
      [day, 'date'],
      [uuid, 'uuid'],
      [uuid.toUpperCase(), 'uuid'],
      [3, 'number'],
      [true, 'boolean'],
      [null, 'text'],
      [[], 'text[]'],
      [['a'], 'text[]'],
      [[1, 2.5], 'number[]'],
      [[true], 'boolean[]'],
      [[day], 'date[]'],
      [[uuid, uuid], 'uuid[]'],
      [[day, 'a', uuid], 'text[]'],
      [
        { x: 1, y: 'z', k: { deep: true } },
        { x: 'number', y: 'text', k: { deep: 'boolean' } },
      ],
      [{}, {}],
      [[{ x: 1 }, { y: [true] }], { x: 'number', y: 'boolean[]' }],
      [[{ k: { a: 1 } }, { k: { b: 2 } }], { k: { a: 'number', b: 'number' } }],
      [[{ x: null }, { x: 1 }], { x: 'number' }],
      [{ latitude: 1.5, longitude: 2.5 }, 'geoCoordinates'],
      [
        { latitude: 1, longitude: 2, height: 3 },
        { latitude: 'number', longitude: 'number', height: 'number' },
      ],
      [{ input: '020 1234567', defaultCountry: 'nl' }, 'phoneNumber'],
      [{ input: '+31 20 1234567' }, 'phoneNumber'],
      [{ input: 'some words' }, { input: 'text' }],
    ];
    for (const [value, expected] of cases) {
      assert.deepEqual(inferred(value), expected, JSON.stringify(value));
    }
  });

  it('marks arrays of objects as such', () => {
    assert.equal(inferProperties(empty, { p: [{ x: 1 }] })[0]!.type, 'object[]');
    assert.equal(inferProperties(empty, { p: { x: 1 } })[0]!.type, 'object');
  });

  it('fills in the defaults of a property', () => {
    const [text, number] = inferProperties(empty, { t: 'x', n: 1 });
    const common = { description: 'Added by auto-schema', filterable: true, rangeFilters: false };
    const textual = { searchable: true, tokenization: 'word' };
    assert.deepEqual(text, { name: 't', type: 'text', ...common, ...textual });
    assert.deepEqual(number, { name: 'n', type: 'number', ...common, searchable: false });
  });

  it('refuses arrays of several types, of nulls and of arrays', () => {
    const mixed = (value: unknown, message: RegExp) =>
      assert.throws(() => inferred(value), { code: 'invalid-argument', message });
    mixed(
      [1, 'a'],
      /property 'p' on class 'Auto': element \[1\]: mismatched data type - 'number' expected, got 'text'/,
    );
    mixed(['a', 1], /element \[1\]: .*'text' expected, got 'number'/);
    mixed([null], /element \[0\]: .*got 'null'/);
    mixed([[1]], /element \[0\]: .*got 'array'/);
    mixed({ inner: [true, {}] }, /property 'p\.inner' on class 'Auto': element \[1\]/);
  });

  it('leaves known properties alone, whatever the case of their first letter', () => {
    const config = withProperties(inferProperties(empty, { text: 'x' }));
    assert.deepEqual(inferProperties(config, { Text: 5, text: true }), []);
    const both = inferProperties(empty, { Name: 5, name: 'x' });
    assert.deepEqual(
      both.map(({ name, type }) => [name, type]),
      [['name', 'text']],
    );
  });

  it('refuses reserved and bad names, and those that differ in letter case only', () => {
    const code = 'invalid-argument';
    assert.throws(() => inferProperties(empty, { id: 'x' }), {
      code,
      message: /'id' is a reserved/,
    });
    assert.throws(() => inferProperties(empty, { 'a b': 'x' }), { code });
    assert.throws(() => inferProperties(empty, { p: { 'a b': 'x' } }), { code });
    assert.throws(() => inferProperties(empty, { fooBar: 1, foobar: 2 }), { code });
  });

  it('makes properties that the object then passes', () => {
    const given: Properties = {
      a: 'x',
      b: [day, 'x'],
      c: { k: { l: [1] }, when: '2024-01-02T03:04:05.000+00:00', nothing: null },
      d: [{ x: 1 }, { y: null }],
      e: { input: '+49 30 123456' },
      f: [],
      g: null,
    };
    const config = withProperties(inferProperties(empty, given));
    const stored = checkProperties(config, given);
    assert.deepEqual(Object.keys(stored), ['a', 'b', 'c', 'd', 'e', 'f']);
    assert.deepEqual(checkProperties(config, stored), stored);
  });
});

describe('lists of whole numbers', () => {
  const integerLists = new Set(['years', 'cars.years', 'more.deep.years']);
  const given = {
    years: [1, 2],
    shares: [1, 2],
    cars: [{ years: [1], shares: [1] }],
    more: { deep: { years: [1] } },
  };
  const properties = extendProperties(empty, given, { integerLists });
  const typeOf = (path: string) => {
    let inside: readonly { name: string; type: string; nested?: unknown }[] = properties;
    let type = '';
    for (const part of path.split('.')) {
      const found = inside.find(({ name }) => name === part);
      assert.ok(found, path);
      type = found.type;
      inside = (found.nested ?? []) as typeof inside;
    }
    return type;
  };

  it('become int[], others number[]', () => {
    for (const path of integerLists) assert.equal(typeOf(path), 'int[]', path);
    assert.equal(typeOf('shares'), 'number[]');
    assert.equal(typeOf('cars.shares'), 'number[]');
  });

  it('become int[] in an object that is known already', () => {
    const config = withProperties(extendProperties(empty, { cars: [{ shares: [1] }] }));
    const [cars] = extendProperties(config, { cars: given.cars }, { integerLists });
    assert.deepEqual(
      cars?.nested?.map(({ name, type }) => [name, type]),
      [
        ['shares', 'number[]'],
        ['years', 'int[]'],
      ],
    );
  });
});

describe('extendProperties', () => {
  const first = { o: { x: 1, inner: { a: 1 } }, list: [{ n: 1 }], t: 'x' };
  const config = withProperties(extendProperties(empty, first));
  const sketches = (given: Properties) =>
    Object.fromEntries(extendProperties(config, given).map((one) => [one.name, sketch(one)]));

  it('returns the very list when nothing is missing', () => {
    assert.equal(extendProperties(config, first), config.properties);
    assert.equal(extendProperties(config, { o: null, list: [] }), config.properties);
  });

  it('adds new properties behind the known ones', () => {
    const given = { n: 1, o: { x: 2 } };
    assert.deepEqual(Object.keys(sketches(given)), ['o', 'list', 't', 'n']);
  });

  it('adds nested properties at every depth, and the object passes then', () => {
    const given: Properties = {
      o: { y: 'new', inner: { b: day, c: { d: [true] } } },
      list: [{ n: 2 }, { m: 'new' }],
    };
    assert.deepEqual(sketches(given), {
      o: { x: 'number', inner: { a: 'number', b: 'date', c: { d: 'boolean[]' } }, y: 'text' },
      list: { n: 'number', m: 'text' },
      t: 'text',
    });
    assert.throws(() => checkProperties(config, given), { code: 'property-invalid' });
    const extended = withProperties(extendProperties(config, given));
    assert.deepEqual(checkProperties(extended, given), given);
    const inner = extended.properties[0]!.nested!.find(({ name }) => name === 'y')!;
    assert.deepEqual([inner.filterable, inner.tokenization], [true, 'word']);
  });
});

const recording = new URL('../../../test/golden/wire/autoschema_names.json', import.meta.url);

interface WireProperty {
  readonly name: string;
  readonly dataType: readonly string[];
  readonly nestedProperties?: readonly WireProperty[];
}

interface Recording {
  readonly case: string;
  readonly calls: readonly {
    readonly method: string;
    readonly path?: string;
    readonly status: number;
    readonly request?: { readonly class?: string; readonly properties?: Properties };
    readonly reply?: { readonly properties?: readonly WireProperty[] & Properties };
  }[];
}

describe('auto-schema of the reference', {
  skip: !existsSync(recording) && 'no recordings here',
}, () => {
  const { records } = JSON.parse(readFileSync(recording, 'utf8')) as { records: Recording[] };
  const wireSketch = ({ dataType, nestedProperties }: WireProperty): Sketch =>
    nestedProperties
      ? Object.fromEntries(nestedProperties.map((one) => [one.name, wireSketch(one)]))
      : dataType[0]!;
  for (const { case: name, calls } of records.filter((record) => record.case.startsWith('rest_'))) {
    const insert = calls.find(({ method, path }) => method === 'POST' && path === '/v1/objects');
    const given = insert?.request?.properties;
    if (!insert || !given) continue;
    it(name, () => {
      if (insert.status !== 200) {
        assert.throws(() => extendProperties(empty, given));
        return;
      }
      const properties = extendProperties(empty, given);
      const schema = calls.find(
        ({ method, path }) => method === 'GET' && path === '/v1/schema/Auto',
      );
      const expected = schema!.reply!.properties!.map((one) => [one.name, wireSketch(one)]);
      assert.deepEqual(
        properties.map((one) => [one.name, sketch(one)]),
        expected,
      );
      const stored = checkProperties(withProperties(properties), given);
      assert.deepEqual(stored, insert.reply!.properties);
    });
  }
});
