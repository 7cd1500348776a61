// AssemblyScript: MaxSim of a packed 8-bit query against 7-bit plane rows, by the relaxed integer dot
// product. Compiled to ../kernels.wasm by scripts/build-kernels.ts; plain.ts computes the same numbers.
//
// The query lies in the lanes: a quad is 4 query tokens, one v128 of a quad holds 4 components of
// each. 4 components of a document row are splat to all lanes, so that a lane of an accumulator is
// the dot product of one pair and nothing is summed across lanes. A tile is up to 4 quads x 3 rows:
// 12 accumulators, which is what fits in registers. The second operand of the instruction must lie in
// 0..127: rows are stored as v + 64, and the accumulators start at -64 x the sum of the query row.

// Bytes of a v128.
const LANES: usize = 16;

// Two ways to the same integers. Fused is one instruction on processors with VNNI; on others it
// becomes five, two of which only make a constant, and the split way with that constant in a
// register is faster. The pairs of products fit in 16 bits: 2 x 128 x 127 = 32,512.
@inline
function dot(fused: bool, query: v128, row: v128, sum: v128, ones: v128): v128 {
  if (fused) return i32x4.relaxed_dot_i8x16_i7x16_add_s(query, row, sum);
  const pairs = i16x8.relaxed_dot_i8x16_i7x16_s(query, row);
  return i32x4.add(sum, i32x4.dot_i16x8_s(pairs, ones));
}

@inline
function scaled(sum: v128, scale: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(sum), scale);
}

// Ends one quad of a tile. KEEP: all three scores go to the matrix; otherwise into the running maxima,
// which stay in memory because registers are scarce (a load and a store a tile cost little).
@inline
function finish(
  keep: bool, a: v128, b: v128, c: v128, sa: v128, sb: v128, sc: v128,
  outA: usize, outB: usize, outC: usize
): void {
  if (keep) {
    v128.store(outA, scaled(a, sa));
    v128.store(outB, scaled(b, sb));
    v128.store(outC, scaled(c, sc));
  } else {
    let best = f32x4.pmax(scaled(a, sa), scaled(b, sb));
    best = f32x4.pmax(best, scaled(c, sc));
    v128.store(outA, f32x4.pmax(v128.load(outA), best));
  }
}

// One tile: `quads` quads (fused, quads and keep are constants) of the query against three rows.
@inline
function tile(
  fused: bool, quads: i32, keep: bool, query: usize, starts: usize, steps: i32,
  a: usize, b: usize, c: usize, scaleA: usize, scaleB: usize, scaleC: usize,
  outA: usize, outB: usize, outC: usize
): void {
  // Always 1, in a way that no compiler sees: a constant would be made again in every step.
  const ones = i16x8.splat(<i16>(steps != 0));
  let a0 = v128.load(starts);
  let b0 = a0;
  let c0 = a0;
  let a1 = quads > 1 ? v128.load(starts, 16) : a0;
  let b1 = a1;
  let c1 = a1;
  let a2 = quads > 2 ? v128.load(starts, 32) : a0;
  let b2 = a2;
  let c2 = a2;
  let a3 = quads > 3 ? v128.load(starts, 48) : a0;
  let b3 = a3;
  let c3 = a3;
  for (let step = 0; step < steps; step++) {
    const ra = v128.load32_splat(a);
    const rb = v128.load32_splat(b);
    const rc = v128.load32_splat(c);
    const q0 = v128.load(query);
    a0 = dot(fused, q0, ra, a0, ones);
    b0 = dot(fused, q0, rb, b0, ones);
    c0 = dot(fused, q0, rc, c0, ones);
    if (quads > 1) {
      const q1 = v128.load(query, 16);
      a1 = dot(fused, q1, ra, a1, ones);
      b1 = dot(fused, q1, rb, b1, ones);
      c1 = dot(fused, q1, rc, c1, ones);
    }
    if (quads > 2) {
      const q2 = v128.load(query, 32);
      a2 = dot(fused, q2, ra, a2, ones);
      b2 = dot(fused, q2, rb, b2, ones);
      c2 = dot(fused, q2, rc, c2, ones);
    }
    if (quads > 3) {
      const q3 = v128.load(query, 48);
      a3 = dot(fused, q3, ra, a3, ones);
      b3 = dot(fused, q3, rb, b3, ones);
      c3 = dot(fused, q3, rc, c3, ones);
    }
    query += <usize>quads * LANES;
    a += 4;
    b += 4;
    c += 4;
  }
  const sa = v128.load32_splat(scaleA);
  const sb = v128.load32_splat(scaleB);
  const sc = v128.load32_splat(scaleC);
  finish(keep, a0, b0, c0, sa, sb, sc, outA, outB, outC);
  if (quads > 1) finish(keep, a1, b1, c1, sa, sb, sc, outA + 16, outB + 16, outC + 16);
  if (quads > 2) finish(keep, a2, b2, c2, sa, sb, sc, outA + 32, outB + 32, outC + 32);
  if (quads > 3) finish(keep, a3, b3, c3, sa, sb, sc, outA + 48, outB + 48, outC + 48);
}

// All rows against one chunk of quads. The last tile overlaps the one before instead of being
// smaller: a maximum does not mind, and a matrix gets the same number twice.
@inline
function chunk(
  fused: bool, quads: i32, keep: bool, query: usize, starts: usize, steps: i32,
  rows: usize, scales: usize, count: i32, out: usize, outStride: usize
): void {
  const stride = <usize>steps << 2;
  const last = count - 1;
  for (let i = 0; i < count; i += 3) {
    const base = i + 3 > count ? max(count - 3, 0) : i;
    const i1 = min(base + 1, last);
    const i2 = min(base + 2, last);
    tile(
      fused, quads, keep, query, starts, steps,
      rows + <usize>base * stride, rows + <usize>i1 * stride, rows + <usize>i2 * stride,
      scales + (<usize>base << 2), scales + (<usize>i1 << 2), scales + (<usize>i2 << 2),
      out + <usize>base * outStride, out + <usize>i1 * outStride, out + <usize>i2 * outStride
    );
  }
}

// The kernels of each way and width are functions of their own: the compiler sees one small loop each.
function maximaFused4(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(true, 4, false, query, starts, steps, rows, scales, count, out, 0);
}
function maximaFused3(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(true, 3, false, query, starts, steps, rows, scales, count, out, 0);
}
function maximaFused2(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(true, 2, false, query, starts, steps, rows, scales, count, out, 0);
}
function maximaFused1(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(true, 1, false, query, starts, steps, rows, scales, count, out, 0);
}
function maximaSplit4(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(false, 4, false, query, starts, steps, rows, scales, count, out, 0);
}
function maximaSplit3(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(false, 3, false, query, starts, steps, rows, scales, count, out, 0);
}
function maximaSplit2(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(false, 2, false, query, starts, steps, rows, scales, count, out, 0);
}
function maximaSplit1(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  chunk(false, 1, false, query, starts, steps, rows, scales, count, out, 0);
}
function matrixFused4(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(true, 4, true, query, starts, steps, rows, scales, count, out, outStride);
}
function matrixFused3(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(true, 3, true, query, starts, steps, rows, scales, count, out, outStride);
}
function matrixFused2(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(true, 2, true, query, starts, steps, rows, scales, count, out, outStride);
}
function matrixFused1(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(true, 1, true, query, starts, steps, rows, scales, count, out, outStride);
}
function matrixSplit4(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(false, 4, true, query, starts, steps, rows, scales, count, out, outStride);
}
function matrixSplit3(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(false, 3, true, query, starts, steps, rows, scales, count, out, outStride);
}
function matrixSplit2(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(false, 2, true, query, starts, steps, rows, scales, count, out, outStride);
}
function matrixSplit1(query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  chunk(false, 1, true, query, starts, steps, rows, scales, count, out, outStride);
}

// The sum over query tokens of scale x maximum: four lanes, then (0 + 1) + (2 + 3), as plain.ts does.
@inline
function weighted(quads: i32, maxima: usize, tokenScales: usize): f32 {
  let sum = f32x4.splat(0);
  const end = maxima + (<usize>quads << 4);
  for (; maxima < end; maxima += 16, tokenScales += 16) {
    sum = f32x4.add(sum, f32x4.mul(v128.load(maxima), v128.load(tokenScales)));
  }
  return (f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1))
    + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
}

@inline
function maxima(fused: bool, quads: i32, query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  if (fused) {
    if (quads == 4) maximaFused4(query, starts, steps, rows, scales, count, out);
    else if (quads == 3) maximaFused3(query, starts, steps, rows, scales, count, out);
    else if (quads == 2) maximaFused2(query, starts, steps, rows, scales, count, out);
    else if (quads == 1) maximaFused1(query, starts, steps, rows, scales, count, out);
  } else {
    if (quads == 4) maximaSplit4(query, starts, steps, rows, scales, count, out);
    else if (quads == 3) maximaSplit3(query, starts, steps, rows, scales, count, out);
    else if (quads == 2) maximaSplit2(query, starts, steps, rows, scales, count, out);
    else if (quads == 1) maximaSplit1(query, starts, steps, rows, scales, count, out);
  }
}

@inline
function matrix(fused: bool, quads: i32, query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize, outStride: usize): void {
  if (fused) {
    if (quads == 4) matrixFused4(query, starts, steps, rows, scales, count, out, outStride);
    else if (quads == 3) matrixFused3(query, starts, steps, rows, scales, count, out, outStride);
    else if (quads == 2) matrixFused2(query, starts, steps, rows, scales, count, out, outStride);
    else if (quads == 1) matrixFused1(query, starts, steps, rows, scales, count, out, outStride);
  } else {
    if (quads == 4) matrixSplit4(query, starts, steps, rows, scales, count, out, outStride);
    else if (quads == 3) matrixSplit3(query, starts, steps, rows, scales, count, out, outStride);
    else if (quads == 2) matrixSplit2(query, starts, steps, rows, scales, count, out, outStride);
    else if (quads == 1) matrixSplit1(query, starts, steps, rows, scales, count, out, outStride);
  }
}

/**
 * For each of `documents`, whose rows are offsets[d] .. offsets[d + 1], the MaxSim sum to out[d];
 * -Infinity for a document without rows. `best` is room for 4 x quads floats.
 */
export function maxSim(
  fused: bool, query: usize, starts: usize, tokenScales: usize, quads: i32, steps: i32,
  rows: usize, scales: usize, offsets: usize, documents: i32, best: usize, out: usize
): void {
  const stride = <usize>steps << 2;
  for (let d = 0; d < documents; d++) {
    const first = load<u32>(offsets + (<usize>d << 2));
    const count = <i32>(load<u32>(offsets + (<usize>d << 2), 4) - first);
    if (count == 0) {
      store<f32>(out + (<usize>d << 2), -Infinity);
      continue;
    }
    const docRows = rows + <usize>first * stride;
    const docScales = scales + (<usize>first << 2);
    for (let q = 0; q < quads; q++) v128.store(best + (<usize>q << 4), f32x4.splat(-Infinity));
    for (let q = 0; q < quads; q += 4) {
      const at = <usize>q << 4;
      const packed = query + at * <usize>steps;
      maxima(fused, min(quads - q, 4), packed, starts + at, steps, docRows, docScales, count, best + at);
    }
    store<f32>(out + (<usize>d << 2), weighted(quads, best, tokenScales));
  }
}

/** The score of every pair without the query's scale: row i, query token t at out[i * 4 * quads + t]. */
export function tokenScores(
  fused: bool, query: usize, starts: usize, quads: i32, steps: i32,
  rows: usize, scales: usize, count: i32, out: usize
): void {
  if (count == 0) return;
  const outStride = <usize>quads << 4;
  for (let q = 0; q < quads; q += 4) {
    const at = <usize>q << 4;
    const packed = query + at * <usize>steps;
    matrix(fused, min(quads - q, 4), packed, starts + at, steps, rows, scales, count, out + at, outStride);
  }
}

/** Scores of rows with one quad of query tokens, 64 bytes apart: for approximate.ts. */
export function scoreQuad(
  fused: bool, query: usize, starts: usize, steps: i32, rows: usize, scales: usize, count: i32, out: usize
): void {
  if (fused) matrixFused1(query, starts, steps, rows, scales, count, out, 64);
  else matrixSplit1(query, starts, steps, rows, scales, count, out, 64);
}
