// The set against a plain one of texts, with random uuids and with counted ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../multivector/vectors-for-tests.ts';
import { writeUuid } from '../uuid.ts';
import { UuidSet, uuidWords } from './uuid-set.ts';

const counted = (n: number): string =>
  `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

function has(set: UuidSet, uuid: string): boolean {
  const bytes = new Uint8Array(32);
  writeUuid(uuid, bytes, 16);
  return set.has(uuidWords(bytes), 4);
}

test('an empty set has nothing, the uuid of zeros neither', () => {
  assert.equal(has(new UuidSet(), '00000000-0000-0000-0000-000000000000'), false);
});

test('has what was added and nothing else, each once', () => {
  const random = randomFrom(7);
  const digits = (): string =>
    Math.floor(random() * 65_536)
      .toString(16)
      .padStart(4, '0');
  const anyUuid = (): string => {
    const [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, digits);
    return `${a}${b}-${c}-${d}-${e}-${f}${g}${h}`;
  };
  const all = [
    ...Array.from({ length: 3000 }, (_, n) => counted(n)),
    ...Array.from({ length: 3000 }, anyUuid),
  ];
  const added = all.filter((_, index) => index % 3 !== 0);
  const set = UuidSet.from([...added, ...added.slice(0, 500)]);
  assert.equal(set.size, added.length);
  const expected = new Set(added);
  for (const uuid of all) assert.equal(has(set, uuid), expected.has(uuid), uuid);
});
