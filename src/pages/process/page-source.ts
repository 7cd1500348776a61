// Opened files as sources of pages: a PDF page by page, an image as one page. Text comes from the PDF
// where it has one that can be trusted, else the picture is searched for words.

import { open } from 'node:fs/promises';
import type { ProcessSettings } from '../messages.ts';
import type { Page, PageImage, ReadBy } from '../page.ts';
import {
  brightness,
  checkedHeader,
  decodePicture,
  type PageCanvas,
  pictureOf,
  scaledOnWhite,
  toJpeg,
} from './canvas.ts';
import { isPdf } from './image-header.ts';
import { cleanTitle, type Line, textOf, titleOf } from './page-text.ts';
import { PdfFile, type PdfPage, type TextLayer } from './pdf-file.ts';
import { ReadProblem } from './problem.ts';
import { recognize } from './recognizer.ts';

/** One opened file. */
export interface PageSource {
  readonly content: 'pdf' | 'image';
  readonly pageCount: number;
  /** The page of this number, from 1. Throws ReadProblem and MissingPackage. */
  readPage(number: number): Promise<Page>;
  close(): void;
}

/** A page of pictures with fewer words in its text layer may be a scan with a stamp on it. */
const trustedWordsMin = 10;
const scanShareMin = 0.5;
/** So many characters without meaning make a text layer useless. */
const unknownShareMax = 0.3;
/** Recognition is best near 300 dots an inch; more than this of the longest edge only takes longer. */
const recognitionDotsPerPoint = 300 / 72;
const recognitionEdgeMax = 3_500;

interface WordsFound {
  readonly lines: readonly Line[];
  readonly readBy: ReadBy;
}

/** Opens a PDF or an image, whichever the bytes are. Throws ReadProblem and MissingPackage. */
export async function openSource(
  bytes: Uint8Array,
  settings: ProcessSettings,
): Promise<PageSource> {
  if (!isPdf(bytes)) {
    checkedHeader(bytes, settings.limits.pixelsMax);
    const readPage = async (): Promise<Page> => await readImagePage(bytes, settings);
    return { content: 'image', pageCount: 1, readPage, close: () => undefined };
  }
  const file = await PdfFile.open(bytes);
  const { pagesMax } = settings.limits;
  if (file.pageCount > 0 && file.pageCount <= pagesMax) return new PdfSource(file, settings);
  file.close();
  if (file.pageCount === 0) throw new ReadProblem('has no pages');
  throw new ReadProblem(`has ${file.pageCount} pages, more than the limit of ${pagesMax}`);
}

/** All bytes of a file that is not too large. Throws ReadProblem. */
export async function readBytes(path: string, bytesMax: number): Promise<Uint8Array> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ReadProblem(`can't be opened: ${code}`);
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new ReadProblem('is not a file');
    checkSize(found.size, bytesMax);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Throws ReadProblem for a file of more bytes than the limit. */
export function checkSize(bytes: number, bytesMax: number): void {
  if (bytes <= bytesMax) return;
  throw new ReadProblem(`has ${bytes} bytes, more than the limit of ${bytesMax}`);
}

/** The page that an image is. Throws ReadProblem and MissingPackage. */
export async function readImagePage(bytes: Uint8Array, settings: ProcessSettings): Promise<Page> {
  const picture = await decodePicture(bytes, settings.limits.pixelsMax);
  const found = await searchPicture(
    settings,
    async () => await scaledOnWhite(picture, recognitionEdgeMax, 'recognition'),
  );
  const image = await scaledOnWhite(picture, settings.imageEdge, 'image');
  return {
    number: 1,
    pageCount: 1,
    widthPoints: picture.width,
    heightPoints: picture.height,
    title: titleOf(found.lines),
    ...textOf(found.lines),
    readBy: found.readBy,
    ...(await imagesOf(image, settings)),
  };
}

class PdfSource implements PageSource {
  readonly content = 'pdf';
  readonly pageCount: number;
  readonly #file: PdfFile;
  readonly #settings: ProcessSettings;
  #title: string;

  constructor(file: PdfFile, settings: ProcessSettings) {
    this.pageCount = file.pageCount;
    this.#file = file;
    this.#settings = settings;
    this.#title = cleanTitle(file.readMetadataTitle());
  }

  async readPage(number: number): Promise<Page> {
    using page = this.#file.openPage(number);
    const { widthPoints, heightPoints } = page;
    if (!(widthPoints > 0 && heightPoints > 0)) {
      throw new ReadProblem(`is ${widthPoints} x ${heightPoints} points large`);
    }
    const layer = page.readText();
    const found = await this.#findWords(page, layer);
    this.#title ||= this.#firstTitle(number, found.lines);
    const image = await pictureOf(page.render(this.#settings.imageEdge));
    return {
      number,
      pageCount: this.pageCount,
      widthPoints,
      heightPoints,
      title: this.#title,
      ...textOf(found.lines),
      readBy: found.readBy,
      ...(await imagesOf(image, this.#settings)),
    };
  }

  close(): void {
    this.#file.close();
  }

  async #findWords(page: PdfPage, layer: TextLayer): Promise<WordsFound> {
    const wordCount = layer.lines.reduce((sum, line) => sum + line.length, 0);
    const isReadable = layer.unknownCount <= unknownShareMax * layer.characterCount;
    const fromLayer: WordsFound = {
      lines: isReadable ? layer.lines : [],
      readBy: wordCount > 0 && isReadable ? 'text-layer' : 'nothing',
    };
    const isScan = wordCount < trustedWordsMin && page.pictureShare() >= scanShareMin;
    const isTrusted = fromLayer.readBy === 'text-layer' && !isScan;
    if (isTrusted || this.#settings.recognition === 'never') return fromLayer;
    const longest = Math.max(page.widthPoints, page.heightPoints);
    const edge = Math.min(longest * recognitionDotsPerPoint, recognitionEdgeMax);
    const draw = async (): Promise<PageCanvas> => await pictureOf(page.render(edge));
    const found = await searchPicture(this.#settings, draw);
    const foundCount = found.lines.reduce((sum, line) => sum + line.length, 0);
    return isReadable && wordCount >= foundCount ? fromLayer : found;
  }

  /** Every page has the title of the file, whichever is read first. */
  #firstTitle(number: number, lines: readonly Line[]): string {
    if (number === 1) return titleOf(lines);
    using first = this.#file.openPage(1);
    return titleOf(first.readText().lines);
  }
}

async function searchPicture(
  { recognition }: ProcessSettings,
  draw: () => Promise<PageCanvas>,
): Promise<WordsFound> {
  if (recognition === 'never') return { lines: [], readBy: 'nothing' };
  const canvas = await draw();
  const { width, height } = canvas;
  const lines = await recognize({ width, height, gray: brightness(canvas) });
  return { lines, readBy: lines.length > 0 ? 'ocr' : 'nothing' };
}

async function imagesOf(
  canvas: PageCanvas,
  { thumbnailEdge, jpegQuality }: ProcessSettings,
): Promise<{ readonly image: PageImage; readonly thumbnail: PageImage }> {
  return {
    image: toJpeg(canvas, jpegQuality),
    thumbnail: toJpeg(await scaledOnWhite(canvas, thumbnailEdge, 'thumbnail'), jpegQuality),
  };
}
