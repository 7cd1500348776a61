// References over both wires of one database: what REST writes gRPC shows and filters, and the other way.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject } from './grpc/golden-messages.ts';
import { openTwoWires, type TwoWires } from './two-wires.ts';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const beacon = (path: string): string => `weaviate://localhost/${path}`;
const link = (collection: string, id: string): JsonObject => ({
  beacon: beacon(`${collection}/${id}`),
  href: `/v1/objects/${collection}/${id}`,
});
const [doc1, doc2, page1, page2] = [uuid(1), uuid(2), uuid(11), uuid(12)];

/** Two documents; the first page is of the first one, the second of none. */
async function fillWorld({ rest }: TwoWires): Promise<void> {
  const text = { name: 'text', dataType: ['text'] };
  const ofDoc = { name: 'ofDoc', dataType: ['Doc'] };
  const any = { name: 'any', dataType: ['Doc', 'Page'] };
  for (const [path, body] of [
    ['/schema', { class: 'Doc', properties: [text], vectorConfig: {} }],
    ['/schema', { class: 'Page', properties: [text, ofDoc] }],
    ['/schema/Page/properties', any],
    ['/objects', { class: 'Doc', id: doc1, properties: { text: 'doc1' }, vector: [1, 0] }],
    ['/objects', { class: 'Doc', id: doc2, properties: { text: 'doc2' } }],
  ] as const) {
    const { status, json } = await rest('POST', path, body);
    assert.equal(status, 200, JSON.stringify(json));
  }
  for (const [id, properties] of [
    [page1, { text: 'p1', ofDoc: [{ beacon: beacon(doc1) }] }],
    [page2, { text: 'p2' }],
  ] as const) {
    const { status, json } = await rest('POST', '/objects', { class: 'Page', id, properties });
    assert.equal(status, 200, JSON.stringify(json));
  }
}

async function search({ wire }: TwoWires, asked: JsonObject): Promise<JsonObject[]> {
  const { status, details, reply } = await wire.call('Search', {
    collection: 'Page',
    metadata: { uuid: true },
    ...asked,
  });
  assert.equal(status, 'OK', details);
  return (reply?.['results'] ?? []) as JsonObject[];
}

const idOf = (hit: JsonObject): unknown => (hit['metadata'] as JsonObject)['id'];
const partsOf = (hit: JsonObject): JsonObject => hit['properties'] as JsonObject;

/** Ids of the pages that pass a filter over gRPC. */
async function passing(world: TwoWires, target: JsonObject, value: JsonObject): Promise<unknown[]> {
  const filters = { operator: 'OPERATOR_EQUAL', target, ...value };
  return (await search(world, { filters })).map(idOf);
}

describe('references', () => {
  test('are links over REST, and change by requests of their own', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const { rest } = world;
    const shown = async (): Promise<unknown> => {
      const { json } = await rest('GET', `/objects/Page/${page1}`);
      return (json as { properties: JsonObject }).properties['ofDoc'];
    };
    const path = `/objects/Page/${page1}/references/ofDoc`;
    assert.deepEqual(await shown(), [link('Doc', doc1)]);
    assert.deepEqual(await rest('POST', path, { beacon: beacon(`Doc/${doc2}`) }), {
      ...{ status: 200, json: null },
    });
    assert.deepEqual(await shown(), [link('Doc', doc1), link('Doc', doc2)]);
    assert.equal((await rest('DELETE', path, { beacon: beacon(doc1) })).status, 204);
    assert.deepEqual(await shown(), [link('Doc', doc2)]);
    assert.equal((await rest('PUT', path, [{ beacon: beacon(doc1) }])).status, 200);
    assert.deepEqual(await shown(), [link('Doc', doc1)]);
    assert.equal((await rest('PUT', path, [])).status, 200);
    assert.deepEqual(await shown(), []);
    const merge = { class: 'Page', properties: { ofDoc: [{ beacon: beacon(doc2) }] } };
    assert.equal((await rest('PATCH', `/objects/Page/${page1}`, merge)).status, 204);
    const list = await rest('GET', '/objects?class=Page&limit=1');
    const [first] = (list.json as { objects: { properties: JsonObject }[] }).objects;
    assert.deepEqual(first?.properties['ofDoc'], [link('Doc', doc2)]);
    // The old path finds the collection by the object.
    const old = `/objects/${page1}/references/ofDoc`;
    assert.equal((await rest('POST', old, { beacon: beacon(doc1) })).status, 200);
    assert.deepEqual(await shown(), [link('Doc', doc2), link('Doc', doc1)]);
  });

  test('that can not be are refused by a status that says whose fault it is', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const { rest } = world;
    const path = `/objects/Page/${page2}/references`;
    const good = { beacon: beacon(doc1) };
    for (const [status, where, body] of [
      [422, `${path}/ofDoc`, { beacon: beacon(uuid(9)) }],
      [422, `${path}/ofDoc`, { beacon: 'doc1' }],
      [422, `${path}/ofDoc`, {}],
      [400, `${path}/ofDoc`, [good]],
      [422, `${path}/text`, good],
      [422, `${path}/nope`, good],
      [422, `${path}/any`, good],
      [404, `/objects/Page/${uuid(9)}/references/ofDoc`, good],
      [404, `/objects/Nobody/${page2}/references/ofDoc`, good],
      [422, '/objects/Page/x/references/ofDoc', good],
      [422, '/schema', { class: 'New', properties: [{ name: 'of', dataType: ['Nobody'] }] }],
      [422, '/objects', { class: 'Page', properties: { ofDoc: [{ beacon: beacon(uuid(9)) }] } }],
    ] as const) {
      const reply = await rest('POST', where, body);
      assert.equal(reply.status, status, `${where} ${JSON.stringify([body, reply.json])}`);
    }
    assert.equal((await search(world, {})).length, 2);
  });

  test('come in batches over both wires, each with its own outcome', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const from = beacon(`Page/${page2}/ofDoc`);
    const { status, json } = await world.rest('POST', '/batch/references', [
      { from, to: beacon(doc1) },
      { from: beacon(`Page/${page2}/nope`), to: beacon(doc1) },
      { from: beacon('Page'), to: beacon(doc1) },
      7,
    ]);
    assert.equal(status, 200);
    const results = json as { to?: string; result: { status: string } }[];
    assert.deepEqual(
      results.map((item) => item.result.status),
      ['SUCCESS', 'FAILED', 'FAILED', 'FAILED'],
    );
    assert.equal(results[0]?.to, beacon(`Doc/${doc1}`));
    const reference = { name: 'ofDoc', from_collection: 'Page', from_uuid: page2, to_uuid: doc2 };
    const { reply } = await world.wire.call('BatchReferences', {
      references: [
        reference,
        { ...reference, name: 'any' },
        { ...reference, name: 'any', to_collection: 'Doc' },
        { ...reference, from_uuid: uuid(9) },
      ],
    });
    const errors = reply?.['errors'] as { index?: number; error: string }[];
    assert.deepEqual(
      errors.map(({ index }) => index),
      [1, 3],
    );
    assert.match(errors[0]?.error ?? '', /names no collection; it may be one of \[Doc, Page\]/);
    const object = await world.rest('GET', `/objects/Page/${page2}`);
    const { properties } = object.json as { properties: JsonObject };
    assert.deepEqual(properties['ofDoc'], [link('Doc', doc1), link('Doc', doc2)]);
    assert.deepEqual(properties['any'], [link('Doc', doc2)]);
  });

  test('come with objects of a stream, and by themselves', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const stream = world.wire.stream();
    stream.send({ start: {} });
    await stream.next();
    const [to, name] = [page1, 'any'];
    const good = { name, from_collection: 'Page', from_uuid: page2, to_uuid: to };
    const values = [{ ...good, to_collection: 'Page' }, good];
    const single_target_ref_props = [{ prop_name: 'ofDoc', uuids: [doc2] }];
    const object = { uuid: uuid(13), collection: 'Page', properties: { single_target_ref_props } };
    stream.send({ data: { objects: { values: [object] }, references: { values } } });
    const source = beacon(`Page/${page2}/any`);
    assert.deepEqual(await stream.next(), {
      acks: { uuids: [uuid(13)], beacons: [source, source] },
    });
    const { results } = (await stream.next()) as { results: JsonObject };
    assert.deepEqual(results['successes'], [{ uuid: uuid(13) }, { beacon: source }]);
    const [error] = results['errors'] as { beacon: string; error: string }[];
    assert.equal(error?.beacon, source);
    assert.match(error.error, /names no collection/);
    stream.end();
    assert.equal(await stream.next(), undefined);
    const through = { multi_target: { on: 'any', target_collection: 'Page' } };
    const target = { multi_target: { ...through.multi_target, target: { property: 'text' } } };
    assert.deepEqual(await passing(world, target, { value_text: 'p1' }), [page2]);
  });

  test('are shown from the collection that takes the place of one that is gone', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const { rest } = world;
    const newer = { class: 'Doc_v2', properties: [{ name: 'text', dataType: ['text'] }] };
    const copy = { class: 'Doc_v2', id: doc1, properties: { text: 'newer' } };
    assert.equal((await rest('POST', '/schema', newer)).status, 200);
    assert.equal((await rest('POST', '/objects', copy)).status, 200);
    assert.equal((await rest('DELETE', '/schema/Doc')).status, 200);
    assert.equal((await rest('POST', '/aliases', { alias: 'Doc', class: 'Doc_v2' })).status, 200);
    for (const asked of [{}, { target_collection: 'Doc' }, { target_collection: 'Doc_v2' }]) {
      const ofDoc = { reference_property: 'ofDoc', ...asked };
      const [first] = await search(world, { properties: { ref_properties: [ofDoc] } });
      assert.ok(first);
      const [{ properties: shown } = {}] = partsOf(first)['ref_props'] as JsonObject[];
      const fields = { text: { text_value: 'newer' } };
      assert.deepEqual(
        (shown as JsonObject[]).map(({ non_ref_props }) => non_ref_props),
        [{ fields }],
      );
    }
  });

  test('that a stream sends again, as after a broken one, are there once', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const reference = { name: 'ofDoc', from_collection: 'Page', from_uuid: page2 };
    const values = [doc1, doc2].map((to_uuid) => ({ ...reference, to_uuid }));
    const source = beacon(`Page/${page2}/ofDoc`);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const stream = world.wire.stream();
      stream.send({ start: {} });
      await stream.next();
      stream.send({ data: { references: { values: [...values, values[0] ?? {}] } } });
      await stream.next();
      const { results } = (await stream.next()) as { results: JsonObject };
      assert.deepEqual(results, { successes: Array(3).fill({ beacon: source }) });
      stream.end();
      assert.equal(await stream.next(), undefined);
    }
    const shown = async (): Promise<unknown> => {
      const { json } = await world.rest('GET', `/objects/Page/${page2}`);
      return (json as { properties: JsonObject }).properties['ofDoc'];
    };
    assert.deepEqual(await shown(), [link('Doc', doc1), link('Doc', doc2)]);
    // A call of its own is what somebody asks for, and counts each time.
    const { status } = await world.wire.call('BatchReferences', { references: values });
    assert.equal(status, 'OK');
    const both = [link('Doc', doc1), link('Doc', doc2)];
    assert.deepEqual(await shown(), [...both, ...both]);
  });

  test('are shown with what they lead to, as deep as is asked', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const refs = `/objects/Page/${page2}/references`;
    for (const to of [`Page/${page1}`, `Doc/${doc2}`, `Page/${page2}`]) {
      await world.rest('POST', `${refs}/any`, { beacon: beacon(to) });
    }
    const ofDoc = {
      reference_property: 'ofDoc',
      properties: { non_ref_properties: ['text'] },
      metadata: { uuid: true, creation_time_unix: true, vector: true },
    };
    const pages = {
      reference_property: 'any',
      target_collection: 'Page',
      properties: { return_all_nonref_properties: true, ref_properties: [ofDoc] },
      metadata: { uuid: true },
    };
    const [first, second] = await search(world, { properties: { ref_properties: [ofDoc, pages] } });
    assert.ok(first && second);
    const [doc, ...others] = partsOf(first)['ref_props'] as JsonObject[];
    assert.ok(doc && others.length === 0);
    const [shown] = doc['properties'] as JsonObject[];
    assert.ok(shown);
    const { metadata, ...rest } = shown;
    assert.deepEqual(rest, {
      target_collection: 'Doc',
      non_ref_props: { fields: { text: { text_value: 'doc1' } } },
    });
    const own = metadata as JsonObject;
    assert.equal(own['id'], doc1);
    assert.equal(own['creation_time_unix_present'], true);
    assert.equal(own['last_update_time_unix'], undefined);
    assert.ok(own['vector_bytes'] || own['vectors'], 'the vector');
    // Of the second page's property, those to pages only; the deeper ones are those of each.
    const [any] = partsOf(second)['ref_props'] as JsonObject[];
    assert.ok(any);
    assert.equal(any['prop_name'], 'any');
    const deep = any['properties'] as JsonObject[];
    assert.deepEqual(
      deep.map((each) => [idOf(each), (each['ref_props'] as unknown[] | undefined)?.length]),
      [
        [page1, 1],
        [page2, undefined],
      ],
    );
    assert.ok(deep.every((each) => each['ref_props_requested'] === true));
    // What is gone is left out, the property is not.
    await world.rest('DELETE', `/objects/Doc/${doc1}`);
    const [again] = await search(world, { properties: { ref_properties: [ofDoc] } });
    assert.ok(again);
    assert.deepEqual(partsOf(again)['ref_props'], [{ prop_name: 'ofDoc' }]);
    await world.rest('DELETE', '/schema/Doc');
    const [last] = await search(world, { properties: { ref_properties: [ofDoc] } });
    assert.ok(last);
    assert.deepEqual(partsOf(last)['ref_props'], [{ prop_name: 'ofDoc' }]);
  });

  test('that multiply from step to step are refused before they fill the memory', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    const pages = Array.from({ length: 60 }, (_, n) => uuid(100 + n));
    const to = pages.map((each) => ({ beacon: beacon(`Page/${each}`) }));
    const objects = pages.map((id) => ({ class: 'Page', id, properties: { any: to } }));
    assert.equal((await world.rest('POST', '/batch/objects', { objects })).status, 200);
    const deep = (steps: number): JsonObject => ({
      ref_properties: [
        {
          ...{ reference_property: 'any', target_collection: 'Page' },
          ...(steps > 1 && { properties: deep(steps - 1) }),
        },
      ],
    });
    const ask = (steps: number) =>
      world.wire.call('Search', { collection: 'Page', limit: 9, properties: deep(steps) });
    const { status, details } = await ask(2);
    assert.equal(status, 'OK', details);
    const refused = await ask(20);
    assert.equal(refused.status, 'UNKNOWN');
    assert.match(refused.details, /more than 200000 objects that others refer to/);
  });

  test('to several collections are asked for by one of them', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    for (const [asked, message] of [
      [{ reference_property: 'any' }, /several collections, name one of \[Doc, Page\]/],
      [{ reference_property: 'ofDoc', target_collection: 'Page' }, /only to \[Doc\]/],
      [{ reference_property: 'text' }, /does not refer to objects/],
      [{ reference_property: 'nope' }, /no such prop with name 'nope'/],
    ] as const) {
      const properties = { ref_properties: [asked] };
      const { status, details } = await world.wire.call('Search', {
        collection: 'Page',
        properties,
      });
      assert.equal(status, 'UNKNOWN');
      assert.match(details, message);
    }
  });

  test('are groups by their beacons', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    for (const to of [doc1, doc2, doc1]) {
      const path = `/objects/Page/${page2}/references/ofDoc`;
      await world.rest('POST', path, { beacon: beacon(to) });
    }
    const group_by = { path: ['ofDoc'], number_of_groups: 5, objects_per_group: 5 };
    const asked = { collection: 'Page', metadata: { uuid: true }, group_by };
    const { reply } = await world.wire.call('Search', {
      ...asked,
      bm25_search: { query: 'p1 p2', properties: ['text'] },
    });
    const groups = reply?.['group_by_results'] as { name: string; objects: JsonObject[] }[];
    assert.deepEqual(
      groups.map(({ name, objects }) => [name, objects.map(idOf).sort()]),
      [
        [beacon(`Doc/${doc1}`), [page1, page2]],
        [beacon(`Doc/${doc2}`), [page2]],
      ],
    );
  });

  test('lead filters to other objects, and have a number, alike on both wires', async () => {
    await using world = await openTwoWires();
    await fillWorld(world);
    await world.rest('POST', `/objects/Page/${page2}/references/any`, {
      beacon: beacon(`Page/${page1}`),
    });
    const ofDoc = { single_target: { on: 'ofDoc', target: { property: 'text' } } };
    const viaPage = { multi_target: { on: 'any', target_collection: 'Page', target: ofDoc } };
    const cases: [JsonObject, JsonObject, JsonObject, string[]][] = [
      [ofDoc, { value_text: 'doc1' }, { path: ['ofDoc', 'Doc', 'text'] }, [page1]],
      [ofDoc, { value_text: 'doc2' }, { path: ['ofDoc', 'Doc', 'text'] }, []],
      [viaPage, { value_text: 'doc1' }, { path: ['any', 'Page', 'ofDoc', 'Doc', 'text'] }, [page2]],
      [{ count: { on: 'any' } }, { value_int: '1' }, { path: ['any'] }, [page2]],
      [{ count: { on: 'any' } }, { value_int: '0' }, { path: ['any'] }, [page1]],
    ];
    for (const [target, value, where, expected] of cases) {
      assert.deepEqual(await passing(world, target, value), expected, JSON.stringify(target));
      const [text, int] = [value['value_text'], value['value_int']];
      const restValue = text === undefined ? { valueInt: Number(int) } : { valueText: text };
      const match = { class: 'Page', where: { ...where, operator: 'Equal', ...restValue } };
      const body = { match, dryRun: true, output: 'verbose' };
      const { status, json } = await world.rest('DELETE', '/batch/objects', body);
      assert.equal(status, 200, JSON.stringify(json));
      const { results } = json as { results: { objects: { id: string }[] | null } };
      assert.deepEqual(
        (results.objects ?? []).map(({ id }) => id),
        expected,
      );
    }
  });
});
