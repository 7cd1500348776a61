// Writes small PDFs for tests: pages with text at known places, pictures, and whatever a reader must not
// trust. Text is in Helvetica, which every reader has.

/** What is drawn on a page; places in points from the lower left corner. */
export type Drawn =
  | { readonly kind: 'text'; readonly text: string; x: number; y: number; size: number }
  | { readonly kind: 'jpeg'; readonly bytes: Uint8Array; width: number; height: number }
  | { readonly kind: 'operators'; readonly operators: string };

export interface PdfPageInput {
  /** In points; letter by default. */
  readonly width?: number;
  readonly height?: number;
  readonly rotate?: 0 | 90 | 180 | 270;
  readonly cropBox?: readonly [left: number, bottom: number, right: number, top: number];
  readonly drawn: readonly Drawn[];
  /** Filled fields of a form: their words are in annotations, not in the page's content. */
  readonly fields?: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  /** Entries of the page's resources besides its font and pictures. */
  readonly resources?: string;
}

export interface PdfInput {
  readonly pages: readonly PdfPageInput[];
  readonly title?: string;
  /** More entries of the catalog and of the trailer, such as an action or an encryption. */
  readonly catalog?: string;
  readonly trailer?: string;
}

/** A text at a place. */
export function text(content: string, x: number, y: number, size = 12): Drawn {
  return { kind: 'text', text: content, x, y, size };
}

const latin1 = (content: string): Uint8Array => Uint8Array.from(Buffer.from(content, 'latin1'));

/** Objects get their numbers in the order in which they are added, from 1. */
export class PdfWriter {
  readonly #objects: Uint8Array[] = [];

  /** Adds an object and gives its number. */
  add(body: string | Uint8Array): number {
    this.#objects.push(typeof body === 'string' ? latin1(body) : body);
    return this.#objects.length;
  }

  addStream(entries: string, data: Uint8Array): number {
    const head = latin1(`<< ${entries} /Length ${data.length} >>\nstream\n`);
    return this.add(Buffer.concat([head, data, latin1('\nendstream')]));
  }

  /** Replaces an object that had to be named before it was known. */
  set(number: number, body: string): void {
    this.#objects[number - 1] = latin1(body);
  }

  finish(root: number, trailer = ''): Uint8Array {
    const parts: Uint8Array[] = [latin1('%PDF-1.7\n')];
    const starts: number[] = [];
    let at = parts[0]?.length ?? 0;
    for (const [index, body] of this.#objects.entries()) {
      const object = Buffer.concat([latin1(`${index + 1} 0 obj\n`), body, latin1('\nendobj\n')]);
      starts.push(at);
      at += object.length;
      parts.push(object);
    }
    const rows = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('');
    const size = this.#objects.length + 1;
    parts.push(
      latin1(
        `xref\n0 ${size}\n0000000000 65535 f \n${rows}` +
          `trailer\n<< /Size ${size} /Root ${root} 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`,
      ),
    );
    return Uint8Array.from(Buffer.concat(parts));
  }
}

/** The bytes of a PDF. */
export function writePdf(input: PdfInput): Uint8Array {
  const writer = new PdfWriter();
  const tree = writer.add('');
  const font = writer.add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const kids = input.pages.map((page) => addPage(writer, page, tree, font));
  const list = kids.map((kid) => `${kid} 0 R`).join(' ');
  writer.set(tree, `<< /Type /Pages /Count ${kids.length} /Kids [${list}] >>`);
  const root = writer.add(`<< /Type /Catalog /Pages ${tree} 0 R ${input.catalog ?? ''} >>`);
  const { title } = input;
  const info =
    title === undefined ? '' : `/Info ${writer.add(`<< /Title (${escaped(title)}) >>`)} 0 R`;
  return writer.finish(root, `${info} ${input.trailer ?? ''}`);
}

function addPage(writer: PdfWriter, page: PdfPageInput, tree: number, font: number): number {
  const pictures: string[] = [];
  const operators = page.drawn.map((drawn) => {
    if (drawn.kind === 'operators') return drawn.operators;
    if (drawn.kind === 'text') {
      const { x, y, size } = drawn;
      return `BT /F1 ${size} Tf ${x} ${y} Td (${escaped(drawn.text)}) Tj ET`;
    }
    const number = writer.addStream(
      `/Type /XObject /Subtype /Image /Width ${drawn.width} /Height ${drawn.height} ` +
        '/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode',
      drawn.bytes,
    );
    pictures.push(`/P${number} ${number} 0 R`);
    return `q ${page.width ?? 612} 0 0 ${page.height ?? 792} 0 0 cm /P${number} Do Q`;
  });
  const content = writer.addStream('', latin1(operators.join('\n')));
  const fields = (page.fields ?? []).map(({ text: value, x, y }) => {
    const look = writer.addStream(
      `/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F1 ${font} 0 R >> >>`,
      latin1(`BT /F1 12 Tf 2 5 Td (${escaped(value)}) Tj ET`),
    );
    return writer.add(
      `<< /Type /Annot /Subtype /Widget /FT /Tx /T (field) /V (${escaped(value)}) /F 4 ` +
        `/Rect [${x} ${y} ${x + 200} ${y + 20}] /AP << /N ${look} 0 R >> >>`,
    );
  });
  const annotations = `/Annots [${fields.map((field) => `${field} 0 R`).join(' ')}]`;
  const crop = page.cropBox === undefined ? '' : `/CropBox [${page.cropBox.join(' ')}]`;
  const xObjects = pictures.length === 0 ? '' : `/XObject << ${pictures.join(' ')} >>`;
  return writer.add(
    `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 ${page.width ?? 612} ${page.height ?? 792}] ` +
      `${crop} ${annotations} /Rotate ${page.rotate ?? 0} /Contents ${content} 0 R ` +
      `/Resources << /Font << /F1 ${font} 0 R >> ${xObjects} ${page.resources ?? ''} >> >>`,
  );
}

function escaped(content: string): string {
  return content.replace(/[\\()]/g, '\\$&');
}
