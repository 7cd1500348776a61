// Adding a vector on a running server: the server embeds, by a job that is followed to its end and goes
// on when nobody follows it any more.

import { setTimeout as wait } from 'node:timers/promises';
import type { BackfillProgress, BackfillReport } from '../../database/backfill/backfill.ts';
import type { BackfillStatus } from '../../database/backfill/backfill-jobs.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { imageProperty } from '../../ingest/page-collection.ts';
import { askServer, type ServerAddress } from '../server-request.ts';
import {
  isThere,
  type KnownCollection,
  lacksImages,
  vectorToAdd,
  type WantedVector,
} from './wanted-vector.ts';

/** How often a job is asked how far it is. */
const pollMs = 250;

/** A job as the server tells of it. */
interface WireJob {
  readonly collection: string;
  readonly vector: string;
  readonly status: BackfillStatus;
  readonly progress?: BackfillProgress;
  readonly retryAt?: string;
  readonly message?: string;
  readonly failures: readonly { readonly id: string; readonly message: string }[];
}

/** A collection as the server tells of it. */
interface WireClass {
  readonly class: string;
  readonly properties?: readonly { readonly name: string }[] | null;
  readonly vectorConfig?: Readonly<
    Record<string, { readonly vectorizer: Readonly<Record<string, unknown>> }>
  >;
}

const nothing = { total: 0, done: 0, stored: 0, empty: 0, failed: 0, gone: 0 };

/**
 * Adds the vector unless it is there, has what lacks it embedded and follows that. Throws DatabaseError
 * with what the server says, 'vectorizer-failed' when it can't embed now and will try again.
 */
export async function addOnServer(
  server: ServerAddress,
  wanted: WantedVector,
  follow: (state: BackfillProgress) => void,
  signal: AbortSignal,
): Promise<BackfillReport> {
  let job = await begin(server, wanted);
  const path = jobPath(wanted);
  while (job.status === 'queued' || job.status === 'running') {
    if (job.progress) follow(job.progress);
    if (signal.aborted) break;
    await wait(pollMs);
    job = await ask<WireJob>(server, 'GET', path);
  }
  if (job.progress) follow(job.progress);
  if (job.status === 'waiting') {
    const message = `${job.message ?? 'nothing can be embedded'}; the server tries again at ${job.retryAt}`;
    throw new DatabaseError('vectorizer-failed', { message });
  }
  const failures = job.failures.map(({ id, message }) => ({ uuid: id, message }));
  const { collection, vector } = job;
  return { collection, vector, ...(job.progress ?? nothing), failures };
}

async function begin(server: ServerAddress, wanted: WantedVector): Promise<WireJob> {
  const path = `/v1/schema/${encodeURIComponent(wanted.collection)}`;
  const found = await ask<WireClass>(server, 'GET', path);
  const body = wanted.batch === undefined ? {} : { batch: wanted.batch };
  if (!isThere(known(found), wanted)) {
    await addVector(server, path, found, wanted);
    if (wanted.batch === undefined) return await ask(server, 'GET', jobPath(wanted));
    // The job that has begun by itself is begun again with the size that is wanted.
    await ask(server, 'DELETE', jobPath(wanted));
  }
  return await ask(server, 'POST', jobPath(wanted), body);
}

async function addVector(
  server: ServerAddress,
  path: string,
  found: WireClass,
  wanted: WantedVector,
): Promise<void> {
  const { name, vectorizer } = vectorToAdd(known(found), wanted);
  if (lacksImages(known(found), wanted)) {
    const { type, ...property } = imageProperty;
    await ask(server, 'POST', `${path}/properties`, { ...property, dataType: [type] });
  }
  const changed = await ask<WireClass>(server, 'GET', path);
  const added = {
    vectorizer: { [vectorizer?.module ?? 'none']: vectorizer?.settings ?? {} },
    vectorIndexType: 'hnsw',
  };
  const vectorConfig = { ...changed.vectorConfig, [name]: added };
  await ask(server, 'PUT', path, { ...changed, vectorConfig });
}

function known({ class: name, properties, vectorConfig }: WireClass): KnownCollection {
  const vectors = Object.entries(vectorConfig ?? {}).map(([vector, { vectorizer }]) => {
    const [[module, settings] = ['none', {}]] = Object.entries(vectorizer);
    return { name: vector, module, model: (settings as { readonly model?: unknown }).model };
  });
  const unnamed = { name: '', module: 'none', model: undefined };
  return {
    name,
    properties: properties ?? [],
    vectors: vectorConfig === undefined ? [unnamed] : vectors,
  };
}

function jobPath({ collection, name }: WantedVector): string {
  return `/v1/tesserae/backfill/${encodeURIComponent(collection)}/${encodeURIComponent(name)}`;
}

async function ask<Answer>(
  server: ServerAddress,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
): Promise<Answer> {
  const reply = await askServer(server, path, body, method);
  return (await reply.json()) as Answer;
}
