// Fills a collection from a plan, or asks it the plan's questions: `restart.ts fill|ask PLAN.json`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import weaviate, { configure, dataType, type VectorDistance } from 'weaviate-client';

type Rows = number[] | number[][];
type Properties = { n: number; text: string };
interface Planned {
  readonly id: string;
  readonly properties: Properties;
  readonly vectors: Record<string, Rows>;
}
interface Plan {
  readonly vectors: readonly (readonly [
    name: string,
    kind: 'multi' | 'single',
    metric: VectorDistance,
  ])[];
  readonly insert: readonly Planned[];
  readonly update: readonly Planned[];
  readonly replace: readonly Planned[];
  readonly delete: readonly string[];
  readonly queries: Readonly<Record<string, Rows>>;
}

const name = 'RestartTypescript';
const [action, path = ''] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(path, 'utf8')) as Plan;
const client = await weaviate.connectToLocal({
  host: '127.0.0.1',
  port: Number(process.env['PORT']),
  grpcPort: Number(process.env['GRPC_PORT']),
});
const collection = client.collections.use<string, Properties>(name);

async function fill(): Promise<void> {
  await client.collections.create({
    name,
    properties: [
      { name: 'n', dataType: dataType.INT },
      { name: 'text', dataType: dataType.TEXT },
    ],
    vectorizers: plan.vectors.map(([vector, kind, distanceMetric]) => {
      const vectorIndexConfig = configure.vectorIndex.hnsw({ distanceMetric });
      const given = { name: vector, vectorIndexConfig };
      return kind === 'multi'
        ? configure.multiVectors.selfProvided(given)
        : configure.vectors.selfProvided(given);
    }),
  });
  const { errors } = await collection.data.insertMany([...plan.insert]);
  assert.deepEqual(errors, {});
  for (const one of plan.update) await collection.data.update(one);
  for (const { id, properties } of plan.replace) await collection.data.replace({ id, properties });
  for (const id of plan.delete) assert.ok(await collection.data.deleteById(id));
}

type Scored = { uuid: string; metadata?: { distance?: number; score?: number } | undefined };

function pairs(objects: readonly Scored[], of: 'distance' | 'score'): [string, number][] {
  return objects.map(({ uuid, metadata }) => [uuid, metadata?.[of] ?? Number.NaN]);
}

async function answers(): Promise<object> {
  const near: Record<string, unknown> = {};
  const object: Record<string, unknown> = {};
  const vectors: Record<string, unknown> = {};
  for (const [targetVector, query] of Object.entries(plan.queries)) {
    const options = { targetVector, limit: 50, returnMetadata: ['distance'] as ['distance'] };
    const byVector = await collection.query.nearVector(query, options);
    near[targetVector] = pairs(byVector.objects, 'distance');
    const byObject = await collection.query.nearObject(plan.insert[0]?.id ?? '', options);
    object[targetVector] = pairs(byObject.objects, 'distance');
  }
  for await (const one of collection.iterator({ includeVector: true })) {
    vectors[one.uuid] = one.vectors;
  }
  const [targetVector = '', vector = []] = Object.entries(plan.queries)[0] ?? [];
  const hybrid = await collection.query.hybrid('word', {
    vector,
    targetVector,
    limit: 50,
    returnMetadata: ['score'],
  });
  return {
    count: await collection.length(),
    near,
    object,
    vectors,
    hybrid: pairs(hybrid.objects, 'score'),
  };
}

if (action === 'fill') await fill();
process.stdout.write(`${JSON.stringify(await answers())}\n`);
await client.close();
