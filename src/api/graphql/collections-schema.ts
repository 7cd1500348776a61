// The schema of a request: made of the collections that it names and those that these refer to, so that a
// database with many collections costs a request no more than one with few. Schemas are kept until one of
// their collections changes.

import {
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import type { Collection } from '../../database/collection.ts';
import type { CollectionConfig } from '../../database/collection-config.ts';
import type { Database } from '../../database/database.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { resolveAggregate } from './aggregate.ts';
import { aggregateType } from './aggregate-types.ts';
import { aggregateArguments, exploreArguments, getArguments } from './arguments.ts';
import type { GraphqlCall } from './call.ts';
import { type Asked, resolveGet } from './get.ts';
import { ObjectTypes } from './object-types.ts';

/** Schemas that are kept. */
const keptMax = 64;

interface Kept {
  readonly schema: GraphQLSchema;
  /** What it was made of. */
  readonly configs: readonly CollectionConfig[];
  /** Collections that these refer to and that there were not. */
  readonly missing: readonly string[];
}

/** Of one database. */
export class CollectionSchemas {
  readonly #database: Database;
  readonly #kept = new Map<string, Kept>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of the collections of these names or aliases, those that there are; of all when it is undefined. */
  of(names: ReadonlySet<string> | undefined): GraphQLSchema {
    const found = this.#find(names ?? this.#database.collections().map(({ name }) => name));
    const key = Array.from(found, ([name, collection]) => `${name}=${collection.id}`).join();
    const known = this.#kept.get(key);
    if (known && this.#isCurrent(known)) return known.schema;
    const { configs, missing } = this.#reachable([...found.values()]);
    const schema = makeSchema(found, configs);
    this.#kept.delete(key);
    this.#kept.set(key, { schema, configs, missing });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptMax && oldest !== undefined) this.#kept.delete(oldest);
    return schema;
  }

  /** In order of name. Names are written as they are: a small first letter is another name. */
  #find(names: Iterable<string>): ReadonlyMap<string, Collection> {
    const found = new Map<string, Collection>();
    for (const name of [...names].sort()) {
      const collection = /^[A-Z]/.test(name) ? this.#database.findCollection(name) : undefined;
      if (collection) found.set(name, collection);
    }
    return found;
  }

  #reachable(collections: readonly Collection[]): Omit<Kept, 'schema'> {
    const reached = new Map(collections.map(({ name, config }) => [name, config]));
    const missing = new Set<string>();
    for (const { properties } of reached.values()) {
      for (const target of properties.flatMap(({ targets = [] }) => targets)) {
        const config = this.#database.findCollection(target)?.config;
        if (!config) missing.add(target);
        else if (!reached.has(config.name)) reached.set(config.name, config);
      }
    }
    return { configs: [...reached.values()], missing: [...missing] };
  }

  #isCurrent({ configs, missing }: Kept): boolean {
    const find = (name: string) => this.#database.findCollection(name)?.config;
    return (
      configs.every((config) => find(config.name) === config) &&
      missing.every((name) => find(name) === undefined)
    );
  }
}

function makeSchema(
  found: ReadonlyMap<string, Collection>,
  configs: readonly CollectionConfig[],
): GraphQLSchema {
  const types = new ObjectTypes(configs);
  const get: GraphQLFieldConfigMap<unknown, GraphqlCall> = {};
  const aggregate: GraphQLFieldConfigMap<unknown, GraphqlCall> = {};
  const aggregateTypes = new Map(
    Array.from(new Set(found.values()), ({ name, config }) => [
      name,
      aggregateType(config, types.names),
    ]),
  );
  for (const [field, { name }] of found) {
    get[field] = {
      type: new GraphQLList(types.of(name)),
      args: getArguments,
      resolve: async (_, args, call, info) => {
        const collection = await call.objects.hold(name, args['tenant']);
        return await resolveGet(collection, asked(args, info), call);
      },
    };
    aggregate[field] = {
      type: new GraphQLList(aggregateTypes.get(name) ?? types.of(name)),
      args: aggregateArguments,
      resolve: async (_, args, call, info) => {
        const collection = await call.objects.hold(name, args['tenant']);
        return await resolveAggregate(collection, asked(args, info), call);
      },
    };
  }
  const query = new GraphQLObjectType<unknown, GraphqlCall>({
    name: 'WeaviateObj',
    fields: {
      Get: below('GetObjectsObj', get),
      Aggregate: below('AggregateObjectsObj', aggregate),
      Explore: explore,
    },
  });
  // Names are checked where collections are made, and collections may be none: what GraphQL asks of a
  // schema beyond that would be asked at every change for nothing.
  return new GraphQLSchema({ query, assumeValid: true });
}

function asked(
  args: Readonly<Record<string, unknown>>,
  {
    fieldNodes,
    fragments,
    variableValues,
  }: Asked['info'] & { readonly fieldNodes: Asked['nodes'] },
): Asked {
  return { args, nodes: fieldNodes, info: { fragments, variableValues } };
}

function below(name: string, fields: GraphQLFieldConfigMap<unknown, GraphqlCall>) {
  return {
    type: new GraphQLObjectType<unknown, GraphqlCall>({ name, fields }),
    resolve: () => ({}),
  };
}

const explore = {
  type: new GraphQLList(
    new GraphQLObjectType({
      name: 'ExploreObj',
      fields: {
        beacon: { type: GraphQLString },
        className: { type: GraphQLString },
        certainty: { type: GraphQLFloat },
        distance: { type: GraphQLFloat },
      },
    }),
  ),
  args: exploreArguments,
  resolve: (): never => {
    throw new DatabaseError('not-implemented', {
      what: 'Explore, a search over all collections at once,',
    });
  },
};
