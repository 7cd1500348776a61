// Adding a vector in a data directory that nobody else has open: this process embeds.

import type { BackfillProgress, BackfillReport } from '../../database/backfill/backfill.ts';
import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import { resolveCollection } from '../../database/schema/collection-schema.ts';
import { resolveProperty } from '../../database/schema/property-schema.ts';
import { assert } from '../../engine/assert.ts';
import { imageProperty } from '../../ingest/page-collection.ts';
import { PageImages } from '../../ingest/page-images.ts';
import { storedEmbedderOf } from '../../ingest/stored-pages.ts';
import { vectorizerSettings } from '../../vectorizers/create-vectorizers.ts';
import { ensureModel } from '../../vectorizers/local/model-store.ts';
import { defaultTextModel } from '../../vectorizers/local/models.ts';
import { openDataDirectory } from '../data-directory.ts';
import { pullProgress } from '../models.ts';
import {
  isThere,
  type KnownCollection,
  lacksImages,
  vectorToAdd,
  type WantedVector,
} from './wanted-vector.ts';

/** Adds the vector unless it is there, and embeds what lacks it. Throws DatabaseError. */
export async function addInDirectory(
  path: string,
  wanted: WantedVector,
  follow: (state: BackfillProgress) => void,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const vectorizers = vectorizerSettings(process.env);
  const orElse = 'stop it first, or name it with --url';
  await using opened = await openDataDirectory(path, {
    ...{ vectorizers, orElse, absent: 'refuse' },
  });
  const { database } = opened;
  const collection = database.collection(wanted.collection);
  if (!isThere(known(collection), wanted)) {
    const progress = pullProgress(process.stderr);
    const model = wanted.model ?? defaultTextModel;
    await ensureModel(model, { directory: vectorizers.modelsDirectory, progress });
    await addVector(database, collection, wanted);
  }
  await using images = await PageImages.open(database);
  const { embed, batch: chosen } = storedEmbedderOf(images)(collection, wanted.name) ?? {};
  const batch = wanted.batch ?? chosen;
  const options = {
    ...(embed ? { embed } : {}),
    ...(batch === undefined ? {} : { batch }),
    signal,
  };
  return await collection.backfill(wanted.name, options, follow);
}

function known({ config }: Collection): KnownCollection {
  const { name, properties, vectors } = config;
  return {
    name,
    properties,
    vectors: vectors.map(({ name: vector, vectorizer: { module, settings } }) => ({
      name: vector,
      module,
      model: settings['model'],
    })),
  };
}

async function addVector(
  database: Database,
  collection: Collection,
  wanted: WantedVector,
): Promise<void> {
  const { name } = collection;
  const input = vectorToAdd(known(collection), wanted);
  if (lacksImages(known(collection), wanted)) {
    await database.addProperty(name, resolveProperty(imageProperty, []));
  }
  const [added] = resolveCollection({ name, vectors: [input] }).vectors;
  assert(added !== undefined, 'a collection of one vector has one');
  const { config } = collection;
  await database.updateCollection({ ...config, vectors: [...config.vectors, added] });
}
