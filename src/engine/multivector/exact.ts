// Exact arithmetic on originals: products of float32 numbers are exact in double precision, so that
// these sums are right to the last bits of a float32. They are added in one order everywhere, also by
// kernels/assembly/rows.ts, so that they are the same on every machine: component i goes to sum i & 3,
// and the total is (s0 + s1) + (s2 + s3).

const float32Max = 3.4028234663852886e38;

/** Dot product of the `dims` numbers from `a[at]` and from `b[bt]`, in double precision. */
export function dotProduct(
  a: Float32Array,
  at: number,
  b: Float32Array,
  bt: number,
  dims: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = dims & ~3;
  for (let i = 0; i < whole; i += 4) {
    s0 += a[at + i]! * b[bt + i]!;
    s1 += a[at + i + 1]! * b[bt + i + 1]!;
    s2 += a[at + i + 2]! * b[bt + i + 2]!;
    s3 += a[at + i + 3]! * b[bt + i + 3]!;
  }
  if (whole < dims) s0 += a[at + whole]! * b[bt + whole]!;
  if (whole + 1 < dims) s1 += a[at + whole + 1]! * b[bt + whole + 1]!;
  if (whole + 2 < dims) s2 += a[at + whole + 2]! * b[bt + whole + 2]!;
  return s0 + s1 + (s2 + s3);
}

/** The nearest finite float32 number. */
export function toFloat32(value: number): number {
  return Math.fround(Math.max(-float32Max, Math.min(float32Max, value)));
}
