// The demo's collection: the passages of the project's own documents, kept in step with the files.

import type { Collection } from '../database/collection.ts';
import type { Database } from '../database/database.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import type { Properties } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { searchResultsMax } from '../engine/limits.ts';
import { ProgressBar, type ProgressStream } from './progress-bar.ts';
import type { DocumentPassage } from './project-documents.ts';

export const demoCollection = 'Docs';
/** Says that the demo may change and remove what is in it. */
const description = "passages of the project's own documents, imported by tesserae demo";
/** Objects written at once: few, so that the bar moves while they are embedded. */
const insertBatch = 16;

export interface ImportOptions {
  readonly database: Database;
  readonly passages: readonly DocumentPassage[];
  /** Local model that embeds them; absent: keyword search only. */
  readonly model: string | undefined;
  readonly progress: ProgressStream;
  /** Milliseconds; only differences count. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** How many passages were written, were there already, and were removed because their text is gone. */
export interface ImportCounts {
  readonly written: number;
  readonly unchanged: number;
  readonly removed: number;
}

/** Writes what is new or changed and removes what is gone. Throws DatabaseError. */
export async function importPassages(options: ImportOptions): Promise<ImportCounts> {
  const { database, passages, model, progress, clock, signal } = options;
  const collection = await openCollection(database, model);
  const stored = await storedProperties(collection);
  const changed = passages.filter(
    (passage) => !sameProperties(stored.get(passage.uuid), propertiesOf(passage)),
  );
  const bar = new ProgressBar({
    stream: progress,
    clock,
    label: model === undefined ? 'importing' : 'importing and embedding',
    itemCount: changed.length,
    workTotal: changed.reduce((sum, { text }) => sum + text.length, 0),
  });
  for (let from = 0; from < changed.length; from += insertBatch) {
    signal.throwIfAborted();
    const batch = changed.slice(from, from + insertBatch);
    await writeBatch(collection, batch, signal);
    const characters = batch.reduce((sum, { text }) => sum + text.length, 0);
    bar.advance(batch.length, characters);
  }
  bar.end();
  const current = new Set(passages.map(({ uuid }) => uuid));
  const gone = [...stored.keys()].filter((uuid) => !current.has(uuid));
  for (const uuid of gone) await collection.delete(uuid);
  const unchanged = passages.length - changed.length;
  return { written: changed.length, unchanged, removed: gone.length };
}

/** Made anew when the model came or went since the last time. */
async function openCollection(database: Database, model: string | undefined): Promise<Collection> {
  const wanted = resolveCollection({
    name: demoCollection,
    description,
    properties: [
      { name: 'title', type: 'text' },
      { name: 'text', type: 'text' },
      { name: 'source', type: 'text', tokenization: 'field', searchable: false },
    ],
    vectors: [
      model === undefined
        ? { name: 'tokens', kind: 'multi' }
        : {
            name: 'tokens',
            vectorizer: {
              module: 'text2colbert-jinaai',
              settings: {
                baseURL: `local:${model}`,
                model,
                vectorizeClassName: false,
                properties: ['title', 'text'],
              },
            },
          },
    ],
  });
  const found = database.findCollection(demoCollection);
  if (found && found.config.description !== description) {
    const message = `the data directory has a collection ${demoCollection} that the demo did not make; choose another --data directory`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const [vector] = found?.config.vectors ?? [];
  const isAlike = JSON.stringify(vector) === JSON.stringify(wanted.vectors[0]);
  if (found && isAlike) return found;
  if (found) await database.deleteCollection(demoCollection);
  await database.createCollection(wanted);
  return database.collection(demoCollection);
}

async function storedProperties(collection: Collection): Promise<ReadonlyMap<string, Properties>> {
  const query = {
    kind: 'fetch',
    offset: 0,
    limit: searchResultsMax,
    autocut: 0,
    sort: [],
  } as const;
  const { hits } = await collection.search(
    query,
    { explain: false, vectors: false },
    { headers: {} },
  );
  return new Map(hits.map(({ document }) => [document.uuid, document.properties]));
}

async function writeBatch(
  collection: Collection,
  passages: readonly DocumentPassage[],
  signal: AbortSignal,
): Promise<void> {
  const objects = passages.map((passage) => ({
    uuid: passage.uuid,
    properties: propertiesOf(passage),
    vectors: new Map(),
  }));
  const results = await collection.insertMany(objects, { headers: {}, signal });
  const failed = results.find((result) => result.kind === 'failed');
  if (failed) throw failed.error;
}

function propertiesOf({ title, text, source }: DocumentPassage): Properties {
  return { title, text, source };
}

function sameProperties(stored: Properties | undefined, wanted: Properties): boolean {
  const names = Object.keys(wanted);
  return stored !== undefined && names.every((name) => stored[name] === wanted[name]);
}
