// Kind and size of an image from its first bytes, before any decoder sees it: a header can claim
// dimensions that no memory holds. Sizes are the largest that the file makes a decoder allocate.

import { ReadProblem } from './problem.ts';

/** The kinds of image that are read. */
type ImageKind = 'png' | 'jpeg' | 'webp' | 'gif' | 'bmp';

export interface ImageHeader {
  readonly kind: ImageKind;
  readonly width: number;
  readonly height: number;
}

interface Reader {
  readonly kind: ImageKind;
  readonly matches: (bytes: Uint8Array) => boolean;
  readonly size: (view: DataView) => readonly [width: number, height: number];
}

const readers: readonly Reader[] = [
  { kind: 'png', matches: (bytes) => beginsWith(bytes, '\x89PNG\r\n\x1a\n'), size: pngSize },
  { kind: 'jpeg', matches: (bytes) => beginsWith(bytes, '\xff\xd8\xff'), size: jpegSize },
  { kind: 'gif', matches: (bytes) => /^GIF8[79]a/.test(ascii(bytes, 0, 6)), size: gifSize },
  {
    kind: 'webp',
    matches: (bytes) => beginsWith(bytes, 'RIFF') && ascii(bytes, 8, 4) === 'WEBP',
    size: webpSize,
  },
  { kind: 'bmp', matches: (bytes) => beginsWith(bytes, 'BM'), size: bmpSize },
];

const others: readonly (readonly [start: string, what: string])[] = [
  ['PK\x03\x04', 'a ZIP archive or an Office document'],
  ['\x1f\x8b', 'gzip'],
  ['II*\0', 'TIFF, which is not read'],
  ['MM\0*', 'TIFF, which is not read'],
  ['<', 'a text with markup'],
  ['{', 'JSON'],
  ['\xd0\xcf\x11\xe0', 'an old Office document'],
];

/** Whether these are the bytes of a PDF, going by its first 1,024 as other readers do. */
export function isPdf(bytes: Uint8Array): boolean {
  return ascii(bytes, 0, 1_024).includes('%PDF-');
}

/** Throws ReadProblem for what is not one of the kinds or ends before its size is known. */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (beginsWith(bytes, '%PDF-')) throw new ReadProblem('is a PDF, not an image');
  const reader = readers.find(({ matches }) => matches(bytes));
  if (reader === undefined) throw new ReadProblem(describeUnknown(bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: readonly [number, number];
  try {
    size = reader.size(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ReadProblem(`ends within its header: ${bytes.length} bytes of ${reader.kind}`);
  }
  const [width, height] = size;
  if (width > 0 && height > 0) return { kind: reader.kind, width, height };
  throw new ReadProblem(`has a header that says ${width} x ${height} pixels`);
}

function describeUnknown(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'is empty';
  const guess = others.find(([start]) => beginsWith(bytes, start));
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0'));
  const looks = guess === undefined ? '' : `, as ${guess[1]} does`;
  return `is neither a PDF nor a PNG, JPEG, WebP, GIF or BMP image: it begins with ${start.join(' ')}${looks}`;
}

function ascii(bytes: Uint8Array, start: number, count: number): string {
  let text = '';
  for (const byte of bytes.subarray(start, start + count)) text += String.fromCharCode(byte);
  return text;
}

function beginsWith(bytes: Uint8Array, start: string): boolean {
  return ascii(bytes, 0, start.length) === start;
}

function pngSize(view: DataView): readonly [number, number] {
  return [view.getUint32(16), view.getUint32(20)];
}

/** Finds the frame header: before it come thumbnails, whose own headers do not count. */
function jpegSize(view: DataView): readonly [number, number] {
  for (const { marker, at } of jpegSegments(view)) {
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [view.getUint16(at + 5), view.getUint16(at + 3)];
    if (marker === 0xd9 || marker === 0xda) break;
  }
  throw new ReadProblem('is a JPEG without a frame header before its data');
}

/**
 * The segments of a JPEG that have a length, `at` being where that stands; whoever reads on behind the
 * data of a scan reads anything. RangeError at the end of the file.
 */
export function* jpegSegments(
  view: DataView,
): Generator<{ readonly marker: number; readonly at: number }> {
  for (let at = 2; ; ) {
    while (view.getUint8(at) !== 0xff) at++;
    while (view.getUint8(at) === 0xff) at++;
    const marker = view.getUint8(at++);
    const isAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (isAlone) continue;
    yield { marker, at };
    at += view.getUint16(at);
  }
}

/** The screen, or the first picture where that is larger: decoders make the screen fit. */
function gifSize(view: DataView): readonly [number, number] {
  const at = gifPictureAt(view);
  const right = view.getUint16(at + 1, true) + view.getUint16(at + 5, true);
  const bottom = view.getUint16(at + 3, true) + view.getUint16(at + 7, true);
  return [Math.max(view.getUint16(6, true), right), Math.max(view.getUint16(8, true), bottom)];
}

/** Where the descriptor of the first picture stands. Throws ReadProblem, RangeError at the end of the file. */
export function gifPictureAt(view: DataView): number {
  let at = 13 + paletteBytes(view.getUint8(10));
  while (view.getUint8(at) === 0x21) at = behindGifBlocks(view, at + 2);
  if (view.getUint8(at) === 0x2c) return at;
  throw new ReadProblem('is a GIF without a picture');
}

/** Bytes of the palette that these flags announce. */
export function paletteBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

/** Behind a chain of data blocks, of which the last is empty. */
export function behindGifBlocks(view: DataView, from: number): number {
  let at = from;
  while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
  return at + 1;
}

function webpSize(view: DataView): readonly [number, number] {
  const chunk = String.fromCharCode(...[12, 13, 14, 15].map((at) => view.getUint8(at)));
  if (chunk === 'VP8X') {
    const part = (at: number): number => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
    return [part(24) + 1, part(27) + 1];
  }
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true);
    return [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
  }
  if (chunk !== 'VP8 ') throw new ReadProblem('is a WebP without a picture');
  return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
}

function bmpSize(view: DataView): readonly [number, number] {
  if (view.getUint32(14, true) === 12) {
    return [view.getUint16(18, true), view.getUint16(20, true)];
  }
  return [Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true))];
}
