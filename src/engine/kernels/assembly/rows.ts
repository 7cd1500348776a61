// AssemblyScript: float32 rows. Quantises them to 7-bit plane rows, and finishes scores exactly from
// them. Compiled to ../rows.wasm by scripts/build-kernels.ts; plain-rows.ts computes the same numbers.
//
// Everything is added in double precision and in one order, so that the numbers are the same wherever
// they are computed: component i goes to sum i & 3, and the total is (s0 + s1) + (s2 + s3).

// Bytes of a v128.
const LANES: usize = 16;
// Largest magnitude of a step, and the byte that stands for step 0: multivector/quantize.ts.
const STEP_MAX: f64 = 63;
const ZERO: i8 = 64;
// 1.5 * 2^52: adding it rounds a small number to a whole one, halves to even, whose two's complement is
// then in the low bits; taking it away again leaves that whole number.
const TO_WHOLE: f64 = 6755399441055744.0;
// Rounding to float32 after this product and sum gives an upper bound: multivector/quantize.ts.
const ROUND_UP: f64 = 1.0 + 1.0 / 4194304.0;
const SMALLEST: f64 = 1.401298464324817e-45;
// Above this length quantised scores mean nothing: row-kernels.ts.
const NORM_MAX: f64 = 1e30;
const FLOAT32_MAX: f64 = 3.4028234663852886e38;
// Marks the factor of a row that was not needed yet.
const NOT_YET: f64 = -1;

// Two floats as doubles: one instruction with its load.
@inline
function two(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

// The upper two of four floats as doubles.
@inline
function high(four: v128): v128 {
  return f64x2.promote_low_f32x4(i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

@inline
function total(s01: v128, s23: v128): f64 {
  return (f64x2.extract_lane(s01, 0) + f64x2.extract_lane(s01, 1))
    + (f64x2.extract_lane(s23, 0) + f64x2.extract_lane(s23, 1));
}

// The components that a row of `dims` has in its last four lanes.
@inline
function tailMask(dims: i32): v128 {
  return i32x4.gt_s(i32x4.splat(dims & 3), i32x4(0, 1, 2, 3));
}

// The sum of squares of a row of any length; reads up to 12 bytes behind it.
function squares(row: usize, dims: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  const end = row + (<usize>(dims & ~3) << 2);
  for (; row < end; row += LANES) {
    const lo = two(row);
    const hi = two(row + 8);
    a = f64x2.add(a, f64x2.mul(lo, lo));
    b = f64x2.add(b, f64x2.mul(hi, hi));
  }
  if (dims & 3) {
    const four = v128.and(v128.load(row), tailMask(dims));
    const lo = f64x2.promote_low_f32x4(four);
    const hi = high(four);
    a = f64x2.add(a, f64x2.mul(lo, lo));
    b = f64x2.add(b, f64x2.mul(hi, hi));
  }
  return total(a, b);
}

@inline
function factorOf(row: usize, dims: i32): f64 {
  const length = sqrt(squares(row, dims));
  return length == 0 ? 0 : 1 / length;
}

// The largest magnitude of a row of whole v128s.
function largest(row: usize, bytes: usize): f32 {
  let best = f32x4.splat(0);
  for (const end = row + bytes; row < end; row += LANES) {
    best = f32x4.pmax(best, f32x4.abs(v128.load(row)));
  }
  return max(
    max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)),
    max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3))
  );
}

// Two numbers in steps as whole steps plus TO_WHOLE.
@inline
function rounded(clamp: bool, wide: v128): v128 {
  let steps = wide;
  if (clamp) steps = f64x2.pmin(f64x2.splat(STEP_MAX), f64x2.pmax(f64x2.splat(-STEP_MAX), wide));
  return f64x2.add(steps, f64x2.splat(TO_WHOLE));
}

@inline
function squareError(wide: v128, steps: v128): v128 {
  const error = f64x2.sub(wide, f64x2.sub(steps, f64x2.splat(TO_WHOLE)));
  return f64x2.mul(error, error);
}

// The low halves of four numbers: the steps as i32.
@inline
function whole(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
}

@inline
function upward(value: f64): f32 {
  return value == 0 ? 0 : <f32>(value * ROUND_UP + SMALLEST);
}

// The steps of a row of `stride` floats to bytes, their square sum to `squareSum`; returns the sum of
// the squares of what rounding changed, in steps.
let squareSum: i32 = 0;

@inline
function steps(clamp: bool, row: usize, stride: i32, stepsOfOne: f64, out: usize): f64 {
  const toSteps = f64x2.splat(stepsOfOne);
  let a = f64x2.splat(0);
  let b = a;
  let squared = i32x4.splat(0);
  for (const end = out + <usize>stride; out < end; out += LANES, row += 64) {
    let lo = f64x2.mul(two(row + 0), toSteps);
    let hi = f64x2.mul(two(row + 8), toSteps);
    let x = rounded(clamp, lo);
    let y = rounded(clamp, hi);
    a = f64x2.add(a, squareError(lo, x));
    b = f64x2.add(b, squareError(hi, y));
    const s0 = whole(x, y);
    lo = f64x2.mul(two(row + 16), toSteps);
    hi = f64x2.mul(two(row + 24), toSteps);
    x = rounded(clamp, lo);
    y = rounded(clamp, hi);
    a = f64x2.add(a, squareError(lo, x));
    b = f64x2.add(b, squareError(hi, y));
    const s1 = whole(x, y);
    lo = f64x2.mul(two(row + 32), toSteps);
    hi = f64x2.mul(two(row + 40), toSteps);
    x = rounded(clamp, lo);
    y = rounded(clamp, hi);
    a = f64x2.add(a, squareError(lo, x));
    b = f64x2.add(b, squareError(hi, y));
    const s2 = whole(x, y);
    lo = f64x2.mul(two(row + 48), toSteps);
    hi = f64x2.mul(two(row + 56), toSteps);
    x = rounded(clamp, lo);
    y = rounded(clamp, hi);
    a = f64x2.add(a, squareError(lo, x));
    b = f64x2.add(b, squareError(hi, y));
    const first = i16x8.narrow_i32x4_s(s0, s1);
    const second = i16x8.narrow_i32x4_s(s2, whole(x, y));
    squared = i32x4.add(squared, i32x4.dot_i16x8_s(first, first));
    squared = i32x4.add(squared, i32x4.dot_i16x8_s(second, second));
    v128.store(out, i8x16.add(i8x16.narrow_i16x8_s(first, second), i8x16.splat(ZERO)));
  }
  squareSum = (i32x4.extract_lane(squared, 0) + i32x4.extract_lane(squared, 1))
    + (i32x4.extract_lane(squared, 2) + i32x4.extract_lane(squared, 3));
  return total(a, b);
}

function stepsInside(row: usize, stride: i32, stepsOfOne: f64, out: usize): f64 {
  return steps(false, row, stride, stepsOfOne, out);
}

function stepsClamped(row: usize, stride: i32, stepsOfOne: f64, out: usize): f64 {
  return steps(true, row, stride, stepsOfOne, out);
}

// One row, `stride` floats long and 0 behind its dims, to `stride` bytes.
function quantizeRow(row: usize, stride: i32, factor: f64, out: usize, scaleOut: usize, facts: usize): void {
  const most = <f64>largest(row, <usize>stride << 2);
  const scale = <f32>((most * factor) / STEP_MAX);
  const toSteps = scale == 0 ? 0 : factor / <f64>scale;
  // A scale that lost bits to underflow may leave the range of a byte.
  const errors = most * toSteps < STEP_MAX + 0.5
    ? stepsInside(row, stride, toSteps, out)
    : stepsClamped(row, stride, toSteps, out);
  const norm = upward(sqrt(<f64>squareSum) * <f64>scale);
  // Without a scale there are no steps: the row itself is the error.
  const errorNorm = upward(scale == 0 ? sqrt(squares(row, stride)) * factor : sqrt(errors) * <f64>scale);
  store<f32>(scaleOut, scale);
  if (norm > load<f32>(facts)) store<f32>(facts, norm);
  if (errorNorm > load<f32>(facts, 4)) store<f32>(facts, errorNorm, 4);
}

/**
 * Quantises `count` rows of `dims` floats to rows of `stride` bytes and a scale each, of unit length
 * when `normalized`. Raises the two floats at `facts`: the largest norm and the largest error norm.
 * `scratch` is room for `stride` floats, of which those behind `dims` are 0.
 */
export function quantizeRows(
  values: usize, count: i32, dims: i32, stride: i32, normalized: bool,
  rows: usize, scales: usize, facts: usize, scratch: usize
): void {
  const bytes = <usize>dims << 2;
  for (let i = 0; i < count; i++) {
    let row = values + <usize>i * bytes;
    if (dims != stride) {
      memory.copy(scratch, row, bytes);
      row = scratch;
    }
    const factor = normalized ? factorOf(row, stride) : 1.0;
    quantizeRow(row, stride, factor, rows + <usize>i * <usize>stride, scales + (<usize>i << 2), facts);
  }
}

// The dot product of a query row in double precision, 0 behind its dims, with a row of floats; reads
// up to 12 bytes behind it.
function dot(query: usize, row: usize, dims: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  const end = row + (<usize>(dims & ~3) << 2);
  for (; row < end; row += LANES, query += 32) {
    a = f64x2.add(a, f64x2.mul(v128.load(query), two(row)));
    b = f64x2.add(b, f64x2.mul(v128.load(query, 16), two(row + 8)));
  }
  if (dims & 3) {
    const four = v128.and(v128.load(row), tailMask(dims));
    a = f64x2.add(a, f64x2.mul(v128.load(query), f64x2.promote_low_f32x4(four)));
    b = f64x2.add(b, f64x2.mul(v128.load(query, 16), high(four)));
  }
  return total(a, b);
}

// Where the parts of a query lie: `setQuery`.
let tokens: i32 = 0;
let dims: i32 = 0;
let normalized: bool = false;
let queryRows: usize = 0;
let queryFactors: usize = 0;
let queryScales: usize = 0;
let errorShares: usize = 0;
let normShares: usize = 0;
let bounds: usize = 0;
let best: usize = 0;
let winners: usize = 0;
// Those of a document: `begin`.
let rowFactors: usize = 0;
let originals: usize = 0;

/**
 * Takes a query. Of each token there are a row of doubles at `rows` (dims rounded up to 4), then, `size`
 * bytes each and one after another at `facts`, doubles: the factor of the row, its scale, its error
 * share, its norm share, room for the bound of the document at hand, and the best score; then the row
 * that has it, as u32.
 */
export function setQuery(
  tokenCount: i32, dimCount: i32, isNormalized: bool, rows: usize, facts: usize, size: usize
): void {
  tokens = tokenCount;
  dims = dimCount;
  normalized = isNormalized;
  queryRows = rows;
  queryFactors = facts;
  queryScales = facts + size;
  errorShares = facts + 2 * size;
  normShares = facts + 3 * size;
  bounds = facts + 4 * size;
  best = facts + 5 * size;
  winners = facts + 6 * size;
}

/**
 * Begins a document: of each row there are `dims` floats at `originalsAt`, with 12 bytes of any content
 * behind the last, and room for its factor (f64) at `factorsAt`.
 */
export function begin(originalsAt: usize, factorsAt: usize, rowCount: i32, norm: f64, errorNorm: f64): void {
  originals = originalsAt;
  rowFactors = factorsAt;
  for (let i = 0; i < rowCount; i++) store<f64>(factorsAt + (<usize>i << 3), NOT_YET);
  for (let i = 0; i < tokens; i++) {
    const at = <usize>i << 3;
    const bound = load<f64>(errorShares + at) * errorNorm + load<f64>(normShares + at) * norm;
    store<f64>(bounds + at, norm < NORM_MAX ? bound : Infinity);
    store<f64>(best + at, -Infinity);
  }
}

// Takes the exact score of one pair, if it is larger, or as large and of an earlier row.
function consider(token: i32, row: u32): void {
  const at = originals + <usize>row * (<usize>dims << 2);
  const known = rowFactors + (<usize>row << 3);
  let factor = load<f64>(known);
  if (factor == NOT_YET) {
    factor = normalized ? factorOf(at, dims) : 1.0;
    store<f64>(known, factor);
  }
  const stride = <usize>((dims + 3) & ~3) << 3;
  const product = dot(queryRows + <usize>token * stride, at, dims);
  const wide = product * load<f64>(queryFactors + (<usize>token << 3)) * factor;
  // Rounded, so that equal tokens are equal whatever the last bits of a length were.
  const score = <f64><f32>max(-FLOAT32_MAX, min(FLOAT32_MAX, wide));
  const bestAt = best + (<usize>token << 3);
  const winnerAt = winners + (<usize>token << 2);
  const before = load<f64>(bestAt);
  if (score > before || (score == before && row < load<u32>(winnerAt))) {
    store<f64>(bestAt, score);
    store<u32>(winnerAt, row);
  }
}

// The largest quantised scores of four tokens, and from 0 the first of `count` rows that has each.
let largestScores: v128 = f32x4.splat(0);
let largestRows: v128 = i32x4.splat(0);

function findLargest(matrix: usize, stride: usize, count: i32): void {
  let scores = f32x4.splat(-Infinity);
  let rows = i32x4.splat(0);
  let row = i32x4.splat(0);
  const one = i32x4.splat(1);
  for (let i = 0; i < count; i++, matrix += stride) {
    const four = v128.load(matrix);
    const larger = f32x4.gt(four, scores);
    scores = v128.bitselect(four, scores, larger);
    rows = v128.bitselect(row, rows, larger);
    row = i32x4.add(row, one);
  }
  largestScores = scores;
  largestRows = rows;
}

// A float32 that every quantised score that may win is not below: (best - bound) / scale and a little
// less. Not a number or -Infinity when every score may win.
@inline
function leastOf(token: i32): f32 {
  const scale = load<f64>(queryScales + (<usize>token << 3));
  const least = (load<f64>(best + (<usize>token << 3)) - load<f64>(bounds + (<usize>token << 3))) / scale;
  return scale == 0 ? -Infinity : <f32>(least - abs(least) / 4194304.0 - SMALLEST);
}

// Considers the rows whose quantised score of one of four tokens may win, `firsts` aside.
function considerPossible(
  token: i32, lanes: i32, from: u32, matrix: usize, stride: usize, count: i32, least: v128, firsts: v128
): void {
  for (let i = 0; i < count; i++, matrix += stride) {
    const below = f32x4.lt(v128.load(matrix), least);
    const first = i32x4.eq(firsts, i32x4.splat(i));
    let possible = i32x4.bitmask(v128.not(v128.or(below, first))) & lanes;
    while (possible) {
      const lane = ctz(possible);
      possible &= possible - 1;
      const t = token + lane;
      const score = <f64>load<f32>(matrix + (<usize>lane << 2));
      const reach = score * load<f64>(queryScales + (<usize>t << 3)) + load<f64>(bounds + (<usize>t << 3));
      // Written so that NaN, from scores that overflowed, counts as possible.
      if (!(reach < load<f64>(best + (<usize>t << 3)))) consider(t, from + i);
    }
  }
}

/**
 * Raises the best exact score of every query token by what rows `from` to `from + count - 1` of the
 * document offer. Their quantised scores without the query's scale lie at `matrix`, `tokens` rounded up
 * to 4 for each row. `left` is what the document can reach; returns what it can reach after this, at
 * once when that is below `floor`.
 */
export function finish(matrix: usize, from: u32, count: i32, left: f64, floor: f64): f64 {
  const stride = <usize>((tokens + 3) & ~3) << 2;
  for (let token = 0; token < tokens; token += 4) {
    const column = matrix + (<usize>token << 2);
    const width = min(tokens - token, 4);
    findLargest(column, stride, count);
    const scores = largestScores;
    const firsts = largestRows;
    let least = f32x4.splat(Infinity);
    consider(token, from + i32x4.extract_lane(firsts, 0));
    least = f32x4.replace_lane(least, 0, leastOf(token));
    if (width > 1) {
      consider(token + 1, from + i32x4.extract_lane(firsts, 1));
      least = f32x4.replace_lane(least, 1, leastOf(token + 1));
    }
    if (width > 2) {
      consider(token + 2, from + i32x4.extract_lane(firsts, 2));
      least = f32x4.replace_lane(least, 2, leastOf(token + 2));
    }
    if (width > 3) {
      consider(token + 3, from + i32x4.extract_lane(firsts, 3));
      least = f32x4.replace_lane(least, 3, leastOf(token + 3));
    }
    considerPossible(token, (1 << width) - 1, from, column, stride, count, least, firsts);
    left -= unreached(token, f32x4.extract_lane(scores, 0));
    if (width > 1) left -= unreached(token + 1, f32x4.extract_lane(scores, 1));
    if (width > 2) left -= unreached(token + 2, f32x4.extract_lane(scores, 2));
    if (width > 3) left -= unreached(token + 3, f32x4.extract_lane(scores, 3));
    if (left < floor) return left;
  }
  return left;
}

// By how much the exact score of a token stays below what its quantised scores allowed.
@inline
function unreached(token: i32, largestScore: f32): f64 {
  const reach = <f64>largestScore * load<f64>(queryScales + (<usize>token << 3));
  return reach + load<f64>(bounds + (<usize>token << 3)) - load<f64>(best + (<usize>token << 3));
}
