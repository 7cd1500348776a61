// Vectors as JSON text. Stored values are 32-bit floats; each is written as the shortest decimal that
// reads back as the same float (0.6, not 0.6000000238418579), digit by digit into one buffer.

import { tokenCount, type VectorValue } from '../../engine/document.ts';

/** Exact as doubles. */
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Below or above, JSON numbers get an exponent or many zeros: the slow way is good enough there. */
const plainMin = 1e-6;
const plainMax = 1e9;
/** Any decimal of up to six digits survives the way through a 32-bit float; nine are always enough. */
const digitsMin = 6;
const digitsMax = 9;
/** '-0.00000' and nine digits, with the comma after it. */
const valueBytesMax = 18;

const oneFloat = new Float32Array(1);
const itsBits = new Int32Array(oneFloat.buffer);
const digits = new Uint8Array(digitsMax + 1);

const minus = 45;
const point = 46;
const zero = 48;
const comma = 44;
const open = 91;
const close = 93;

/** The vector as a JSON list of numbers, or of lists when it is a multi-vector. Values are finite. */
export function vectorJson(vector: VectorValue): string {
  const { kind, dims, values } = vector;
  const rows = tokenCount(vector);
  const bytes = Buffer.allocUnsafe(values.length * valueBytesMax + rows * 3 + 3);
  let at = 0;
  if (kind === 'multi') bytes[at++] = open;
  for (let row = 0; row < rows; row += 1) {
    if (row > 0) bytes[at++] = comma;
    at = writeRow(values, row * dims, dims, bytes, at);
  }
  if (kind === 'multi') bytes[at++] = close;
  return bytes.toString('latin1', 0, at);
}

function writeRow(
  values: Float32Array,
  start: number,
  dims: number,
  into: Uint8Array,
  from: number,
): number {
  let at = from;
  into[at++] = open;
  for (let index = start; index < start + dims; index += 1) {
    if (index > start) into[at++] = comma;
    at = writeFloat32(values[index] as number, into, at);
  }
  into[at++] = close;
  return at;
}

/** Writes one finite 32-bit float and returns the position after it. */
function writeFloat32(value: number, into: Uint8Array, from: number): number {
  let at = from;
  if (value < 0 || Object.is(value, -0)) into[at++] = minus;
  const size = Math.abs(value);
  if (size === 0) {
    into[at++] = zero;
    return at;
  }
  if (size < plainMin || size >= plainMax) return writeText(shortestText(size), into, at);
  const exponent = decimalExponent(size);
  for (let count = digitsMin; ; count += 1) {
    // size ≈ whole / 10^places; both products below are correctly rounded.
    const places = count - 1 - exponent;
    const whole = Math.round(scaled(size, places));
    const decimal = scaled(whole, -places);
    if (Math.fround(decimal) === size || count === digitsMax) {
      return writeDecimal(whole, places, into, at);
    }
    if (decimal < size && isPowerOfTwo(size) && Math.fround(scaled(whole + 1, -places)) === size) {
      return writeDecimal(whole + 1, places, into, at);
    }
  }
}

/** The greatest e with 10^e ≤ size, for sizes of the plain range. */
function decimalExponent(size: number): number {
  if (size >= 1) {
    let exponent = 0;
    while (size >= (powersOfTen[exponent + 1] as number)) exponent += 1;
    return exponent;
  }
  let exponent = -1;
  while (size * (powersOfTen[-exponent] as number) < 1) exponent -= 1;
  return exponent;
}

/** value × 10^places, rounded once. */
function scaled(value: number, places: number): number {
  return places >= 0
    ? value * (powersOfTen[places] as number)
    : value / (powersOfTen[-places] as number);
}

/** Floats below a power of two lie closer than those above it: the nearest decimal may miss, the next hit. */
function isPowerOfTwo(size: number): boolean {
  oneFloat[0] = size;
  return ((itsBits[0] as number) & 0x7f_ffff) === 0;
}

/** Writes whole / 10^places without an exponent and without zeros at the end. */
function writeDecimal(
  wholeGiven: number,
  placesGiven: number,
  into: Uint8Array,
  from: number,
): number {
  let whole = wholeGiven | 0;
  let places = placesGiven;
  for (; places < 0; places += 1) whole *= 10;
  while (places > 0 && whole % 10 === 0) {
    whole = (whole / 10) | 0;
    places -= 1;
  }
  let count = 0;
  for (; whole > 0; whole = (whole / 10) | 0) digits[count++] = zero + (whole % 10);
  let at = from;
  if (count <= places) {
    into[at++] = zero;
    into[at++] = point;
    for (let index = count; index < places; index += 1) into[at++] = zero;
    while (count > 0) into[at++] = digits[--count] as number;
    return at;
  }
  while (count > places) into[at++] = digits[--count] as number;
  if (places > 0) into[at++] = point;
  while (count > 0) into[at++] = digits[--count] as number;
  return at;
}

/** By trial over text: for very small and very large floats, which vectors hardly have. */
function shortestText(size: number): string {
  for (let count = 1; ; count += 1) {
    const [mantissa = '', exponent = ''] = size.toExponential(count - 1).split('e');
    const whole = Number(mantissa.replace('.', ''));
    const power = Number(exponent) - count + 1;
    const nearest = Number(`${whole}e${power}`);
    if (Math.fround(nearest) === size || count === digitsMax) return String(nearest);
    const next = Number(`${whole + 1}e${power}`);
    if (isPowerOfTwo(size) && Math.fround(next) === size) return String(next);
  }
}

function writeText(text: string, into: Uint8Array, from: number): number {
  for (let index = 0; index < text.length; index += 1) into[from + index] = text.charCodeAt(index);
  return from + text.length;
}
