// An open PDF: pages, their text with boxes, their pictures. What stops PDFium (it aborts when memory
// is refused) throws no ReadProblem, and the whole process is done for.

import { pageCharactersMax } from '../limits.ts';
import type { Pixels } from './canvas.ts';
import { LineBuilder } from './line-builder.ts';
import type { Line } from './page-text.ts';
import {
  bitmapFormat,
  flattenDone,
  flattenForScreen,
  initialisePdfium,
  type Pdfium,
  pdfErrors,
  pictureObjects,
  renderFlags,
} from './pdfium.ts';
import { MissingPackage, ReadProblem } from './problem.ts';

let loading: Promise<Pdfium> | undefined;

async function load(): Promise<Pdfium> {
  loading ??= (async () => {
    const imported = await import('@hyzyla/pdfium').catch((error: unknown) => {
      throw new MissingPackage('@hyzyla/pdfium', error);
    });
    return initialisePdfium(await imported.PDFiumModule({}));
  })();
  return await loading;
}

/** Lines of a page, and how far they can be trusted. */
export interface TextLayer {
  readonly lines: readonly Line[];
  readonly characterCount: number;
  /** Characters of which the PDF does not say what they mean. */
  readonly unknownCount: number;
}

/** Corners are asked for in these units of the page: fine enough, and whole numbers of 32 bits. */
const deviceUnits = 2 ** 20;
/** Room for four floats or two integers, for results through memory. */
const scratchBytes = 32;
const titleBytesMax = 4_096;
/** A scan is one of the first things on its page. */
const pictureSearchMax = 10_000;

export class PdfFile {
  readonly pageCount: number;
  readonly #pdfium: Pdfium;
  readonly #bytes: number;
  readonly #document: number;

  private constructor(pdfium: Pdfium, bytes: number, document: number) {
    this.#pdfium = pdfium;
    this.#bytes = bytes;
    this.#document = document;
    this.pageCount = pdfium._FPDF_GetPageCount(document);
  }

  /** Throws ReadProblem when it can't be opened. The bytes are copied. */
  static async open(bytes: Uint8Array): Promise<PdfFile> {
    const pdfium = await load();
    const pointer = allocate(pdfium, bytes.length);
    pdfium.HEAPU8.set(bytes, pointer);
    const document = pdfium._FPDF_LoadMemDocument(pointer, bytes.length, 0);
    if (document !== 0) return new PdfFile(pdfium, pointer, document);
    const problem = pdfErrors[pdfium._FPDF_GetLastError()] ?? 'is damaged';
    pdfium.wasmExports.free(pointer);
    throw new ReadProblem(problem);
  }

  /** As the file has it; '' when it has none. */
  readMetadataTitle(): string {
    const pdfium = this.#pdfium;
    const tag = new TextEncoder().encode('Title\0');
    const pointer = allocate(pdfium, tag.length + titleBytesMax);
    pdfium.HEAPU8.set(tag, pointer);
    const buffer = pointer + tag.length;
    const length = pdfium._FPDF_GetMetaText(this.#document, pointer, buffer, titleBytesMax);
    // The length is what is needed, with a zero at the end; a longer title than fits is left alone.
    const isThere = length > 2 && length <= titleBytesMax;
    const bytes = isThere ? pdfium.HEAPU8.slice(buffer, buffer + length - 2) : new Uint8Array();
    pdfium.wasmExports.free(pointer);
    return new TextDecoder('utf-16le').decode(bytes);
  }

  /** The page of this number, from 1; to be closed before the next. Throws ReadProblem. */
  openPage(number: number): PdfPage {
    const pdfium = this.#pdfium;
    const page = this.#loadPage(number);
    // Filled forms and comments become part of the page, so that their text is found too.
    if (pdfium._FPDFPage_GetAnnotCount(page) === 0) return new PdfPage(pdfium, page);
    const flattened = pdfium._FPDFPage_Flatten(page, flattenForScreen);
    if (flattened !== flattenDone) return new PdfPage(pdfium, page);
    pdfium._FPDF_ClosePage(page);
    return new PdfPage(pdfium, this.#loadPage(number));
  }

  close(): void {
    this.#pdfium._FPDF_CloseDocument(this.#document);
    this.#pdfium.wasmExports.free(this.#bytes);
  }

  #loadPage(number: number): number {
    const page = this.#pdfium._FPDF_LoadPage(this.#document, number - 1);
    if (page === 0) throw new ReadProblem('is damaged');
    return page;
  }
}

export class PdfPage implements Disposable {
  /** As shown, with the page's rotation and crop box. */
  readonly widthPoints: number;
  readonly heightPoints: number;
  readonly #pdfium: Pdfium;
  readonly #page: number;

  constructor(pdfium: Pdfium, page: number) {
    this.#pdfium = pdfium;
    this.#page = page;
    this.widthPoints = pdfium._FPDF_GetPageWidthF(page);
    this.heightPoints = pdfium._FPDF_GetPageHeightF(page);
  }

  /** Throws ReadProblem for a page with more characters than are read. */
  readText(): TextLayer {
    const pdfium = this.#pdfium;
    const textPage = pdfium._FPDFText_LoadPage(this.#page);
    if (textPage === 0) return { lines: [], characterCount: 0, unknownCount: 0 };
    const scratch = allocate(pdfium, scratchBytes);
    try {
      const count = pdfium._FPDFText_CountChars(textPage);
      if (count <= pageCharactersMax) return this.#readCharacters(textPage, count, scratch);
      throw new ReadProblem(`has ${count} characters, more than the limit of ${pageCharactersMax}`);
    } finally {
      pdfium.wasmExports.free(scratch);
      pdfium._FPDFText_ClosePage(textPage);
    }
  }

  /** Share of the page that pictures may cover, 0 to 1; those on top of each other count each. */
  pictureShare(): number {
    const pdfium = this.#pdfium;
    const scratch = allocate(pdfium, scratchBytes);
    const count = Math.min(pictureSearchMax, pdfium._FPDFPage_CountObjects(this.#page));
    let area = 0;
    for (let index = 0; index < count; index++) {
      const object = pdfium._FPDFPage_GetObject(this.#page, index);
      if (!pictureObjects.includes(pdfium._FPDFPageObj_GetType(object))) continue;
      const [left, bottom, right, top] = [scratch, scratch + 4, scratch + 8, scratch + 12];
      if (pdfium._FPDFPageObj_GetBounds(object, left, bottom, right, top) === 0) continue;
      const view = new DataView(pdfium.HEAPU8.buffer, scratch, scratchBytes);
      const at = (offset: number): number => view.getFloat32(offset, true);
      area += Math.abs((at(8) - at(0)) * (at(12) - at(4)));
    }
    pdfium.wasmExports.free(scratch);
    return Math.min(1, area / (this.widthPoints * this.heightPoints));
  }

  /** The page on white, its longest edge `edge` pixels. */
  render(edge: number): Pixels {
    const pdfium = this.#pdfium;
    const scale = edge / Math.max(this.widthPoints, this.heightPoints);
    const width = Math.max(1, Math.round(this.widthPoints * scale));
    const height = Math.max(1, Math.round(this.heightPoints * scale));
    const pointer = allocate(pdfium, width * height * 4);
    const bitmap = pdfium._FPDFBitmap_CreateEx(width, height, bitmapFormat, pointer, width * 4);
    try {
      pdfium._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffff_ffff);
      pdfium._FPDF_RenderPageBitmap(bitmap, this.#page, 0, 0, width, height, 0, renderFlags);
      const end = pointer + width * height * 4;
      const rgba = new Uint8ClampedArray(pdfium.HEAPU8.slice(pointer, end).buffer);
      for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
      return { width, height, rgba };
    } finally {
      pdfium._FPDFBitmap_Destroy(bitmap);
      pdfium.wasmExports.free(pointer);
    }
  }

  [Symbol.dispose](): void {
    this.#pdfium._FPDF_ClosePage(this.#page);
  }

  #readCharacters(textPage: number, count: number, scratch: number): TextLayer {
    const pdfium = this.#pdfium;
    const builder = new LineBuilder((box) => this.#toShown(box, scratch));
    let unknownCount = 0;
    for (let index = 0; index < count; index++) {
      const code = pdfium._FPDFText_GetUnicode(textPage, index);
      if (builder.isBreak(code)) continue;
      if (pdfium._FPDFText_HasUnicodeMapError(textPage, index) === 1) unknownCount++;
      const hasBox = pdfium._FPDFText_GetLooseCharBox(textPage, index, scratch) !== 0;
      const view = new DataView(pdfium.HEAPU8.buffer, scratch, scratchBytes);
      const at = (offset: number): number => (hasBox ? view.getFloat32(offset, true) : Number.NaN);
      builder.add(code, { left: at(0), top: at(4), right: at(8), bottom: at(12) });
    }
    return { lines: builder.finish(), characterCount: builder.characterCount, unknownCount };
  }

  /** A point of the page's own space, as shares of the page as it is shown. */
  #toShown([x, y]: readonly [number, number], scratch: number): readonly [number, number] {
    const pdfium = this.#pdfium;
    const units = deviceUnits;
    pdfium._FPDF_PageToDevice(this.#page, 0, 0, units, units, 0, x, y, scratch, scratch + 4);
    const view = new DataView(pdfium.HEAPU8.buffer, scratch, scratchBytes);
    return [view.getInt32(0, true) / units, view.getInt32(4, true) / units];
  }
}

/** Throws an Error when there is no more memory; PDFium itself stops then. */
function allocate(pdfium: Pdfium, bytes: number): number {
  const pointer = pdfium.wasmExports.malloc(Math.max(1, bytes));
  if (pointer === 0) throw new Error(`no room for ${bytes} bytes`);
  return pointer;
}
