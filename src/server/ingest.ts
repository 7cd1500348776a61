// What a server needs to import files: the reader of pages, the importer and its jobs, in the data
// directory beside the store.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Database } from '../database/database.ts';
import { Importer } from '../ingest/importer.ts';
import { IngestJobs } from '../ingest/jobs.ts';
import type { PageImages } from '../ingest/page-images.ts';
import { storedEmbedderOf } from '../ingest/stored-pages.ts';
import { PageReader } from '../pages/page-reader.ts';
import type { Logger } from './logger.ts';
import type { ServerSettings } from './settings.ts';

/** Folder of the data directory with the files and jobs of imports. */
const folder = 'ingest';

/** Imports of a server; jobs that a restart interrupted go on at once. */
export interface ServerIngest {
  readonly jobs: IngestJobs;
  readonly images: PageImages;
}

/** What is opened ends with `resources`, before the database. Backfills that a restart interrupted go on, too. */
export async function openIngest(
  database: Database,
  { dataDirectory, ingestBytesMax }: ServerSettings,
  logger: Logger,
  resources: AsyncDisposableStack,
): Promise<ServerIngest> {
  const onFault = (error: unknown): void => logger.error('a fault of an import', error);
  const openPages = (): PageReader => PageReader.open();
  const importer = resources.use(await Importer.open({ database, openPages, onFault }));
  const jobs = resources.use(
    await IngestJobs.open({
      directory: join(dataDirectory, folder),
      importer,
      clock: Date.now,
      newId: randomUUID,
      fileBytesMax: ingestBytesMax,
      onFault,
    }),
  );
  resources.defer(() => database.backfills.close());
  database.backfills.open(storedEmbedderOf(importer.images));
  return { jobs, images: importer.images };
}
