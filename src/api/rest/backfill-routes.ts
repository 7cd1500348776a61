// Jobs that give stored objects a vector added later, over REST: where they stand, start, stop. A job
// starts by itself when the vector is added. Fields and what they mean: docs/BACKFILL.md.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BackfillJob } from '../../database/backfill/backfill-jobs.ts';
import type { Collection } from '../../database/collection.ts';
import { describe, readOptionalRecord } from './json-fields.ts';
import { addRoute, headersOf, param, pathSchema, type RestParts } from './route.ts';
import { invalid, unparsable } from './wire-error.ts';

export function addBackfillRoutes(app: FastifyInstance, parts: RestParts): void {
  const { backfills } = parts.database;
  const path = '/tesserae/backfill';
  const one = `${path}/:collection/:vector`;
  const find = (request: FastifyRequest): Collection =>
    parts.database.collection(param(request, 'collection'));
  addRoute(app, parts, {
    method: 'GET',
    path,
    access: { kind: 'right', action: 'R', resource: () => 'schema/collections/*/shards/#' },
    handle: () => ({ jobs: backfills.jobs().map(toWire) }),
  });
  addRoute(app, parts, {
    method: 'GET',
    path: `${path}/:collection`,
    access: pathSchema('R'),
    handle: (request) => ({ jobs: backfills.jobs(find(request)).map(toWire) }),
  });
  addRoute(app, parts, {
    method: 'GET',
    path: one,
    access: pathSchema('R'),
    handle: (request) => toWire(backfills.job(find(request), param(request, 'vector'))),
  });
  addRoute(app, parts, {
    method: 'POST',
    path: one,
    access: pathSchema('U'),
    handle: async (request, reply) => {
      const batch = readBatch(request.body);
      const options = { headers: headersOf(request), ...(batch === undefined ? {} : { batch }) };
      const job = await backfills.start(find(request), param(request, 'vector'), options);
      return reply.code(202).send(toWire(job));
    },
  });
  addRoute(app, parts, {
    method: 'DELETE',
    path: one,
    access: pathSchema('U'),
    handle: async (request) =>
      toWire(await backfills.stop(find(request), param(request, 'vector'))),
  });
}

const batchMax = 1000;

/** Objects that are embedded together; undefined where nothing is said. */
function readBatch(body: unknown): number | undefined {
  const record = readOptionalRecord(body, '');
  for (const name of Object.keys(record)) {
    if (name !== 'batch') throw unparsable(name, 'no such field, there are [batch]');
  }
  const { batch } = record;
  if (batch === undefined || batch === null) return undefined;
  if (typeof batch !== 'number') {
    throw unparsable('batch', `expected a number, got ${describe(batch)}`);
  }
  if (Number.isInteger(batch) && batch >= 1 && batch <= batchMax) return batch;
  throw invalid(`batch: ${batch} is not a whole number from 1 to ${batchMax}`);
}

const times = ['startedAt', 'finishedAt', 'retryAt'] as const;

function toWire(job: BackfillJob): object {
  const { collection, vector, status, remaining, progress, message, failures } = job;
  const seen = times.flatMap((name) => {
    const time = job[name];
    return time === undefined ? [] : [[name, new Date(time).toISOString()] as const];
  });
  return {
    ...{ collection, vector, status, remaining },
    ...(progress ? { progress } : {}),
    ...Object.fromEntries(seen),
    ...(message === undefined ? {} : { message }),
    failures: failures.map(({ uuid, message: reason }) => ({ id: uuid, message: reason })),
  };
}
