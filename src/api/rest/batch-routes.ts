// Many objects in one REST request: insert, and delete by filter.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Collection, DeleteManyResult } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import type { ObjectInput, WriteResult } from '../../database/object-input.ts';
import type { Document } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { deleteManyMax } from '../../engine/limits.ts';
import {
  isRecord,
  type JsonRecord,
  readList,
  readOptionalBoolean,
  readOptionalString,
  readRecord,
} from './json-fields.ts';
import { namedCollection, objectFromJson, objectMembers } from './object-wire.ts';
import { addRoute, contextOf, objectsOf, type RestParts, sendJson } from './route.ts';
import { holdExisting, tenantOf } from './tenants.ts';
import { filterFromJson } from './where.ts';
import { invalid, WireError } from './wire-error.ts';

export function addBatchRoutes(app: FastifyInstance, parts: RestParts): void {
  addRoute(app, parts, {
    method: 'POST',
    path: '/batch/objects',
    access: {
      kind: 'right',
      action: 'U',
      resource: ({ body }) => objectsOf(firstClass(body)),
    },
    handle: async (request, reply) => sendJson(reply, await insertBatch(parts, request, reply)),
  });
  addRoute(app, parts, {
    method: 'DELETE',
    path: '/batch/objects',
    access: {
      kind: 'right',
      action: 'D',
      resource: ({ body }) => objectsOf(matchClass(body)),
    },
    errorStyle: { statuses: { 'collection-missing': 422 } },
    handle: (request) => deleteBatch(parts, request),
  });
}

type Outcome = WriteResult | { readonly kind: 'unread'; readonly error: Error };

interface Target {
  readonly collection: string;
  readonly tenant: string;
  readonly object: ObjectInput;
}

interface Item {
  readonly sent: unknown;
  /** Undefined when the object could not be read; `outcome` then says why. */
  readonly target?: Target;
  outcome?: Outcome;
}

/** Failures stay with their object, the batch goes on. */
async function insertBatch(
  { database, clock }: RestParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const list = readList(readRecord(request.body, '')['objects'], 'objects');
  const items = list.map(readItem);
  const good = items.filter(({ target }) => target !== undefined);
  const targets = good.flatMap(({ target }) => (target ? [target] : []));
  const results = await database.insertMany(targets, contextOf(request, reply));
  for (const [index, item] of good.entries()) item.outcome = results[index] as WriteResult;
  const now = clock();
  using open = new DisposableStack();
  const stored = good.filter(({ outcome }) => outcome?.kind === 'stored');
  const owners = await ownersOf(stored, database, open);
  return `[${items.map((item) => itemJson(item, owners, now)).join(',')}]`;
}

/** The collections, or tenants, of what a batch has stored, by their keys; undefined where one is gone by now. */
type Owners = ReadonlyMap<string, Collection | undefined>;

async function ownersOf(
  stored: readonly Item[],
  database: Database,
  open: DisposableStack,
): Promise<Owners> {
  const owners = new Map<string, Collection | undefined>();
  for (const { target } of stored) {
    if (!target) continue;
    const key = keyOf(target);
    if (owners.has(key)) continue;
    const held = await holdExisting(database, target.collection, target.tenant);
    if (held) open.use(held);
    owners.set(key, held?.collection);
  }
  return owners;
}

function keyOf({ collection, tenant }: Target): string {
  return JSON.stringify([collection, tenant]);
}

function readItem(sent: unknown, index: number): Item {
  try {
    const object = objectFromJson(sent, `objects[${index}].`);
    const { uuid, properties, vectors, tenant } = object;
    const input = { properties, vectors, ...(uuid === undefined ? {} : { uuid }) };
    return { sent, target: { collection: namedCollection(object), tenant, object: input } };
  } catch (error) {
    if (error instanceof DatabaseError || error instanceof WireError) {
      return { sent, outcome: { kind: 'unread', error } };
    }
    throw error;
  }
}

/** A stored object as it is now; one that failed as it was sent. */
function itemJson({ sent, target, outcome }: Item, owners: Owners, now: number): string {
  if (outcome?.kind === 'stored' && target) {
    const { collection: name, tenant } = target;
    const collection = owners.get(keyOf(target));
    const document = collection?.get(outcome.uuid) ?? gone(outcome.uuid, target.object, now);
    const fields = { vectors: true, weights: false };
    const owner = collection ?? { config: { name, properties: [] }, tenant };
    const members = objectMembers(owner, document, fields);
    return `{${members},"deprecations":null,"result":{"status":"SUCCESS"}}`;
  }
  const message = outcome && outcome.kind !== 'stored' ? outcome.error.message : 'not stored';
  const echo = isRecord(sent) ? sent : {};
  return JSON.stringify({
    ...echo,
    creationTimeUnix: now,
    lastUpdateTimeUnix: now,
    deprecations: null,
    result: { errors: { error: [{ message }] }, status: 'FAILED' },
  });
}

/** What to show of an object that was stored and, by another request, removed again. */
function gone(uuid: string, object: ObjectInput, now: number): Document {
  const { properties } = object;
  return { uuid, createdAt: now, updatedAt: now, properties, vectors: new Map() };
}

const outputs: readonly string[] = ['minimal', 'verbose'];

async function deleteBatch(
  { database, clock }: RestParts,
  { query, body }: Pick<FastifyRequest, 'query' | 'body'>,
): Promise<object> {
  const request = readRecord(body, '');
  const match = readRecord(request['match'], 'match');
  const name = readOptionalString(match['class'], 'match.class') ?? '';
  if (name === '') throw invalid('match.class: name the class to delete from');
  const filter = filterFromJson(match['where'], 'match.where');
  const dryRun = readOptionalBoolean(request['dryRun'], 'dryRun') ?? false;
  const output = readOptionalString(request['output'], 'output') ?? 'minimal';
  if (!outputs.includes(output)) {
    throw invalid(`output: ${JSON.stringify(output)} is not one of [${outputs.join(', ')}]`);
  }
  const verbose = output === 'verbose';
  using held = await database.hold(name, tenantOf({ query, body }));
  const result = await held.collection.deleteMany(filter, { dryRun, verbose });
  return {
    deletionTimeUnixMilli: clock(),
    dryRun,
    match: { class: name, where: withOperands(match['where'] as JsonRecord) },
    output,
    results: deleteResults(result, dryRun),
  };
}

function withOperands(where: JsonRecord): JsonRecord {
  return { operands: null, ...where };
}

function deleteResults(result: DeleteManyResult, dryRun: boolean): object {
  const { matches, successful, failed } = result;
  const objects = result.objects?.map(({ uuid, error }) => {
    if (error)
      return { errors: { error: [{ message: error.message }] }, id: uuid, status: 'FAILED' };
    return { id: uuid, status: dryRun ? 'DRYRUN' : 'SUCCESS' };
  });
  return {
    failed,
    limit: deleteManyMax,
    matches,
    objects: objects ?? null,
    successful: dryRun ? 0 : successful,
  };
}

function firstClass(body: unknown): string {
  const list = isRecord(body) ? body['objects'] : undefined;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return isRecord(first) ? String(first['class'] ?? '*') : '*';
}

function matchClass(body: unknown): string {
  const match = isRecord(body) ? body['match'] : undefined;
  return isRecord(match) ? String(match['class'] ?? '*') : '*';
}
