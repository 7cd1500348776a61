import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TextToken } from '../vectorizers/local/text-model.ts';
import { alignWords } from './word-alignment.ts';

/** Tokens at the places where their texts stand, after those before. */
function tokensOf(text: string, pieces: readonly string[]): TextToken[] {
  let from = 0;
  return pieces.map((piece) => {
    const start = piece === '' ? from : text.indexOf(piece, from);
    from = start + piece.length;
    return { text: piece, start, end: from };
  });
}

describe('alignWords', () => {
  test('each query token gets the whole word of its best document token', () => {
    const question = 'lost tile?';
    const text = 'The mosaics lose a tile.';
    const rows = alignWords({
      question: {
        text: question,
        encoded: {
          dims: 2,
          vectors: Float32Array.of(0, 1, 1, 0, 0.6, 0.8, 0, -1),
          tokens: tokensOf(question, ['', 'lost', 'tile', '?']),
        },
      },
      passage: {
        text,
        tokens: tokensOf(text, ['', 'mosa', 'ics', '.']),
        vector: {
          kind: 'multi',
          dims: 2,
          values: Float32Array.of(0, 2, 3, 0, 0.6, 0.8, 0, -1),
        },
      },
    });
    assert.deepEqual(
      rows.map(({ question: word, passage }) => [word, passage]),
      [
        ['', ''],
        ['lost', 'mosaics'],
        ['tile', 'mosaics'],
        ['?', '.'],
      ],
    );
    for (const { score } of rows) assert.ok(Math.abs(score - 1) < 1e-6);
  });
});
