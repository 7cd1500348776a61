// A data directory with one collection whose segment is trained: what is made by candidates can be seen
// only there.

import assert from 'node:assert/strict';
import { openDirectory } from '../src/database/open-directory.ts';
import type { VectorValue } from '../src/engine/document.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import { vectorizerSettings } from '../src/vectorizers/create-vectorizers.ts';
import { multi, noContext, passages, uuidOf } from './simulation/world.ts';

export const trained = { collection: 'Passages', objects: 720, tokens: 32, dims: 32 } as const;

/** A topic and noise around it, different for each number. */
export function trainedVector(n: number): VectorValue {
  const random = randomFrom(n);
  const topic = Array.from({ length: trained.dims }, () => random() - 0.5);
  const row = (): number[] => topic.map((value) => value + 0.8 * (random() - 0.5));
  return multi(Array.from({ length: trained.tokens }, row));
}

/** Fills a new directory. */
export async function makeTrained(directory: string): Promise<void> {
  await using opened = await openDirectory(directory, { vectorizers: vectorizerSettings({}) });
  const { database } = opened;
  await database.createCollection(passages(trained.collection));
  const collection = database.collection(trained.collection);
  const objects = Array.from({ length: trained.objects }, (_, n) => ({
    uuid: uuidOf(n),
    properties: { number: n },
    vectors: new Map([['mv', trainedVector(n)]]),
  }));
  await collection.insertMany(objects, noContext);
  await database.flush();
  await database.settled();
  assert.equal(collection.segments.sealed.length, 1);
  assert.ok(collection.segments.sealed[0]?.segment.codes('mv'), 'the segment is trained');
}
