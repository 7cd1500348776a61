// A page as ingest, the vectorizers and the heat map see it: its words with their boxes, its text, and
// its picture. Data only; `page-reader.ts` makes pages of files.

/** A word and its box: 0 to 1 of the width and height of the page as it is shown, origin top left. */
export interface PageWord {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture as JPEG; width and height in pixels. */
export interface PageImage {
  readonly type: 'image/jpeg';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Where the words of a page came from: the text in the PDF, recognition of the picture, or there are none. */
export type ReadBy = 'text-layer' | 'ocr' | 'nothing';

/** One page of a PDF, or a whole image, upright as a viewer shows it. */
export interface Page {
  /** From 1; an image is page 1 of 1. */
  readonly number: number;
  readonly pageCount: number;
  /** Size as shown, in points (1/72 inch); of an image one point a pixel. */
  readonly widthPoints: number;
  readonly heightPoints: number;
  /** Of the document: from its metadata, else its first large line, else ''. */
  readonly title: string;
  /** The words in reading order, with spaces and line breaks between them. */
  readonly text: string;
  readonly words: readonly PageWord[];
  /** For each word the offset in `text` (UTF-16) at which it starts. */
  readonly wordStarts: readonly number[];
  readonly readBy: ReadBy;
  readonly image: PageImage;
  readonly thumbnail: PageImage;
}

/** A file by its path, or by its bytes; the name is for messages only. */
export interface PageFile {
  readonly name: string;
  readonly path?: string | undefined;
  readonly bytes?: Uint8Array | undefined;
}

/** One page, or why there is none: `number` is missing when the whole file is meant. */
export type PageItem =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'failed'; readonly number?: number; readonly message: string };

/** A decoded picture, upright: `rgb` is [height x width x 3], on white where it was transparent. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array<ArrayBuffer>;
}
