// The comparison itself: what it lets pass and what it must not.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tokenVector } from '../embedding-mock.ts';
import type { Json } from '../grpc/golden-messages.ts';
import { differencesOf, IdMap } from './compare.ts';
import type { Difference } from './differences.ts';
import { sameExplanation } from './explanation.ts';
import { judge } from './judge.ts';
import { rebuildVectors } from './rebuild-vectors.ts';
import type { CaseOutcome } from './replay.ts';

const ids = [1, 2, 3].map((digit) => `${digit}0000000-0000-4000-8000-000000000000`);

/** Search results with a distance each. */
function results(...hits: readonly (readonly [id: number, distance: number])[]): Json {
  return {
    results: hits.map(([id, distance]) => ({
      metadata: { id: ids[id] ?? '', distance, distance_present: true },
    })),
  };
}

function sentIds(): IdMap {
  const map = new IdMap();
  map.noteSent(ids.join(' '));
  return map;
}

describe('comparison with a recording', () => {
  test('floats pass within 1e-5 of their size, or 1e-6 near zero', () => {
    assert.deepEqual(differencesOf({ score: 1.89442 }, { score: 1.894427 }), []);
    assert.deepEqual(differencesOf({ score: 0 }, { score: 9e-7 }), []);
    assert.equal(differencesOf({ score: 1.8944 }, { score: 1.8945 }).length, 1);
    assert.equal(differencesOf({ score: 0 }, { score: 2e-6 }).length, 1);
  });

  test('a key too many, too few or of another type is named by its place', () => {
    assert.deepEqual(differencesOf({ a: { b: 1 } }, { a: { c: null, b: '1' } }), [
      '.a.b: recorded 1, got "1"',
      '.a.c: recorded nothing, got null',
    ]);
    assert.deepEqual(differencesOf({ a: null }, {}), ['.a: recorded null, got nothing']);
  });

  test('placeholders stand for values of their form only', () => {
    const recorded = { t: '<time>', took: '<took>', host: '<host>', v: '<server version>' };
    const good = { t: 1795241924389, took: 0.1, host: 'http://[::1]:8080', v: '1.37.5' };
    assert.deepEqual(differencesOf(recorded, good), []);
    assert.equal(differencesOf(recorded, { t: 17, took: '', host: 'x', v: 'one' }).length, 4);
  });

  test('cut replies are compared as far as they go', () => {
    assert.deepEqual(differencesOf({ class: 'A', $trimmed: '…' }, { class: 'A', more: 1 }), []);
    assert.equal(differencesOf({ class: 'A', $trimmed: '…' }, { class: 'B' }).length, 1);
    assert.deepEqual(differencesOf([1, '$trimmed'], [1, 2, 3]), []);
    assert.equal(differencesOf([1, '$trimmed'], [2, 2, 3]).length, 1);
  });

  test('equal results may change places, others may not', () => {
    const recorded = results([0, -2], [1, -1], [2, -1]);
    const compare = (actual: Json): readonly string[] =>
      differencesOf(recorded, actual, { ids: sentIds() });
    assert.deepEqual(compare(results([0, -2], [2, -1], [1, -1])), []);
    assert.match(compare(results([1, -1], [0, -2], [2, -1]))[0] ?? '', /results ids/);
    assert.match(compare(results([0, -2], [1, -1]))[0] ?? '', /results ids/);
    assert.match(compare(results([0, -2], [1, -1], [2, -0.5]))[0] ?? '', /distance/);
  });

  test('where nothing orders the results, all of them may change places', () => {
    const [recorded, actual] = [results([0, -2], [1, -1]), results([1, -1], [0, -2])];
    const options = { ids: sentIds(), isUnordered: true };
    assert.deepEqual(differencesOf(recorded, actual, options), []);
  });

  test('groups of one size may change places, others may not', () => {
    const groups = (...sizes: readonly (readonly [string, number])[]): Json => ({
      groups: sizes.map(([text, objects_count]) => ({ objects_count, grouped_by: { text } })),
    });
    const recorded = groups(['a', 2], ['b', 1], ['c', 1]);
    assert.deepEqual(differencesOf(recorded, groups(['a', 2], ['c', 1], ['b', 1])), []);
    assert.notDeepEqual(differencesOf(recorded, groups(['b', 1], ['a', 2], ['c', 1])), []);
    assert.notDeepEqual(differencesOf(recorded, groups(['a', 2], ['d', 1], ['b', 1])), []);
  });

  test('an id that the server made stands for one id only', () => {
    const map = new IdMap();
    map.noteSent(ids[0] ?? '');
    const compare = (recorded: number, actual: number): number =>
      differencesOf({ id: ids[recorded] ?? '' }, { id: ids[actual] ?? '' }, { ids: map }).length;
    assert.equal(compare(1, 2), 0);
    assert.equal(compare(1, 2), 0);
    assert.equal(compare(1, 0), 1);
    assert.equal(compare(0, 2), 1, 'an id that was sent comes back itself');
    assert.equal(map.translate(`/v1/objects/A/${ids[1]}`), `/v1/objects/A/${ids[2]}`);
  });

  test('vectors are compared as floats, long ones by shape and start', () => {
    const bytes = (values: readonly number[]): string => {
      const buffer = Buffer.alloc(2 + values.length * 4);
      buffer.writeUInt16LE(2, 0);
      values.forEach((value, index) => {
        buffer.writeFloatLE(value, 2 + index * 4);
      });
      return buffer.toString('base64');
    };
    const recorded = { vector_bytes: { $base64: bytes([1, 0.5]), $multi_fp32: {} } };
    assert.deepEqual(differencesOf(recorded, { vector_bytes: bytes([1, 0.5000001]) }), []);
    assert.equal(differencesOf(recorded, { vector_bytes: bytes([1, 0.6]) }).length, 1);
    assert.equal(differencesOf(recorded, { vector_bytes: bytes([1, 0.5, 0, 0]) }).length, 1);
    const shape = { vector_bytes: { $multi_fp32_shape: [2, 2], $first4: [1, 0, 0, 1] } };
    assert.deepEqual(differencesOf(shape, { vector_bytes: bytes([1, 0, 0, 1]) }), []);
    assert.equal(differencesOf(shape, { vector_bytes: bytes([1, 0, 1, 0]) }).length, 1);
    assert.equal(differencesOf(shape, { vector_bytes: bytes([1, 0]) }).length, 1);
  });

  test('explanations are sets of parts with numbers in them', () => {
    const recorded = ', BM25F_a_frequency:1, BM25F_b_frequency:2';
    assert.equal(sameExplanation(recorded, ', BM25F_b_frequency:2, BM25F_a_frequency:1'), true);
    assert.equal(sameExplanation(recorded, ', BM25F_a_frequency:2, BM25F_b_frequency:1'), false);
    assert.equal(sameExplanation(recorded, ', BM25F_a_frequency:1'), false);
    const leg = '\nHybrid (Result Set keyword,bm25) Document x: original score 5.07679';
    assert.equal(
      sameExplanation(`${leg}46, normalized score: 1`, `${leg}5, normalized score: 1`),
      true,
    );
    assert.equal(
      sameExplanation(`${leg}, normalized score: 1`, `${leg}, normalized score: 0`),
      false,
    );
    // The plan of a search is ours alone.
    assert.equal(sameExplanation('', '\nPlan: 5 documents of 1 segment'), true);
    assert.equal(sameExplanation('', '\nHybrid 5'), false);
  });
});

describe('judging a case', () => {
  const outcome = (...differences: readonly string[]): CaseOutcome => ({
    topic: 'connect',
    name: 'is_live',
    differences,
    skipped: '',
    answers: [],
  });
  const entry = (...at: readonly string[]): Difference => ({
    topic: 'connect',
    case: 'is_live',
    reason: 'for the test',
    at,
  });

  test('a difference is wrong unless listed, and an entry unless found', () => {
    assert.deepEqual(judge('connect', [outcome()], []), []);
    assert.deepEqual(judge('connect', [outcome('call 1: x')], [entry('1: x')]), []);
    assert.equal(judge('connect', [outcome('call 1: x')], []).length, 1);
    assert.equal(judge('connect', [outcome('call 1: x', 'call 2: y')], [entry('1: x')]).length, 1);
    assert.equal(judge('connect', [outcome()], [entry('1: x')]).length, 1);
    assert.equal(judge('connect', [], [entry('1: x')]).length, 1);
  });

  test('what is said to be like another case is compared with that one', () => {
    const like = { ...entry('1: x'), like: 'is_ready' };
    const answered = { ...outcome('call 1: x'), answers: [{ status: '200', reply: undefined }] };
    assert.deepEqual(judge('connect', [answered], [like]), []);
    const failed = { ...answered, answers: [{ status: '500', reply: undefined }] };
    assert.equal(judge('connect', [failed], [like]).length, 1);
  });
});

test('a shape in a request becomes the vectors of the text beside it', () => {
  const first = tokenVector('[CLS]', 8);
  const shape = { $multivector_shape: [5, 8], $first_token_first4: first.slice(0, 4) };
  const request = { properties: { text: 'two words' }, vectors: { mv: shape } };
  const { vectors } = rebuildVectors(request) as unknown as { vectors: { mv: number[][] } };
  const tokens = ['[CLS]', '[D]', 'two', 'words', '[SEP]'];
  assert.deepEqual(
    vectors.mv,
    tokens.map((token) => tokenVector(token, 8)),
  );
});
