import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { eachPlace, type MigrationProblem } from './each-place.ts';
import { patienceDefault } from './patience.ts';
import { ServerSide } from './server-side.ts';
import { whileActive } from './tenants.ts';

/** A server of these tenants; `asked` are the states that they were brought to. */
async function openTenants(
  t: TestContext,
  tenants: readonly { readonly name: string; readonly activityStatus: string }[],
  signal: AbortSignal,
): Promise<{ readonly side: ServerSide; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(async (request, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === '/v1/meta') return reply.end('{}');
    if (request.method === 'PUT') asked.push(Buffer.concat(chunks).toString());
    return reply.end(JSON.stringify(tenants));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const patience = { ...patienceDefault, random: () => 0, signal, onRetry: () => undefined };
  const url = new URL(`http://127.0.0.1:${port}`);
  const side = await ServerSide.open({ url, headers: {}, grpc: 'none' }, patience);
  return { side, asked };
}

const note = { class: 'Note', multiTenancyConfig: { enabled: true } };

describe('a tenant that is activated for a time', () => {
  test('is deactivated again also when everything is told to stop', async (t) => {
    const stop = new AbortController();
    const cold = { name: 'ada', activityStatus: 'COLD' };
    const { side, asked } = await openTenants(t, [cold], stop.signal);
    const work = async (): Promise<void> => {
      stop.abort(new Error('told to stop'));
      stop.signal.throwIfAborted();
    };
    await assert.rejects(whileActive(side, note, cold, cold, work), { message: 'told to stop' });
    const states = ['HOT', 'COLD'].map((activityStatus) => ({ name: 'ada', activityStatus }));
    assert.deepEqual(
      asked,
      states.map((state) => JSON.stringify([state])),
    );
  });
});

test('tenants that are offloaded are named, and stop nothing else', async (t) => {
  const { signal } = new AbortController();
  const states = ['FROZEN', 'OFFLOADED', 'FREEZING'];
  const { side, asked } = await openTenants(
    t,
    states.map((activityStatus) => ({ name: activityStatus.toLowerCase(), activityStatus })),
    signal,
  );
  const problems: MigrationProblem[] = [];
  await eachPlace(
    {
      ...{ source: side, destination: side, class: note, mode: 'compare', signal },
      others: 'keep',
      ...{ tenants: undefined, activatesTenants: true },
    },
    (problem) => void problems.push(problem),
    () => Promise.reject(new Error('nothing can be read')),
  );
  assert.deepEqual(
    problems,
    states.map((state) => ({
      ...{ collection: 'Note', tenant: state.toLowerCase() },
      message: `the tenant is ${state} at the source and was not read (bring it back there first)`,
    })),
  );
  assert.deepEqual(asked, []);
});
