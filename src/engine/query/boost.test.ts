import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Decay, decayed, placed, stretched } from '../fusion/boost-signals.ts';
import { DiverseSelection } from '../fusion/diverse.ts';
import { decayCurves } from './query.ts';

const decay: Decay = { origin: 10, scale: 4, offset: 1, curve: 'exponential', decay: 0.5 };

test('every curve is 1 up to the offset and the decay at the scale beyond it, on both sides', () => {
  for (const curve of decayCurves) {
    for (const value of [10, 9, 11, 10.5]) assert.equal(decayed(value, { ...decay, curve }), 1);
    for (const value of [15, 5]) assert.equal(decayed(value, { ...decay, curve }), 0.5);
    assert.equal(decayed(1000, { ...decay, curve, decay: 1 }), 1);
  }
});

test('what is infinitely far away still has a place on every curve', () => {
  for (const curve of decayCurves) {
    const far = { ...decay, curve, scale: 1e-300 };
    assert.equal(decayed(1e308, far), 0);
    assert.equal(decayed(1e308, { ...far, decay: 1 }), 1);
    assert.equal(decayed(1e308, { ...far, origin: -1e308, decay: 1 }), 1);
  }
});

test('twice the scale away the curves differ: a quarter, a sixteenth, nothing', () => {
  const twice = decayCurves.map((curve) => decayed(19, { ...decay, curve }));
  assert.deepEqual(twice, [0.25, 0.0625, 0]);
  assert.equal(decayed(100, { ...decay, curve: 'linear' }), 0);
});

test('values have their place between the least and the greatest, after the modifier', () => {
  assert.deepEqual([...placed([4, undefined, 0, 16], 'none')], [0.25, 0, 0, 1]);
  assert.deepEqual([...placed([4, undefined, 0, 16], 'sqrt')], [0.5, 0, 0, 1]);
  const [half = 0] = placed([Math.E - 1, 0, Math.E ** 2 - 1], 'log1p');
  assert.ok(Math.abs(half - 0.5) < 1e-12);
  assert.deepEqual([...placed([-9, 9], 'sqrt')], [0, 1]);
  assert.deepEqual([...placed([7, undefined, 7], 'none')], [1, 0, 1]);
  assert.deepEqual([...placed([-1.5e308, 1.5e308, 0], 'none')], [0, 1, 0.5]);
  assert.deepEqual([...stretched([])], []);
});

test('a selection takes what is relevant and unlike what was taken, of equals the first', () => {
  const pick = (balance: number): number[] => {
    const selection = new DiverseSelection(Float64Array.of(1, 0.9, 0.5, 0.5), balance);
    // The second is the first again, the others are like nothing.
    const alike = [
      [1, 1, 0, 0],
      [1, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ];
    for (let at = selection.pick(); at !== undefined; at = selection.pick()) {
      selection.note(Float64Array.from(alike[at] ?? []));
    }
    return selection.picked;
  };
  assert.deepEqual(pick(1), [0, 1, 2, 3]);
  assert.deepEqual(pick(0.5), [0, 2, 3, 1]);
  assert.deepEqual(pick(0), [0, 2, 3, 1]);
});
