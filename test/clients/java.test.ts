// A day with the official Java client: what it is told is what the other clients are told.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmbeddingMock } from '../embedding-mock.ts';
import { answersIn, assertAlike } from './answers-alike.ts';
import { hasJava, javaProgram } from './java.ts';
import {
  type Answers,
  askedByBoth,
  askedByOne,
  askedOfTenants,
  whileWriting,
} from './library-answers.ts';
import { runCommand } from './run-program.ts';
import { startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';

const skip = skipWithout(await hasJava(), 'there are no Maven and JDK 17 or newer');

/** What this client has no words for. */
const unasked = [
  'hybrid, all words',
  'filter: reference',
  'filter: reference by id',
  'filter: reference of several',
  'filter: reference twice',
  'filter: reference count',
  'filter: no reference',
  'references of references',
];

const {
  exists,
  'exists no more': existsNoMore,
  'deleting, dry': dry,
  deleting,
} = whileWriting.python;
const shared = Object.entries({ ...askedByBoth, ...askedByOne.python }).filter(
  ([question]) => !unasked.includes(question),
);
const [, properties] = askedByBoth['collection'] as [boolean, readonly string[]];

/** What only this client asks, or is told in another way. */
const own: Answers = {
  'ready and live': [true, true],
  node: [1, 'HEALTHY', true],
  'a second collection of a name': 422,
  'collection exists': true,
  'failures of insertMany': [1, true],
  'failures of a stream': [1, true],
  'failures of references': 1,
  merged: [
    ...['cheap', 0.5, 'red rose and desert'],
    [9, 9, 9],
    [
      [1, 0.375],
      [0.5, 0.75],
    ],
  ],
  'a second object of an id': 422,
  exists,
  'exists no more': existsNoMore,
  'deleting, dry': dry,
  deleting,
  // The client keeps neither properties nor groups in their order.
  collection: [true, properties.toSorted()],
  'near text, groups by reference': [
    [5, 17],
    [6, 18],
  ],
  settings: ['what stands on the shelf', 'FIELD', 1.2, 0.75, true, true, true, true, 1, 'DUMMY'],
  changed: [2, 'what stands on the shelf now'],
  'chosen properties': [
    'red fox and river',
    'blue whale and mountain',
    'green tree and forest',
  ].map((title) => ({ title })),
  // It names no vector for these, and asks them of the authors, who have one.
  'near object': [
    [1902, 0.05132],
    [1903, 0.10557],
  ],
  'aggregate, near object': 3803,
  'hybrid, own tokens': [5],
  reranked: ['red fox and forest', 'red fox and forest', 'red fox and river', 'red fox and river'],
  generated: [true, true],
  'generated of all': true,
  alias: ['Book', 2, 1],
  tenants: [
    ['anna', 'ACTIVE'],
    ['ben', 'ACTIVE'],
    ['cleo', 'INACTIVE'],
  ],
  // One that is asleep, none.
  'tenants: refused': [422, 422],
  'tenants: reference': [{ born: 1901 }],
  'tenants: iterator': 4,
  'tenants: asleep': true,
  'tenants: deleted': [
    ['anna', 'ACTIVE'],
    ['dora', 'ACTIVE'],
  ],
  'deleted by a filter': [12, 12],
  'what is deleted is not found': true,
  'collection exists no more': false,
  'nothing is left': 0,
};

test('a day with the Java client', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-java-'));
  await using mock = await startEmbeddingMock();
  const command = await javaProgram();
  const env = { TRANSFORMERS_INFERENCE_API: mock.url };
  const server = await startServerProcess({ data: join(folder, 'data'), env });
  try {
    const found = answersIn(await runCommand(command, server));
    assertAlike(found, { ...Object.fromEntries(shared), ...askedOfTenants, ...own });
  } finally {
    assert.equal(await server.stop(), 0);
    rmSync(folder, { recursive: true });
  }
});
