import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryCollection } from '../../../test/grpc/golden-config.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { BoostSignal, VectorQuery } from '../../engine/query/query.ts';
import type { BoostCondition, SearchRequest } from './generated/messages.ts';
import type { MessageInit } from './protocol.ts';
import { openCodecs } from './protocol.ts';
import { decodeSearchRequest } from './search-request.ts';

const codec = openCodecs()('weaviate.v1.SearchRequest');
const limits = { defaultLimit: 25, maximumResults: 10_000 };
const config = queryCollection();
const bytes = new Uint8Array(Float32Array.of(1, 0, 0, 0).buffer);
const near = { vector_bytes: bytes, target_vectors: ['mv'] };

function decode(request: MessageInit<SearchRequest>): VectorQuery {
  const whole = codec.decode(codec.encode({ collection: 'Q', near_vector: near, ...request }));
  return decodeSearchRequest(whole, { config, limits, find: () => undefined }).query as VectorQuery;
}

function refuses(request: MessageInit<SearchRequest>, message: RegExp): void {
  assert.throws(
    () => decode(request),
    (error) => error instanceof DatabaseError && message.test(error.message),
    String(message),
  );
}

function signal(condition: MessageInit<BoostCondition>): BoostSignal | undefined {
  return decode({ boost: { conditions: [condition] } }).boost?.conditions[0]?.signal;
}

test('a boost has the defaults of the reference', () => {
  const { boost } = decode({
    boost: {
      conditions: [
        { property_value: { property: 'num' } },
        { weight: -2, numeric_decay: { property: 'num', origin: 3, scale: 2 } },
      ],
    },
  });
  assert.deepEqual(boost, {
    weight: 0.5,
    depth: 100,
    conditions: [
      { weight: 1, signal: { kind: 'value', name: 'num', modifier: 'none' } },
      {
        weight: -2,
        signal: {
          ...{ kind: 'decay', of: { kind: 'number', name: 'num' }, origin: 3, scale: 2 },
          ...{ offset: 0, curve: 'exponential', decay: 0.5 },
        },
      },
    ],
  });
});

test('times decay from now or an instant, by durations in every unit', () => {
  const timed = (time_decay: object) =>
    signal({
      time_decay: { property: 'when', origin: 'now', scale: '7d', ...time_decay } as never,
    });
  const before = Date.now();
  const found = timed({ offset: '1h30m', curve: 1, decay_value: 0.25 });
  assert.ok(found?.kind === 'decay' && found.origin >= before && found.origin <= Date.now());
  assert.deepEqual(
    { ...found, origin: 0 },
    {
      ...{ kind: 'decay', of: { kind: 'date', name: 'when' }, origin: 0 },
      ...{ scale: 7 * 86_400_000, offset: 5_400_000, curve: 'gaussian', decay: 0.25 },
    },
  );
  const at = timed({
    origin: '2024-01-01T00:00:00Z',
    property: '_creationTimeUnix',
    scale: '1.5s',
  });
  assert.ok(at?.kind === 'decay');
  assert.deepEqual([at.of, at.origin, at.scale], [{ kind: 'createdAt' }, 1_704_067_200_000, 1500]);
  const refusesTime = (time: object, message: RegExp): void =>
    refuses(
      {
        boost: {
          conditions: [
            { time_decay: { property: 'when', origin: '', scale: '1d', ...time } as never },
          ],
        },
      },
      message,
    );
  refusesTime({ origin: 'yesterday' }, /boost: condition 0: origin is "yesterday"; allowed: "now"/);
  refusesTime({ scale: '' }, /scale is ""; allowed: numbers with a unit/);
  refusesTime({ scale: '7 days' }, /scale is "7 days"/);
  refusesTime({ offset: '-1d' }, /offset is "-1d"/);
  // Nobody waits for a long text to be tried in every way, nor reads it in full.
  refusesTime({ scale: '1'.repeat(1_000_000) }, /scale is "1{64}"; allowed/);
  const micro = timed({ scale: '1e-06s' });
  assert.ok(micro?.kind === 'decay' && micro.scale === 0.001);
  refusesTime({ curve: 9 }, /curve 9 is unknown/);
});

test('a boost without a search, a condition or a place is refused', () => {
  const boost = { conditions: [{ property_value: { property: 'num', modifier: 2 } }] };
  assert.deepEqual(signal(boost.conditions[0]!), { kind: 'value', name: 'num', modifier: 'sqrt' });
  refuses({ boost, near_vector: undefined }, /boost: it ranks the hits of a search anew/);
  refuses({ boost: { conditions: [{}] } }, /condition 0: it has no filter, time_decay,/);
  const many = { conditions: new Array(21).fill(boost.conditions[0]) };
  refuses({ boost: many }, /21 conditions, the maximum is 20/);
});

test('a selection takes its limit, of as many candidates as the query has or four times as many', () => {
  const selected = (mmr: object, request: MessageInit<SearchRequest> = {}): object => {
    const { diversity, limit } = decode({
      ...request,
      near_vector: { ...near, selection: { mmr } },
    });
    return { ...diversity, shown: limit };
  };
  assert.deepEqual(selected({ limit: 3 }), { count: 3, candidates: 25, balance: 0.5, shown: 3 });
  assert.deepEqual(selected({ limit: 9, balance: 0 }), {
    ...{ count: 9, candidates: 36, balance: 0, shown: 9 },
  });
  const asked = { limit: 20 };
  assert.deepEqual(selected({ limit: 9 }, asked), {
    ...{ count: 9, candidates: 20, balance: 0.5, shown: 20 },
  });
  assert.deepEqual(selected({ limit: 9 }, { limit: 5000 }), {
    ...{ count: 9, candidates: 1000, balance: 0.5, shown: 5000 },
  });
  const refusesMmr = (mmr: object, message: RegExp): void =>
    refuses({ ...asked, near_vector: { ...near, selection: { mmr } } }, message);
  refusesMmr({}, /selection: mmr.limit is missing; allowed: whole numbers from 1/);
  refusesMmr({ limit: 21 }, /mmr.limit is 21, more than the query's limit 20/);
  refuses({ near_vector: { ...near, selection: {} } }, /it names no method; allowed: mmr/);
  const within = { query: 'x', near_vector: { ...near, selection: { mmr: { limit: 2 } } } };
  const hybrid = decode({ near_vector: undefined, hybrid_search: within });
  assert.equal(hybrid.diversity?.count, 2);
});
