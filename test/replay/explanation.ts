// Score explanations of the wire: texts with numbers in them, whose parts come in any order where the
// reference takes them from a map. The plan of the search, which is ours alone, is left out.

import { sameNumber } from './tolerance.ts';

/** True when both texts have the same parts, in any order, and equal numbers in each. */
export function sameExplanation(recorded: string, actual: string): boolean {
  const [left, right] = [partsOf(recorded), partsOf(actual)];
  return (
    left.length === right.length && left.every((part, index) => samePart(part, right[index] ?? ''))
  );
}

/** Terms of a keyword search; legs of a hybrid search. */
function partsOf(text: string): string[] {
  const parts = text
    .split(/, (?=BM25F_)|(?: - )?\n/)
    .filter((part) => part !== '' && !part.startsWith('Plan: '));
  return parts.sort((a, b) => compareText(wordsOf(a), wordsOf(b)) || compareText(a, b));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const numbers = /(?<![\w-])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w-])/g;

function wordsOf(part: string): string {
  return part.replace(numbers, '#');
}

function samePart(recorded: string, actual: string): boolean {
  if (wordsOf(recorded) !== wordsOf(actual)) return false;
  const found = actual.match(numbers) ?? [];
  return (recorded.match(numbers) ?? []).every((text, index) =>
    sameNumber(Number(text), Number(found[index])),
  );
}
