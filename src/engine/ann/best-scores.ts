// The best of many float32 scores in order, without comparing objects: a histogram finds where to cut,
// then whole numbers that hold score and place are sorted.

const binCount = 2048;
/** Places that fit beside a 32-bit score into a double. */
const placesMax = 2 ** 21;

const bins = new Uint32Array(binCount);

/**
 * Places of the `count` (or fewer) largest of `scores[0 … length - 1]`, best first, of equals the first;
 * -Infinity and NaN never appear.
 */
export function bestScores(
  scores: Float32Array,
  length: number,
  count: number,
): Uint32Array<ArrayBuffer> {
  let low = Infinity;
  let high = -Infinity;
  let finite = 0;
  for (let i = 0; i < length; i++) {
    const score = scores[i]!;
    if (!(score > -Infinity)) continue;
    finite++;
    if (score < low) low = score;
    if (score > high) high = score;
  }
  if (finite === 0 || count === 0) return new Uint32Array(0);
  const cut = finite <= count ? low : cutOf(scores, length, low, high, count);
  let found = 0;
  for (let i = 0; i < length; i++) if (scores[i]! >= cut) found++;
  const places = new Uint32Array(found);
  found = 0;
  for (let i = 0; i < length; i++) if (scores[i]! >= cut) places[found++] = i;
  return bestFirst(scores, places).subarray(0, count);
}

/** A score that at least `count` scores reach, and not many more. */
function cutOf(
  scores: Float32Array,
  length: number,
  low: number,
  high: number,
  count: number,
): number {
  const factor = (binCount - 1) / (high - low);
  if (!(factor > 0 && factor < Infinity)) return low;
  bins.fill(0);
  for (let i = 0; i < length; i++) {
    const score = scores[i]!;
    if (score > -Infinity) bins[((score - low) * factor) >>> 0]! += 1;
  }
  let bin = binCount - 1;
  let reached = bins[bin]!;
  while (reached < count && bin > 0) reached += bins[--bin]!;
  // A little lower than the bin's edge, in case the edge was rounded upwards.
  return low + (bin - 0.001) / factor;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The places (ascending) by descending score, of equals the first; a copy. NaN must not be among them. */
export function bestFirst(scores: Float32Array, places: Uint32Array): Uint32Array<ArrayBuffer> {
  if (places.length > placesMax) {
    return Uint32Array.from(places).sort((a, b) => scores[b]! - scores[a]! || a - b);
  }
  const keys = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) {
    float[0] = scores[places[i]!]!;
    const bits = word[0]!;
    // Ascending in descending score: the order of the bits of floats, turned around.
    const falling = bits >>> 31 === 0 ? 0x7fff_ffff - bits : bits;
    keys[i] = falling * placesMax + i;
  }
  keys.sort();
  const ordered = new Uint32Array(places.length);
  for (let i = 0; i < places.length; i++) ordered[i] = places[keys[i]! % placesMax]!;
  return ordered;
}
