// Answers of programs in any language to named questions, and their comparison with the expected ones.

import assert from 'node:assert/strict';
import type { Answers } from './library-answers.ts';

/** The answers that a program printed, between the lines of its client. */
export function answersIn(lines: readonly string[]): Answers {
  const found = lines.filter((line) => line.startsWith('{"question"'));
  const answers = found.map((line): [string, unknown] => {
    const { question, answer } = JSON.parse(line) as { question: string; answer: unknown };
    return [question, answer];
  });
  const questions = new Set(answers.map(([question]) => question));
  assert.equal(questions.size, answers.length, 'no question is asked twice');
  return Object.fromEntries(answers);
}

/** Asserts the same questions and answers; numbers may be off by what the last place was rounded. */
export function assertAlike(found: Answers, expected: Answers): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
  for (const [question, answer] of Object.entries(expected)) {
    assert.deepEqual(nearest(found[question], answer), answer, question);
  }
}

/** `found` with the numbers of `expected` in place of those that are next to them. */
function nearest(found: unknown, expected: unknown): unknown {
  if (typeof found === 'number' && typeof expected === 'number') {
    return Math.abs(found - expected) < 2e-5 ? expected : found;
  }
  if (typeof found !== 'object' || found === null) return found;
  const others = (expected ?? {}) as Readonly<Record<string, unknown>>;
  const entries = Object.entries(found).map(([key, each]) => [key, nearest(each, others[key])]);
  return Array.isArray(found) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}
