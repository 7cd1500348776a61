// Values that are written in a query. The numbers of a vector are set aside before the query is checked:
// GraphQL walks through every value of a list in each of its checks, for vectors to no purpose.

import {
  type ArgumentNode,
  type DocumentNode,
  Kind,
  type ObjectValueNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';

/** Shorter lists stay as they are, so that errors can show them. */
const numbersMin = 8;

/** Stands where a list of numbers stood; no type but AnyValue takes it. */
interface NumbersNode extends ObjectValueNode {
  readonly numbers: readonly number[];
}

type Variables = Readonly<Record<string, unknown>> | null | undefined;

/** Replaces the lists of numbers in a document's arguments, in place. Only `literalValue` reads them then. */
export function setNumbersAside({ definitions }: DocumentNode): void {
  for (const definition of definitions) {
    if ('selectionSet' in definition) visitSelections(definition.selectionSet);
  }
}

function visitSelections(set: SelectionSetNode | undefined): void {
  for (const selection of set?.selections ?? []) {
    if ('arguments' in selection) visitArguments(selection.arguments ?? []);
    if ('selectionSet' in selection) visitSelections(selection.selectionSet);
  }
}

function visitArguments(nodes: readonly ArgumentNode[]): void {
  for (const node of nodes) {
    (node as { value: ValueNode }).value = withNumbersAside(node.value);
  }
}

function withNumbersAside(node: ValueNode): ValueNode {
  if (node.kind === Kind.OBJECT) {
    for (const field of node.fields) {
      (field as { value: ValueNode }).value = withNumbersAside(field.value);
    }
  }
  if (node.kind !== Kind.LIST) return node;
  const values = node.values as ValueNode[];
  const numbers = values.length < numbersMin ? undefined : numbersOf(values);
  if (numbers) return numbersNode(node, numbers);
  for (const [index, value] of values.entries()) values[index] = withNumbersAside(value);
  return node;
}

/** No two look alike: fields that differ in their vectors only are told apart. */
function numbersNode({ loc }: ValueNode, numbers: readonly number[]): NumbersNode {
  const name = { kind: Kind.NAME, value: `numbers${loc?.start ?? 0}` } as const;
  const field = { kind: Kind.OBJECT_FIELD, name, value: { kind: Kind.NULL } } as const;
  return { kind: Kind.OBJECT, fields: [field], ...(loc && { loc }), numbers };
}

function numbersOf(values: readonly ValueNode[]): number[] | undefined {
  const numbers = new Array<number>(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as ValueNode;
    if (value.kind !== Kind.INT && value.kind !== Kind.FLOAT) return undefined;
    numbers[index] = Number(value.value);
  }
  return numbers;
}

/** A value as it stands in the query, with the values of variables. */
export function literalValue(node: ValueNode, variables: Variables): unknown {
  if ('numbers' in node) return node.numbers;
  if (node.kind === Kind.LIST) return node.values.map((value) => literalValue(value, variables));
  if (node.kind !== Kind.OBJECT) return valueFromASTUntyped(node, variables);
  return Object.fromEntries(
    node.fields.map(({ name, value }) => [name.value, literalValue(value, variables)]),
  );
}
