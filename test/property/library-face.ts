// The library as the property tests use it.

import { DatabaseError, type StoredObject, type Tesserae } from '../../src/index.ts';
import {
  aggregatedMetrics,
  type Face,
  type Outcome,
  type PlainSummaries,
  type PlainVectors,
  type Seen,
  withoutNulls,
} from './face.ts';

/** Over a database that somebody else opens and closes. */
export function libraryFace(db: Tesserae): Face {
  return {
    name: 'library',
    insert: (name, { uuid, properties, vectors }) =>
      outcomeOf(db.collection(name).insert({ uuid, properties, vectors: { ...vectors } })),
    insertMany: async (name, objects) => {
      const results = await db
        .collection(name)
        .insertMany(objects.map((object) => ({ ...object, vectors: { ...object.vectors } })));
      return results.map(({ kind }) => (kind === 'stored' ? 'done' : 'refused'));
    },
    replace: (name, { uuid, properties, vectors }) =>
      outcomeOf(db.collection(name).replace(uuid, { properties, vectors: { ...vectors } })),
    merge: (name, uuid, { properties, vectors }) =>
      outcomeOf(db.collection(name).merge(uuid, { properties, vectors: { ...vectors } })),
    delete: async (name, uuid) => {
      await db.collection(name).delete(uuid);
    },
    deleteMany: async (name, filter, dryRun) => {
      const options = { dryRun, verbose: true };
      const { matches, objects = [] } = await db.collection(name).deleteMany(filter, options);
      return { matches, uuids: objects.map(({ uuid }) => uuid) };
    },
    exists: async (name, uuid) => db.collection(name).exists(uuid),
    get: async (name, uuid) => {
      const object = db.collection(name).get(uuid);
      return object && { ...seenOf(object), vectors: plainVectors(object) };
    },
    fetch: async (name, request) => (await db.collection(name).fetch(request)).map(seenOf),
    search: async (name, request) => {
      const hits = await db.collection(name).search(request);
      // gRPC has one field for the score, which a boost takes; distances have their own.
      const isFused = request.kind === 'keyword' || request.kind === 'hybrid';
      return hits.map(({ uuid, score, boosted = score }) => {
        return { uuid, score: isFused ? boosted : score };
      });
    },
    addReference: (name, { uuid, to }) =>
      outcomeOf(db.collection(name).addReference(uuid, 'by', to)),
    replaceReferences: (name, uuid, to) =>
      outcomeOf(db.collection(name).replaceReferences(uuid, 'by', to)),
    deleteReference: (name, { uuid, to }) =>
      outcomeOf(db.collection(name).deleteReference(uuid, 'by', to)),
    addReferences: async (name, references) => {
      const results = await db
        .collection(name)
        .addReferences(references.map((reference) => ({ ...reference, property: 'by' })));
      return results.map((error) => {
        if (!error) return 'done';
        return error.code === 'object-missing' ? 'missing' : 'refused';
      });
    },
    aggregate: async (name, { search, ...question }) => {
      const result = await db.collection(name).aggregate({
        ...question,
        properties: aggregatedMetrics,
        topMax: 3,
        ...(search ? { search: { ...search.request, objectsMax: search.objectsMax } } : {}),
      });
      const { count, properties, groups } = result;
      return {
        count,
        properties: plainSummaries(properties),
        groups: groups.map((group) => ({ ...group, properties: plainSummaries(group.properties) })),
      };
    },
    groups: async (name, request, group) => {
      const groups = await db.collection(name).searchGroups(request, group);
      return groups.map(({ name: value, hits }) => ({
        name: value,
        uuids: hits.map(({ uuid }) => uuid),
      }));
    },
  };
}

function plainSummaries(summaries: object): PlainSummaries {
  const entries = Object.entries(summaries).map(([name, summary]: [string, object]) => {
    const { kind: _, property: __, type: ___, ...metrics } = summary as Record<string, unknown>;
    return [name, metrics];
  });
  return Object.fromEntries(entries);
}

async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return error.code === 'object-missing' ? 'missing' : 'refused';
  }
}

function seenOf({ uuid, properties, createdAt, updatedAt }: StoredObject<unknown>): Seen {
  return { uuid, properties: withoutNulls(properties as Seen['properties']), createdAt, updatedAt };
}

function plainVectors({ vectors }: StoredObject<unknown>): PlainVectors {
  const { mv, sv } = vectors;
  return {
    ...(mv ? { mv: rowsOf(mv.values, mv.dims) } : {}),
    ...(sv ? { sv: Array.from(sv.values) } : {}),
  };
}

/** Numbers row after row as rows. */
export function rowsOf(values: Float32Array, dims: number): number[][] {
  return Array.from({ length: values.length / dims }, (_, row) =>
    Array.from(values.subarray(row * dims, (row + 1) * dims)),
  );
}
