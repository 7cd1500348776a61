// Analyzers of text properties from their settings to what searches and filters find.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noContext, openDatabase, uuidOf } from '../../../test/simulation/world.ts';
import type { Query } from '../../engine/query/query.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { Database } from '../database.ts';
import type { CollectionInput, PropertyInput } from './collection-input.ts';
import { resolveCollection } from './collection-schema.ts';
import { checkUpdate } from './collection-update.ts';
import { resolveNewProperty } from './property-schema.ts';

function french(change: Partial<CollectionInput> = {}): CollectionInput {
  return {
    name: 'Texts',
    invertedIndex: { stopwordPresets: { fr: ['le', 'la', 'à'] } },
    properties: [
      { name: 'folded', type: 'text', textAnalyzer: { asciiFold: true, stopwordPreset: 'fr' } },
      { name: 'plain', type: 'text' },
      { name: 'kept', type: 'text', textAnalyzer: { asciiFold: true, asciiFoldIgnore: ['é'] } },
    ],
    ...change,
  };
}

async function found(database: Database, query: Partial<Query>): Promise<number[]> {
  const page = { offset: 0, limit: 10, autocut: 0 };
  const whole = { ...page, ...query } as Query;
  const { hits } = await database.collection('Texts').search(whole, { explain: false }, noContext);
  return hits.map(({ document }) => document.properties['number'] as number).sort();
}

function keyword(text: string, property: string): Partial<Query> {
  const properties = [{ name: property, boost: 1 }];
  return {
    kind: 'keyword',
    search: { text, properties, operator: { kind: 'or', matchesMin: 1 } },
  };
}

function filtered(name: string, value: string, operator: 'equal' | 'like' = 'equal') {
  const target = { kind: 'property', name } as const;
  return { kind: 'fetch', sort: [], filter: { kind: 'compare', operator, target, value } } as const;
}

describe('text analyzers', () => {
  test('searches and filters find folded letters, before and after sealing and a restart', async () => {
    const directory = new MemoryDirectory({ seed: 1 });
    const check = async (database: Database): Promise<void> => {
      assert.deepEqual(await found(database, keyword('ECOLE', 'folded')), [1, 2]);
      assert.deepEqual(await found(database, keyword('école', 'folded')), [1, 2]);
      assert.deepEqual(await found(database, keyword('ecole', 'plain')), [2]);
      assert.deepEqual(await found(database, keyword('ecole', 'kept')), [2]);
      assert.deepEqual(await found(database, filtered('folded', 'Écolé')), [1, 2]);
      assert.deepEqual(await found(database, filtered('folded', 'éc*', 'like')), [1, 2]);
      assert.deepEqual(await found(database, filtered('plain', 'éc*', 'like')), [1]);
    };
    {
      await using database = await openDatabase({ directory });
      await database.createCollection(resolveCollection(french()));
      const collection = database.collection('Texts');
      const texts = ['la école', 'the ecole', 'le'];
      const objects = texts.map((text, index) => ({
        uuid: uuidOf(index + 1),
        properties: { folded: text, plain: text, kept: text, number: index + 1 },
        vectors: new Map(),
      }));
      await collection.insertMany(objects, noContext);
      await check(database);
      await database.flush();
      await check(database);
    }
    await using database = await openDatabase({ directory });
    await check(database);
  });

  test('a property leaves out the words of its preset, and changes with it', async () => {
    await using database = await openDatabase();
    await database.createCollection(resolveCollection(french()));
    const object = {
      properties: { folded: 'la the', plain: 'la the', number: 1 },
      vectors: new Map(),
    };
    await database.insert('Texts', object, noContext);
    assert.deepEqual(await found(database, keyword('la', 'folded')), []);
    assert.deepEqual(await found(database, keyword('the', 'folded')), [1]);
    assert.deepEqual(await found(database, keyword('la', 'plain')), [1]);
    assert.deepEqual(await found(database, keyword('the', 'plain')), []);
    const presets = { fr: ['the'], en: ['la'] };
    const changed = resolveCollection(french({ invertedIndex: { stopwordPresets: presets } }));
    await database.updateCollection(changed);
    assert.deepEqual(await found(database, keyword('la', 'folded')), [1]);
    assert.deepEqual(await found(database, keyword('the', 'folded')), []);
    assert.deepEqual(await found(database, keyword('la', 'plain')), []);
    assert.deepEqual(await found(database, keyword('the', 'plain')), [1]);
  });

  test('what does not go together is refused', () => {
    const refuse = (property: Omit<PropertyInput, 'name'>, message: RegExp): void => {
      const properties = [{ name: 'p', ...property }];
      assert.throws(() => resolveCollection(french({ properties })), { message });
    };
    const analyzer = (textAnalyzer: PropertyInput['textAnalyzer'], others = {}) =>
      ({ type: 'text', textAnalyzer, ...others }) as Omit<PropertyInput, 'name'>;
    refuse(analyzer({ asciiFold: true }, { type: 'int' }), /allowed only for text and text\[\]/);
    refuse(analyzer({ asciiFoldIgnore: ['é'] }), /asciiFoldIgnore needs asciiFold/);
    refuse(analyzer({ asciiFold: true, asciiFoldIgnore: ['ab'] }), /holds "ab"; allowed: single/);
    refuse(analyzer({ stopwordPreset: 'de' }), /stopwordPreset is "de"; allowed: en, none, fr/);
    refuse(
      analyzer({ stopwordPreset: 'fr' }, { tokenization: 'field' }),
      /needs tokenization word/,
    );
    const nested = [{ name: 'n', ...analyzer({ stopwordPreset: 'de' }) }];
    refuse({ type: 'object', nested }, /property 'p\.n': textAnalyzer\.stopwordPreset is "de"/);
    const blank = { stopwordPresets: { fr: [' '] } };
    assert.throws(
      () => resolveCollection(french({ invertedIndex: blank })),
      /presets?\.fr is " "/i,
    );
    const config = resolveCollection(french());
    const added = { name: 'q', ...analyzer({ stopwordPreset: 'de' }) };
    assert.throws(() => resolveNewProperty(config, added), /stopwordPreset is "de"/);
  });

  test('the analyzer of a property stays, presets that one uses stay too', () => {
    const before = resolveCollection(french());
    const properties = [
      { name: 'folded', type: 'text' } as const,
      ...(french().properties ?? []).slice(1),
    ];
    const other = resolveCollection(french({ properties }));
    assert.throws(() => checkUpdate(before, other), /textAnalyzer is immutable/);
    assert.throws(() => resolveCollection(french({ invertedIndex: {} })), /stopwordPreset is "fr"/);
    const empty = resolveCollection({
      name: 'C',
      properties: [{ name: 'p', type: 'text', textAnalyzer: {} }],
    });
    assert.equal(empty.properties[0]?.textAnalyzer, undefined);
  });
});
