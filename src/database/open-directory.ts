// A database in a directory of the file system, with everything that it needs: the lock, the log, the
// store and the vectorizers. The library and the command line open databases here.

import { createGenerators } from '../generators/create-generators.ts';
import { createRerankers } from '../rerankers/create-rerankers.ts';
import { DirectoryStore } from '../storage/directory-store.ts';
import { FileLog } from '../storage/file-log.ts';
import { DirectoryLock } from '../storage/lock.ts';
import { NodeDirectory } from '../storage/node-directory.ts';
import { createVectorizers, type VectorizerSettings } from '../vectorizers/create-vectorizers.ts';
import { Database, type DatabaseOptions, systemSources } from './database.ts';
import { WorkerBuilder } from './segment-builder.ts';

/** What may be said about a database besides where it is. */
export interface DirectoryOptions
  extends Partial<Omit<DatabaseOptions, 'log' | 'store' | 'vectorizers' | 'modules' | 'builder'>> {
  /** Where vectorizers find services and local models. */
  readonly vectorizers: VectorizerSettings;
  /** Hears of a write that a crash interrupted and that opening cut off; it was never acknowledged. */
  readonly onCutTail?: (tail: NonNullable<FileLog['cutTail']>) => void;
}

/** A memory segment of this size is sealed when nobody says another. */
export const flushBytesDefault: number = 64 * 1024 * 1024;

/** An open database; closing gives the directory back. */
export interface DirectoryDatabase extends AsyncDisposable {
  readonly database: Database;
  /** Drains writes in progress and releases everything. Closing twice is allowed. */
  close(): Promise<void>;
}

/**
 * Opens the database in a directory, which is made when it is absent. Throws DatabaseError
 * 'directory-locked' when another process or this one has it open, 'corrupt' and 'format-unknown'
 * when its files are not as they were written. Nothing is left open then.
 */
export async function openDirectory(
  path: string,
  options: DirectoryOptions,
): Promise<DirectoryDatabase> {
  const { vectorizers: settings, onCutTail, ...given } = options;
  await using opened = new AsyncDisposableStack();
  opened.use(await DirectoryLock.acquire(path));
  const vectorizers = opened.use(createVectorizers(settings));
  const directory = await NodeDirectory.open(path);
  const store = await DirectoryStore.open(directory);
  const log = await FileLog.open(directory);
  // The database closes the log; until there is one, a failure must.
  await using unclaimed = new AsyncDisposableStack();
  unclaimed.defer(() => log.close());
  if (log.cutTail) onCutTail?.(log.cutTail);
  const database = await Database.open({
    ...systemSources,
    autoSchema: false,
    flushBytes: flushBytesDefault,
    ...given,
    log,
    store,
    vectorizers,
    modules: {
      rerankers: createRerankers({ vectorizers, settings }),
      generators: createGenerators(settings),
    },
    builder: new WorkerBuilder(path, store),
  });
  unclaimed.move();
  opened.use(database);
  const resources = opened.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= resources.disposeAsync();
    return closing;
  };
  return { database, close, [Symbol.asyncDispose]: close };
}
