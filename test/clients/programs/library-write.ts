// Fills a library with every kind of write that the client has.

import assert from 'node:assert/strict';
import { configure, dataType, Reference, tokenization } from 'weaviate-client';
import {
  answer,
  authorId,
  authorsName,
  book,
  bookCount,
  bookId,
  booksName,
  connect,
  shelfName,
  vectors,
} from './library-books.ts';

const plainText = { skipVectorization: false, vectorizePropertyName: false };
const client = await connect();
const authors = await client.collections.create({
  name: authorsName,
  properties: [
    { name: 'name', dataType: dataType.TEXT },
    { name: 'born', dataType: dataType.INT },
  ],
  vectorizers: configure.vectors.selfProvided(),
});
await client.collections.create({
  name: booksName,
  properties: [
    { name: 'n', dataType: dataType.INT, indexRangeFilters: true },
    { name: 'title', dataType: dataType.TEXT, ...plainText },
    { name: 'note', dataType: dataType.TEXT, tokenization: tokenization.FIELD },
    { name: 'price', dataType: dataType.NUMBER },
    { name: 'published', dataType: dataType.DATE },
    { name: 'genres', dataType: dataType.TEXT_ARRAY, tokenization: tokenization.FIELD },
    { name: 'inStock', dataType: dataType.BOOLEAN },
    { name: 'isbn', dataType: dataType.UUID },
    { name: 'shop', dataType: dataType.GEO_COORDINATES },
    { name: 'phone', dataType: dataType.PHONE_NUMBER },
    {
      name: 'details',
      dataType: dataType.OBJECT,
      nestedProperties: [
        { name: 'publisher', dataType: dataType.TEXT },
        { name: 'edition', dataType: dataType.INT },
      ],
    },
    {
      name: 'reviews',
      dataType: dataType.OBJECT_ARRAY,
      nestedProperties: [
        { name: 'stars', dataType: dataType.INT },
        { name: 'text', dataType: dataType.TEXT },
      ],
    },
  ],
  references: [{ name: 'writtenBy', targetCollection: authorsName }],
  vectorizers: [
    configure.vectors.selfProvided({ name: 'plain' }),
    configure.multiVectors.selfProvided({ name: 'tokens' }),
    configure.vectors.text2VecTransformers({
      name: 'meaning',
      sourceProperties: ['title'],
    }),
  ],
  invertedIndex: configure.invertedIndex({
    indexNullState: true,
    indexPropertyLength: true,
    indexTimestamps: true,
  }),
});
await client.alias.create({ alias: shelfName, collection: booksName });
const books = client.collections.use(shelfName);
await books.config.addReference({ name: 'seeAlso', targetCollections: [authorsName, booksName] });
for (const n of [0, 1, 2, 3]) {
  const properties = { name: `author ${n}`, born: 1900 + n };
  await authors.data.insert({ id: authorId(n), properties, vectors: [1, n] });
}

// --- batches, one that fails in each
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
const written = (n: number) => ({
  id: bookId(n),
  properties: book(n),
  vectors: vectors(n),
  references: { writtenBy: authorId(n % 4) },
});
const wrong = { properties: { n: 'no number' } };
const many = await books.data.insertMany([...range(0, 8).map(written), wrong]);
answer('failures of insertMany', Object.keys(many.errors).length);
const ingested = await books.data.ingest([...range(8, 16).map(written), wrong]);
answer('failures of ingest', Object.keys(ingested.errors).length);
const stream = await client.batch.stream();
for (const n of range(16, 20)) {
  const { id, properties, vectors: own } = written(n);
  await stream.addObject({ collection: shelfName, id, properties, vectors: own });
  await stream.addReference({
    fromObjectCollection: shelfName,
    fromObjectUuid: id,
    fromPropertyName: 'writtenBy',
    toObjectUuid: authorId(n % 4),
  });
}
await stream.addObject({ collection: shelfName, ...wrong });
await stream.addReference({
  fromObjectCollection: shelfName,
  fromObjectUuid: bookId(0),
  fromPropertyName: 'nowhere',
  toObjectUuid: authorId(0),
});
await stream.stop();
answer('failures of batch.stream', [
  Object.keys(stream.objErrors()).length,
  Object.keys(stream.refErrors()).length,
]);

// --- single objects and references
for (const n of range(20, bookCount)) {
  await books.data.insert({ ...written(n), references: { writtenBy: authorId(0) } });
  const to = authorId(n % 4);
  await books.data.referenceReplace({ fromUuid: bookId(n), fromProperty: 'writtenBy', to });
}
const first = Reference.toMultiTarget(bookId(0), booksName);
const added = await books.data.referenceAddMany(
  range(1, 6).map((n) => ({ fromUuid: bookId(n), fromProperty: 'seeAlso', to: first })),
);
assert.deepEqual(added.errors, {});
for (const n of [1, 2]) {
  const to = Reference.toMultiTarget(authorId(n), authorsName);
  await books.data.referenceAdd({ fromUuid: bookId(n), fromProperty: 'seeAlso', to });
}
await books.data.referenceDelete({
  fromUuid: bookId(5),
  fromProperty: 'seeAlso',
  to: first,
});

// --- what is written again, is as if it had been written so at first
await books.data.update({ id: bookId(3), properties: { price: 0.5, note: 'cheap' } });
await books.data.replace(written(3));
await books.data.referenceAdd({ fromUuid: bookId(3), fromProperty: 'seeAlso', to: first });

// --- what is written too much, is deleted again
const spare = range(100, 106).map((n) => ({ properties: { n, title: 'spare' } }));
const own = (await books.data.insertMany(spare)).uuids[0] ?? '';
answer('exists', await books.data.exists(own));
await books.data.deleteById(own);
answer('exists no more', await books.data.exists(own));
const tooMuch = books.filter.byProperty('n').greaterOrEqual(100);
const dry = await books.data.deleteMany(tooMuch, { dryRun: true, verbose: true });
answer('deleting, dry', [dry.matches, dry.successful, dry.failed, dry.objects.length]);
const gone = await books.data.deleteMany(tooMuch, { verbose: true });
answer('deleting', [gone.matches, gone.successful, gone.failed, gone.objects.length]);
answer('left', await books.length());
await client.close();
