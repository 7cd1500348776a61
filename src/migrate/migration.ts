// A whole migration: what is there on both sides, what is made, what is copied, and how both compare.

import { capitalized } from '../database/schema/names.ts';
import { DatabaseError } from '../engine/errors.ts';
import { type CopyCounts, type CopyOptions, ObjectCopy } from './copy-objects.ts';
import {
  eachPlace,
  type MigrationProblem,
  namesOf,
  type Places,
  sourceReader,
} from './each-place.ts';
import { ObjectWriter } from './object-writer.ts';
import { type CollectionPlan, type PlanOptions, planCollections } from './plan-collections.ts';
import { checkTwoServers, type ServerSide } from './server-side.ts';
import { isActive, wantedTenants } from './tenants.ts';
import { type Verification, verifyObjects } from './verify-objects.ts';
import { hasTenants, type WireClass } from './wire-class.ts';

/** What is wanted. */
export interface MigrationOptions extends PlanOptions {
  /** Undefined: all. */
  readonly collections: readonly string[] | undefined;
  readonly activatesTenants: boolean;
  readonly batchMax: number;
  readonly sample: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Another name of a collection. */
export interface WireAlias {
  readonly alias: string;
  readonly class: string;
}

/** What is told while objects are copied. */
export interface CopyListeners {
  readonly onProgress: (objects: number, bytes: number) => void;
  readonly onProblem: (problem: MigrationProblem) => void;
}

/** What is told while both sides are compared. */
export interface CompareListeners {
  readonly onProgress: (objects: number) => void;
  readonly onProblem: (problem: MigrationProblem) => void;
}

/** Both servers, and what is copied from one to the other. */
export class Migration {
  readonly #source: ServerSide;
  readonly #destination: ServerSide;
  readonly #options: MigrationOptions;
  readonly plans: readonly CollectionPlan[];
  readonly aliases: readonly WireAlias[];
  /** What stands in the way; nothing is written while there is any. */
  readonly problems: readonly string[];
  #hasMade = false;

  private constructor(
    ends: readonly [ServerSide, ServerSide],
    options: MigrationOptions,
    found: Pick<Migration, 'plans' | 'aliases' | 'problems'>,
  ) {
    [this.#source, this.#destination] = ends;
    this.#options = options;
    this.plans = found.plans;
    this.aliases = found.aliases;
    this.problems = found.problems;
  }

  /** Reads the schemas of both. Throws DatabaseError; writes nothing. */
  static async open(
    source: ServerSide,
    destination: ServerSide,
    options: MigrationOptions,
  ): Promise<Migration> {
    checkTwoServers(source, destination);
    if (!destination.grpc) {
      const message = `the destination can't be written to without gRPC: ${destination.withoutGrpc ?? 'none'}`;
      throw new DatabaseError('invalid-argument', { message });
    }
    const [ours, theirs] = await Promise.all([readSchema(source), readSchema(destination)]);
    const chosen = choose(ours, options.collections, source);
    if (chosen.length === 0) {
      const message = `${source.rest.name} shows no collections: it has none, or its key may not read them`;
      throw new DatabaseError('invalid-argument', { message });
    }
    const planned = planCollections(chosen, theirs, options);
    const names = new Set(chosen.map((each) => each.class));
    const aliases = (await readAliases(source)).filter((each) => names.has(each.class));
    const known = await readAliases(destination);
    const problems = [
      ...planned.problems,
      ...(options.replaces ? [] : takenAliases(known, aliases)),
      ...crossedNames(
        { names, aliases },
        { names: theirs.map((each) => each.class), aliases: known },
      ),
    ];
    return new Migration([source, destination], options, {
      ...{ plans: planned.plans, aliases, problems },
    });
  }

  /** Makes collections, then the references between them, then aliases. Throws RemoteFault. */
  async makeCollections(): Promise<void> {
    const { rest } = this.#destination;
    for (const { kind, class: each, body } of this.plans) {
      if (kind === 'remake') await rest.ask('DELETE', schemaPath(each.class));
      if (kind !== 'there') await rest.ask('POST', '/v1/schema', body);
    }
    for (const { class: each, properties } of this.plans) {
      for (const property of properties) {
        await rest.ask('POST', `${schemaPath(each.class)}/properties`, property);
      }
    }
    const there = await readAliases(this.#destination);
    for (const alias of this.aliases) {
      const found = there.find((one) => one.alias === alias.alias);
      if (!found) await rest.ask('POST', '/v1/aliases', alias);
      else if (found.class !== alias.class) {
        const path = `/v1/aliases/${encodeURIComponent(alias.alias)}`;
        await rest.ask('PUT', path, { class: alias.class });
      }
    }
    this.#hasMade = true;
  }

  /** How many of the wanted tenants are not active at the source. Throws RemoteFault. */
  async countInactive({ class: each }: CollectionPlan): Promise<number> {
    if (!hasTenants(each)) return 0;
    const wanted = await wantedTenants(this.#source, each, this.#options.tenants);
    return wanted.filter((one) => !isActive(one)).length;
  }

  /** Objects to be read at the source, all tenants together; undefined where it does not say. */
  async count({ class: each }: CollectionPlan): Promise<number | undefined> {
    const { tenants, activatesTenants } = this.#options;
    const places = hasTenants(each)
      ? await wantedTenants(this.#source, each, tenants)
      : [{ name: '' }];
    // An inactive tenant doesn't tell what it has.
    if (activatesTenants && !places.every(isActive)) return undefined;
    let sum = 0;
    for (const { name: tenant } of places.filter(isActive)) {
      const count = await sourceReader(this.#source, { class: each, tenant }).count();
      if (count === undefined) return undefined;
      sum += count;
    }
    return sum;
  }

  /** Copies the objects of a collection. Throws RemoteFault, or the signal's reason. */
  async copy(plan: CollectionPlan, { onProgress, onProblem }: CopyListeners): Promise<CopyCounts> {
    const { batchMax, replaces, signal } = this.#options;
    const sum: CopyCounts = {
      ...{ copied: 0, unchanged: 0, refused: 0, newer: 0, extra: 0, deleted: 0 },
    };
    await eachPlace(this.#places(plan, 'copy'), onProblem, async (source, destination) => {
      const { grpc } = this.#destination;
      if (!grpc) return;
      const writer = new ObjectWriter(grpc, destination.place);
      const options: CopyOptions = {
        ...{ batchMax, signal, onProgress },
        others: replaces ? 'replace' : 'keep',
        onRefused: (refused) => onProblem({ ...namesOf(source.place), ...refused }),
      };
      const counts = await new ObjectCopy({ source, destination, writer }, options).run();
      for (const [name, count] of Object.entries(counts)) sum[name as keyof CopyCounts] += count;
    });
    return sum;
  }

  /** Compares a collection on both sides. Throws RemoteFault, or the signal's reason. */
  async verify(
    plan: CollectionPlan,
    { onProgress, onProblem }: CompareListeners,
  ): Promise<Verification> {
    const { sample, random, signal } = this.#options;
    const sum = { sourceCount: 0, destinationCount: 0, sampled: 0, differences: 0 };
    if (plan.kind === 'make' && !this.#hasMade) {
      onProblem({ collection: plan.class.class, message: 'the collection is missing here' });
      return { ...sum, sourceCount: (await this.count(plan)) ?? 0, differences: 1 };
    }
    if (!this.#hasMade) {
      for (const message of plan.differences) {
        sum.differences += 1;
        onProblem({ collection: plan.class.class, message: `is otherwise: ${message}` });
      }
    }
    const onTenant = (problem: MigrationProblem): void => {
      sum.differences += 1;
      onProblem(problem);
    };
    await eachPlace(this.#places(plan, 'compare'), onTenant, async (source, destination) => {
      const found = await verifyObjects(source, destination, {
        ...{ random, signal, onProgress, sample: Math.max(0, sample - sum.sampled) },
        onDifference: (difference) => onProblem({ ...namesOf(source.place), ...difference }),
      });
      for (const [name, count] of Object.entries(found)) sum[name as keyof Verification] += count;
    });
    return sum;
  }

  /** Aliases that lead elsewhere at the destination. */
  async aliasProblems(): Promise<readonly string[]> {
    const there = await readAliases(this.#destination);
    return this.aliases.flatMap(({ alias, class: name }) => {
      const found = there.find((one) => one.alias === alias);
      if (found?.class === name) return [];
      return [
        `alias ${alias} leads to ${name} there, ${found ? `to ${found.class}` : 'nowhere'} here`,
      ];
    });
  }

  #places(plan: CollectionPlan, mode: 'copy' | 'compare'): Places {
    const { tenants, activatesTenants, replaces, signal } = this.#options;
    const ends = { source: this.#source, destination: this.#destination };
    const others = replaces ? 'replace' : 'keep';
    return { ...ends, class: plan.class, mode, others, tenants, activatesTenants, signal };
  }
}

function schemaPath(collection: string): string {
  return `/v1/schema/${encodeURIComponent(collection)}`;
}

async function readSchema({ rest }: ServerSide): Promise<readonly WireClass[]> {
  type Schema = { readonly classes: readonly WireClass[] | null };
  const { classes } = await rest.ask<Schema>('GET', '/v1/schema');
  return classes ?? [];
}

/** Older servers have none. */
async function readAliases({ rest }: ServerSide): Promise<readonly WireAlias[]> {
  const found = await rest.find<{ readonly aliases?: readonly WireAlias[] | null }>('/v1/aliases');
  return found?.aliases ?? [];
}

/** Names of collections on one side that are aliases on the other. */
function crossedNames(
  source: { readonly names: Iterable<string>; readonly aliases: readonly WireAlias[] },
  destination: { readonly names: Iterable<string>; readonly aliases: readonly WireAlias[] },
): readonly string[] {
  const [ours, theirs] = [new Set(source.names), new Set(destination.names)];
  return [
    ...destination.aliases
      .filter(({ alias }) => ours.has(alias))
      .map(({ alias, class: name }) => `${alias}: is a collection there, an alias of ${name} here`),
    ...source.aliases
      .filter(({ alias }) => theirs.has(alias))
      .map(({ alias, class: name }) => `alias ${alias} of ${name} there is a collection here`),
  ];
}

function takenAliases(
  there: readonly WireAlias[],
  aliases: readonly WireAlias[],
): readonly string[] {
  return aliases.flatMap(({ alias, class: name }) => {
    const found = there.find((one) => one.alias === alias);
    if (!found || found.class === name) return [];
    return [`alias ${alias} leads to ${found.class} here, to ${name} there (--replace changes it)`];
  });
}

/** Throws 'invalid-argument' for a name that the source does not have. */
function choose(
  all: readonly WireClass[],
  wanted: readonly string[] | undefined,
  { rest }: ServerSide,
): readonly WireClass[] {
  if (!wanted) return all;
  return [...new Set(wanted)].map((name) => {
    const found = all.find((each) => each.class === capitalized(name));
    if (found) return found;
    const known = all.map((each) => each.class).join(', ') || 'none that this key may read';
    const message = `${rest.name} has no collection ${name}; it has ${known}`;
    throw new DatabaseError('invalid-argument', { message });
  });
}
