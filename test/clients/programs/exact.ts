// Asks for the plan of a vector search, as usual and with the header for exact search: `exact.ts QUERY.json`.

import { readFileSync } from 'node:fs';
import weaviate from 'weaviate-client';

const query = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as number[][];

async function plan(headers: Record<string, string>): Promise<object> {
  const client = await weaviate.connectToLocal({
    host: '127.0.0.1',
    port: Number(process.env['PORT']),
    grpcPort: Number(process.env['GRPC_PORT']),
    headers,
  });
  const found = await client.collections.use('Passages').query.nearVector(query, {
    limit: 3,
    returnMetadata: ['explainScore'],
  });
  await client.close();
  return {
    plan: found.objects.map(({ metadata }) => metadata?.explainScore ?? ''),
    uuids: found.objects.map(({ uuid }) => uuid),
  };
}

process.stdout.write(
  `${JSON.stringify([await plan({}), await plan({ 'X-Tesserae-Exact': 'true' })])}\n`,
);
