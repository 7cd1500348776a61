// Repeatable random numbers for simulated faults: the same seed gives the same run on every machine.

/** Whole numbers from 0 to below `limit` (at most 2^32), decided by the seed alone. */
export type RandomBelow = (limit: number) => number;

/** A stream of numbers from a 32-bit state: an additive step, then two rounds of mixing. */
export function randomFrom(seed: number): RandomBelow {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    mixed = (mixed ^ (mixed >>> 15)) >>> 0;
    return Math.floor((mixed / 0x1_0000_0000) * limit);
  };
}
