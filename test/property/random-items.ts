// Random objects, changes, filters and searches over a collection of items, all made of a random source
// alone: the same seed makes the same ones.

import type {
  BoostWish,
  CollectionInput,
  Filter,
  PropertyValue,
  SortKey,
} from '../../src/index.ts';
import type { RandomBelow } from '../../src/storage/random.ts';
import { uuidOf } from '../simulation/world.ts';
import type { PlainObject, PlainPatch, PlainQuestion, PlainSearch, PlainVectors } from './face.ts';
import type { ModelSettings } from './model.ts';

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'Grove', 'heath'];
const tags = ['Red', 'red', 'Blue sky', 'green', 'blue'];
const dims = 4;
/** So few that objects are often changed and deleted again. */
const uuidCount = 40;

const boxProperties = [
  { name: 'label', type: 'text', tokenization: 'field' },
  { name: 'size', type: 'int' },
] as const;

/** The collection that all random things are about. */
export function itemCollection(name: string, { metric }: ModelSettings): CollectionInput {
  return {
    name,
    properties: [
      { name: 'title', type: 'text' },
      { name: 'tag', type: 'text', tokenization: 'field' },
      { name: 'tags', type: 'text[]', tokenization: 'field' },
      { name: 'year', type: 'int', rangeFilters: true },
      { name: 'years', type: 'int[]' },
      { name: 'price', type: 'number' },
      { name: 'sold', type: 'boolean' },
      { name: 'at', type: 'date' },
      { name: 'place', type: 'geoCoordinates' },
      { name: 'code', type: 'uuid' },
      { name: 'flags', type: 'boolean[]' },
      { name: 'days', type: 'date[]' },
      { name: 'box', type: 'object', nested: boxProperties },
      { name: 'boxes', type: 'object[]', nested: boxProperties },
      { name: 'by', type: 'reference', targets: ['Author'] },
    ],
    vectors: [
      { name: 'mv', kind: 'multi' },
      { name: 'sv', kind: 'single', metric },
    ],
    invertedIndex: { indexNullState: true, indexPropertyLength: true, indexTimestamps: true },
  };
}

/** What items refer to. */
export const authorCollection: CollectionInput = {
  name: 'Author',
  properties: [
    { name: 'name', type: 'text', tokenization: 'field' },
    { name: 'year', type: 'int' },
  ],
  vectors: [{ name: 'mv', kind: 'multi' }],
};
const authorCount = 6;

/** Makes everything that a run does, in its order. */
export class RandomItems {
  readonly below: RandomBelow;

  constructor(below: RandomBelow) {
    this.below = below;
  }

  chance(share: number): boolean {
    return this.below(1000) < share * 1000;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Of an object that may be there or not. */
  uuid(): string {
    return uuidOf(this.below(uuidCount));
  }

  /** Of an author who may be there or not. */
  authorUuid(): string {
    return uuidOf(1000 + this.below(authorCount));
  }

  author(uuid: string): PlainObject {
    const properties = { name: this.pick(tags), year: 1990 + this.below(20) };
    return { uuid, properties, vectors: {} };
  }

  /** References to different authors. */
  references(uuids: readonly string[]): string[] {
    return [...new Set(this.values(() => `Author/${this.pick(uuids)}`))];
  }

  /** An aggregation over items. */
  question(): PlainQuestion {
    const request = this.pick([
      { kind: 'vector', vector: this.multi(), name: 'mv' },
      { kind: 'vector', vector: this.single(), name: 'sv' },
    ] as const);
    return {
      ...(this.chance(0.6) ? { groupBy: this.pick(['tag', 'tags', 'year', 'years', 'sold']) } : {}),
      ...(this.chance(0.5) ? { filter: this.filter() } : {}),
      ...(this.chance(0.3) ? { search: { request, objectsMax: 1 + this.below(20) } } : {}),
    };
  }

  /** Different ones. */
  uuids(countMax: number): string[] {
    return [...new Set(this.#list(countMax, () => this.uuid()))];
  }

  /** `authors` are those that it may refer to. */
  object(uuid: string, authors: readonly string[]): PlainObject {
    return { uuid, properties: this.properties(0.75, authors), vectors: this.vectors(0.85) };
  }

  /** Some properties and vectors; a property may be taken away. */
  patch(authors: readonly string[]): PlainPatch {
    const properties = this.properties(0.3, authors);
    if (this.chance(0.3)) properties[this.pick(Object.keys(propertyMakers))] = null;
    return { properties, vectors: this.vectors(0.3) };
  }

  properties(share: number, authors: readonly string[]): Record<string, PropertyValue> {
    const properties: Record<string, PropertyValue> = {};
    if (authors.length > 0 && this.chance(share)) properties['by'] = this.references(authors);
    for (const [name, make] of Object.entries(propertyMakers)) {
      if (this.chance(share)) properties[name] = make(this);
    }
    return properties;
  }

  vectors(share: number): PlainVectors {
    return {
      ...(this.chance(share) ? { mv: this.multi() } : {}),
      ...(this.chance(share) ? { sv: this.single() } : {}),
    };
  }

  /** Numbers that float32 holds. */
  single(): number[] {
    return Array.from({ length: dims }, () => (this.below(257) - 128) / 64);
  }

  multi(): number[][] {
    return this.#list(4, () => this.single());
  }

  text(): string {
    return this.#list(4, () => this.pick(words)).join(' ');
  }

  filter(depth = 2): Filter {
    const kind = depth > 0 ? this.below(5) : 4;
    if (kind < 2) {
      const operands = this.#list(3, () => this.filter(depth - 1));
      return { kind: kind === 0 ? 'and' : 'or', operands };
    }
    if (kind === 2) return { kind: 'not', operand: this.filter(depth - 1) };
    return this.pick(comparisons)(this);
  }

  sort(): SortKey[] {
    return this.#list(2, () => ({
      by: this.pick(sortTargets),
      ascending: this.chance(0.5),
    }));
  }

  /** `uuids`: of objects that are there. */
  search(uuids: readonly string[]): PlainSearch {
    const page = {
      limit: 1 + this.below(50),
      ...(this.chance(0.3) ? { offset: this.below(5) } : {}),
      ...(this.chance(0.4) ? { filter: this.filter() } : {}),
    };
    const question = this.pick(questions)(this, uuids) as PlainSearch;
    const again = this.chance(0.3) ? this.#ranking(question) : {};
    return { ...page, ...question, ...again } as PlainSearch;
  }

  /** Hits are ranked anew, or fused by their places. */
  #ranking({ kind }: PlainSearch): object {
    const boost = { wishes: this.values(() => this.pick(wishes)(this)), weight: 0.25 };
    if (kind === 'keyword') return { boost };
    const diversity = { balance: this.pick([0.25, 0.5, 0.75]), candidates: 50 };
    const others = [{ boost }, { diversity, offset: 0, limit: 1 + this.below(10) }];
    return this.pick(kind === 'hybrid' ? [...others, { fusion: 'ranked' }] : others);
  }

  #list<T>(countMax: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.below(countMax) }, make);
  }

  /** A list of values that a filter compares with. */
  values<T>(make: () => T): T[] {
    return this.#list(3, make);
  }
}

const instant = (random: RandomItems): string =>
  new Date(Date.UTC(2020, random.below(24), 1 + random.below(28), random.below(24))).toISOString();

const propertyMakers: Readonly<Record<string, (random: RandomItems) => PropertyValue>> = {
  title: (random) => random.text(),
  tag: (random) => random.pick(tags),
  tags: (random) => random.values(() => random.pick(tags)),
  year: (random) => 1990 + random.below(20),
  years: (random) => random.values(() => 1990 + random.below(20)),
  price: (random) => random.below(400) / 16 - 5,
  sold: (random) => random.chance(0.5),
  at: (random) => instant(random).replace('.000Z', 'Z'),
  code: (random) => random.uuid(),
  flags: (random) => random.values(() => random.chance(0.5)),
  days: (random) => random.values(() => instant(random).replace('.000Z', 'Z')),
  box,
  boxes: (random) => random.values(() => box(random)),
  place: (random) => ({
    latitude: random.below(160) - 80,
    longitude: random.below(340) - 170,
  }),
};

function box(random: RandomItems): PropertyValue {
  return { label: random.pick(tags), size: random.below(10) };
}

type Comparison = Extract<Filter, { readonly kind: 'compare' }>;
type Value = Comparison['value'];
type MakeFilter = (random: RandomItems) => Filter;

const ordered = [
  'equal',
  'notEqual',
  'greaterThan',
  'greaterThanEqual',
  'lessThan',
  'lessThanEqual',
] as const;
const listed = ['containsAny', 'containsAll', 'containsNone'] as const;

function compare(
  target: Comparison['target'],
  operator: Comparison['operator'],
  value: unknown,
): Filter {
  return { kind: 'compare', target, operator, value: value as Value };
}

function onProperty(
  name: string,
  operators: readonly Comparison['operator'][],
  make: (random: RandomItems) => unknown,
): MakeFilter {
  return (random) => {
    const operator = random.pick(operators);
    const isList = (listed as readonly string[]).includes(operator);
    const value = isList ? random.values(() => make(random)) : make(random);
    return compare({ kind: 'property', name }, operator, value);
  };
}

const ofAuthors: readonly MakeFilter[] = [
  onProperty('name', ['equal', 'notEqual', ...listed], (random) => random.pick(tags)),
  onProperty('year', [...ordered], (random) => 1990 + random.below(20)),
  (random) => compare({ kind: 'uuid' }, 'equal', random.authorUuid()),
];

const comparisons: readonly MakeFilter[] = [
  onProperty('title', ['equal', 'notEqual', ...listed], (random) => random.text()),
  onProperty('title', ['like'], (random) => random.pick(['*er', 'b*', '?ed*', 'f*d amb*'])),
  onProperty('tag', [...ordered, ...listed], (random) => random.pick(tags)),
  onProperty('tag', ['like'], (random) => random.pick(['*e*', 'Blue*', '?ed', 'green'])),
  onProperty('tags', ['equal', 'notEqual', ...listed], (random) => random.pick(tags)),
  onProperty('year', [...ordered, ...listed], (random) => 1990 + random.below(20)),
  onProperty('years', [...ordered, ...listed], (random) => 1990 + random.below(20)),
  onProperty('price', ordered, (random) => random.below(400) / 16 - 5),
  onProperty('code', [...ordered, ...listed], (random) => random.uuid()),
  onProperty('flags', ['equal', 'notEqual', ...listed], (random) => random.chance(0.5)),
  onProperty('days', ordered, instant),
  onProperty('box.size', [...ordered, ...listed], (random) => random.below(10)),
  onProperty('sold', ['equal', 'notEqual'], (random) => random.chance(0.5)),
  onProperty('at', ordered, instant),
  (random) =>
    compare(
      { kind: 'property', name: random.pick(Object.keys(propertyMakers)) },
      'isNull',
      random.chance(0.5),
    ),
  (random) =>
    compare(
      { kind: 'length', name: random.pick(['title', 'tags', 'years', 'flags', 'boxes']) },
      random.pick(ordered),
      random.below(20),
    ),
  (random) => ({
    kind: 'reference',
    property: 'by',
    filter: random.pick(ofAuthors)(random),
  }),
  (random) => ({
    kind: 'reference',
    property: 'by',
    filter: random.pick(ofAuthors)(random),
  }),
  (random) =>
    compare({ kind: 'referenceCount', name: 'by' }, random.pick(ordered), random.below(4)),
  (random) => compare({ kind: 'uuid' }, random.pick(ordered), random.uuid()),
  (random) => compare({ kind: 'uuid' }, 'containsAny', random.uuids(5)),
  (random) =>
    compare(
      { kind: random.pick(['createdAt', 'updatedAt'] as const) },
      random.pick(ordered),
      new Date(startTime + random.below(300)).toISOString(),
    ),
  (random) =>
    compare({ kind: 'property', name: 'place' }, 'withinGeoRange', {
      latitude: random.below(160) - 80,
      longitude: random.below(340) - 170,
      distance: 500_000 * random.below(30),
    }),
];

const sortTargets: readonly SortKey['by'][] = [
  { kind: 'uuid' },
  { kind: 'createdAt' },
  { kind: 'updatedAt' },
  ...['title', 'tag', 'year', 'price', 'sold', 'at'].map(
    (name) => ({ kind: 'property', name }) as const,
  ),
];

/** The first instant of a run; every step takes one millisecond. */
export const startTime = Date.UTC(2024, 0, 1);

const questions: readonly ((random: RandomItems, uuids: readonly string[]) => object)[] = [
  (random) => ({ kind: 'vector', vector: random.multi(), name: 'mv' }),
  (random) => ({ kind: 'vector', vector: random.single(), name: 'sv' }),
  (random) => ({ kind: 'vector', vector: random.multi(), name: 'mv', scoreMin: random.below(3) }),
  (random) => ({
    kind: 'vectors',
    vectors: { mv: random.multi(), sv: random.single() },
    ...random.pick([
      {},
      { combination: 'sum' },
      { combination: 'average' },
      { combination: 'manual', weights: { mv: 2, sv: 0.5 } },
      { combination: 'relativeScore', weights: { mv: 0.25, sv: 0.75 } },
    ]),
  }),
  (random) => keywords(random),
  (random) => keywords(random),
  (random) => ({
    ...keywords(random),
    kind: 'hybrid',
    ...random.pick([
      { vector: random.multi(), name: 'mv' },
      { vector: random.single(), name: 'sv' },
    ]),
    alpha: random.pick([0, 0.25, 0.5, 1]),
  }),
  (random, uuids) =>
    uuids.length > 0
      ? { kind: 'object', uuid: random.pick(uuids), name: 'mv' }
      : { kind: 'vector', vector: random.multi(), name: 'mv' },
];

function keywords(random: RandomItems): object {
  return {
    kind: 'keyword',
    text: random.text(),
    ...random.pick([
      {},
      { properties: ['title'] },
      { properties: ['title', { name: 'tags', boost: 2 }] },
    ]),
    ...random.pick([
      {},
      { operator: { kind: 'and' } },
      { operator: { kind: 'or', matchesMin: 2 } },
    ]),
  };
}

const wishes: readonly ((random: RandomItems) => BoostWish)[] = [
  (random) => ({ kind: 'filter', filter: random.filter(1), weight: random.pick([-0.5, 1]) }),
  (random) => ({ kind: 'value', name: 'price', modifier: random.pick(['none', 'sqrt']) }),
  (random) => ({
    kind: 'decay',
    of: { kind: 'number', name: random.pick(['year', 'price']) },
    origin: random.below(2000),
    scale: 1 + random.below(20),
    curve: random.pick(['exponential', 'gaussian', 'linear']),
    weight: 2,
  }),
];

/** Properties that hits are grouped by. */
export const groupedBy: readonly string[] = ['tag', 'tags', 'year', 'sold'];
