// A day with the official Go client, which searches over GraphQL: what it is told is what the other
// clients are told.

import { test } from 'node:test';
import { assertAlike } from './answers-alike.ts';
import { answersOfDay } from './client-day.ts';
import { goProgram, hasGo } from './go.ts';
import { type Answers, askedByBoth, askedOfTenants } from './library-answers.ts';
import { skipWithout } from './skip.ts';

const skip = skipWithout(await hasGo(), 'there is no Go 1.24 or newer');

const { keywords, 'near tokens': nearTokens, 'near object': nearObject } = askedByBoth;

/** What only this client asks, or is told in another way. */
const own: Answers = {
  'without a key': 401,
  'ready and live': [true, true],
  node: [1, 'HEALTHY', true],
  'a second collection of a name': 422,
  'collection exists': true,
  'failures of gRPC': [1, true, 1],
  'failures of REST': [1, true, 1],
  merged: [
    ...['cheap', 0.5, 'red rose and desert'],
    [9, 9, 9],
    [
      [1, 0.375],
      [0.5, 0.75],
    ],
  ],
  'a second object of an id': 422,
  'an object that is not valid': 422,
  exists: true,
  'exists no more': false,
  'deleting, dry': [5, 0, 0, 5],
  deleting: [5, 5, 0, 5],
  settings: [
    'what stands on the shelf',
    true,
    'field',
    1.2,
    0.75,
    true,
    true,
    true,
    true,
    'maxSim',
    2,
  ],
  changed: [2, 'what stands on the shelf now'],
  'by id, nothing there': 404,
  'page over REST': 3,
  'two collections at once': [2, 3],
  'a query in words': 1,
  'a collection that is not there': true,
  'hybrid, own tokens': 5,
  'iterator, chosen': [1, 2],
  'gRPC: near tokens': nearTokens,
  'gRPC: vectors': [
    true,
    [
      [1, 0.875],
      [0.5, 0.75],
    ],
  ],
  'gRPC: near object': nearObject,
  'gRPC: near text': askedByBoth['near text'],
  'gRPC: keywords': keywords,
  'gRPC: hybrid': askedByBoth['hybrid, own vector'],
  'gRPC: filtered and sorted': [
    [4, 0],
    [3, 0],
    [2, 0],
    [1, 0],
  ],
  'gRPC: references': { name: 'author 2' },
  reranked: [
    ['green tree and river', 20],
    ['red fox and river', 17],
    ['red fox and river', 17],
  ],
  // Over GraphQL the text about all hits stands with the first one.
  generated: [
    [true, true],
    [true, false],
  ],
  alias: ['Book', 2, 1],
  tenants: [
    ['anna', 'HOT'],
    ['ben', 'HOT'],
    ['cleo', 'COLD'],
  ],
  'tenants: failures of a batch': 1,
  // One that is asleep, none, one that is not there.
  'tenants: refused': [422, 422, 422],
  'tenants: reference in a batch': true,
  'tenants: reference': [['blue whale of anna'], []],
  'tenants: over gRPC': [4, 1],
  'tenants: list': [4, 'anna'],
  'tenants: asleep': 422,
  'tenants: deleted': [
    ['anna', 'HOT'],
    ['dora', 'HOT'],
  ],
  'deleted by a filter': [12, 12],
  'what is deleted is not found': true,
  'collection exists no more': false,
  'nothing is left': 0,
};

test('a day with the Go client', { skip }, async () => {
  const expected = { ...askedByBoth, ...askedOfTenants, ...own };
  assertAlike(await answersOfDay([await goProgram()]), expected);
});
