import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../engine/quantize/seeded-random.ts';
import { estimateRecall, wilson } from './recall-interval.ts';

function near(actual: number, expected: number, tolerance = 5e-5): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`);
}

describe('the interval of a recall', () => {
  test("is Wilson's, by published values", () => {
    // 81 of 263 and 15 of 148: R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
    const [many, few] = [wilson(81 / 263, 263), wilson(15 / 148, 148)];
    near(many.low, 0.2553);
    near(many.high, 0.3662);
    near(few.low, 0.0624);
    near(few.high, 0.1605);
    // 0 of 20 and 1 of 29, the same table.
    near(wilson(0, 20).low, 0);
    near(wilson(0, 20).high, 0.1611);
    near(wilson(1 / 29, 29).low, 0.0061);
    near(wilson(1 / 29, 29).high, 0.1718);
  });

  test('without a miss, a query counts as one answer', () => {
    const { recall, low, high, answersEffective } = estimateRecall(Array(100).fill(1), 10);
    assert.equal(recall, 1);
    assert.equal(answersEffective, 100);
    near(low, 100 / (100 + 1.959963984540054 ** 2));
    assert.equal(high, 1);
  });

  test('misses that are spread over queries make it narrow, gathered ones wide', () => {
    const spread = estimateRecall([...Array(20).fill(0.9), ...Array(80).fill(1)], 10);
    const gathered = estimateRecall([...Array(2).fill(0), ...Array(98).fill(1)], 10);
    near(spread.recall, 0.98);
    near(gathered.recall, 0.98);
    assert.equal(spread.answersEffective, 1000);
    assert.equal(gathered.answersEffective, 100);
    assert.ok(gathered.low < spread.low - 0.02, `${gathered.low} < ${spread.low}`);
  });

  test('it holds the true recall in at least 93 of 100 checks, however misses gather', () => {
    const random = seededRandom(7);
    for (const share of [0.02, 0.2, 1]) {
      // A bad query misses this share of its answers; one of twelve queries is bad.
      const truth = 1 - share / 12;
      let held = 0;
      for (let check = 0; check < 1000; check += 1) {
        const recalls = Array.from({ length: 200 }, () => {
          if (random() >= 1 / 12) return 1;
          let hits = 0;
          for (let answer = 0; answer < 100; answer += 1) hits += random() < share ? 0 : 1;
          return hits / 100;
        });
        const { low, high } = estimateRecall(recalls, 100);
        if (low <= truth && truth <= high) held += 1;
      }
      assert.ok(held >= 930, `${held} of 1000 at ${share}`);
    }
  });
});
