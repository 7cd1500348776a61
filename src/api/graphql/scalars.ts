// Scalars of the GraphQL interface. Several are wider than GraphQL's own: whole numbers may be larger than
// 32 bits, vectors and values of filters have no one shape.

import { GraphQLScalarType } from 'graphql';
import { literalValue } from './literals.ts';

/** A whole number of up to 53 bits; GraphQL's own Int ends at 32. */
export const wholeNumber: GraphQLScalarType<number, unknown> = new GraphQLScalarType({
  name: 'WholeNumber',
  description: 'A whole number from -(2^53 - 1) to 2^53 - 1.',
  serialize: (value) => value,
});

/**
 * A value in the form that it comes in: number, text, list or object. Who reads it checks it, and vectors
 * in it are not walked through by GraphQL.
 */
export const anyValue: GraphQLScalarType<unknown, unknown> = new GraphQLScalarType({
  name: 'AnyValue',
  description: 'A number, text, boolean, list or object, as the field says.',
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literalValue(node, variables),
  serialize: (value) => value,
});

/** A vector of a reply: a list of numbers, or of lists of numbers where it is a multi-vector. */
export const vectorValue: GraphQLScalarType<unknown, unknown> = new GraphQLScalarType({
  name: 'Vector',
  description: 'A list of numbers; of a multi-vector, a list of lists of numbers.',
  serialize: (value) => value,
});
