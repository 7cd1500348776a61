// AssemblyScript: what the approximate stage does with many numbers at once: assignment of vectors to
// centroids, the score table of a query, the scan of documents' codes, hits of inverted lists.
// Compiled to ../approximate.wasm by scripts/build-kernels.ts; plain-approximate.ts gives the same bits.
//
// Every pointer is into the imported memory, which also holds the segments' codes: nothing is copied.

import { scoreQuad, tokenScores } from './maxsim';

/** The score of every pair of rows with packed vectors, as in maxsim.ts, for rows anywhere in memory. */
export function scoreRows(
  fused: bool, packed: usize, starts: usize, quads: i32, steps: i32,
  rows: usize, scales: usize, count: i32, out: usize
): void {
  tokenScores(fused, packed, starts, quads, steps, rows, scales, count, out);
}

/** Copies the rows and scales that `list` names, one after another. */
export function gatherRows(
  rows: usize, scales: usize, stride: i32, list: usize, count: i32, outRows: usize, outScales: usize
): void {
  for (let i = 0; i < count; i++) {
    const row = <usize>load<u32>(list + (<usize>i << 2));
    const from = rows + row * <usize>stride;
    for (let at: usize = 0; at < <usize>stride; at += 16) v128.store(outRows + at, v128.load(from + at));
    outRows += <usize>stride;
    store<f32>(outScales + (<usize>i << 2), load<f32>(scales + (row << 2)));
  }
}

/**
 * Per row of `width` scores (a multiple of 4) the `probes` largest of score x factor - bias, best first,
 * the first of equals: column numbers to out[row * probes + i] as u32, 0 where fewer exceed -Infinity.
 * `room` holds probes floats.
 */
export function bestCells(
  scores: usize, width: i32, factors: usize, biases: usize,
  count: i32, probes: i32, room: usize, out: usize
): void {
  const last = room + (<usize>(probes - 1) << 2);
  for (let row = 0; row < count; row++) {
    for (let i: usize = 0; i < <usize>probes << 2; i += 4) {
      store<f32>(room + i, -Infinity);
      store<u32>(out + i, 0);
    }
    let least = f32x4.splat(-Infinity);
    for (let cell = 0; cell < width; cell += 4) {
      const at = <usize>cell << 2;
      const products = f32x4.mul(v128.load(scores + at), v128.load(factors + at));
      const four = f32x4.sub(products, v128.load(biases + at));
      let larger = i32x4.bitmask(f32x4.gt(four, least));
      if (larger == 0) continue;
      v128.store(room + (<usize>probes << 2), four);
      for (; larger != 0; larger &= larger - 1) {
        const lane = ctz(larger);
        const score = load<f32>(room + (<usize>(probes + lane) << 2));
        if (!(score > load<f32>(last))) continue;
        let place = <usize>(probes - 1);
        while (place > 0 && score > load<f32>(room + ((place - 1) << 2))) {
          store<f32>(room + (place << 2), load<f32>(room + ((place - 1) << 2)));
          store<u32>(out + (place << 2), load<u32>(out + ((place - 1) << 2)));
          place--;
        }
        store<f32>(room + (place << 2), score);
        store<u32>(out + (place << 2), cell + lane);
      }
      least = v128.load32_splat(last);
    }
    scores += <usize>width << 2;
    out += <usize>probes << 2;
  }
}

/**
 * For each row of `width` (a multiple of 4) scores: if the largest score x factor - bias exceeds the
 * best of the vector that `list` names, it becomes its best, with its column number + `first`.
 */
export function keepBest(
  scores: usize, width: i32, factors: usize, biases: usize, first: i32,
  list: usize, count: i32, best: usize, winners: usize
): void {
  for (let row = 0; row < count; row++) {
    let top = f32x4.splat(-Infinity);
    let at = i32x4.splat(0x7fffffff);
    let columns = i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(first));
    for (let c: usize = 0; c < <usize>width << 2; c += 16) {
      const products = f32x4.mul(v128.load(scores + c), v128.load(factors + c));
      const score = f32x4.sub(products, v128.load(biases + c));
      const larger = f32x4.gt(score, top);
      top = v128.bitselect(score, top, larger);
      at = v128.bitselect(columns, at, larger);
      columns = i32x4.add(columns, i32x4.splat(4));
    }
    const largest = max(
      max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
      max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3))
    );
    const vector = <usize>load<u32>(list + (<usize>row << 2)) << 2;
    if (largest > load<f32>(best + vector)) {
      const equal = f32x4.eq(top, f32x4.splat(largest));
      const who = v128.bitselect(at, i32x4.splat(0x7fffffff), equal);
      store<f32>(best + vector, largest);
      store<i32>(winners + vector, min(
        min(i32x4.extract_lane(who, 0), i32x4.extract_lane(who, 1)),
        min(i32x4.extract_lane(who, 2), i32x4.extract_lane(who, 3))
      ));
    }
    scores += <usize>width << 2;
  }
}

/** Adds each dequantised row to the sum of its winner: sums[winner * stride + i], floats. */
export function accumulate(
  rows: usize, scales: usize, stride: i32, count: i32, winners: usize, sums: usize
): void {
  for (let row = 0; row < count; row++) {
    const scale = f32x4.splat(load<f32>(scales + (<usize>row << 2)));
    let out = sums + ((<usize>load<u32>(winners + (<usize>row << 2)) * <usize>stride) << 2);
    for (let at = 0; at < stride; at += 16) {
      const bytes = i8x16.sub(v128.load(rows), i8x16.splat(64));
      const low = i16x8.extend_low_i8x16_s(bytes);
      const high = i16x8.extend_high_i8x16_s(bytes);
      add(out, i32x4.extend_low_i16x8_s(low), scale);
      add(out + 16, i32x4.extend_high_i16x8_s(low), scale);
      add(out + 32, i32x4.extend_low_i16x8_s(high), scale);
      add(out + 48, i32x4.extend_high_i16x8_s(high), scale);
      rows += 16;
      out += 64;
    }
  }
}

@inline
function add(out: usize, values: v128, scale: v128): void {
  v128.store(out, f32x4.add(v128.load(out), f32x4.mul(f32x4.convert_i32x4_s(values), scale)));
}

/** Widens the extent of each column (a multiple of 4) over the rows of scores. */
export function extend(scores: usize, width: i32, count: i32, lows: usize, highs: usize): void {
  for (let c: usize = 0; c < <usize>width << 2; c += 16) {
    let low = v128.load(lows + c);
    let high = v128.load(highs + c);
    let at = scores + c;
    for (let row = 0; row < count; row++) {
      const score = v128.load(at);
      low = f32x4.pmin(low, score);
      high = f32x4.pmax(high, score);
      at += <usize>width << 2;
    }
    v128.store(lows + c, low);
    v128.store(highs + c, high);
  }
}

/**
 * near[cell] = bit q for every quad q of columns of which a token has the cell among its `probes` best, as
 * good as the last of them included. Rows of 16 scores; only the first `tokens` columns count. `room` holds
 * probes x 4 floats.
 */
export function nearCells(scores: usize, cells: i32, tokens: i32, probes: i32, room: usize, near: usize): void {
  const last = room + (<usize>(probes - 1) << 4);
  for (let cell: usize = 0; cell < <usize>cells; cell++) store<u8>(near + cell, 0);
  for (let quad = 0; quad << 2 < tokens; quad++) {
    const column = scores + (<usize>quad << 4);
    for (let at = room; at <= last; at += 16) v128.store(at, f32x4.splat(-Infinity));
    let least = f32x4.splat(-Infinity);
    for (let cell: usize = 0; cell < <usize>cells; cell++) {
      let four = v128.load(column + (cell << 6));
      if (!v128.any_true(f32x4.gt(four, least))) continue;
      // Each lane keeps its best in order: what comes sinks to its place.
      for (let at = room; at <= last; at += 16) {
        const kept = v128.load(at);
        v128.store(at, f32x4.pmax(kept, four));
        four = f32x4.pmin(kept, four);
      }
      least = v128.load(last);
    }
    const used = i32x4.gt_s(i32x4.splat(tokens - (quad << 2)), i32x4(0, 1, 2, 3));
    const bit: u32 = 1 << <u32>quad;
    for (let cell: usize = 0; cell < <usize>cells; cell++) {
      const near4 = v128.and(f32x4.ge(v128.load(column + (cell << 6)), least), used);
      if (v128.any_true(near4)) store<u8>(near + cell, <u32>load<u8>(near + cell) | bit);
    }
  }
}

// The end of a run of cells that have the bit.
@inline
function runEnd(near: usize, cell: i32, cells: i32, bit: u32): i32 {
  while (cell < cells && <u32>load<u8>(near + <usize>cell) & bit) cell++;
  return cell;
}

/**
 * Scores of the centroids of near cells with the vectors of their quads: 16 columns for each centroid, of
 * which those of other quads stay as they are. `packed` has each quad for itself: 4 vectors interleaved by 4
 * components. Widens lows and highs, 16 each. Cell c has centroids cellStarts[c] .. cellStarts[c + 1].
 */
export function scoreNear(
  fused: bool, packed: usize, starts: usize, quads: i32, steps: i32, rows: usize, scales: usize,
  cellStarts: usize, cells: i32, near: usize, out: usize, lows: usize, highs: usize
): void {
  const stride = <usize>steps << 2;
  for (let quad = 0; quad < quads; quad++) {
    const bit: u32 = 1 << <u32>quad;
    const query = packed + <usize>quad * (stride << 2);
    const column = <usize>quad << 4;
    let low = v128.load(lows + column);
    let high = v128.load(highs + column);
    for (let cell = 0; cell < cells; cell++) {
      if (!(<u32>load<u8>(near + <usize>cell) & bit)) continue;
      const end = runEnd(near, cell, cells, bit);
      const from = <usize>load<u32>(cellStarts + (<usize>cell << 2));
      const count = load<u32>(cellStarts + (<usize>end << 2)) - <u32>from;
      let at = out + (from << 6) + column;
      scoreQuad(fused, query, starts + column, steps, rows + from * stride, scales + (from << 2), count, at);
      for (let i: u32 = 0; i < count; i++, at += 64) {
        const score = v128.load(at);
        low = f32x4.pmin(low, score);
        high = f32x4.pmax(high, score);
      }
      cell = end;
    }
    v128.store(lows + column, low);
    v128.store(highs + column, high);
  }
}

/**
 * Rows of 16 scores of cells' middles become what stands for the centroids of the cells: x share. Widens lows
 * and highs by the quads of cells that are not near, unless they have no centroids.
 */
export function shareCells(
  scores: usize, shares: usize, cellStarts: usize, cells: i32, near: usize, lows: usize, highs: usize
): void {
  for (let column: usize = 0; column < 64; column += 16) {
    const bit: u32 = 1 << <u32>(column >> 4);
    let low = v128.load(lows + column);
    let high = v128.load(highs + column);
    for (let cell: usize = 0; cell < <usize>cells; cell++) {
      const at = scores + (cell << 6) + column;
      const score = f32x4.mul(v128.load(at), v128.load32_splat(shares + (cell << 2)));
      v128.store(at, score);
      if (<u32>load<u8>(near + cell) & bit) continue;
      if (load<u32>(cellStarts + (cell << 2)) == load<u32>(cellStarts + (cell << 2), 4)) continue;
      low = f32x4.pmin(low, score);
      high = f32x4.pmax(high, score);
    }
    v128.store(lows + column, low);
    v128.store(highs + column, high);
  }
}

@inline
function steps4(scores: v128, factors: usize, adds: usize): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(scores, v128.load(factors)), v128.load(adds)));
}

// 16 scores, those at `far` in the lanes of quads that are not near, as bytes.
@inline
function bytes16(scores: usize, far: usize, n0: v128, n1: v128, n2: v128, n3: v128, factors: usize, adds: usize): v128 {
  const s0 = v128.bitselect(v128.load(scores), v128.load(far), n0);
  const s1 = v128.bitselect(v128.load(scores, 16), v128.load(far, 16), n1);
  const s2 = v128.bitselect(v128.load(scores, 32), v128.load(far, 32), n2);
  const s3 = v128.bitselect(v128.load(scores, 48), v128.load(far, 48), n3);
  const low = i16x8.narrow_i32x4_s(steps4(s0, factors, adds), steps4(s1, factors + 16, adds + 16));
  const high = i16x8.narrow_i32x4_s(steps4(s2, factors + 32, adds + 32), steps4(s3, factors + 48, adds + 48));
  return i8x16.narrow_i16x8_u(low, high);
}

/**
 * The bytes of 16 columns of all centroids, rows `tableStride` apart: trunc(score x factor + add) in 0 .. 255,
 * of the centroid's score in quads whose cell is near, else of the cell's.
 */
export function quantizeCells(
  scores: usize, cellScores: usize, cellStarts: usize, cells: i32, near: usize,
  factors: usize, adds: usize, table: usize, tableStride: i32
): void {
  for (let cell: usize = 0; cell < <usize>cells; cell++) {
    const bits = <u32>load<u8>(near + cell);
    const far = cellScores + (cell << 6);
    const count = load<u32>(cellStarts + (cell << 2), 4) - load<u32>(cellStarts + (cell << 2));
    if (bits == 0) {
      const none = i32x4.splat(0);
      const value = bytes16(far, far, none, none, none, none, factors, adds);
      for (let i: u32 = 0; i < count; i++, table += <usize>tableStride) v128.store(table, value);
      scores += <usize>count << 6;
      continue;
    }
    const n0 = i32x4.splat(-<i32>(bits & 1));
    const n1 = i32x4.splat(-<i32>((bits >> 1) & 1));
    const n2 = i32x4.splat(-<i32>((bits >> 2) & 1));
    const n3 = i32x4.splat(-<i32>(bits >> 3));
    for (let i: u32 = 0; i < count; i++, table += <usize>tableStride, scores += 64) {
      v128.store(table, bytes16(scores, far, n0, n1, n2, n3, factors, adds));
    }
  }
}

@inline
function sumOf(bytes: v128): i32 {
  const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes));
  return (i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1))
    + (i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3));
}

@inline
function wider(table: usize, code: usize, shift: usize, best: v128): v128 {
  return i8x16.max_u(best, v128.load(table + (code << shift)));
}

// The largest byte of each column over the codes of one document, four codes at a time.
@inline
function maxima16(table: usize, codes: usize, end: usize): v128 {
  let best = i8x16.splat(0);
  for (; codes < end; codes += 8) {
    const four = load<u64>(codes);
    best = wider(table, <usize>(four & 0xffff), 4, best);
    best = wider(table, <usize>((four >> 16) & 0xffff), 4, best);
    best = wider(table, <usize>((four >> 32) & 0xffff), 4, best);
    best = wider(table, <usize>(four >> 48), 4, best);
  }
  return best;
}

@inline
function sum32(table: usize, codes: usize, end: usize, lowMask: v128, highMask: v128): i32 {
  let low = i8x16.splat(0);
  let high = low;
  for (; codes < end; codes += 8) {
    const four = load<u64>(codes);
    const a = <usize>(four & 0xffff);
    const b = <usize>((four >> 16) & 0xffff);
    const c = <usize>((four >> 32) & 0xffff);
    const d = <usize>(four >> 48);
    low = wider(table, a, 5, low);
    high = wider(table + 16, a, 5, high);
    low = wider(table, b, 5, low);
    high = wider(table + 16, b, 5, high);
    low = wider(table, c, 5, low);
    high = wider(table + 16, c, 5, high);
    low = wider(table, d, 5, low);
    high = wider(table + 16, d, 5, high);
  }
  return sumOf(v128.and(low, lowMask)) + sumOf(v128.and(high, highMask));
}

/**
 * out[i] += step x the sum over columns of the largest byte among the document's codes. Documents
 * docs[0 .. count - 1], or 0 .. count - 1 when `docs` is 0. Offsets are in fours of codes; a document
 * without codes gets -Infinity. `width` is 16 or 32 columns, of which those count whose byte at `columns`
 * is 255, not 0.
 */
export function scan(
  table: usize, width: i32, columns: usize, codes: usize, offsets: usize, docs: usize, count: i32,
  step: f32, out: usize
): void {
  if (width == 16) scan16(table, columns, codes, offsets, docs, count, step, out);
  else scan32(table, columns, codes, offsets, docs, count, step, out);
}

function scan16(
  table: usize, columns: usize, codes: usize, offsets: usize, docs: usize, count: i32, step: f32, out: usize
): void {
  const mask = v128.load(columns);
  for (let i = 0; i < count; i++) {
    const doc = docs ? <usize>load<u32>(docs + (<usize>i << 2)) : <usize>i;
    const from = codes + (<usize>load<u32>(offsets + (doc << 2)) << 3);
    const end = codes + (<usize>load<u32>(offsets + (doc << 2), 4) << 3);
    const at = out + (<usize>i << 2);
    if (from == end) store<f32>(at, -Infinity);
    else store<f32>(at, load<f32>(at) + step * <f32>sumOf(v128.and(maxima16(table, from, end), mask)));
  }
}

function scan32(
  table: usize, columns: usize, codes: usize, offsets: usize, docs: usize, count: i32, step: f32, out: usize
): void {
  const low = v128.load(columns);
  const high = v128.load(columns, 16);
  for (let i = 0; i < count; i++) {
    const doc = docs ? <usize>load<u32>(docs + (<usize>i << 2)) : <usize>i;
    const from = codes + (<usize>load<u32>(offsets + (doc << 2)) << 3);
    const end = codes + (<usize>load<u32>(offsets + (doc << 2), 4) << 3);
    const at = out + (<usize>i << 2);
    if (from == end) store<f32>(at, -Infinity);
    else store<f32>(at, load<f32>(at) + step * <f32>sum32(table, from, end, low, high));
  }
}

// As many as the bins of ../plain-approximate.ts.
const BINS: i32 = 2048;

@inline
function isFinite4(four: v128): v128 {
  return f32x4.gt(four, f32x4.splat(-Infinity));
}

// The lowest score of the bins from the highest down that together hold `wanted`.
function cutOf(scores: usize, count: i32, wanted: i32, low: f32, high: f32, bins: usize): f32 {
  const factor = <f32>(<f64>(BINS - 1) / (<f64>high - <f64>low));
  if (!(factor > 0 && factor < Infinity)) return low;
  memory.fill(bins, 0, <usize>BINS << 2);
  const lows = f32x4.splat(low);
  const factors = f32x4.splat(factor);
  const whole = scores + (<usize>(count & ~3) << 2);
  let at = scores;
  for (; at < whole; at += 16) {
    const four = v128.load(at);
    // What is not finite gives bin 0, where it changes nothing but how soon all are taken.
    const steps = i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(four, lows), factors));
    const four4 = v128.and(steps, isFinite4(four));
    let bin = bins + (<usize>i32x4.extract_lane(four4, 0) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
    bin = bins + (<usize>i32x4.extract_lane(four4, 1) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
    bin = bins + (<usize>i32x4.extract_lane(four4, 2) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
    bin = bins + (<usize>i32x4.extract_lane(four4, 3) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  for (; at < scores + (<usize>count << 2); at += 4) {
    const score = load<f32>(at);
    if (!(score > -Infinity)) continue;
    const bin = bins + (<usize>(<i32>((score - low) * factor)) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  let bin = BINS - 1;
  let reached = load<u32>(bins + (<usize>bin << 2));
  while (reached < <u32>wanted && bin > 0) reached += load<u32>(bins + (<usize>--bin << 2));
  // A little lower than the bin's edge, in case the edge was rounded upwards.
  return bin == 0 ? low : <f32>(<f64>low + (<f64>bin - 0.01) / <f64>factor);
}

/**
 * The places of the `wanted` largest of `count` scores and of few more, ascending, to `out`, which has room
 * for `count` + 4; returns how many. NaN and -Infinity never appear. `bins` holds 2,048 words.
 */
export function selectScores(scores: usize, count: i32, wanted: i32, bins: usize, out: usize): i32 {
  let lows = f32x4.splat(Infinity);
  let highs = f32x4.splat(-Infinity);
  let finite = 0;
  const whole = scores + (<usize>(count & ~3) << 2);
  const end = scores + (<usize>count << 2);
  let at = scores;
  for (; at < whole; at += 16) {
    const four = v128.load(at);
    const known = isFinite4(four);
    lows = f32x4.pmin(lows, v128.bitselect(four, f32x4.splat(Infinity), known));
    highs = f32x4.pmax(highs, v128.bitselect(four, f32x4.splat(-Infinity), known));
    finite += popcnt(i32x4.bitmask(known));
  }
  let low = min(
    min(f32x4.extract_lane(lows, 0), f32x4.extract_lane(lows, 1)),
    min(f32x4.extract_lane(lows, 2), f32x4.extract_lane(lows, 3)));
  let high = max(
    max(f32x4.extract_lane(highs, 0), f32x4.extract_lane(highs, 1)),
    max(f32x4.extract_lane(highs, 2), f32x4.extract_lane(highs, 3)));
  for (; at < end; at += 4) {
    const score = load<f32>(at);
    if (!(score > -Infinity)) continue;
    low = min(low, score);
    high = max(high, score);
    finite++;
  }
  if (finite == 0 || wanted == 0) return 0;
  const cut = finite <= wanted ? low : cutOf(scores, count, wanted, low, high, bins);
  const cuts = f32x4.splat(cut);
  let found = out;
  for (at = scores; at < whole; at += 16) {
    let bits = i32x4.bitmask(f32x4.ge(v128.load(at), cuts));
    for (; bits != 0; bits &= bits - 1, found += 4) {
      store<u32>(found, <u32>((at - scores) >> 2) + ctz(bits));
    }
  }
  for (; at < end; at += 4) {
    if (!(load<f32>(at) >= cut)) continue;
    store<u32>(found, <u32>((at - scores) >> 2));
    found += 4;
  }
  return <i32>((found - out) >> 2);
}

/** masks[c] |= bit t for every column t whose byte of centroid c is at least its threshold. */
export function markCentroids(
  table: usize, width: i32, count: i32, thresholds: usize, masks: usize
): void {
  const t0 = v128.load(thresholds);
  const t1 = v128.load(thresholds, 16);
  for (let c: usize = 0; c < <usize>count; c++) {
    const row = table + c * <usize>width;
    let bits = i8x16.bitmask(i8x16.ge_u(v128.load(row), t0));
    if (width == 32) bits |= i8x16.bitmask(i8x16.ge_u(v128.load(row, 16), t1)) << 16;
    const at = masks + (c << 2);
    store<u32>(at, load<u32>(at) | bits);
  }
}

/** hits[doc] |= masks[c] for every document in the list of centroid c: u16 from list offsets[c] on. */
export function markDocuments(
  masks: usize, centroids: i32, offsets: usize, lists: usize, hits: usize
): void {
  for (let c: usize = 0; c < <usize>centroids; c++) {
    const mask = load<u32>(masks + (c << 2));
    if (mask == 0) continue;
    let from = lists + (<usize>load<u32>(offsets + (c << 2)) << 1);
    const end = lists + (<usize>load<u32>(offsets + (c << 2), 4) << 1);
    for (; from < end; from += 2) {
      const at = hits + (<usize>load<u16>(from) << 2);
      store<u32>(at, load<u32>(at) | mask);
    }
  }
}

/** counts[n] += documents with n bits in their hits; `docs` as in scan. */
export function countHits(hits: usize, docs: usize, count: i32, counts: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const doc = docs ? <usize>load<u32>(docs + (i << 2)) : i;
    const at = counts + (<usize>popcnt(load<u32>(hits + (doc << 2))) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** The documents with at least so many bits in their hits, in order; returns how many. */
export function collectHits(hits: usize, docs: usize, count: i32, bitsMin: i32, out: usize): i32 {
  const start = out;
  for (let i: usize = 0; i < <usize>count; i++) {
    const doc = docs ? <usize>load<u32>(docs + (i << 2)) : i;
    store<u32>(out, <u32>doc);
    out += <usize>(popcnt(load<u32>(hits + (doc << 2))) >= <u32>bitsMin) << 2;
  }
  return <i32>((out - start) >> 2);
}
