// Recall checks of a collection over REST: start one in the background, ask where it stands. Paths of
// this server's own lie under /v1/tesserae. Fields and what they mean: docs/RECALL.md.

import type { FastifyInstance } from 'fastify';
import type { CheckOptions } from '../../database/recall/check-settings.ts';
import type { RecallState } from '../../database/recall/recall-monitor.ts';
import {
  describe,
  type JsonRecord,
  readOptionalRecord,
  readOptionalString,
} from './json-fields.ts';
import { queryText } from './query-fields.ts';
import { addRoute, pathObjects, type RestParts } from './route.ts';
import { holdAddressed } from './tenants.ts';
import { filterFromJson } from './where.ts';
import { unparsable } from './wire-error.ts';

export function addRecallRoutes(app: FastifyInstance, parts: RestParts): void {
  const path = '/tesserae/recall/:collection';
  addRoute(app, parts, {
    method: 'POST',
    path,
    access: pathObjects('R'),
    handle: async (request, reply) => {
      using held = await holdAddressed(parts.database, request);
      const { collection } = held;
      const state = collection.recall.start(readOptions(request.body));
      return reply.code(202).send(stateToWire(collection.name, state));
    },
  });
  addRoute(app, parts, {
    method: 'GET',
    path,
    access: pathObjects('R'),
    handle: async (request) => {
      using held = await holdAddressed(parts.database, request);
      const { collection } = held;
      const state = collection.recall.state(queryText(request.query, 'vector'));
      return stateToWire(collection.name, state);
    },
  });
}

/** What clients see of a state. */
function stateToWire(
  collection: string,
  { vector, running, report, failure }: RecallState,
): object {
  const status = running ? 'running' : failure ? 'failed' : report ? 'done' : 'none';
  return {
    collection,
    vector,
    status,
    ...(running ? { progress: running } : {}),
    ...(failure === undefined ? {} : { message: failure }),
    ...(report ? { report } : {}),
  };
}

const numberFields = ['queries', 'tokens', 'seed'] as const;
const fields: readonly string[] = [...numberFields, 'vector', 'k', 'where'];

function readOptions(body: unknown): CheckOptions {
  const record = readOptionalRecord(body, '');
  for (const name of Object.keys(record)) {
    if (fields.includes(name)) continue;
    throw unparsable(name, `no such field, there are [${fields.join(', ')}]`);
  }
  const numbers = numberFields.flatMap((name) => {
    const value = readOptionalNumber(record, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const vector = readOptionalString(record['vector'], 'vector');
  const ks = readKs(record['k']);
  const { where } = record;
  return {
    ...Object.fromEntries(numbers),
    ...(vector === undefined ? {} : { vector }),
    ...(ks === undefined ? {} : { ks }),
    ...(where === undefined || where === null ? {} : { filter: filterFromJson(where, 'where') }),
  };
}

/** One number, or several in a list. */
function readKs(value: unknown): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((k, place) => {
    if (typeof k === 'number') return k;
    throw unparsable(
      Array.isArray(value) ? `k[${place}]` : 'k',
      `expected a number, got ${describe(k)}`,
    );
  });
}

function readOptionalNumber(record: JsonRecord, name: string): number | undefined {
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  throw unparsable(name, `expected a number, got ${describe(value)}`);
}
