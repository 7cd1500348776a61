// Filters that look inside object properties. Conditions on the same object array that And, Or and Not
// join are asked of one element at a time: an object passes when one of its elements does. What is
// asked of several arrays, or of the document too, is joined where their paths part.

import { assert, unreachable } from '../assert.ts';
import { Bitset } from '../bitset.ts';
import { DatabaseError } from '../errors.ts';
import type { LengthColumn } from './column.ts';
import { type Condition, type FilterContext, resolveLength, resolveProperty } from './condition.ts';
import { type Elements, type Level, parentsOf } from './elements.ts';
import type { Filter } from './filter.ts';
import { intersection } from './intersection.ts';
import {
  isNestedName,
  type NestedTarget,
  resolvePath,
  type Scope,
  type Step,
} from './nested-path.ts';
import { runTest, scanLengths, scanPresence } from './scan.ts';
import { evaluateText } from './text-filter.ts';
import { evaluateValues } from './value-filter.ts';

type Comparison = Extract<Filter, { readonly kind: 'compare' }>;

/** A filter with its paths looked up; `scopes` are those that all of its conditions go through. */
type Node =
  | { readonly kind: 'plain'; readonly scopes: readonly []; readonly filter: Filter }
  | {
      readonly kind: 'condition';
      readonly scopes: readonly Scope[];
      readonly target: NestedTarget;
      readonly condition: Condition;
    }
  | {
      readonly kind: 'and' | 'or';
      readonly scopes: readonly Scope[];
      readonly operands: readonly Node[];
    }
  | { readonly kind: 'not'; readonly scopes: readonly Scope[]; readonly operand: Node };

/** Whether a filter looks inside objects. */
export function isNestedFilter(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.operands.some(isNestedFilter);
    case 'not':
      return isNestedFilter(filter.operand);
    case 'compare':
      return isNestedComparison(filter);
    default:
      return false;
  }
}

/** Whether one comparison looks inside objects. */
export function isNestedComparison({ target }: Comparison): boolean {
  return 'name' in target && isNestedName(target.name);
}

/** Throws DatabaseError as resolvePath and resolveCondition do. */
export function resolveNested(
  comparison: Comparison,
  context: FilterContext,
): { readonly target: NestedTarget; readonly condition: Condition } {
  const { target: named } = comparison;
  assert('name' in named, 'what looks inside objects has a path');
  const { collection = '', schema } = context;
  const target = resolvePath(named.name, schema.properties, collection);
  if (named.kind === 'length' && named.name.endsWith(']')) {
    const message = `filter on the length of '${named.name}' of class '${collection}': the path must end at a property`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const condition =
    named.kind === 'length'
      ? resolveLength(comparison, target.property, context)
      : resolveProperty(comparison, target.value, context);
  return { target, condition };
}

/** Evaluates one filter for the documents of a segment. */
export function evaluateNested(
  filter: Filter,
  documents: Level,
  context: FilterContext,
  plain: (filter: Filter) => Bitset,
): Bitset {
  return new NestedFilter(context, plain).evaluate(filter, documents);
}

class NestedFilter {
  readonly #context: FilterContext;
  readonly #plain: (filter: Filter) => Bitset;

  constructor(context: FilterContext, plain: (filter: Filter) => Bitset) {
    this.#context = context;
    this.#plain = plain;
  }

  evaluate(filter: Filter, documents: Level): Bitset {
    return this.#at(this.#resolve(filter), documents, 0);
  }

  #resolve(filter: Filter): Node {
    switch (filter.kind) {
      case 'and':
      case 'or': {
        const all = filter.operands.map((operand) => this.#resolve(operand));
        const { kind } = filter;
        // What And joins with another And belongs together, however it is bracketed.
        const operands = all.flatMap((node) => (node.kind === kind ? node.operands : [node]));
        return { kind, operands, scopes: shared(operands) };
      }
      case 'not': {
        const operand = this.#resolve(filter.operand);
        return { kind: 'not', operand, scopes: operand.scopes };
      }
      case 'compare': {
        if (!isNestedComparison(filter)) break;
        const { target, condition } = resolveNested(filter, this.#context);
        return { kind: 'condition', target, condition, scopes: target.scopes };
      }
    }
    return { kind: 'plain', filter, scopes: [] };
  }

  /** Which of a level's documents or elements pass; the first `depth` scopes lead to the level. */
  #at(node: Node, level: Level, depth: number): Bitset {
    const scope = node.scopes[depth];
    if (scope !== undefined) {
      return through(level, scope.steps, (inner) => this.#at(node, inner, depth + 1));
    }
    switch (node.kind) {
      case 'plain':
        return this.#plain(node.filter);
      case 'condition':
        return evaluateCondition(node.condition, node.target, level);
      case 'not':
        return this.#at(node.operand, level, depth).not();
      case 'or':
        return node.operands
          .values()
          .map((operand) => this.#at(operand, level, depth))
          .reduce((a, b) => a.or(b));
      case 'and':
        return this.#together(node.operands, depth)
          .values()
          .map((operand) => this.#at(operand, level, depth))
          .reduce((a, b) => a.and(b));
      default:
        return unreachable(node);
    }
  }

  /** Operands of an And, those that go on into the same array made one. */
  #together(operands: readonly Node[], depth: number): readonly Node[] {
    const groups = Map.groupBy(operands, (node, at) => node.scopes[depth]?.key ?? at);
    return Array.from(groups.values(), (group): Node => {
      const [first, ...more] = group;
      assert(first !== undefined, 'a group has a member');
      return more.length === 0 ? first : { kind: 'and', operands: group, scopes: shared(group) };
    });
  }
}

/** The scopes that all nodes begin with. */
function shared(nodes: readonly Node[]): readonly Scope[] {
  const [first, ...others] = nodes;
  const all = first?.scopes ?? [];
  const end = all.findIndex((scope, at) =>
    others.some((other) => other.scopes[at]?.key !== scope.key),
  );
  return end < 0 ? all : all.slice(0, end);
}

/** Who of a level has, at the end of the steps, an element that passes. */
function through(level: Level, steps: readonly Step[], evaluate: (inner: Level) => Bitset): Bitset {
  const [step, ...more] = steps;
  if (step === undefined) return evaluate(level);
  const elements = level.elements(step.name);
  if (elements === undefined) return Bitset.of(level.count);
  return parentsOf(elements, through(elements, more, evaluate), step.index, level.count);
}

/** Negation is of the whole object at the level, also of one without the value. */
function evaluateCondition(condition: Condition, target: NestedTarget, level: Level): Bitset {
  const { rest } = target;
  const inside = (evaluate: (inner: Level) => Bitset): Bitset => through(level, rest, evaluate);
  switch (condition.kind) {
    case 'null': {
      const there = inside((inner) => {
        if (target.end === 'elements') return Bitset.full(inner.count);
        const column = inner.column(condition.name);
        return column ? scanPresence(column, inner.count) : Bitset.of(inner.count);
      });
      return condition.wanted ? there.not() : there;
    }
    case 'length':
      return evaluateLength(condition.test, target, level);
    case 'text': {
      const { name, test } = condition;
      if (test.kind !== 'terms') {
        return inside((inner) => evaluateText(inner.text.property(name), test, inner.count));
      }
      const one = (values: readonly (readonly string[])[]): Bitset =>
        inside((inner) =>
          evaluateText(inner.text.property(name), { ...test, values, negated: false }, inner.count),
        );
      // One element has one of the values, or each value has an element.
      const found =
        test.join === 'any'
          ? one(test.values)
          : intersection(test.values, level.count, (terms) => one([terms]));
      return test.negated ? found.not() : found;
    }
    case 'number':
    case 'date':
    case 'uuid':
    case 'uuidLike':
    case 'geo':
      return evaluateValues(condition, level.count, (scan) =>
        inside((inner) => scan(inner.column(condition.name), inner.count)),
      );
    default:
      throw new Error(`assertion failed: a ${condition.kind} condition is of no property`);
  }
}

/** Lengths of a text, or counts of a list's elements, of which one passes at the level. */
function evaluateLength(
  test: Extract<Condition, { readonly kind: 'length' }>['test'],
  { rest, end, property }: NestedTarget,
  level: Level,
): Bitset {
  if (end === 'value') {
    return runTest(test, level.count, (each) =>
      through(level, rest, (inner) => scanLengths(inner.column(property.name), each, inner.count)),
    );
  }
  const list = rest.at(-1);
  assert(list !== undefined, 'a list is the end of a path');
  return runTest(test, level.count, (each) =>
    through(level, rest.slice(0, -1), (inner) => {
      const counts = countsOf(inner.elements(list.name), inner.count);
      return scanLengths(counts, each, inner.count);
    }),
  );
}

/** How many elements each parent has, as a column of lengths. */
function countsOf(elements: Elements | undefined, parentCount: number): LengthColumn {
  const lengths = new Uint32Array(parentCount);
  const offsets = elements?.offsets;
  if (offsets) {
    for (let parent = 0; parent < parentCount; parent += 1) {
      lengths[parent] = offsets[parent + 1]! - offsets[parent]!;
    }
  }
  const column = { type: 'object[]', present: Bitset.full(parentCount), lengths } as const;
  return { kind: 'length', ...column, fingerprints: undefined, starts: undefined };
}
