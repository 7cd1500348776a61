// What a benchmark asks of the made-up objects: a filter of each kind with the objects that pass it, and
// aggregations of each kind.

import {
  type AggregateRequest,
  type AggregateRequestAggregation,
  type Filters,
  FiltersOperator as Operator,
  VectorsVectorType,
} from '../../src/api/grpc/generated/messages.ts';
import type { MessageInit } from '../../src/api/grpc/protocol.ts';
import {
  bodyOf,
  flagOf,
  numberOf,
  priceOf,
  tagOf,
  targetCount,
  uuidOf,
  vectorOf,
  whenOf,
  yearOf,
} from './objects.ts';

type WireFilter = MessageInit<Filters>;

export interface AskedFilter {
  readonly name: string;
  readonly filter: WireFilter;
  /** Whether the object of that number passes; undefined where the benchmark does not check. */
  readonly passes: ((n: number) => boolean) | undefined;
}

const on = (property: string): Pick<WireFilter, 'target'> => ({ target: { property } });
const hasWord = (n: number, word: string): boolean => bodyOf(n).split(' ').includes(word);

const below = (property: string, value: number): WireFilter => ({
  ...on(property),
  ...{ operator: Operator.OPERATOR_LESS_THAN, value_int: value },
});
const isText = (property: string, value: string): WireFilter => ({
  ...on(property),
  ...{ operator: Operator.OPERATOR_EQUAL, value_text: value },
});

/** One filter of each kind over `count` objects. */
export function filtersOver(count: number): readonly AskedFilter[] {
  const asked = (
    name: string,
    filter: WireFilter,
    passes?: AskedFilter['passes'],
  ): AskedFilter => ({
    ...{ name, filter, passes },
  });
  const ids = Array.from({ length: Math.min(100, count) }, (_, index) => uuidOf(index));
  return [
    asked('text equals a word', isText('body', 'w7'), (n) => hasWord(n, 'w7')),
    asked('text equals two words', isText('body', 'w1 w2'), (n) => {
      return hasWord(n, 'w1') && hasWord(n, 'w2');
    }),
    asked('text like w12*', { ...isText('body', 'w12*'), operator: Operator.OPERATOR_LIKE }, (n) =>
      / w12| ?^w12/.test(bodyOf(n)),
    ),
    asked('text like *99*', { ...isText('body', '*99*'), operator: Operator.OPERATOR_LIKE }, (n) =>
      bodyOf(n).includes('99'),
    ),
    asked('whole text equals', isText('tag', 'tag 3'), (n) => tagOf(n) === 'tag 3'),
    asked('text[] contains any of 2', {
      ...{ ...on('tags'), operator: Operator.OPERATOR_CONTAINS_ANY },
      value_text_array: { values: ['t3', 't33'] },
    }),
    asked('text[] contains none of 2', {
      ...{ ...on('tags'), operator: Operator.OPERATOR_CONTAINS_NONE },
      value_text_array: { values: ['t3', 't33'] },
    }),
    asked('int below', below('number', 100), (n) => numberOf(n) < 100),
    asked(
      'number from',
      {
        ...on('price'),
        ...{ operator: Operator.OPERATOR_GREATER_THAN_EQUAL, value_number: 900 },
      },
      (n) => (priceOf(n) ?? 0) >= 900,
    ),
    asked(
      'int[] contains all of 2',
      {
        ...{ ...on('sizes'), operator: Operator.OPERATOR_CONTAINS_ALL },
        value_int_array: { values: [3, 5] },
      },
      (n) => [3, 5].every((size) => [n % 10, n % 13, n % 17].includes(size)),
    ),
    asked(
      'boolean',
      { ...{ ...on('flag'), operator: Operator.OPERATOR_EQUAL }, value_boolean: true },
      flagOf,
    ),
    asked(
      'date below',
      {
        ...{ ...on('when'), operator: Operator.OPERATOR_LESS_THAN },
        value_text: whenOf(Math.floor(count / 10)),
      },
      (n) => n < Math.floor(count / 10),
    ),
    asked('uuid equals', isText('key', uuidOf(5)), (n) => n % 1000 === 5),
    asked(
      'id is one of 100',
      {
        ...{ ...on('_id'), operator: Operator.OPERATOR_CONTAINS_ANY },
        value_text_array: { values: ids },
      },
      (n) => n < ids.length,
    ),
    asked('geo range of 1,000 km', {
      ...{ ...on('place'), operator: Operator.OPERATOR_WITHIN_GEO_RANGE },
      value_geo: { latitude: 50, longitude: 10, distance: 1_000_000 },
    }),
    asked(
      'is null',
      { ...{ ...on('price'), operator: Operator.OPERATOR_IS_NULL }, value_boolean: true },
      (n) => priceOf(n) === undefined,
    ),
    asked(
      'length of a text',
      { ...below('len(body)', 190), operator: Operator.OPERATOR_GREATER_THAN },
      (n) => bodyOf(n).length > 190,
    ),
    asked('creation time', {
      ...{ ...on('_creationTimeUnix'), operator: Operator.OPERATOR_GREATER_THAN },
      value_text: '1577836800000',
    }),
    asked('text inside an object', isText('maker.name', 'maker 77'), (n) => n % 500 === 77),
    asked('int inside an object', below('maker.year', 1905), (n) => yearOf(n) < 1905),
    asked(
      'through a reference',
      {
        ...{ operator: Operator.OPERATOR_LESS_THAN, value_int: 100 },
        target: { single_target: { on: 'related', target: { property: 'number' } } },
      },
      (n) => numberOf(n % targetCount) < 100,
    ),
    asked(
      'count of references',
      {
        ...{ operator: Operator.OPERATOR_GREATER_THAN, value_int: 0 },
        target: { count: { on: 'related' } },
      },
      () => true,
    ),
    asked(
      'and, or, not of the above',
      {
        operator: Operator.OPERATOR_AND,
        filters: [
          {
            operator: Operator.OPERATOR_OR,
            filters: [below('number', 100), isText('tag', 'tag 3')],
          },
          { operator: Operator.OPERATOR_NOT, filters: [isText('body', 'w7')] },
        ],
      },
      (n) => (numberOf(n) < 100 || tagOf(n) === 'tag 3') && !hasWord(n, 'w7'),
    ),
  ];
}

export interface AskedAggregate {
  readonly name: string;
  readonly request: Omit<MessageInit<AggregateRequest>, 'collection'>;
}

type WireAggregation = MessageInit<AggregateRequestAggregation>;

const numbers = {
  ...{ count: true, sum: true, mean: true, median: true, mode: true },
  ...{ minimum: true, maximum: true },
};
const top = { count: true, top_occurences: true };
const intMetrics: WireAggregation = { property: 'number', int: numbers };
const numberMetrics: WireAggregation = { property: 'price', number: numbers };
const flagMetrics: WireAggregation = {
  property: 'flag',
  boolean: { count: true, total_true: true, percentage_true: true },
};

/** Aggregations of each kind. */
export function aggregates(): readonly AskedAggregate[] {
  const nearVector = {
    targets: { target_vectors: ['v'] },
    vectors: [
      {
        type: VectorsVectorType.VECTOR_TYPE_SINGLE_FP32,
        vector_bytes: Buffer.from(vectorOf(1).buffer),
      },
    ],
  };
  const of = (...aggregations: readonly WireAggregation[]): AskedAggregate['request'] => ({
    ...{ objects_count: true, aggregations },
  });
  const text = (property: string): WireAggregation => ({ property, text: top });
  return [
    { name: 'count', request: of() },
    { name: 'count behind a filter', request: { ...of(), filters: below('number', 100) } },
    { name: 'int: all metrics', request: of(intMetrics) },
    { name: 'number: all metrics', request: of(numberMetrics) },
    { name: 'int[]: all metrics', request: of({ property: 'sizes', int: numbers }) },
    { name: 'boolean', request: of(flagMetrics) },
    {
      name: 'date: all metrics',
      request: of({
        property: 'when',
        date: { count: true, median: true, mode: true, minimum: true, maximum: true },
      }),
    },
    { name: 'top values of few', request: of(text('tag')) },
    { name: 'top values of many', request: of(text('title')) },
    { name: 'top values of lists', request: of(text('tags')) },
    { name: 'top values of uuids', request: of(text('key')) },
    {
      name: 'everything behind a filter',
      request: {
        ...of(intMetrics, numberMetrics, flagMetrics, text('tag')),
        filters: below('number', 100),
      },
    },
    { name: 'groups by text', request: { ...of(), group_by: { property: 'tag' } } },
    {
      name: 'groups by text, number: all metrics',
      request: { ...of(numberMetrics), group_by: { property: 'tag' } },
    },
    {
      name: 'groups by boolean, everything',
      request: { ...of(intMetrics, numberMetrics, text('tag')), group_by: { property: 'flag' } },
    },
    { name: 'groups by 1,000 numbers', request: { ...of(), group_by: { property: 'number' } } },
    { name: 'groups by reference', request: { ...of(), group_by: { property: 'related' } } },
    {
      name: 'the best 1,000 by vector',
      request: { ...of(numberMetrics, text('tag')), object_limit: 1000, near_vector: nearVector },
    },
    {
      name: 'all within a distance',
      request: { ...of(numberMetrics), near_vector: { ...nearVector, distance: 1.5 } },
    },
    {
      name: 'all with a word',
      request: {
        ...of(numberMetrics),
        hybrid: { query: 'w7', use_alpha_param: true, alpha_param: 0 },
      },
    },
  ];
}
