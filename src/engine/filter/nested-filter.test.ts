// Filters that look inside objects: what joined conditions mean, case by case, and on random data
// against an evaluator that walks the objects themselves.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Properties, PropertyValue } from '../document.ts';
import { DatabaseError } from '../errors.ts';
import { seededRandom } from '../quantize/seeded-random.ts';
import type { PropertySchema, PropertyType } from '../schema.ts';
import type { SectionSource } from '../segment/sections.ts';
import { MemoryTextIndex } from '../text/memory-text-index.ts';
import { checkFilter, evaluateFilter, type FilterView } from './allow-list.ts';
import { type Columns, encodeColumns, MemoryColumns, openColumns } from './columns.ts';
import type { Filter, FilterOperator, FilterValue } from './filter.ts';

function leaf(name: string, type: PropertyType): PropertySchema {
  const isText = type.startsWith('text');
  const cut = isText ? { tokenization: 'word' as const } : {};
  return { name, type, ...cut, filterable: true, searchable: isText };
}

function object(
  name: string,
  type: 'object' | 'object[]',
  nested: readonly PropertySchema[],
): PropertySchema {
  return { name, type, nested, filterable: true, searchable: false };
}

const tires = object('tires', 'object[]', [leaf('brand', 'text'), leaf('width', 'int')]);
const engine = object('engine', 'object', [leaf('power', 'int'), leaf('fuel', 'text')]);
const car = [
  leaf('make', 'text'),
  leaf('color', 'text'),
  leaf('codes', 'text[]'),
  leaf('years', 'int[]'),
  leaf('sold', 'boolean'),
  leaf('built', 'date'),
  leaf('frame', 'uuid'),
  leaf('place', 'geoCoordinates'),
  leaf('picture', 'blob'),
  engine,
  tires,
];
const properties = [
  leaf('num', 'int'),
  object('cars', 'object[]', car),
  object('own', 'object', car),
  object('garage', 'object', [leaf('city', 'text'), object('cars', 'object[]', car)]),
];

function columnsOf(documents: readonly Properties[]): MemoryColumns {
  const columns = new MemoryColumns();
  for (const [doc, values] of documents.entries()) {
    columns.add(doc, { createdAt: 1, updatedAt: 1, properties: values }, { properties });
  }
  return columns;
}

/** The same columns from the bytes of a segment, its documents in the order that is given. */
function sealed(columns: Columns, order: readonly number[]): Columns {
  const sections = new Map(
    encodeColumns(columns, Uint32Array.from(order)).map(({ name, parts }) => [
      name,
      Buffer.concat([...parts]),
    ]),
  );
  const source: SectionSource = {
    names: [...sections.keys()],
    section: (name) => {
      const bytes = sections.get(name);
      return (
        bytes && {
          length: bytes.length,
          bytes: (offset, length) => Uint8Array.from(bytes.subarray(offset, offset + length)),
          read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
        }
      );
    },
  };
  return openColumns(source, order.length);
}

function viewOf(columns: Columns): FilterView {
  const text = new MemoryTextIndex();
  text.grow(columns.documentCount);
  return {
    collection: 'Q',
    documentCount: columns.documentCount,
    schema: { properties },
    columns,
    text,
    stopwords: new Set(),
    uuid: () => '',
    find: () => -1,
  };
}

function found(documents: readonly Properties[], filter: Filter): readonly number[] {
  const columns = columnsOf(documents);
  const passed = Array.from(evaluateFilter(filter, viewOf(columns)).toArray());
  const order = documents.map((_, doc) => documents.length - 1 - doc);
  const again = evaluateFilter(filter, viewOf(sealed(columns, order))).toArray();
  const back = Array.from(again, (place) => order[place] as number).sort((a, b) => a - b);
  assert.deepEqual(back, passed, 'the sealed segment answers as the one in memory');
  return passed;
}

const is = (name: string, operator: FilterOperator, value: FilterValue): Filter => ({
  kind: 'compare',
  operator,
  target: { kind: 'property', name },
  value,
});
const lengthIs = (name: string, operator: FilterOperator, value: number): Filter => ({
  kind: 'compare',
  operator,
  target: { kind: 'length', name },
  value,
});
const and = (...operands: Filter[]): Filter => ({ kind: 'and', operands });
const or = (...operands: Filter[]): Filter => ({ kind: 'or', operands });
const not = (operand: Filter): Filter => ({ kind: 'not', operand });

describe('a filter inside an object array', () => {
  const toyotaRed = { make: 'Toyota', color: 'red', tires: [{ brand: 'A', width: 215 }] };
  const hondaBlue = { make: 'Honda', color: 'blue', tires: [{ brand: 'B', width: 205 }] };
  const documents: readonly Properties[] = [
    { num: 0, cars: [toyotaRed, hondaBlue] },
    { num: 1, cars: [{ make: 'Toyota', color: 'blue' }] },
    { num: 2, cars: [{ make: 'Honda', color: 'red', tires: [{ brand: 'A', width: 250 }] }] },
    { num: 3, cars: [] },
    { num: 4 },
    { num: 5, cars: [{ color: 'red', codes: ['x', 'y z'], engine: { power: 90 } }] },
  ];
  const cases: readonly [string, Filter, readonly number[]][] = [
    ['passes when an element does', is('cars.make', 'equal', 'Toyota'), [0, 1]],
    ['asks the element at an index', is('cars[1].make', 'equal', 'Honda'), [0]],
    ['goes through arrays in arrays', is('cars.tires.width', 'greaterThan', 210), [0, 2]],
    ['takes an index on every level', is('cars[0].tires[0].width', 'lessThan', 220), [0]],
    [
      'asks both sides of an And of the same element',
      and(is('cars.make', 'equal', 'Toyota'), is('cars.color', 'equal', 'blue')),
      [1],
    ],
    [
      'however it is bracketed',
      and(
        is('cars.make', 'equal', 'Toyota'),
        and(is('num', 'lessThan', 9), is('cars.color', 'equal', 'blue')),
      ),
      [1],
    ],
    [
      'asks of another element what has another index',
      and(is('cars[0].color', 'equal', 'red'), is('cars[1].color', 'equal', 'blue')),
      [0],
    ],
    [
      'keeps deeper arrays inside their element',
      and(is('cars.make', 'equal', 'Honda'), is('cars.tires.brand', 'equal', 'A')),
      [2],
    ],
    [
      'joins an Or inside an And to the same element',
      and(
        is('cars.color', 'equal', 'blue'),
        or(is('cars.make', 'equal', 'Honda'), is('cars.tires.width', 'equal', 215)),
      ),
      [0],
    ],
    ['negates for each element', is('cars.make', 'notEqual', 'Toyota'), [0, 2, 5]],
    ['as Not does', not(is('cars.make', 'equal', 'Toyota')), [0, 2, 5]],
    [
      'negates an And for each element',
      not(and(is('cars.make', 'equal', 'Toyota'), is('cars.color', 'equal', 'red'))),
      [0, 1, 2, 5],
    ],
    [
      'negates the whole object where the filter is of the object too',
      not(and(is('num', 'lessThan', 9), is('cars.make', 'equal', 'Toyota'))),
      [2, 3, 4, 5],
    ],
    ['finds elements without a value', is('cars.make', 'isNull', true), [5]],
    ['finds elements with a value', is('cars.make', 'isNull', false), [0, 1, 2]],
    ['finds elements without a list', is('cars.tires', 'isNull', true), [1, 5]],
    ['finds objects with a second element', is('cars[1]', 'isNull', false), [0]],
    ['finds objects without a second element', is('cars[1]', 'isNull', true), [1, 2, 3, 4, 5]],
    ['goes through an object inside', is('cars.engine.power', 'equal', 90), [5]],
    [
      'takes a missing object inside for one without the value',
      is('cars.engine.power', 'notEqual', 90),
      [0, 1, 2],
    ],
    ['wants all words in one value of a list', is('cars.codes', 'equal', 'y z'), [5]],
    ['does not join words of two values', is('cars.codes', 'equal', 'x z'), []],
    ['wants all values in one element', is('cars.codes', 'containsAll', ['z', 'x']), [5]],
    ['finds the value of a list at an index', is('cars.codes[1]', 'equal', 'z'), [5]],
    ['counts the values of a list', lengthIs('cars.codes', 'equal', 2), [5]],
    ['counts no values where there is no list', lengthIs('cars.codes', 'equal', 0), [0, 1, 2]],
    ['counts the characters of a text', lengthIs('cars.make', 'equal', 6), [0, 1]],
    ['counts elements', lengthIs('cars.tires', 'greaterThan', 0), [0, 2]],
    [
      'finds an element with none of the values',
      is('cars.codes', 'containsNone', ['x']),
      [0, 1, 2],
    ],
    ['knows patterns', is('cars.make', 'like', 'to*'), [0, 1]],
  ];
  for (const [title, filter, expected] of cases) {
    it(title, () => {
      assert.deepEqual(found(documents, filter), expected);
    });
  }
});

describe('a filter inside an object', () => {
  const documents: readonly Properties[] = [
    { own: { make: 'Toyota', years: [1, 2], sold: true } },
    { own: { color: 'red', place: { latitude: 52, longitude: 4 }, picture: 'aGVsbG8=' } },
    {},
    { garage: { city: 'Berlin', cars: [{ make: 'Honda' }] } },
  ];
  it('is asked of the whole object: one without it is as one without the value', () => {
    assert.deepEqual(found(documents, is('own.make', 'equal', 'toyota')), [0]);
    assert.deepEqual(found(documents, is('own.make', 'notEqual', 'toyota')), [1, 2, 3]);
    assert.deepEqual(found(documents, is('own.make', 'isNull', true)), [1, 2, 3]);
    assert.deepEqual(found(documents, not(is('own.sold', 'equal', true))), [1, 2, 3]);
  });
  it('knows lists, places and presence', () => {
    assert.deepEqual(found(documents, is('own.years', 'containsAll', [2, 1])), [0]);
    const range = { latitude: 52.001, longitude: 4, distance: 500 };
    assert.deepEqual(found(documents, is('own.place', 'withinGeoRange', range)), [1]);
    assert.deepEqual(found(documents, is('own.picture', 'isNull', false)), [1]);
  });
  it('goes on into an array', () => {
    const both = and(
      is('garage.city', 'equal', 'Berlin'),
      is('garage.cars.make', 'equal', 'Honda'),
    );
    assert.deepEqual(found(documents, both), [3]);
    assert.deepEqual(found(documents, is('garage.cars', 'isNull', false)), [3]);
  });
});

describe('a path of a filter', () => {
  const view = viewOf(columnsOf([]));
  const refused = (filter: Filter, message: RegExp, code = 'invalid-argument') =>
    assert.throws(
      () => checkFilter(filter, view),
      (error: unknown) =>
        error instanceof DatabaseError && error.code === code && message.test(error.message),
    );
  it('is refused where it leads nowhere, with the place', () => {
    refused(is('cars.nope', 'equal', 1), /'cars\.nope'/, 'property-missing');
    refused(is('cars.tires.nope.x', 'equal', 1), /'cars\.tires\.nope'/, 'property-missing');
    refused(is('cars.make.x', 'equal', 1), /'make' has type text, which has no properties/);
    refused(is('own[0].make', 'equal', 'x'), /'own' has type object, only arrays have/);
    refused(is('num[0]', 'equal', 1), /'num' has type int, only arrays have/);
    refused(is('cars[x].make', 'equal', 'x'), /'cars\[x\]' is no part of a path/);
    refused(is('cars..make', 'equal', 'x'), /'' is no part of a path/);
    refused(is('cars.make', 'equal', 5), /'cars\.make'.*type text takes a text, not 5/);
    refused(is('cars.tires', 'equal', 5), /object\[\] goes with isNull only/);
    refused(lengthIs('cars.codes[0]', 'equal', 1), /must end at a property/);
    refused(lengthIs('cars.years', 'equal', Number.NaN), /takes a number/);
    refused(lengthIs('own.engine', 'equal', 1), /only text and arrays have a length/);
  });
});

// Random filters against a walk over the objects.

type Value = PropertyValue | undefined;

/** Values that a path without object arrays leads to from one object. */
function valuesAt(value: Value, path: readonly string[]): readonly Exclude<Value, undefined>[] {
  if (value === undefined || value === null) return [];
  const [part, ...rest] = path;
  if (part === undefined)
    return Array.isArray(value) ? (value as readonly PropertyValue[]) : [value];
  const [, name = '', index] = /^(\w+)(?:\[(\d+)\])?$/.exec(part) ?? [];
  const inner = (value as Properties)[name];
  const picked = index === undefined ? inner : [inner].flat()[Number(index)];
  return valuesAt(picked as Value, rest);
}

interface Walked {
  /** Object arrays of the path as written, each with the parts since the one before. */
  readonly scopes: readonly { readonly key: string; readonly parts: readonly string[] }[];
  readonly rest: readonly string[];
}

function walk(path: string): Walked {
  const scopes: { readonly key: string; readonly parts: readonly string[] }[] = [];
  let parts: string[] = [];
  const all = path.split('.');
  for (const [at, part] of all.entries()) {
    parts.push(part);
    const isArray = /^(cars|tires)(\[\d+\])?$/.test(part);
    if (!isArray || at === all.length - 1) continue;
    scopes.push({ key: all.slice(0, at + 1).join('.'), parts });
    parts = [];
  }
  return { scopes, rest: parts };
}

function scopesOf(filter: Filter): Walked['scopes'] {
  if (filter.kind === 'compare')
    return 'name' in filter.target ? walk(filter.target.name).scopes : [];
  if (filter.kind === 'not') return scopesOf(filter.operand);
  assert.ok(filter.kind === 'and' || filter.kind === 'or');
  const [first = [], ...others] = filter.operands.map(scopesOf);
  const end = first.findIndex((scope, at) => others.some((other) => other[at]?.key !== scope.key));
  return end < 0 ? first : first.slice(0, end);
}

/** `depth` object arrays of the filter's paths lead to the value. */
function passes(filter: Filter, value: Value, depth: number): boolean {
  const scope = scopesOf(filter)[depth];
  if (scope) return valuesAt(value, scope.parts).some((inner) => passes(filter, inner, depth + 1));
  switch (filter.kind) {
    case 'not':
      return !passes(filter.operand, value, depth);
    case 'or':
      return filter.operands.some((operand) => passes(operand, value, depth));
    case 'and': {
      const flat = flattened(filter);
      const groups = Map.groupBy(flat, (operand, at) => scopesOf(operand)[depth]?.key ?? at);
      return [...groups.values()].every((group) =>
        passes(
          group.length === 1 ? (group[0] as Filter) : { kind: 'and', operands: group },
          value,
          depth,
        ),
      );
    }
    case 'compare': {
      assert.ok('name' in filter.target);
      return holds(filter, valuesAt(value, walk(filter.target.name).rest));
    }
    default:
      throw new Error('not of these tests');
  }
}

function flattened(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.operands.flatMap(flattened) : [filter];
}

function holds(
  { operator, value }: Extract<Filter, { readonly kind: 'compare' }>,
  values: readonly PropertyValue[],
): boolean {
  const equal = (wanted: unknown) => values.some((one) => one === wanted);
  switch (operator) {
    case 'isNull':
      return (values.length === 0) === value;
    case 'equal':
      return equal(value);
    case 'notEqual':
      return !equal(value);
    case 'greaterThan':
      return values.some((one) => (one as number) > (value as number));
    case 'lessThanEqual':
      return values.some((one) => (one as number) <= (value as number));
    case 'containsAny':
      return (value as readonly unknown[]).some(equal);
    case 'containsAll':
      return (value as readonly unknown[]).every(equal);
    case 'containsNone':
      return !(value as readonly unknown[]).some(equal);
    default:
      throw new Error('not of these tests');
  }
}

class Maker {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  list<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, make);
  }

  maybe(entries: Record<string, () => PropertyValue>): Properties {
    const kept = Object.entries(entries).filter(() => this.below(3) > 0);
    return Object.fromEntries(kept.map(([name, make]) => [name, make()]));
  }

  car(): Properties {
    return this.maybe({
      make: () => this.pick(['x', 'y', 'z']),
      codes: () => this.list(3, () => this.pick(['x', 'y', 'z'])),
      years: () => this.list(3, () => this.below(4)),
      engine: () => this.maybe({ power: () => this.below(4) }),
      tires: () =>
        this.list(3, () =>
          this.maybe({ width: () => this.below(4), brand: () => this.pick(['x', 'y']) }),
        ),
    });
  }

  document(): Properties {
    return this.maybe({
      num: () => this.below(4),
      cars: () => this.list(3, () => this.car()),
      own: () => this.car(),
      garage: () =>
        this.maybe({
          city: () => this.pick(['x', 'y']),
          cars: () => this.list(2, () => this.car()),
        }),
    });
  }

  filter(depth: number): Filter {
    const kind =
      depth === 0 ? 'compare' : this.pick(['compare', 'and', 'and', 'or', 'not'] as const);
    if (kind === 'compare') return this.#compare();
    if (kind === 'not') return not(this.filter(depth - 1));
    return {
      kind,
      operands: Array.from({ length: 1 + this.below(3) }, () => this.filter(depth - 1)),
    };
  }

  #compare(): Filter {
    const index = () => (this.below(4) === 0 ? `[${this.below(2)}]` : '');
    const within = this.pick([
      `cars${index()}.`,
      `cars${index()}.`,
      'own.',
      `garage.cars${index()}.`,
    ]);
    const texts = ['make', `codes${index()}`, `tires${index()}.brand`].map((name) => within + name);
    const numbers = ['years', 'engine.power', `tires${index()}.width`].map((name) => within + name);
    if (this.below(6) === 0) return is('num', this.pick(['equal', 'notEqual']), this.below(4));
    if (this.below(5) === 0) {
      return is(
        this.pick([...texts, ...numbers, `${within}tires`, `${within}engine`]),
        'isNull',
        this.below(2) === 0,
      );
    }
    const several = ['containsAny', 'containsAll', 'containsNone'] as const;
    if (this.below(2) === 0) {
      const operator = this.pick(['equal', 'notEqual', ...several] as const);
      const one = () => this.pick(['x', 'y', 'z', 'w']);
      const isOne = operator === 'equal' || operator === 'notEqual';
      return is(this.pick(texts), operator, isOne ? one() : [one(), one()]);
    }
    const operator = this.pick([
      'equal',
      'notEqual',
      'greaterThan',
      'lessThanEqual',
      ...several,
    ] as const);
    const isSeveral = several.some((each) => each === operator);
    const value = isSeveral ? [this.below(4), this.below(4)] : this.below(4);
    return is(this.pick(numbers), operator, value);
  }
}

describe('random filters inside objects', () => {
  it('find what a walk over the objects finds, in memory and sealed', () => {
    let passed = 0;
    for (let seed = 1; seed <= 30; seed += 1) {
      const maker = new Maker(seed);
      const documents = Array.from({ length: 40 }, () => maker.document());
      for (let each = 0; each < 25; each += 1) {
        const filter = maker.filter(3);
        const expected = documents.flatMap((document, doc) =>
          passes(filter, document, 0) ? [doc] : [],
        );
        assert.deepEqual(
          found(documents, filter),
          expected,
          `seed ${seed}: ${JSON.stringify(filter)}`,
        );
        passed += expected.length;
      }
    }
    assert.ok(passed > 3000, `the filters let something pass, ${passed} objects`);
  });
});
