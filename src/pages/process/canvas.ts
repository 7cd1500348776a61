// Pictures through the canvas library: decoding what the header check let pass, scaling, JPEG.

import type { Canvas, Image } from '@napi-rs/canvas';
import type { PageImage } from '../page.ts';
import { checkImageEnd } from './image-end.ts';
import { type ImageHeader, readImageHeader } from './image-header.ts';
import { MissingPackage, ReadProblem } from './problem.ts';

type Library = typeof import('@napi-rs/canvas');

/** A canvas, for those who only hand it on. */
export type PageCanvas = Canvas;

/** A picture in memory that can be drawn. */
type Picture = Canvas | Image;

/** Pixels in rows from the top, four bytes each, opaque. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

let library: Promise<Library> | undefined;

async function load(): Promise<Library> {
  library ??= import('@napi-rs/canvas').catch((error: unknown) => {
    throw new MissingPackage('@napi-rs/canvas', error);
  });
  return await library;
}

/** What a canvas is used for, one at a time each: pages mostly have one size, and need one canvas. */
type Use = 'page' | 'recognition' | 'image' | 'thumbnail' | 'strip';

const kept = new Map<Use, Canvas>();

/** The canvas for a use, with whatever was on it before; valid until the next call for that use. */
async function canvasFor(use: Use, width: number, height: number): Promise<Canvas> {
  const { createCanvas } = await load();
  const found = kept.get(use);
  if (found?.width === width && found.height === height) return found;
  const canvas = createCanvas(width, height);
  kept.set(use, canvas);
  return canvas;
}

/** A canvas that shows these opaque pixels, until the next. */
export async function pictureOf({ width, height, rgba }: Pixels): Promise<Canvas> {
  const { ImageData } = await load();
  const canvas = await canvasFor('page', width, height);
  canvas.getContext('2d').putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}

/**
 * Decodes an image file; it comes upright, as its EXIF orientation says. Throws ReadProblem when it is
 * none, says more than `pixelsMax` pixels in its header, or is damaged.
 */
export async function decodePicture(bytes: Uint8Array, pixelsMax: number): Promise<Image> {
  const header = checkedHeader(bytes, pixelsMax);
  const { loadImage } = await load();
  let image: Image;
  try {
    image = await loadImage(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReadProblem(`is a damaged ${header.kind} image: ${reason}`);
  }
  checkImageEnd(bytes, header);
  const pixels = image.width * image.height;
  if (pixels > 0 && pixels <= header.width * header.height) return image;
  throw new ReadProblem(
    `is a damaged image: ${image.width} x ${image.height} pixels, its header says ${header.width} x ${header.height}`,
  );
}

/** The header of an image that is not too large. Throws ReadProblem. */
export function checkedHeader(bytes: Uint8Array, pixelsMax: number): ImageHeader {
  const header = readImageHeader(bytes);
  const { width, height } = header;
  if (width * height <= pixelsMax) return header;
  throw new ReadProblem(
    `has ${width} x ${height} = ${width * height} pixels, more than the limit of ${pixelsMax}`,
  );
}

/** The picture on white, its longest edge at most `edgeMax`, never enlarged; until the next of that use. */
export async function scaledOnWhite(
  picture: Picture,
  edgeMax: number,
  use: 'recognition' | 'image' | 'thumbnail',
): Promise<Canvas> {
  const scale = Math.min(1, edgeMax / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = await canvasFor(use, width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return canvas;
}

/** Quality from 1 to 100. */
export function toJpeg(canvas: Canvas, quality: number): PageImage {
  const bytes = new Uint8Array(canvas.encodeSync('jpeg', quality));
  return { type: 'image/jpeg', bytes, width: canvas.width, height: canvas.height };
}

/** One byte of brightness a pixel. */
export function brightness(canvas: Canvas): Uint8Array<ArrayBuffer> {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const gray = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < gray.length; pixel++, at += 4) {
    // The weights of ITU-R BT.601, in 256ths.
    const sum = 77 * (data[at] ?? 0) + 150 * (data[at + 1] ?? 0) + 29 * (data[at + 2] ?? 0);
    gray[pixel] = sum >> 8;
  }
  return gray;
}

/** Pixels of a strip: the whole picture is in memory once, decoded. */
const stripPixels = 2 ** 20;

/** All pixels as red, green, blue, on white: rows from the top, some at a time. */
export async function* rgbStrips(image: Image): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { width, height } = image;
  const stripRows = Math.min(height, Math.max(1, Math.floor(stripPixels / width)));
  const canvas = await canvasFor('strip', width, stripRows);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  for (let top = 0; top < height; top += stripRows) {
    const rows = Math.min(stripRows, height - top);
    context.fillRect(0, 0, width, stripRows);
    context.drawImage(image, 0, -top);
    const { data } = context.getImageData(0, 0, width, rows);
    const rgb = new Uint8Array(width * rows * 3);
    for (let at = 0, to = 0; at < width * rows * 4; at += 4) {
      rgb[to++] = data[at] ?? 0;
      rgb[to++] = data[at + 1] ?? 0;
      rgb[to++] = data[at + 2] ?? 0;
    }
    yield rgb;
  }
}
