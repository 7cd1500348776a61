import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ServiceError, status } from '@grpc/grpc-js';
import { type Patience, patiently } from './patience.ts';
import { grpcFault, RemoteFault, restFault } from './remote-fault.ts';

function patience(waits: number[], signal = new AbortController().signal): Patience {
  return {
    ...{ attemptsMax: 5, firstWaitMs: 2, waitMsMax: 6, random: () => 1, signal },
    onRetry: (_, waitMs) => waits.push(waitMs),
  };
}

describe('a call that fails', () => {
  test('is made again after longer and longer waits, up to a number of attempts', async () => {
    const waits: number[] = [];
    let calls = 0;
    const call = async (): Promise<never> => {
      calls += 1;
      throw new RemoteFault('passing', `failed ${calls}`);
    };
    await assert.rejects(patiently(patience(waits), call), { message: 'failed 5' });
    assert.deepEqual(waits, [2, 4, 6, 6]);
  });

  test('waits as long as the server wants', async () => {
    const waits: number[] = [];
    const faults = [new RemoteFault('passing', 'later', { waitMs: 9 })];
    const answer = await patiently(patience(waits), async () => {
      const fault = faults.pop();
      if (fault) throw fault;
      return 'done';
    });
    assert.deepEqual([answer, waits], ['done', [9]]);
  });

  test('is not made again when it is refused, or nobody waits any more', async () => {
    for (const kind of ['refused', 'too-large'] as const) {
      const waits: number[] = [];
      const call = (): Promise<never> => Promise.reject(new RemoteFault(kind, 'no'));
      await assert.rejects(patiently(patience(waits), call), { kind });
      assert.deepEqual(waits, []);
    }
    const stop = new AbortController();
    const call = async (): Promise<never> => {
      stop.abort(new Error('told to stop'));
      throw new RemoteFault('passing', 'no');
    };
    await assert.rejects(patiently(patience([], stop.signal), call), { message: 'told to stop' });
  });
});

test('faults are told apart by status and words', () => {
  const grpc = (code: number, details: string): string =>
    grpcFault('s', { code, details } as ServiceError).kind;
  assert.equal(grpc(status.UNAVAILABLE, 'gone'), 'passing');
  assert.equal(grpc(status.DEADLINE_EXCEEDED, ''), 'passing');
  assert.equal(grpc(status.RESOURCE_EXHAUSTED, 'slow down'), 'passing');
  const large = 'grpc: received message larger than max (109 vs. 104)';
  assert.equal(grpc(status.RESOURCE_EXHAUSTED, large), 'too-large');
  assert.equal(grpc(status.UNKNOWN, 'context deadline exceeded'), 'passing');
  assert.equal(grpc(status.UNKNOWN, 'query maximum results exceeded'), 'too-large');
  assert.equal(grpc(status.UNKNOWN, 'no such class'), 'refused');
  assert.equal(grpc(status.PERMISSION_DENIED, 'forbidden'), 'refused');
  const rest = (code: number, headers = {}): RemoteFault =>
    restFault('s', new Response('', { status: code, headers }), 'text');
  const kinds = [408, 429, 500, 503, 400, 401, 403, 404, 422, 501].map((code) => rest(code).kind);
  assert.deepEqual(kinds, [
    ...['passing', 'passing', 'passing', 'passing'],
    ...new Array<string>(6).fill('refused'),
  ]);
  assert.equal(rest(429, { 'retry-after': '7' }).waitMs, 7_000);
  assert.equal(rest(429, { 'retry-after': 'Wed, 21 Oct' }).waitMs, 0);
});
