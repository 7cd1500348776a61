// The types of stored objects: one for each collection, with a field for each property and `_additional`.

import {
  GraphQLBoolean,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLList,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  GraphQLUnionType,
} from 'graphql';
import type {
  CollectionConfig,
  NestedPropertyConfig,
  PropertyConfig,
} from '../../database/collection-config.ts';
import type { PropertyType } from '../../engine/schema.ts';
import { additionalType } from './additional-type.ts';
import type { GraphqlCall } from './call.ts';
import { wholeNumber } from './scalars.ts';
import { fieldsBelow, named } from './selection.ts';
import type { ShownObject } from './shown-object.ts';
import { isFieldName, TypeNames } from './type-names.ts';

export type ObjectType = GraphQLObjectType<ShownObject, GraphqlCall>;
type ObjectFields = GraphQLFieldConfigMap<ShownObject, GraphqlCall>;

/** Makes the types of the collections of one schema, those that they refer to among them. */
export class ObjectTypes {
  readonly names: TypeNames;
  readonly #byName = new Map<string, ObjectType>();

  constructor(configs: readonly CollectionConfig[]) {
    this.names = new TypeNames(configs.map(({ name }) => name));
    for (const config of configs) this.#byName.set(config.name, this.#make(config));
  }

  /** Of a collection that the constructor was given. */
  of(collection: string): ObjectType {
    const type = this.#byName.get(collection);
    if (type) return type;
    throw new Error(`the schema has no type for collection ${collection}`);
  }

  #make(config: CollectionConfig): ObjectType {
    const name = this.names.ofCollection(config.name);
    const type: ObjectType = new GraphQLObjectType<ShownObject, GraphqlCall>({
      name,
      description: config.description ?? null,
      fields: () => ({
        ...this.#properties(config),
        _additional: {
          type: additionalType(config, type, this.names),
          resolve: (object) => object,
        },
      }),
    });
    return type;
  }

  #properties(config: CollectionConfig): ObjectFields {
    const fields: ObjectFields = {};
    for (const property of config.properties) {
      if (!isFieldName(property.name)) continue;
      const field =
        property.type === 'reference'
          ? this.#reference(config, property)
          : this.#plain(config, property);
      if (field) fields[property.name] = { description: property.description ?? null, ...field };
    }
    return fields;
  }

  #plain(
    config: CollectionConfig,
    { name, type, nested }: PropertyConfig,
  ): GraphQLFieldConfig<ShownObject, GraphqlCall> {
    return {
      type: this.#typeOf(type, `${config.name}${capital(name)}`, nested),
      resolve: ({ document: { properties } }) =>
        Object.hasOwn(properties, name) ? properties[name] : null,
    };
  }

  /** Undefined where all that it refers to is gone. */
  #reference(
    config: CollectionConfig,
    { name, targets = [] }: PropertyConfig,
  ): GraphQLFieldConfig<ShownObject, GraphqlCall> | undefined {
    const types = targets.flatMap((target) => this.#byName.get(target) ?? []);
    if (types.length === 0) return undefined;
    const union = new GraphQLUnionType({
      name: this.names.unique(`${config.name}${capital(name)}Union`),
      types,
      resolveType: (object: ShownObject) => this.of(object.owner.config.name).name,
    });
    return {
      type: new GraphQLList(union),
      resolve: (object, _args, { objects }, info) => {
        if (!Object.hasOwn(object.document.properties, name)) return null;
        const shown = fieldsBelow(named(fieldsBelow(info.fieldNodes, info), '_additional'), info);
        const vectors = shown.some((field) => /^vectors?$/.test(field.name.value));
        const all = objects.follow(object, name, vectors);
        return all.filter((each) => targets.includes(each.owner.config.name));
      },
    };
  }

  #typeOf(
    type: PropertyType,
    name: string,
    nested: readonly NestedPropertyConfig[] | undefined,
  ): GraphQLOutputType {
    if (type.endsWith('[]')) {
      return new GraphQLList(this.#typeOf(type.slice(0, -2) as PropertyType, name, nested));
    }
    switch (type) {
      case 'int':
        return wholeNumber;
      case 'number':
        return GraphQLFloat;
      case 'boolean':
        return GraphQLBoolean;
      case 'geoCoordinates':
        return geoCoordinates;
      case 'phoneNumber':
        return phoneNumber;
      case 'object':
        return this.#nestedType(`${name}Object`, nested ?? []);
      default:
        return GraphQLString;
    }
  }

  #nestedType(wanted: string, parts: readonly NestedPropertyConfig[]): GraphQLOutputType {
    const name = this.names.unique(wanted);
    const fields = parts.filter((part) => isFieldName(part.name));
    return new GraphQLObjectType<Readonly<Record<string, unknown>>>({
      name,
      fields: Object.fromEntries(
        fields.map((part) => [
          part.name,
          {
            type: this.#typeOf(part.type, `${name}${capital(part.name)}`, part.nested),
            resolve: (value: Readonly<Record<string, unknown>>) =>
              Object.hasOwn(value, part.name) ? value[part.name] : null,
          },
        ]),
      ),
    });
  }
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

const geoCoordinates = new GraphQLObjectType({
  name: 'GeoCoordinatesObj',
  fields: { latitude: { type: GraphQLFloat }, longitude: { type: GraphQLFloat } },
});

const phoneNumber = new GraphQLObjectType({
  name: 'PhoneNumberObj',
  fields: {
    input: { type: GraphQLString },
    internationalFormatted: { type: GraphQLString },
    nationalFormatted: { type: GraphQLString },
    national: { type: wholeNumber },
    valid: { type: GraphQLBoolean },
    countryCode: { type: wholeNumber },
    defaultCountry: { type: GraphQLString },
  },
});
