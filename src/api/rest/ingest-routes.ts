// Importing files over REST: a file is sent as a body and answered with a job; jobs are listed, followed
// and called off; pictures of pages are read. Fields and what they mean: docs/IMPORT.md.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FileTooLarge, type IngestJobs, type Job, type JobRequest } from '../../ingest/jobs.ts';
import { type ImageSize, imageSizes } from '../../ingest/page-images.ts';
import { defaultTextModel } from '../../vectorizers/local/models.ts';
import { queryCount, queryText } from './query-fields.ts';
import { addRoute, type IngestParts, param, pathObjects, type RestParts } from './route.ts';
import { holdAddressed } from './tenants.ts';
import { WireError } from './wire-error.ts';

/** The text model of a collection that is made when nobody names one. */
const anyCollection = 'data/collections/*/shards/*/objects/*';

export function addIngestRoutes(app: FastifyInstance, parts: RestParts): void {
  const { ingest } = parts;
  if (!ingest) return;
  addUploadRoutes(app, parts, ingest);
  addJobRoutes(app, parts, ingest);
  addRoute(app, parts, {
    method: 'GET',
    path: '/ingest/images/:collection/:id',
    access: pathObjects('R'),
    handle: (request, reply) => sendImage(request, reply, parts, ingest),
  });
}

function addUploadRoutes(app: FastifyInstance, parts: RestParts, { jobs }: IngestParts): void {
  addRoute(app, parts, {
    method: 'POST',
    path: '/ingest/:collection',
    access: pathObjects('C'),
    body: 'stream',
    handle: async (request, reply) => {
      const wanted = readRequest(request);
      const job = await submit(jobs, wanted, request);
      reply.header('location', `/v1/ingest/jobs/${job.id}`);
      return reply.code(202).send(jobToWire(job));
    },
  });
  addRoute(app, parts, {
    method: 'GET',
    path: '/ingest/:collection/state',
    access: pathObjects('R'),
    handle: async (request) => {
      const hash = queryText(request.query, 'hash') ?? '';
      return { state: await jobs.sourceState(readRequest(request), hash) };
    },
  });
}

function addJobRoutes(app: FastifyInstance, parts: RestParts, { jobs }: IngestParts): void {
  const mayRead = { kind: 'right', action: 'R', resource: () => anyCollection } as const;
  const mayChange = { kind: 'right', action: 'D', resource: () => anyCollection } as const;
  const found = (request: FastifyRequest, job: Job | undefined): Job => {
    if (job) return job;
    throw new WireError(404, 404, `there is no job ${JSON.stringify(param(request, 'id'))}`);
  };
  addRoute(app, parts, {
    method: 'GET',
    path: '/ingest/jobs',
    access: mayRead,
    handle: () => ({ jobs: jobs.list().map((job) => jobToWire({ ...job, problems: [] })) }),
  });
  addRoute(app, parts, {
    method: 'GET',
    path: '/ingest/jobs/:id',
    access: mayRead,
    handle: (request) => jobToWire(found(request, jobs.get(param(request, 'id')))),
  });
  addRoute(app, parts, {
    method: 'DELETE',
    path: '/ingest/jobs/:id',
    access: mayChange,
    handle: async (request) => {
      return jobToWire(found(request, await jobs.cancel(param(request, 'id'))));
    },
  });
}

/** The file of a request as a job; a body that is no file, or too large a one, is refused. */
async function submit(jobs: IngestJobs, wanted: JobRequest, request: FastifyRequest): Promise<Job> {
  const { body } = request;
  if (!(body instanceof Readable)) {
    const message = 'the body must be the bytes of a file, sent as application/octet-stream';
    throw new WireError(415, 415, message);
  }
  try {
    jobs.checkSize(Number(request.headers['content-length'] ?? 0));
    // Left open when it is refused: a connection that ends while a client sends hides the reply from it.
    return await jobs.submit(wanted, body.iterator({ destroyOnReturn: false }));
  } catch (error) {
    discard(body);
    if (error instanceof FileTooLarge) throw new WireError(413, 413, error.message);
    if (request.raw.readableAborted) throw new WireError(400, 400, 'the file did not arrive whole');
    throw error;
  }
}

/** How long a client may go on sending what was refused already. */
const discardMs = 10_000;

function discard(body: Readable): void {
  const late = setTimeout(() => body.destroy(), discardMs).unref();
  body.once('close', () => clearTimeout(late)).on('error', () => undefined);
  body.resume();
}

function readRequest(request: FastifyRequest): JobRequest {
  const { query } = request;
  const name = queryText(query, 'name');
  if (name === undefined || name.length > 1_000 || hasControl(name)) {
    const message = 'name in query must be the name of the file, at most 1000 characters';
    throw new WireError(422, 601, message);
  }
  const model = queryText(query, 'model') ?? defaultTextModel;
  const batchSize = queryCount(query, 'batch');
  const columns = (query as Readonly<Record<string, unknown>>)['textColumn'];
  const textColumns = [columns].flat().filter((each) => typeof each === 'string' && each !== '');
  return {
    collection: param(request, 'collection'),
    tenant: queryText(query, 'tenant'),
    name,
    textModel: model === 'none' ? undefined : model,
    pageModel: queryText(query, 'pageModel'),
    textColumns: textColumns.length === 0 ? undefined : (textColumns as string[]),
    idColumn: queryText(query, 'idColumn'),
    batchSize: batchSize ? Math.min(batchSize, 9_999) : undefined,
    unchanged: queryText(query, 'again') === 'true' ? 'import' : 'skip',
  };
}

function hasControl(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\u007f');
}

/** What clients see of a job. */
function jobToWire(job: Job): object {
  const { id, request, state, bytes, problems, message, isUnchanged } = job;
  return {
    id,
    collection: request.collection,
    ...(request.tenant === undefined ? {} : { tenant: request.tenant }),
    name: request.name,
    state,
    bytes,
    ...timesToWire(job),
    ...(isUnchanged ? { unchanged: true } : {}),
    ...(message === undefined ? {} : { message }),
    ...progressToWire(job),
    problems,
  };
}

function timesToWire(job: Job): object {
  const names = ['createdAt', 'startedAt', 'finishedAt'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const time = job[name];
      return time === undefined ? [] : [[name, new Date(time).toISOString()]];
    }),
  );
}

function progressToWire({ startedAt, reportedAt, progress }: Job): object {
  if (!progress) return {};
  const { written, kept, removed, failed, bytesDone, bytesTotal, pages } = progress;
  const seconds = ((reportedAt ?? 0) - (startedAt ?? 0)) / 1_000;
  const objectsPerSecond = seconds > 0 ? Number((written / seconds).toFixed(2)) : 0;
  const counts = { written, kept, removed, failed, bytesDone, bytesTotal, objectsPerSecond };
  return { progress: { ...counts, ...(pages ? { pages } : {}) } };
}

async function sendImage(
  request: FastifyRequest,
  reply: FastifyReply,
  { database }: RestParts,
  { images }: IngestParts,
): Promise<FastifyReply> {
  const size = (queryText(request.query, 'size') ?? 'page') as ImageSize;
  if (!imageSizes.includes(size)) {
    const message = `size in query must be one of [${imageSizes.join(', ')}]: ${JSON.stringify(size)}`;
    throw new WireError(422, 601, message);
  }
  using held = await holdAddressed(database, request);
  const { collection } = held;
  const id = param(request, 'id').toLowerCase();
  const image = await images.read(collection, id, size);
  if (!image) {
    const message = `object ${JSON.stringify(id)} in collection ${collection.name} has no picture`;
    throw new WireError(404, 404, message);
  }
  return reply
    .header('content-type', image.type)
    .header('cache-control', 'private, no-cache')
    .header('x-content-type-options', 'nosniff')
    .send(Buffer.from(image.bytes));
}
