// What has to be made at the destination, found out before anything is written: each collection of the
// source as it is there, without what one node has no use for, beside what the destination has already.

import {
  changeFromWire,
  collectionFromWire,
  collectionToWire,
} from '../api/rest/schema/schema-wire.ts';
import type {
  CollectionConfig,
  JsonObject,
  PropertyConfig,
} from '../database/collection-config.ts';
import { moduleNames } from '../database/schema/module-settings.ts';
import { DatabaseError } from '../engine/errors.ts';
import { isReference, type WireClass, type WireProperty } from './wire-class.ts';

/** What is done about one collection. */
export interface CollectionPlan {
  /** As the source has it. */
  readonly class: WireClass;
  /** `make`: it is not there; `remake`: what is there is deleted first. */
  readonly kind: 'make' | 'remake' | 'there';
  /** What is made, without references: they need all collections to be there. */
  readonly body: JsonObject;
  /** Added to it then. */
  readonly properties: readonly WireProperty[];
  /** Of what is there and is made anew: what it has otherwise. */
  readonly differences: readonly string[];
  /** What is otherwise than at the source, and does no harm. */
  readonly notes: readonly string[];
}

export interface PlanOptions {
  /** Vectors of modules that are not offered become self-provided. */
  readonly withoutModules: boolean;
  /** A collection that is otherwise at the destination is made anew. */
  readonly replaces: boolean;
  /** Only these tenants are copied; all without. */
  readonly tenants: readonly string[] | undefined;
}

/** Plans, and what stands in the way of them. */
export interface Planned {
  readonly plans: readonly CollectionPlan[];
  readonly problems: readonly string[];
}

/** `wanted`: those of the source that are copied; `there`: all of the destination. */
export function planCollections(
  wanted: readonly WireClass[],
  there: readonly WireClass[],
  options: PlanOptions,
): Planned {
  const problems: string[] = [];
  const plans = wanted.flatMap((each) => {
    try {
      const { body, notes } = adapted(each, options);
      const config = collectionFromWire(body);
      const found = there.find((one) => one.class === config.name);
      return [planOne({ class: each, config, notes }, found, options)];
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      problems.push(`${each.class}: ${error.message}`);
      return [];
    }
  });
  const known = new Set([...wanted, ...there].map((each) => each.class));
  for (const { class: each } of plans) {
    for (const { name, dataType } of (each.properties ?? []).filter(isReference)) {
      const missing = dataType.filter((target) => !known.has(target));
      if (missing.length === 0) continue;
      problems.push(
        `${each.class}: property ${name} refers to ${missing.join(', ')}, which is not copied`,
      );
    }
  }
  return { plans, problems };
}

interface Adapted {
  readonly class: WireClass;
  readonly config: CollectionConfig;
  readonly notes: readonly string[];
}

function planOne(
  { class: source, config, notes }: Adapted,
  found: WireClass | undefined,
  { replaces, tenants }: PlanOptions,
): CollectionPlan {
  const body = collectionToWire(config);
  const all = (body['properties'] ?? []) as readonly WireProperty[];
  const plain = all.filter((property) => !isReference(property));
  const make: JsonObject = { ...body, properties: plain as unknown as JsonObject[] };
  const anew = { class: source, body: make, properties: all.filter(isReference), notes };
  if (!found) return { ...anew, kind: 'make', differences: [] };
  const existing = changeFromWire(found);
  const differences = configDifferences(config, existing);
  if (differences.length > 0) {
    const isWhole = tenants === undefined || !existing.multiTenancy.enabled;
    if (replaces && isWhole) return { ...anew, kind: 'remake', differences };
    const help = isWhole
      ? '--replace deletes it and makes it anew'
      : '--replace would delete all of its tenants: leave --tenant out when you want that';
    const message = `is there already and differs: ${differences.join('; ')} (${help})`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const names = new Set(existing.properties.map(({ name }) => name));
  const properties = all.filter(({ name }) => !names.has(name));
  return { ...anew, kind: 'there', differences, properties };
}

/** Of what decides how objects are stored and found; what may be changed at any time is not looked at. */
function configDifferences(wanted: CollectionConfig, there: CollectionConfig): readonly string[] {
  const tenants = wanted.multiTenancy.enabled === there.multiTenancy.enabled;
  return [
    ...(tenants ? [] : [`tenants ${onOff(wanted)} there, ${onOff(there)} here`]),
    ...wanted.properties.flatMap((property) => {
      const found = there.properties.find(({ name }) => name === property.name);
      if (!found) return [];
      const [ours, theirs] = [propertyText(property), propertyText(found)];
      return ours === theirs ? [] : [`property ${property.name} ${ours} there, ${theirs} here`];
    }),
    ...wanted.vectors.flatMap(({ name, kind, metric, vectorizer: { module } }) => {
      const label = name === '' ? 'the unnamed vector' : `vector ${name}`;
      const found = there.vectors.find((vector) => vector.name === name);
      if (!found) return [`${label} is missing here`];
      const [ours, theirs] = [
        `${kind}, ${metric}, ${module}`,
        `${found.kind}, ${found.metric}, ${found.vectorizer.module}`,
      ];
      return ours === theirs ? [] : [`${label} ${ours} there, ${theirs} here`];
    }),
  ];
}

function onOff({ multiTenancy }: CollectionConfig): string {
  return multiTenancy.enabled ? 'on' : 'off';
}

function propertyText({ type, targets, tokenization }: PropertyConfig): string {
  const to = targets ? ` to ${[...targets].sort().join(', ')}` : '';
  return `${type}${to}${tokenization === undefined ? '' : `, ${tokenization}`}`;
}

/** The class object without several copies, shards, and modules that are not offered. */
function adapted(
  source: WireClass,
  { withoutModules }: PlanOptions,
): { readonly body: JsonObject; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const body = structuredClone(source) as unknown as Record<string, unknown>;
  const { factor = 1 } = (body['replicationConfig'] ?? {}) as { readonly factor?: number };
  if (factor > 1) {
    notes.push(`${factor} copies there, one here`);
    body['replicationConfig'] = { ...(body['replicationConfig'] as object), factor: 1 };
  }
  const { desiredCount = 1 } = (body['shardingConfig'] ?? {}) as { readonly desiredCount?: number };
  if (desiredCount > 1) notes.push(`${desiredCount} shards there, one here`);
  delete body['shardingConfig'];
  const unknown = new Set(withoutUnknownModules(body));
  if (unknown.size > 0 && !withoutModules) {
    const message = `its vectorizer ${[...unknown].join(', ')} is not offered: with --without-modules its vectors are copied and become self-provided`;
    throw new DatabaseError('invalid-argument', { message });
  }
  for (const module of unknown) {
    notes.push(`vectors of ${module} become self-provided`);
    forgetModule(body, module);
  }
  return { body: body as JsonObject, notes };
}

/** Makes vectors of modules that nobody knows here self-provided; returns the modules. */
function withoutUnknownModules(body: Record<string, unknown>): string[] {
  const known: readonly string[] = moduleNames;
  const unknown: string[] = [];
  const { vectorizer } = body;
  if (typeof vectorizer === 'string' && !known.includes(vectorizer)) {
    unknown.push(vectorizer);
    body['vectorizer'] = 'none';
  }
  const vectors = (body['vectorConfig'] ?? {}) as Record<string, { vectorizer?: object }>;
  for (const vector of Object.values(vectors)) {
    const modules = Object.keys(vector.vectorizer ?? {}).filter((name) => !known.includes(name));
    if (modules.length === 0) continue;
    unknown.push(...modules);
    vector.vectorizer = { none: {} };
  }
  return unknown;
}

function forgetModule(body: Record<string, unknown>, module: string): void {
  const properties = (body['properties'] ?? []) as { moduleConfig?: Record<string, unknown> }[];
  for (const each of [body as { moduleConfig?: Record<string, unknown> }, ...properties]) {
    if (each.moduleConfig) delete each.moduleConfig[module];
  }
}
