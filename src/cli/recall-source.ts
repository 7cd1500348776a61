// Where `tesserae recall` checks: a data directory that nobody else has open, or a running server.

import { setTimeout as wait } from 'node:timers/promises';
import { openDirectory } from '../database/open-directory.ts';
import type { CheckOptions } from '../database/recall/check-settings.ts';
import type {
  CheckProgress,
  RecallReport,
  RecallState,
} from '../database/recall/recall-monitor.ts';
import { DatabaseError } from '../engine/errors.ts';
import { vectorizerSettings } from '../vectorizers/create-vectorizers.ts';
import { askServer, type ServerAddress } from './server-request.ts';

/** What is checked. */
export interface Checked {
  readonly collection: string;
  /** Empty where the collection has no tenants. */
  readonly tenant: string;
}

/** Opens the directory, checks, closes it. Throws DatabaseError. */
export async function checkDirectory(
  path: string,
  { collection, tenant }: Checked,
  options: CheckOptions,
  progress: CheckProgress,
): Promise<RecallReport> {
  await using opened = await openDirectory(path, {
    vectorizers: vectorizerSettings(process.env),
  });
  using held = await opened.database.hold(collection, tenant);
  return await held.collection.recall.check(options, progress);
}

/** How often a server is asked how far it is. */
const pollMs = 200;

type Answer = RecallState & {
  readonly status: string;
  readonly message?: string;
  readonly progress?: RecallState['running'];
};

/**
 * Starts the check on the server, or follows the one that runs there, until it has come to its end.
 * Throws DatabaseError 'invalid-argument' with what the server says.
 */
export async function checkServer(
  server: ServerAddress,
  { collection, tenant }: Checked,
  { ks, filter: _, ...others }: CheckOptions,
  progress: CheckProgress,
): Promise<RecallReport> {
  const body = { ...others, ...(ks ? { k: ks } : {}) };
  const path = new URL(`/v1/tesserae/recall/${encodeURIComponent(collection)}`, server.url);
  if (tenant !== '') path.searchParams.set('tenant', tenant);
  let answer = await ask(server, path.href, body);
  if (answer.vector !== '') path.searchParams.set('vector', answer.vector);
  while (answer.status === 'running') {
    if (answer.progress) progress(answer.progress.done, answer.progress.total);
    await wait(pollMs);
    answer = await ask(server, path.href);
  }
  if (answer.status === 'done' && answer.report) return answer.report;
  throw failure(`the check ended: ${answer.message ?? answer.status}`);
}

async function ask(server: ServerAddress, path: string, body?: object): Promise<Answer> {
  const reply = await askServer(server, path, body);
  return (await reply.json()) as Answer;
}

function failure(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
