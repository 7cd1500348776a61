import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { patienceDefault } from './patience.ts';
import { isFault } from './remote-fault.ts';
import { RestSide } from './rest-side.ts';

async function openRest(t: TestContext, listener: RequestListener): Promise<RestSide> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { signal } = new AbortController();
  const rest = { ...patienceDefault, random: () => 0, signal, onRetry: () => undefined };
  return new RestSide({ url, headers: {} }, rest);
}

test('a reply without an end is too large, and is not read to it', async (t) => {
  const chunk = Buffer.alloc(1 << 20, ' ');
  let asked = 0;
  const rest = await openRest(t, (_, reply) => {
    asked += 1;
    const write = (): void => {
      while (!reply.destroyed && reply.write(chunk));
    };
    reply.on('drain', write);
    write();
  });
  await assert.rejects(rest.ask('GET', '/v1/objects'), (error) => isFault(error, 'too-large'));
  assert.equal(asked, 1);
});

test('characters that two pieces of a reply share are read', async (t) => {
  const text = Buffer.from('{"a":"本"}');
  const rest = await openRest(t, (_, reply) => {
    reply.write(text.subarray(0, 7), () => setImmediate(() => reply.end(text.subarray(7))));
  });
  assert.deepEqual(await rest.ask('GET', '/'), { a: '本' });
});
