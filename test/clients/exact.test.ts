// What the official clients see of how a search was done, and that a header of theirs makes it exact.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeTrained, trained, trainedVector } from '../trained-collection.ts';
import { hasPython } from './python.ts';
import { runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';

const skipPython = skipWithout(await hasPython(), 'there is no python3 with venv');

interface Seen {
  readonly plan: readonly string[];
  readonly uuids: readonly string[];
  readonly shard?: readonly string[];
  readonly searches?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

describe('exact search on request', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-exact-'));
  const file = join(folder, 'query.json');
  let server: ServerProcess;

  before(async () => {
    await makeTrained(join(folder, 'data'));
    const { values, dims } = trainedVector(5);
    const rows = Array.from({ length: values.length / dims }, (_, row) =>
      Array.from(values.subarray(row * dims, (row + 1) * dims)),
    );
    writeFileSync(file, JSON.stringify(rows));
    server = await startServerProcess({ data: join(folder, 'data') });
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    rmSync(folder, { recursive: true });
  });

  const run = async (program: string): Promise<readonly [Seen, Seen]> => {
    const lines = await runProgram(program, server, { args: [file] });
    return JSON.parse(lines.at(-1) ?? '') as [Seen, Seen];
  };
  const checkPlans = ([usual, exact]: readonly [Seen, Seen]): void => {
    assert.match(usual.plan[0] ?? '', /^\nPlan: 720 documents of 1 segment; candidates \(/);
    assert.match(
      exact.plan[0] ?? '',
      /^\nPlan: 720 documents of 1 segment; exact in 1 segment: 720 documents in /,
    );
    for (const { plan, uuids } of [usual, exact]) {
      assert.equal(uuids.length, 3);
      assert.deepEqual(plan.slice(1), ['', ''], 'the first object tells the plan');
    }
    assert.equal(usual.uuids[0], exact.uuids[0]);
  };

  test('the Python client sees the profile and the plan', { skip: skipPython }, async () => {
    const [usual, exact] = await run('exact.py');
    checkPlans([usual, exact]);
    assert.deepEqual(usual.shard, ['main', 'node1']);
    const [details, exactDetails] = [usual.searches?.['vector'], exact.searches?.['vector']];
    assert.equal(details?.['hnsw_flat_search'], 'false');
    assert.equal(details?.['candidates_by_centroids'], String(trained.objects));
    assert.match(details?.['total_took'] ?? '', /^[\d.]+(µs|ms|s)$/);
    assert.equal(exactDetails?.['hnsw_flat_search'], 'true');
    assert.equal(exactDetails?.['exact_documents'], String(trained.objects));
    const vectors = trained.objects * trained.tokens;
    assert.equal(exactDetails?.['token_vectors_multiplied'], String(vectors));
    assert.ok(Number(details?.['token_vectors_multiplied']) < vectors);
  });

  test('the TypeScript client sees the plan', async () => {
    checkPlans(await run('exact.ts'));
  });

  test('the metrics count the calls', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const call = 'tesserae_request_seconds_count{wire="grpc",call="Search",status="OK"}';
    const count = new RegExp(`^${RegExp.escape(call)} (\\d+)$`, 'm').exec(text)?.[1];
    assert.equal(Number(count), skipPython ? 2 : 4);
  });
});
