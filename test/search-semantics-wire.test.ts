// The promises of search-semantics.test.ts as the official clients see them: requests in their shape over
// gRPC, distances and certainties instead of scores.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { createGrpcServer, type GrpcServer } from '../src/api/grpc/grpc-server.ts';
import type { VectorValue } from '../src/engine/document.ts';
import { type Combination, combinations } from '../src/engine/query/query.ts';
import type { JsonObject } from './grpc/golden-messages.ts';
import { callMethod } from './grpc/wire-client.ts';
import {
  type ModelTarget,
  ranked,
  recallOf,
  SemanticsWorld,
  type VectorName,
} from './search-semantics-world.ts';

let world: SemanticsWorld;
let server: GrpcServer;
let client: Client;
before(async () => {
  world = await SemanticsWorld.open(21, { objects: [2300, 150, 60] });
  server = createGrpcServer({
    database: world.database,
    limits: { messageBytesMax: 104_858_000, defaultLimit: 10, maximumResults: 10_000 },
    authenticate: () => ({ name: 'anyone', mayRead: true, mayWrite: false }),
    logError: (message) => assert.fail(message),
  });
  const port = await server.listen('127.0.0.1', 0);
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
after(async () => {
  client.close();
  await server.close(0);
  await world.database.close();
});

/** As the clients pack vectors: a multi-vector begins with its dims. */
function packed(name: string, { kind, dims, values }: VectorValue): JsonObject {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const head = Buffer.from(Uint16Array.of(dims).buffer);
  return kind === 'multi'
    ? {
        ...{ name, type: 'VECTOR_TYPE_MULTI_FP32' },
        vector_bytes: Buffer.concat([head, bytes]).toString('base64'),
      }
    : { name, type: 'VECTOR_TYPE_SINGLE_FP32', vector_bytes: bytes.toString('base64') };
}

const combinationNames: Readonly<Record<Combination, string>> = {
  minimum: 'COMBINATION_METHOD_TYPE_MIN',
  sum: 'COMBINATION_METHOD_TYPE_SUM',
  average: 'COMBINATION_METHOD_TYPE_AVERAGE',
  manual: 'COMBINATION_METHOD_TYPE_MANUAL',
  relativeScore: 'COMBINATION_METHOD_TYPE_RELATIVE_SCORE',
};

function nearVector(
  targets: readonly ModelTarget[],
  combination: Combination = 'minimum',
): JsonObject {
  const names = targets.map(({ name }) => name);
  if (targets.length === 1) {
    const vectors = targets.map(({ name, query }) => packed(name, query));
    return { targets: { target_vectors: names }, vectors };
  }
  return {
    targets: {
      ...{ target_vectors: names, combination: combinationNames[combination] },
      weights_for_targets: targets.map(({ name, weight }) => ({ target: name, weight })),
    },
    vector_for_targets: targets.map(({ name, query }) => ({
      ...{ name, vectors: [packed(name, query)] },
    })),
  };
}

function numbersBelow(value: number): JsonObject {
  return {
    ...{ operator: 'OPERATOR_LESS_THAN', target: { property: 'number' } },
    value_int: String(value),
  };
}

interface WireHit {
  readonly id: string;
  readonly distance: number;
  readonly certainty: number;
}

function hitsOf(list: unknown): WireHit[] {
  const results = (list ?? []) as readonly { readonly metadata: Partial<WireHit> }[];
  return results.map(({ metadata: { id = '', distance = 0, certainty = 0 } }) => ({
    ...{ id, distance, certainty },
  }));
}

async function search(request: JsonObject): Promise<JsonObject> {
  const { status, details, reply } = await callMethod(
    client,
    '/weaviate.v1.Weaviate/Search',
    'weaviate.v1.Search',
    {
      ...{ collection: 'Pages', metadata: { uuid: true, distance: true, certainty: true } },
      ...{ uses_123_api: true, uses_125_api: true, uses_127_api: true },
      ...request,
    },
    undefined,
  );
  assert.equal(status, 'OK', details);
  return reply ?? {};
}

async function hits(request: JsonObject): Promise<WireHit[]> {
  return hitsOf((await search(request))['results']);
}

function target(name: VectorName, weight = 1): ModelTarget {
  return { name, query: world.query(name, 12), weight };
}

test('pages of seven show what one call shows, ties by id', async () => {
  for (const name of ['words', 'gist', 'place'] as const) {
    const near_vector = nearVector([target(name)]);
    const request = { near_vector, filters: numbersBelow(60) };
    const walked: WireHit[] = [];
    for (let offset = 0; ; offset += 7) {
      const page = await hits({ ...request, limit: 7, offset });
      if (page.length === 0) break;
      walked.push(...page);
    }
    assert.ok(walked.length > 90, `${walked.length} hits`);
    assert.deepEqual(walked, await hits({ ...request, limit: 1000 }));
    for (const [i, { id, distance }] of walked.entries()) {
      const next = walked[i + 1];
      if (!next) continue;
      assert.ok(distance < next.distance || (distance === next.distance && id < next.id));
    }
  }
});

test('a hit is kept at the distance and at the certainty that were shown of it', async () => {
  for (const name of ['words', 'patches', 'gist', 'place'] as const) {
    const near_vector = nearVector([target(name)]);
    const all = await hits({ near_vector, limit: 30 });
    for (const place of [0, 7, 19]) {
      const { distance, certainty } = all[place]!;
      const nearer = all.filter((hit) => hit.distance <= distance);
      const kept = await hits({ near_vector: { ...near_vector, distance }, limit: 30 });
      assert.deepEqual(kept, nearer, `${name}: distance ${distance}`);
      if (name === 'patches' || name === 'place') continue;
      const sure = await hits({ near_vector: { ...near_vector, certainty }, limit: 30 });
      assert.deepEqual(sure, nearer, `${name}: certainty ${certainty}`);
      assert.ok(Math.abs(certainty - (1 - distance / 2)) < 1e-6);
    }
  }
});

test('every combination of targets shows the combined distance, nearest first', async () => {
  const names: readonly VectorName[] = ['words', 'gist', 'place'];
  const targets = names.map((name, i) => target(name, 0.5 + i));
  for (const combination of combinations) {
    const wanted = world.model.combined(targets, combination);
    const found = await hits({ near_vector: nearVector(targets, combination), limit: 20 });
    const scored = found.map(({ id, distance }) => ({ uuid: id, score: -distance }));
    assert.ok(recallOf(scored, wanted, 20) >= 0.95, combination);
    for (const { uuid, score } of scored) {
      const own = wanted.get(uuid)!;
      // A missed document at the end of a scale moves relative scores a little.
      const near = combination === 'relativeScore' ? 0.01 : 1e-5;
      assert.ok(Math.abs(score - own) < near * Math.max(1, Math.abs(own)), combination);
    }
    assert.deepEqual(scored, ranked(new Map(scored.map(({ uuid, score }) => [uuid, score]))));
  }
});

test('groups show their hits, distances and counts', async () => {
  const near_vector = nearVector([target('words')]);
  const flat = await hits({ near_vector, limit: 50 });
  const reply = await search({
    ...{ near_vector, limit: 50 },
    group_by: { path: ['group'], number_of_groups: 4, objects_per_group: 3 },
  });
  const groups = (reply['group_by_results'] ?? []) as readonly JsonObject[];
  assert.equal(groups.length, 4);
  const wanted = new Map<string, WireHit[]>();
  for (const hit of flat) {
    const { group } = world.model.objects.get(hit.id)!.properties;
    if (!wanted.has(group) && wanted.size === 4) continue;
    wanted.set(group, [...(wanted.get(group) ?? []), hit].slice(0, 3));
  }
  for (const [i, [name, members]] of [...wanted].entries()) {
    const group = groups[i]!;
    const distances = members.map(({ distance }) => distance);
    assert.equal(group['name'], name);
    assert.equal(Number(group['number_of_objects']), members.length);
    assert.equal(group['min_distance'], Math.min(...distances));
    assert.equal(group['max_distance'], Math.max(...distances));
    assert.deepEqual(
      hitsOf(group['objects']).map(({ id, distance }) => [id, distance]),
      members.map(({ id, distance }) => [id, distance]),
    );
  }
});

test('autocut shows the beginning of the list', async () => {
  const near_vector = nearVector([target('gist')]);
  const all = await hits({ near_vector, limit: 15 });
  const cut = await hits({ near_vector, limit: 15, autocut: 1 });
  assert.ok(cut.length > 0);
  assert.deepEqual(cut, all.slice(0, cut.length));
});

test('hybrid search over several targets walks on without repeats', async () => {
  const targets = [target('words'), target('patches')];
  const { targets: wireTargets, ...near_vector } = nearVector(targets, 'average');
  const hybrid_search = {
    ...{ query: 'word3 word5', alpha_param: 0.5, use_alpha_param: true },
    ...{ near_vector, targets: wireTargets as JsonObject },
  };
  const seen = new Set<string>();
  for (let offset = 0; offset < 210; offset += 30) {
    const page = await hits({ hybrid_search, limit: 30, offset });
    for (const { id } of page) seen.add(id);
    assert.equal(seen.size, offset + 30);
  }
});
