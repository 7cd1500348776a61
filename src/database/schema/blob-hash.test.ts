// What is kept of a blobHash property, and what is embedded of it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { startEmbeddingMock } from '../../../test/embedding-mock.ts';
import { openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Properties } from '../../engine/document.ts';
import { createVectorizers } from '../../vectorizers/create-vectorizers.ts';
import { hashBlobs } from './blob-hash.ts';
import { resolveCollection } from './collection-schema.ts';
import { resolveProperty } from './property-schema.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('hashBlobs', () => {
  const properties = [
    resolveProperty({ name: 'picture', type: 'blobHash' }, []),
    resolveProperty({ name: 'whole', type: 'blob' }, []),
    resolveProperty(
      {
        name: 'pages',
        type: 'object[]',
        nested: [
          { name: 'scan', type: 'blobHash' },
          { name: 'n', type: 'int' },
        ],
      },
      [],
    ),
  ];

  it('keeps the hash of the bytes, also inside objects, and every other value', () => {
    const given = {
      picture: base64('a picture'),
      whole: base64('whole'),
      pages: [{ scan: base64('one'), n: 1 }, { n: 2 }],
    };
    assert.deepEqual(hashBlobs(properties, given), {
      picture: sha256('a picture'),
      whole: base64('whole'),
      pages: [{ scan: sha256('one'), n: 1 }, { n: 2 }],
    });
  });

  it('leaves a hash that comes back as it is, and objects without a blob alone', () => {
    const read = { picture: sha256('a picture') };
    assert.deepEqual(hashBlobs(properties, read), read);
    const none: Properties = { whole: base64('whole') };
    assert.equal(hashBlobs(properties, none), none);
  });
});

describe('an object with a blobHash', () => {
  it('is embedded with the blob and stored with the hash', async () => {
    await using mock = await startEmbeddingMock();
    await using vectorizers = createVectorizers({ modelsDirectory: '/nowhere' });
    await using database = await openDatabase({ vectorizers });
    await database.createCollection(
      resolveCollection({
        name: 'Demo',
        properties: [
          { name: 'poster', type: 'blobHash' },
          { name: 'title', type: 'text' },
        ],
        vectors: [
          {
            name: 'page',
            vectorizer: {
              module: 'multi2multivec-weaviate',
              settings: { imageFields: ['poster'], baseURL: mock.url },
            },
          },
        ],
      }),
    );
    const collection = database.collection('Demo');
    const context = { headers: { authorization: 'Bearer toy-key' } };
    const uuid = uuidOf(1);
    const poster = base64('IMG:red fox');
    const vectors = new Map();
    await collection.insert({ uuid, properties: { poster }, vectors }, context);
    const first = collection.get(uuid);
    assert.equal(first?.properties['poster'], sha256('IMG:red fox'));
    assert.ok(first?.vectors.get('page'));

    // The same picture again, or another property: the vector stays.
    await collection.merge(uuid, { properties: { poster, title: 'a' }, vectors }, context);
    await collection.merge(uuid, { properties: { title: 'b' }, vectors }, context);
    const merged = collection.get(uuid);
    assert.deepEqual(merged?.vectors.get('page'), first?.vectors.get('page'));
    assert.equal(merged?.properties['poster'], sha256('IMG:red fox'));

    await collection.merge(uuid, { properties: { poster: base64('IMG:owl') }, vectors }, context);
    const changed = collection.get(uuid);
    assert.notDeepEqual(changed?.vectors.get('page'), first?.vectors.get('page'));
    assert.equal(changed?.properties['poster'], sha256('IMG:owl'));

    await assert.rejects(
      collection.insert(
        { uuid: uuidOf(2), properties: { poster: sha256('IMG:owl') }, vectors },
        context,
      ),
      /page: update vector: property 'poster' is stored as the hash of its blob only/,
    );
  });
});
