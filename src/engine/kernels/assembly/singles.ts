// AssemblyScript: one query vector against many rows, for vectors of which an object has one. Compiled
// to ../singles.wasm by scripts/build-kernels.ts; plain-singles.ts gives the same bits.
//
// Unlike maxsim.ts, where 4 query tokens fill the lanes, here 16 components of one row do: four rows
// take turns with the same 16 components of the query, and their lanes are summed at the end. As there,
// the second operand of the instruction must lie in 0..127.

// As in maxsim.ts: one instruction where the processor has it, or pairs widened with a constant.
@inline
function dot(fused: bool, query: v128, row: v128, sum: v128, ones: v128): v128 {
  if (fused) return i32x4.relaxed_dot_i8x16_i7x16_add_s(query, row, sum);
  return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(query, row), ones));
}

// The sums of the lanes of a, b, c and d in one vector.
@inline
function lanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

// Byte rows.
@inline
function bytes(fused: bool, query: usize, start: i32, stride: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  const ones = i16x8.splat(<i16>(stride != 0));
  const last = count - 1;
  const end = query + <usize>stride;
  for (let i = 0; i < count; i += 4) {
    const base = i + 4 > count ? max(count - 4, 0) : i;
    const i1 = min(base + 1, last);
    const i2 = min(base + 2, last);
    const i3 = min(base + 3, last);
    let pa = rows + <usize>base * <usize>stride;
    let pb = rows + <usize>i1 * <usize>stride;
    let pc = rows + <usize>i2 * <usize>stride;
    let pd = rows + <usize>i3 * <usize>stride;
    let a = i32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let at = query; at < end; at += 16) {
      const q = v128.load(at);
      a = dot(fused, q, v128.load(pa), a, ones);
      b = dot(fused, q, v128.load(pb), b, ones);
      c = dot(fused, q, v128.load(pc), c, ones);
      d = dot(fused, q, v128.load(pd), d, ones);
      pa += 16;
      pb += 16;
      pc += 16;
      pd += 16;
    }
    const sums = f32x4.convert_i32x4_s(i32x4.add(lanes(a, b, c, d), i32x4.splat(start)));
    store<f32>(out + (<usize>base << 2), f32x4.extract_lane(sums, 0) * load<f32>(scales + (<usize>base << 2)));
    store<f32>(out + (<usize>i1 << 2), lane(sums, i1 - base) * load<f32>(scales + (<usize>i1 << 2)));
    store<f32>(out + (<usize>i2 << 2), lane(sums, i2 - base) * load<f32>(scales + (<usize>i2 << 2)));
    store<f32>(out + (<usize>i3 << 2), lane(sums, i3 - base) * load<f32>(scales + (<usize>i3 << 2)));
  }
}

// A lane by a number that is not constant.
@inline
function lane(sums: v128, i: i32): f32 {
  if (i == 0) return f32x4.extract_lane(sums, 0);
  if (i == 1) return f32x4.extract_lane(sums, 1);
  if (i == 2) return f32x4.extract_lane(sums, 2);
  return f32x4.extract_lane(sums, 3);
}

// One step of a row of half bytes: 32 components, the first 16 in the low halves.
@inline
function halves(fused: bool, q0: v128, q1: v128, row: v128, sum: v128, ones: v128): v128 {
  const mask = i8x16.splat(15);
  const low = v128.and(row, mask);
  const high = v128.and(i16x8.shr_u(row, 4), mask);
  if (fused) return dot(true, q1, high, dot(true, q0, low, sum, ones), ones);
  // At most 4 x 127 x 15: fits in 16 bits.
  const pairs = i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(q0, low), i16x8.relaxed_dot_i8x16_i7x16_s(q1, high));
  return i32x4.add(sum, i32x4.dot_i16x8_s(pairs, ones));
}

// Rows of half bytes behind a head each: f32 scale, f32 bias, u32 document.
const HEAD: usize = 12;

@inline
function entry(sum: f32, row: usize, base: f32, factor: f32, out: usize): void {
  store<f32>(out, base + (sum * load<f32>(row)) * factor + load<f32>(row, 4));
}

@inline
function nibbles(
  fused: bool, query: usize, start: i32, steps: i32, rows: usize, count: i32, base: f32, factor: f32, out: usize
): void {
  const ones = i16x8.splat(<i16>(steps != 0));
  const stride = HEAD + (<usize>steps << 4);
  const last = count - 1;
  for (let i = 0; i < count; i += 4) {
    const first = i + 4 > count ? max(count - 4, 0) : i;
    const i1 = min(first + 1, last);
    const i2 = min(first + 2, last);
    const i3 = min(first + 3, last);
    const ra = rows + <usize>first * stride;
    const rb = rows + <usize>i1 * stride;
    const rc = rows + <usize>i2 * stride;
    const rd = rows + <usize>i3 * stride;
    let a = i32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let q = query;
    const end = HEAD + (<usize>steps << 4);
    for (let at = HEAD; at < end; at += 16) {
      const q0 = v128.load(q);
      const q1 = v128.load(q, 16);
      a = halves(fused, q0, q1, v128.load(ra + at), a, ones);
      b = halves(fused, q0, q1, v128.load(rb + at), b, ones);
      c = halves(fused, q0, q1, v128.load(rc + at), c, ones);
      d = halves(fused, q0, q1, v128.load(rd + at), d, ones);
      q += 32;
    }
    // A step stands for twice the scale: sums are counted in halves of a step.
    const sums = f32x4.convert_i32x4_s(i32x4.add(i32x4.shl(lanes(a, b, c, d), 1), i32x4.splat(start)));
    entry(f32x4.extract_lane(sums, 0), ra, base, factor, out + (<usize>first << 2));
    entry(lane(sums, i1 - first), rb, base, factor, out + (<usize>i1 << 2));
    entry(lane(sums, i2 - first), rc, base, factor, out + (<usize>i2 << 2));
    entry(lane(sums, i3 - first), rd, base, factor, out + (<usize>i3 << 2));
  }
}

function bytesFused(query: usize, start: i32, stride: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  bytes(true, query, start, stride, rows, scales, count, out);
}
function bytesSplit(query: usize, start: i32, stride: i32, rows: usize, scales: usize, count: i32, out: usize): void {
  bytes(false, query, start, stride, rows, scales, count, out);
}

/** Of each row of `stride` plane bytes: (dot product + start) x its scale. */
export function scoreBytes(
  fused: bool, query: usize, start: i32, stride: i32, rows: usize, scales: usize, count: i32, out: usize
): void {
  if (fused) bytesFused(query, start, stride, rows, scales, count, out);
  else bytesSplit(query, start, stride, rows, scales, count, out);
}

function nibblesFused(query: usize, start: i32, steps: i32, rows: usize, count: i32, base: f32, factor: f32, out: usize): void {
  nibbles(true, query, start, steps, rows, count, base, factor, out);
}
function nibblesSplit(query: usize, start: i32, steps: i32, rows: usize, count: i32, base: f32, factor: f32, out: usize): void {
  nibbles(false, query, start, steps, rows, count, base, factor, out);
}

/** Of each list row of 16 x steps bytes behind its head: base + (2 x dot product + start) x scale x factor + bias. */
export function scoreHalves(
  fused: bool, query: usize, start: i32, steps: i32, rows: usize, count: i32, base: f32, factor: f32, out: usize
): void {
  if (fused) nibblesFused(query, start, steps, rows, count, base, factor, out);
  else nibblesSplit(query, start, steps, rows, count, base, factor, out);
}
