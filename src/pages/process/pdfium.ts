// The part of PDFium's C interface that is used, as the WebAssembly build exports it. This build has no
// JavaScript engine and no network: what a PDF wants to run or fetch is only bytes.

/** Pointers are numbers; `double` and `float` results go through memory. */
export interface Pdfium {
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  readonly wasmExports: {
    readonly malloc: (bytes: number) => number;
    readonly free: (pointer: number) => void;
  };
  readonly _FPDF_InitLibrary: () => void;
  readonly _FPDF_LoadMemDocument: (bytes: number, length: number, password: number) => number;
  readonly _FPDF_GetLastError: () => number;
  readonly _FPDF_CloseDocument: (document: number) => void;
  readonly _FPDF_GetPageCount: (document: number) => number;
  readonly _FPDF_GetMetaText: (
    document: number,
    tag: number,
    buffer: number,
    length: number,
  ) => number;
  readonly _FPDF_LoadPage: (document: number, index: number) => number;
  readonly _FPDF_ClosePage: (page: number) => void;
  readonly _FPDF_GetPageWidthF: (page: number) => number;
  readonly _FPDF_GetPageHeightF: (page: number) => number;
  readonly _FPDFPage_GetAnnotCount: (page: number) => number;
  readonly _FPDFPage_Flatten: (page: number, usage: number) => number;
  readonly _FPDFPage_CountObjects: (page: number) => number;
  readonly _FPDFPage_GetObject: (page: number, index: number) => number;
  readonly _FPDFPageObj_GetType: (object: number) => number;
  readonly _FPDFPageObj_GetBounds: (
    object: number,
    left: number,
    bottom: number,
    right: number,
    top: number,
  ) => number;
  readonly _FPDF_PageToDevice: (
    page: number,
    startX: number,
    startY: number,
    sizeX: number,
    sizeY: number,
    rotate: number,
    pageX: number,
    pageY: number,
    deviceX: number,
    deviceY: number,
  ) => number;
  readonly _FPDFText_LoadPage: (page: number) => number;
  readonly _FPDFText_ClosePage: (textPage: number) => void;
  readonly _FPDFText_CountChars: (textPage: number) => number;
  readonly _FPDFText_GetUnicode: (textPage: number, index: number) => number;
  readonly _FPDFText_HasUnicodeMapError: (textPage: number, index: number) => number;
  readonly _FPDFText_GetLooseCharBox: (textPage: number, index: number, box: number) => number;
  readonly _FPDFBitmap_CreateEx: (
    width: number,
    height: number,
    format: number,
    pixels: number,
    stride: number,
  ) => number;
  readonly _FPDFBitmap_FillRect: (
    bitmap: number,
    left: number,
    top: number,
    width: number,
    height: number,
    color: number,
  ) => void;
  readonly _FPDFBitmap_Destroy: (bitmap: number) => void;
  readonly _FPDF_RenderPageBitmap: (
    bitmap: number,
    page: number,
    startX: number,
    startY: number,
    sizeX: number,
    sizeY: number,
    rotate: number,
    flags: number,
  ) => void;
}

/** Every function above; the package's own types name only some of them. */
const functions: readonly (keyof Pdfium)[] = [
  '_FPDF_InitLibrary',
  '_FPDF_LoadMemDocument',
  '_FPDF_GetLastError',
  '_FPDF_CloseDocument',
  '_FPDF_GetPageCount',
  '_FPDF_GetMetaText',
  '_FPDF_LoadPage',
  '_FPDF_ClosePage',
  '_FPDF_GetPageWidthF',
  '_FPDF_GetPageHeightF',
  '_FPDFPage_GetAnnotCount',
  '_FPDFPage_Flatten',
  '_FPDFPage_CountObjects',
  '_FPDFPage_GetObject',
  '_FPDFPageObj_GetType',
  '_FPDFPageObj_GetBounds',
  '_FPDF_PageToDevice',
  '_FPDFText_LoadPage',
  '_FPDFText_ClosePage',
  '_FPDFText_CountChars',
  '_FPDFText_GetUnicode',
  '_FPDFText_HasUnicodeMapError',
  '_FPDFText_GetLooseCharBox',
  '_FPDFBitmap_CreateEx',
  '_FPDFBitmap_FillRect',
  '_FPDFBitmap_Destroy',
  '_FPDF_RenderPageBitmap',
];

/** The module as this interface, initialised. Throws an Error that names a function it does not have. */
export function initialisePdfium(module: object): Pdfium {
  const missing = functions.filter((name) => typeof Reflect.get(module, name) !== 'function');
  if (missing.length > 0) {
    throw new Error(`this build of @hyzyla/pdfium has no ${missing.join(', ')}`);
  }
  const pdfium = module as Pdfium;
  pdfium._FPDF_InitLibrary();
  return pdfium;
}

/** Errors of FPDF_GetLastError. */
export const pdfErrors: Readonly<Record<number, string>> = {
  2: 'can not be opened',
  3: 'is damaged or not a PDF',
  4: 'is encrypted and needs a password',
  5: 'is protected in a way that is not known',
  6: 'has a damaged page',
};

/** Format of a bitmap: four bytes a pixel, the last unused; its order is turned by `renderFlags`. */
export const bitmapFormat = 3;
/** Annotations, red first, and a small cache for images: 0x01, 0x10, 0x200. */
export const renderFlags = 0x211;
/** FPDFPage_Flatten: as shown on a screen; its answer when something changed. */
export const flattenForScreen = 0;
export const flattenDone = 1;
/** FPDFPageObj_GetType: pictures, and forms, which hold whatever they want. */
export const pictureObjects: readonly number[] = [3, 5];
