// `tesserae add-vector`: a second way to find what a collection holds already. Adds a named vector to its
// configuration and embeds every object that lacks it; run again, it goes on where it was interrupted.

import type { BackfillProgress, BackfillReport } from '../database/backfill/backfill.ts';
import type { Collection } from '../database/collection.ts';
import type { VectorConfig } from '../database/collection-config.ts';
import type { Database } from '../database/database.ts';
import type { VectorInput } from '../database/schema/collection-input.ts';
import { resolveCollection } from '../database/schema/collection-schema.ts';
import { resolveProperty } from '../database/schema/property-schema.ts';
import { assert } from '../engine/assert.ts';
import { DatabaseError } from '../engine/errors.ts';
import {
  imageProperty,
  isPageCollection,
  pageVector,
  pageVectorInput,
  textVector,
  textVectorInput,
} from '../ingest/page-collection.ts';
import { PageImages } from '../ingest/page-images.ts';
import { storedEmbedderOf } from '../ingest/stored-pages.ts';
import { vectorizerSettings } from '../vectorizers/create-vectorizers.ts';
import { ensureModel } from '../vectorizers/local/model-store.ts';
import { defaultTextModel } from '../vectorizers/local/models.ts';
import { batchProblem, dataPath, expectedOne, parseArguments, runCommand } from './arguments.ts';
import { openDataDirectory } from './data-directory.ts';
import { pullProgress } from './models.ts';
import { plain } from './plain-text.ts';
import { duration, ProgressBar } from './progress-bar.ts';
import { listenForStop } from './stop-signal.ts';

/** One line for the list of commands. */
export const summary = 'add a named vector to a filled collection and embed what it holds';

const usage = `Usage: tesserae add-vector COLLECTION [--model NAME | --page-model NAME] [options]

Adds a vector to a collection and embeds every object that lacks it. Objects are searched by it as soon as
they have it. Stopped or killed, it goes on where it was when it is run again, also without a model's name.

  --model NAME       local text model (default minilm); the vector is named text
  --page-model NAME  instead: local page model, of the pictures of imported pages; the vector is named page
  --name NAME        name of the vector
  --property NAME    text property that is embedded, may be given several times (default text of pages,
                     else all text)
  --batch N          objects embedded and written together (default 32, of pictures 4)
  --data DIR         directory of the data; PERSISTENCE_DATA_PATH; default data

Ends with status 0 when every object has the vector, 1 when some could not be embedded, 2 when the arguments
are wrong, 130 when it was stopped.
`;

interface Settings {
  readonly collection: string;
  readonly name: string;
  /** Undefined: minilm where the vector is added. */
  readonly model: string | undefined;
  readonly isPageModel: boolean;
  readonly properties: readonly string[] | undefined;
  readonly batch: number | undefined;
  readonly data: string;
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export function run(args: readonly string[]): Promise<number> {
  return runCommand({ name: 'add-vector', usage, read: readSettings, act: embedAll }, args);
}

async function embedAll(settings: Settings): Promise<number> {
  using stop = listenForStop();
  const vectorizers = vectorizerSettings(process.env);
  const orElse = 'stop it first';
  await using opened = await openDataDirectory(settings.data, {
    ...{ vectorizers, orElse, absent: 'refuse' },
  });
  const { database } = opened;
  const collection = database.collection(settings.collection);
  const there = collection.config.vectors.find(({ name }) => name === settings.name);
  if (there) {
    checkModel(collection, there, settings);
  } else {
    const progress = pullProgress(process.stderr);
    const model = settings.model ?? defaultTextModel;
    await ensureModel(model, { directory: vectorizers.modelsDirectory, progress });
    await addVector(database, collection, settings);
  }
  const report = await embedStored(database, collection, settings, stop.signal);
  return tell(report);
}

/** A vector that is there goes on with the model that it has. */
function checkModel(
  { name: collection }: Collection,
  { name, vectorizer }: VectorConfig,
  { model }: Settings,
): void {
  const { module, settings } = vectorizer;
  if (model === undefined || module === 'none' || settings['model'] === model) return;
  const message = `vector ${name} of collection ${collection} is embedded by ${settings['model'] ?? module}, not ${model}: give the new vector another --name`;
  throw new DatabaseError('invalid-argument', { message });
}

async function addVector(
  database: Database,
  collection: Collection,
  settings: Settings,
): Promise<void> {
  const { config } = collection;
  if (config.vectors.some(({ name }) => name === '')) {
    const message = `collection ${config.name} has an unnamed vector: named ones can't be added to it`;
    throw new DatabaseError('invalid-argument', { message });
  }
  if (settings.isPageModel && !config.properties.some(({ name }) => name === imageProperty.name)) {
    await database.addProperty(config.name, resolveProperty(imageProperty, []));
  }
  const vectors = [vectorInput(collection, settings)];
  const [added] = resolveCollection({ name: config.name, vectors }).vectors;
  assert(added !== undefined, 'a collection of one vector has one');
  const { config: changed } = collection;
  await database.updateCollection({ ...changed, vectors: [...changed.vectors, added] });
}

function vectorInput(
  { config }: Collection,
  { name, model = defaultTextModel, isPageModel, properties }: Settings,
): VectorInput {
  if (isPageModel) return { ...pageVectorInput(model), name };
  const embedded = properties ?? (isPageCollection(config) ? ['text'] : undefined);
  const unknown = embedded?.find((each) => !config.properties.some((one) => one.name === each));
  if (unknown === undefined) return { ...textVectorInput(model, embedded), name };
  const known = config.properties.map((property) => property.name).join(', ');
  const message = `collection ${config.name} has no property ${unknown}; properties: ${known}`;
  throw new DatabaseError('invalid-argument', { message });
}

async function embedStored(
  database: Database,
  collection: Collection,
  { name, batch }: Settings,
  signal: AbortSignal,
): Promise<BackfillReport> {
  await using images = await PageImages.open(database);
  const { embed, batch: chosen } = storedEmbedderOf(images)(collection, name) ?? {};
  const together = batch ?? chosen;
  let bar: ProgressBar | undefined;
  let before = 0;
  const options = {
    ...(embed ? { embed } : {}),
    ...(together === undefined ? {} : { batch: together }),
    signal,
  };
  const follow = ({ total, done }: BackfillProgress): void => {
    bar ??= new ProgressBar({
      stream: process.stderr,
      clock: () => performance.now(),
      label: `embedding ${collection.name} as ${name}`,
      itemCount: total,
      workTotal: total,
    });
    bar.advance(done - before, done - before);
    before = done;
  };
  const start = performance.now();
  try {
    return await collection.backfill(name, options, follow);
  } finally {
    bar?.end();
    process.stderr.write(`${duration(performance.now() - start)}\n`);
  }
}

/** Failures that are shown at the end. */
const shownMax = 10;

/** Says what came of it; the exit status. */
function tell({ collection, vector, total, done, ...counts }: BackfillReport): number {
  const { stored, empty, failed, gone, failures } = counts;
  const parts = [
    `${stored} objects embedded`,
    ...(empty > 0 ? [`${empty} have nothing to embed`] : []),
    ...(gone > 0 ? [`${gone} changed or deleted meanwhile`] : []),
    ...(done < total ? [`${total - done} left: run it again`] : []),
  ];
  process.stderr.write(`${collection}, vector ${vector}: ${parts.join(', ')}\n`);
  const lines = failures.slice(0, shownMax).map((one) => `  ${one.uuid}: ${plain(one.message)}\n`);
  if (failed > 0) process.stderr.write(`${failed} failed:\n${lines.join('')}`);
  if (done < total) return 130;
  return failed > 0 ? 1 : 0;
}

/** The settings, or what is wrong with the arguments. */
function readSettings(args: readonly string[]): Settings | string {
  const parsed = parseArguments(args, options);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const [collection, ...rest] = positionals;
  if (collection === undefined || rest.length > 0) {
    return expectedOne('collection', positionals);
  }
  const { model, batch, property } = values;
  const pageModel = values['page-model'];
  if (model !== undefined && pageModel !== undefined) return 'either --model or --page-model';
  if (pageModel !== undefined && property) return '--property goes with --model, not --page-model';
  const problem = batchProblem(batch);
  if (problem !== undefined) return problem;
  const isPageModel = pageModel !== undefined;
  return {
    collection,
    name: values.name ?? (isPageModel ? pageVector : textVector),
    model: pageModel ?? model,
    isPageModel,
    properties: property,
    batch: batch === undefined ? undefined : Number(batch),
    data: dataPath(values.data),
  };
}

const options = {
  model: { type: 'string' },
  'page-model': { type: 'string' },
  name: { type: 'string' },
  property: { type: 'string', multiple: true },
  batch: { type: 'string' },
  data: { type: 'string' },
} as const;
