// Whether an image file is all there: decoders fill what is missing with black and say nothing.

import {
  behindGifBlocks,
  gifPictureAt,
  type ImageHeader,
  jpegSegments,
  paletteBytes,
} from './image-header.ts';
import { ReadProblem } from './problem.ts';

/** Throws ReadProblem for a file that ends before its first picture does. */
export function checkImageEnd(bytes: Uint8Array, { kind }: ImageHeader): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end: number;
  try {
    end = ends[kind](view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    end = Number.POSITIVE_INFINITY;
  }
  if (end <= bytes.length) return;
  throw new ReadProblem(`is cut off: its ${bytes.length} bytes of ${kind} end within the picture`);
}

/** Where the first picture ends, by kind; RangeError when the file ends before that is known. */
const ends: Readonly<Record<ImageHeader['kind'], (view: DataView) => number>> = {
  png: pngEnd,
  jpeg: jpegEnd,
  gif: gifEnd,
  webp: (view) => 8 + view.getUint32(4, true),
  bmp: bmpEnd,
};

/** Behind the chunk IEND. */
function pngEnd(view: DataView): number {
  for (let at = 8; ; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    at += 12 + length;
    if (type === 0x49454e44) return at;
  }
}

/** Behind the end marker, which follows the first scan: thumbnails before it have ends of their own. */
function jpegEnd(view: DataView): number {
  for (const { marker, at: start } of jpegSegments(view)) {
    if (marker !== 0xda) continue;
    let at = start + view.getUint16(start);
    while (view.getUint16(at) !== 0xffd9) at++;
    return at + 2;
  }
  return Number.POSITIVE_INFINITY;
}

/** Behind the last block of the first picture. */
function gifEnd(view: DataView): number {
  const at = gifPictureAt(view);
  return behindGifBlocks(view, at + 11 + paletteBytes(view.getUint8(at + 9)));
}

/** Behind the last row of pixels; compressed ones say how many bytes they are. */
function bmpEnd(view: DataView): number {
  const start = view.getUint32(10, true);
  const isOld = view.getUint32(14, true) === 12;
  if (!isOld && view.getUint32(30, true) % 3 !== 0) return start + view.getUint32(34, true);
  const width = isOld ? view.getUint16(18, true) : Math.abs(view.getInt32(18, true));
  const height = isOld ? view.getUint16(20, true) : Math.abs(view.getInt32(22, true));
  const bits = view.getUint16(isOld ? 24 : 28, true);
  return start + height * 4 * Math.ceil((width * bits) / 32);
}
