// The field `_additional` of an object: its id, times and vectors, and what the search says of it.

import {
  GraphQLBoolean,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import type { CollectionConfig } from '../../database/collection-config.ts';
import type { Generated } from '../../database/search/generate-hits.ts';
import type { VectorValue } from '../../engine/document.ts';
import { formatFloat32 } from '../grpc/explain/explain-score.ts';
import { vectorJson } from '../rest/float32-json.ts';
import type { GraphqlCall } from './call.ts';
import { vectorValue } from './scalars.ts';
import type { ShownGroup, ShownObject, ShownTexts } from './shown-object.ts';
import { isFieldName, type TypeNames } from './type-names.ts';

type Fields = GraphQLFieldConfigMap<ShownObject, GraphqlCall>;

/** `object`: the type of the collection's objects, which groups show too. */
export function additionalType(
  config: CollectionConfig,
  object: GraphQLObjectType<ShownObject, GraphqlCall>,
  names: TypeNames,
): GraphQLObjectType<ShownObject, GraphqlCall> {
  return new GraphQLObjectType<ShownObject, GraphqlCall>({
    name: names.unique(`${config.name}Additional`),
    fields: {
      ...ownFields,
      ...vectorFields(config, names),
      ...searchFields,
      ...moduleFields,
      group: {
        type: groupType(names.unique(`${config.name}AdditionalGroup`), object),
        resolve: ({ group }) => group ?? null,
      },
    },
  });
}

const ownFields: Fields = {
  id: { type: GraphQLString, resolve: ({ document }) => document.uuid },
  creationTimeUnix: {
    type: GraphQLString,
    resolve: ({ document }) => String(document.createdAt),
  },
  lastUpdateTimeUnix: {
    type: GraphQLString,
    resolve: ({ document }) => String(document.updatedAt),
  },
  isConsistent: { type: GraphQLBoolean, resolve: () => true },
};

const searchFields: Fields = {
  distance: { type: GraphQLFloat, resolve: ({ distance }) => single(distance) },
  certainty: { type: GraphQLFloat, resolve: ({ certainty }) => single(certainty) },
  score: {
    type: GraphQLString,
    resolve: ({ score }) => (score === undefined ? null : formatFloat32(score)),
  },
  explainScore: { type: GraphQLString, resolve: ({ explainScore }) => explainScore ?? null },
};

/** The shortest number that reads back as the same 32-bit float, as gRPC's are. */
function single(value: number | undefined): number | null {
  return value === undefined ? null : Number(formatFloat32(value));
}

function vectorFields({ name, vectors }: CollectionConfig, names: TypeNames): Fields {
  const unnamed: Fields = {
    vector: { type: vectorValue, resolve: ({ document }) => numbersOf(document.vectors.get('')) },
  };
  const known = vectors.map((vector) => vector.name).filter(isFieldName);
  if (known.length === 0) return unnamed;
  const type = new GraphQLObjectType<ShownObject, GraphqlCall>({
    name: names.unique(`${name}AdditionalVectors`),
    fields: Object.fromEntries(
      known.map((each) => [
        each,
        {
          type: vectorValue,
          resolve: ({ document }: ShownObject) => numbersOf(document.vectors.get(each)),
        },
      ]),
    ),
  });
  return { ...unnamed, vectors: { type, resolve: (object) => object } };
}

function numbersOf(vector: VectorValue | undefined): unknown {
  return vector ? JSON.parse(vectorJson(vector)) : null;
}

function groupType(
  name: string,
  object: GraphQLObjectType<ShownObject, GraphqlCall>,
): GraphQLObjectType<ShownGroup, GraphqlCall> {
  return new GraphQLObjectType<ShownGroup, GraphqlCall>({
    name,
    fields: () => ({
      id: { type: GraphQLInt },
      groupedBy: { type: groupedBy },
      count: { type: GraphQLInt },
      minDistance: { type: GraphQLFloat, resolve: ({ minDistance }) => single(minDistance) },
      maxDistance: { type: GraphQLFloat, resolve: ({ maxDistance }) => single(maxDistance) },
      hits: { type: new GraphQLList(object) },
    }),
  });
}

const groupedBy = new GraphQLObjectType({
  name: 'GroupedByObj',
  fields: { path: { type: new GraphQLList(GraphQLString) }, value: { type: GraphQLString } },
});

const generated = new GraphQLObjectType<ShownTexts>({
  name: 'GenerateObj',
  fields: {
    singleResult: { type: GraphQLString, resolve: ({ single }) => textOf(single) },
    groupedResult: { type: GraphQLString, resolve: ({ grouped }) => textOf(grouped) },
    error: {
      type: GraphQLString,
      resolve: ({ single, grouped }) => errorOf(single) ?? errorOf(grouped),
    },
  },
});

function textOf(one: Generated | undefined): string | null {
  return one?.kind === 'text' ? one.text : null;
}

function errorOf(one: Generated | undefined): string | null {
  return one?.kind === 'failed' ? one.error.message : null;
}

/** What modules make of hits. */
const moduleFields: Fields = {
  rerank: {
    type: new GraphQLList(
      new GraphQLObjectType({ name: 'RerankObj', fields: { score: { type: GraphQLFloat } } }),
    ),
    args: { property: { type: GraphQLString }, query: { type: GraphQLString } },
    resolve: ({ rerankScore }) =>
      rerankScore === undefined ? null : [{ score: single(rerankScore) }],
  },
  generate: {
    type: generated,
    args: {
      singleResult: {
        type: new GraphQLInputObjectType({
          name: 'GenerateSingleInpObj',
          fields: { prompt: { type: GraphQLString } },
        }),
      },
      groupedResult: {
        type: new GraphQLInputObjectType({
          name: 'GenerateGroupedInpObj',
          fields: {
            task: { type: GraphQLString },
            properties: { type: new GraphQLList(GraphQLString) },
          },
        }),
      },
    },
    resolve: ({ texts }) => texts ?? null,
  },
};
