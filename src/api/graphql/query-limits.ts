// Limits of a query, checked before anything is made of it: how deep its text is nested, how many fields it
// selects and how many searches it asks for. All of it takes time proportional to the length of the text.

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { graphqlFieldsMax, graphqlNestingMax, graphqlSearchesMax } from '../../engine/limits.ts';

/** Throws GraphQLError where brackets are nested too deep: parsers call themselves for each. */
export function checkNesting(text: string): void {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case openParenthesis:
      case openBracket:
      case openBrace:
        depth += 1;
        break;
      case closeParenthesis:
      case closeBracket:
      case closeBrace:
        depth -= 1;
        break;
      case quote:
        index = textEnd(text, index);
        break;
      case hash:
        index = endOf(text.indexOf('\n', index), text);
    }
    if (depth > graphqlNestingMax) {
      throw new GraphQLError(`the query nests brackets more than ${graphqlNestingMax} deep`);
    }
  }
}

const openParenthesis = 40;
const closeParenthesis = 41;
const openBracket = 91;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;
const quote = 34;
const hash = 35;
const backslash = 92;
const lineFeed = 10;

/** Index of the last character of the text that begins at `start`; one that is not closed ends with its line. */
function textEnd(text: string, start: number): number {
  if (text.startsWith('"""', start)) {
    let end = text.indexOf('"""', start + 3);
    while (end >= 0 && text.charCodeAt(end - 1) === backslash) end = text.indexOf('"""', end + 3);
    return endOf(end < 0 ? end : end + 2, text);
  }
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (character === backslash) index += 1;
    else if (character === quote || character === lineFeed) return index;
  }
  return text.length;
}

function endOf(index: number, text: string): number {
  return index < 0 ? text.length : index;
}

/** What a query names: collections below Get and Aggregate, and types in fragments. */
export interface NamedInQuery {
  /** Undefined: the query asks for the schema itself, which has them all. */
  readonly names: ReadonlySet<string> | undefined;
}

/** Counts what a query selects. Throws GraphQLError for more than is allowed. */
export function checkSelections(document: DocumentNode): NamedInQuery {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  }
  const sizes = new SelectionSizes(fragments);
  const names = new Set<string>();
  let ofSchema = false;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) sizes.ofFragment(definition.name.value);
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const roots = rootFields(definition.selectionSet, fragments);
    ofSchema ||= roots.some(({ name }) => name.value.startsWith('__'));
    const searches = roots.flatMap(({ selectionSet }) => rootFields(selectionSet, fragments));
    if (searches.length > graphqlSearchesMax) {
      throw new GraphQLError(
        `the query asks for ${searches.length} searches, at most ${graphqlSearchesMax} are allowed`,
      );
    }
    for (const { name } of searches) names.add(name.value);
    sizes.of(definition.selectionSet);
  }
  return { names: ofSchema ? undefined : names };
}

/** The fields of a selection with those of its fragments, each fragment once. */
function rootFields(
  selectionSet: SelectionSetNode | undefined,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FieldNode[] {
  const found: FieldNode[] = [];
  const seen = new Set<string>();
  const gather = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) found.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) gather(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        gather(fragments.get(selection.name.value)?.selectionSet);
      }
    }
  };
  gather(selectionSet);
  return found;
}

/** Fields of selections with those of the fragments in them, as often as they stand there. */
class SelectionSizes {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #known = new Map<string, number>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments;
  }

  /** Throws GraphQLError above the limit. */
  of(set: SelectionSetNode | undefined): number {
    let size = 0;
    for (const selection of set?.selections ?? []) {
      const { kind } = selection;
      size += kind === Kind.FRAGMENT_SPREAD ? 1 + this.ofFragment(selection.name.value) : 1;
      if (kind !== Kind.FRAGMENT_SPREAD) size += this.of(selection.selectionSet);
    }
    if (size <= graphqlFieldsMax) return size;
    throw new GraphQLError(`the query selects more than ${graphqlFieldsMax} fields`);
  }

  /** A fragment inside itself counts as nothing there: validation refuses it. */
  ofFragment(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    this.#known.set(name, 0);
    const size = this.of(this.#fragments.get(name)?.selectionSet);
    this.#known.set(name, size);
    return size;
  }
}
