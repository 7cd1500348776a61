// A day with the official Java client, and one with the older one: what they are told is what the other
// clients are told.

import { test } from 'node:test';
import { assertAlike } from './answers-alike.ts';
import { answersOfDay } from './client-day.ts';
import { hasJava, javaProgram } from './java.ts';
import {
  type Answers,
  askedByBoth,
  askedByOne,
  askedOfTenants,
  whileWriting,
} from './library-answers.ts';
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
  'without a key': 401,
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

/** Of the questions that all are asked, those that the older client has words and objects for. */
const ofOld = [
  'near vector',
  'near vector, later',
  'near vector, within',
  'near vector, certain',
  'near vector, cut',
  'near tokens',
  'near object',
  'several vectors, sum',
  'several vectors, average',
  'several vectors, minimum',
  'near vector, filtered',
  'near vector, groups',
  'near text',
  'near text, moved',
  'near text, groups by reference',
  'keywords',
  'keywords, weighted',
  'keywords, all',
  'keywords, two of three',
  'hybrid',
  'hybrid, ranked',
  'hybrid, own vector',
  ...['equal', 'not equal', 'less', 'less or equal', 'like', 'any', 'all', 'none', 'null'].map(
    (name) => `filter: ${name}`,
  ),
  ...['length', 'boolean', 'or', 'not', 'id', 'reference'].map((name) => `filter: ${name}`),
  'sorted by several',
  'cursor',
  'aggregate, filtered',
  'aggregate, near vector',
  'aggregate, near object',
];

/** What only the older client asks. */
const ownOfOld: Answers = {
  'without a key': 401,
  'ready and live': [true, true],
  node: ['HEALTHY', true],
  collection: [
    ['n', 'title', 'note', 'price', 'genres', 'inStock', 'writtenBy'],
    ['meaning', 'plain', 'tokens'],
    ...[true, true],
  ],
  'a second collection of a name': 422,
  failures: [1, 1],
  merged: [0, 'merged', [9, 9, 9]],
  replaced: [
    'red rose and city',
    [
      [1, 2.875],
      [0.5, 0.75],
    ],
    false,
  ],
  references: 24,
  exists: [true, false],
  groups: [12, 12],
  reranked: ['green tree and river', 'red fox and river', 'red fox and river'],
  generated: [true, true],
  tenants: ['anna HOT', 'ben COLD'],
  'tenants: search': ['note of anna'],
  'tenants: asleep': 422,
  'tenants: exists': false,
  // Over REST a dry run has deleted nothing.
  deleting: [12, 0, 12, 12, 12, 12],
  'collection exists no more': false,
  'nothing is left': 0,
};

const expected = {
  new: { ...Object.fromEntries(shared), ...askedOfTenants, ...own },
  old: { ...Object.fromEntries(ofOld.map((name) => [name, askedByBoth[name]])), ...ownOfOld },
} as const;

for (const [age, title] of [
  ['new', 'the Java client'],
  ['old', 'the older Java client, which searches over GraphQL'],
] as const) {
  test(`a day with ${title}`, { skip }, async () => {
    assertAlike(await answersOfDay(await javaProgram(age)), expected[age]);
  });
}
