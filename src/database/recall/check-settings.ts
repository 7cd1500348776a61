// What may be said about a recall check, with defaults and bounds.

import { DatabaseError } from '../../engine/errors.ts';
import type { Filter } from '../../engine/filter/filter.ts';
import { queryTokenVectorsMax, searchResultsMax } from '../../engine/limits.ts';
import type { CollectionConfig, VectorConfig } from '../collection-config.ts';

/** Everything has a default. */
export interface CheckOptions {
  /** Vector name; may be left out where the collection has only one. */
  readonly vector?: string;
  /** Queries made of stored vectors, and recent queries at most; default 100. */
  readonly queries?: number;
  /** How many answers are compared, each number by itself; default 10 and 100. */
  readonly ks?: readonly number[];
  /** Token vectors of a query made of stored ones; default 32. */
  readonly tokens?: number;
  /** Only these documents are searched. */
  readonly filter?: Filter;
  /** Chooses the queries; the same number and documents give the same ones. */
  readonly seed?: number;
}

/** Complete and checked. */
export interface CheckSettings {
  readonly vector: VectorConfig;
  readonly queries: number;
  readonly ks: readonly number[];
  readonly tokens: number;
  readonly filter: Filter | undefined;
  readonly seed: number;
}

const queriesDefault = 100;
const queriesMax = 2_000;
const ksDefault: readonly number[] = [10, 100];
const ksCountMax = 5;
const tokensDefault = 32;

/** Throws 'invalid-argument' naming the field, the value and what is allowed. */
export function resolveCheck(config: CollectionConfig, options: CheckOptions): CheckSettings {
  const { queries = queriesDefault, ks = ksDefault, tokens = tokensDefault, seed = 1 } = options;
  requireCount('queries', queries, queriesMax);
  requireCount('tokens', tokens, queryTokenVectorsMax);
  if (ks.length === 0 || ks.length > ksCountMax) {
    throw invalid(`k: ${ks.length} numbers, allowed are 1 to ${ksCountMax}`);
  }
  for (const k of ks) requireCount('k', k, searchResultsMax - 1);
  if (!Number.isSafeInteger(seed)) throw invalid(`seed is ${seed}; allowed: whole numbers`);
  const vector = vectorOf(config, options.vector);
  return { vector, queries, ks: sorted(ks), tokens, filter: options.filter, seed };
}

/** The vector name that is meant; throws 'vector-unknown', 'invalid-argument' without a name of several. */
export function vectorOf(config: CollectionConfig, name: string | undefined): VectorConfig {
  const known = config.vectors.map((vector) => vector.name).join(', ');
  const [only, ...others] = config.vectors;
  if (name === undefined && only && others.length === 0) return only;
  const found = config.vectors.find((vector) => vector.name === name);
  if (found) return found;
  if (name !== undefined) {
    throw new DatabaseError('vector-unknown', { collection: config.name, name, known });
  }
  throw invalid(
    only
      ? `collection ${config.name} has several vectors, name one of [${known}]`
      : `collection ${config.name} has no vectors`,
  );
}

function sorted(ks: readonly number[]): number[] {
  return [...new Set(ks)].sort((a, b) => a - b);
}

function requireCount(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw invalid(`${name} is ${value}; allowed: whole numbers from 1 to ${max}`);
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
