// Where `tesserae import` imports to: a data directory that nobody else has open, or a running server.

import { DatabaseError } from '../../engine/errors.ts';
import type { ImportOptions, ImportProgress, ImportSummary } from '../../ingest/import-run.ts';
import { Importer, type SourceState } from '../../ingest/importer.ts';
import type { Problem } from '../../ingest/source-records.ts';
import type { Source } from '../../ingest/sources.ts';
import { PageReader } from '../../pages/page-reader.ts';
import { vectorizerSettings } from '../../vectorizers/create-vectorizers.ts';
import { ensureModel } from '../../vectorizers/local/model-store.ts';
import { openDataDirectory } from '../data-directory.ts';
import { pullProgress } from '../models.ts';
import { openServer, RefusedFile } from './import-server.ts';

/** What is wanted of every source. */
export interface ImportSettings extends Omit<ImportOptions, 'signal' | 'onProgress' | 'onProblem'> {
  readonly data: string;
  /** Of a server, instead of a directory. */
  readonly url: string | undefined;
  readonly key: string | undefined;
}

/** Who is told, and who may stop an import. */
export interface ImportListeners {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
  readonly onProblem: (problem: Problem) => void;
}

/** An open place to import to. */
export interface ImportTarget extends AsyncDisposable {
  readonly collection: string;
  /** As Importer.run. */
  run(sources: readonly Source[], listeners: ImportListeners): Promise<ImportSummary>;
  /** As Importer.state; throws RefusedFile for a file that can't be imported. */
  state(source: Source): Promise<SourceState>;
}

/** Opens the directory, or reaches the server. Throws DatabaseError. */
export async function openTarget(
  settings: ImportSettings,
  progress: NodeJS.WriteStream,
): Promise<ImportTarget> {
  const { url } = settings;
  return url === undefined ? await openData(settings, progress) : openServer({ ...settings, url });
}

async function openData(
  settings: ImportSettings,
  progress: NodeJS.WriteStream,
): Promise<ImportTarget> {
  await using resources = new AsyncDisposableStack();
  const vectorizers = vectorizerSettings(process.env);
  const { database } = resources.use(
    await openDataDirectory(settings.data, {
      ...{ vectorizers, autoSchema: true },
      orElse: 'or import into the running server with --url',
    }),
  );
  const { collection, textModel, pageModel } = settings;
  if (!database.findCollection(collection)) {
    for (const model of [textModel, pageModel].filter((each) => each !== undefined)) {
      const directory = vectorizers.modelsDirectory;
      await ensureModel(model, { directory, progress: pullProgress(progress) }).catch(explainModel);
    }
  }
  const openPages = (): PageReader => PageReader.open();
  const importer = resources.use(await Importer.open({ database, openPages }));
  const opened = resources.move();
  return {
    collection,
    run: (sources, listeners) => importer.run(sources, { ...settings, ...listeners }),
    state: (source) =>
      importer.state(source, settings).catch((error: unknown) => {
        if (!(error instanceof DatabaseError) || error.code !== 'invalid-argument') throw error;
        throw new RefusedFile(error.message);
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function explainModel(error: unknown): never {
  if (!(error instanceof DatabaseError) || error.code !== 'vectorizer-failed') throw error;
  const message = `${error.message}\nWithout a model: --model none imports for keyword search only.`;
  throw new DatabaseError('vectorizer-failed', { message }, { cause: error });
}
