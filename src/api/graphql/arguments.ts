// The arguments of Get and Aggregate, as clients write them. They are the same for every collection.

import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfigArgumentMap,
  GraphQLFloat,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableType,
  GraphQLString,
} from 'graphql';
import { whereOperators } from '../rest/where.ts';
import { anyValue } from './scalars.ts';

const texts = listOf(GraphQLString);

/** Of values that are all there. */
function listOf(type: GraphQLNullableType & GraphQLInputType): GraphQLInputType {
  return new GraphQLList(new GraphQLNonNull(type));
}

function input(name: string, types: Readonly<Record<string, GraphQLInputType>>) {
  return new GraphQLInputObjectType({ name, fields: fieldsOf(types) });
}

function fieldsOf(types: Readonly<Record<string, GraphQLInputType>>): GraphQLInputFieldConfigMap {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
}

function oneOf(name: string, values: readonly string[]): GraphQLEnumType {
  return new GraphQLEnumType({
    name,
    values: Object.fromEntries(values.map((value) => [value, {}])),
  });
}

const where: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: 'WhereInpObj',
  fields: () => ({
    ...fieldsOf({
      operator: oneOf('WhereOperatorEnum', whereOperators),
      path: texts,
      operands: listOf(where),
      valueInt: anyValue,
      valueNumber: anyValue,
      valueBoolean: anyValue,
      valueString: anyValue,
      valueText: anyValue,
      valueDate: anyValue,
      valueGeoRange: anyValue,
    }),
  }),
});

const targets = input('TargetsInpObj', {
  targetVectors: texts,
  combinationMethod: oneOf('CombinationMethodEnum', [
    ...['minimum', 'sum', 'average', 'manualWeights', 'relativeScore'],
  ]),
  weights: anyValue,
});

const closeness = {
  certainty: GraphQLFloat,
  distance: GraphQLFloat,
  targetVectors: texts,
  targets,
} as const;

const nearVector = input('NearVectorInpObj', {
  vector: anyValue,
  vectorPerTarget: anyValue,
  ...closeness,
});

const nearObject = input('NearObjectInpObj', {
  id: GraphQLString,
  beacon: GraphQLString,
  ...closeness,
});

const moveObject = input('MoveObjectInpObj', { id: GraphQLString, beacon: GraphQLString });
const move = input('MoveInpObj', {
  concepts: texts,
  objects: listOf(moveObject),
  force: GraphQLFloat,
});

const nearText = input('NearTextInpObj', {
  concepts: texts,
  moveTo: move,
  moveAwayFrom: move,
  autocorrect: GraphQLBoolean,
  ...closeness,
});

const operator = input('KeywordOperatorInpObj', {
  operator: oneOf('KeywordOperatorEnum', ['Or', 'And']),
  minimumOrTokensMatch: GraphQLInt,
});

const bm25 = input('Bm25InpObj', {
  query: GraphQLString,
  properties: texts,
  searchOperator: operator,
});

const hybrid = input('HybridInpObj', {
  query: GraphQLString,
  alpha: GraphQLFloat,
  vector: anyValue,
  properties: texts,
  fusionType: oneOf('FusionTypeEnum', ['rankedFusion', 'relativeScoreFusion']),
  targetVectors: texts,
  targets,
  maxVectorDistance: GraphQLFloat,
  bm25SearchOperator: operator,
  searches: listOf(input('HybridSearchesInpObj', { nearText, nearVector })),
});

/** Media that searches may start from; all but images are refused by name. */
export const media = ['Image', 'Audio', 'Video', 'Depth', 'Thermal', 'IMU'] as const;

const nearMedia = Object.fromEntries(
  media.map((kind) => [
    `near${kind}`,
    input(`Near${kind}InpObj`, { [mediaField(kind)]: GraphQLString, ...closeness }),
  ]),
);

/** What the argument `near…` calls its content. */
export function mediaField(kind: (typeof media)[number]): string {
  return kind.toLowerCase();
}

const searches: GraphQLFieldConfigArgumentMap = fieldsOf({
  where,
  nearVector,
  nearObject,
  nearText,
  ...nearMedia,
  hybrid,
  tenant: GraphQLString,
  limit: GraphQLInt,
});

/** Of a collection below Get. */
export const getArguments: GraphQLFieldConfigArgumentMap = {
  ...searches,
  ...fieldsOf({
    bm25,
    sort: listOf(
      input('SortInpObj', { path: texts, order: oneOf('SortOrderEnum', ['asc', 'desc']) }),
    ),
    groupBy: input('GroupByInpObj', {
      path: texts,
      groups: GraphQLInt,
      objectsPerGroup: GraphQLInt,
    }),
    offset: GraphQLInt,
    after: GraphQLString,
    autocut: GraphQLInt,
    consistencyLevel: oneOf('ConsistencyLevelEnum', ['ONE', 'QUORUM', 'ALL']),
  }),
};

/** Of a collection below Aggregate. */
export const aggregateArguments: GraphQLFieldConfigArgumentMap = {
  ...searches,
  ...fieldsOf({ groupBy: texts, objectLimit: GraphQLInt }),
};

/** Of Explore, which is refused whatever it is given. */
export const exploreArguments: GraphQLFieldConfigArgumentMap = fieldsOf({
  nearVector,
  nearObject,
  nearText,
  ...nearMedia,
  offset: GraphQLInt,
  limit: GraphQLInt,
});
