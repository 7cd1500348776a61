// What a query selects below a field, before its resolvers run: a search has to know what will be asked of
// its hits.

import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionNode,
} from 'graphql';
import { literalValue } from './literals.ts';

/** The parts of a resolver's info that a selection is read from. */
export type SelectionInfo = Pick<GraphQLResolveInfo, 'fragments' | 'variableValues'>;

/**
 * The fields right below the given ones, those in fragments too, whatever type these are for. A field that
 * a directive leaves out is among them.
 */
export function fieldsBelow(nodes: readonly FieldNode[], info: SelectionInfo): FieldNode[] {
  const found: FieldNode[] = [];
  const seen = new Set<FragmentDefinitionNode>();
  const gather = (selections: readonly SelectionNode[]): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) found.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) gather(selection.selectionSet.selections);
      else {
        const fragment = info.fragments[selection.name.value];
        if (!fragment || seen.has(fragment)) continue;
        seen.add(fragment);
        gather(fragment.selectionSet.selections);
      }
    }
  };
  for (const { selectionSet } of nodes) gather(selectionSet?.selections ?? []);
  return found;
}

/** Those of the fields that have the name. */
export function named(nodes: readonly FieldNode[], name: string): FieldNode[] {
  return nodes.filter((node) => node.name.value === name);
}

/** The arguments of a field as they stand there, with the values of variables. */
export function argumentsOf(
  { arguments: given = [] }: FieldNode,
  { variableValues }: SelectionInfo,
): Readonly<Record<string, unknown>> {
  const values = given.map(({ name, value }) => [name.value, literalValue(value, variableValues)]);
  return Object.fromEntries(values);
}
