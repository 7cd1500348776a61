// Files that mean harm or are broken, each made from a few lines: none may stop a reader, and what can be
// read of them is read.

import { createHash } from 'node:crypto';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import { PdfWriter, text, writePdf } from './pdf-writer.ts';

/** A file, and what must come of it: pages that are read, or a message that matches. */
export interface HostileFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly expect:
    | { readonly kind: 'pages'; readonly count: number; readonly text?: string }
    | { readonly kind: 'failed'; readonly message: RegExp; readonly number?: number };
}

const letter = { width: 612, height: 792 };
const plain: Uint8Array = writePdf({
  pages: [{ ...letter, drawn: [text('An honest page of text', 72, 700)] }],
});

/** Broken and misleading files that a reader with its usual limits meets. */
export function brokenFiles(): HostileFile[] {
  const failed = (name: string, bytes: Uint8Array, message: RegExp): HostileFile => ({
    name,
    bytes,
    expect: { kind: 'failed', message },
  });
  const read = (name: string, bytes: Uint8Array, content: string): HostileFile => ({
    name,
    bytes,
    expect: { kind: 'pages', count: 1, text: content },
  });
  const zip = Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 0, 0]);
  return [
    failed('empty.pdf', new Uint8Array(), /^empty\.pdf is empty$/),
    failed('renamed.pdf', zip, /^renamed\.pdf is neither .* ZIP archive/),
    failed('words.png', Buffer.from('only words'), /^words\.png is neither a PDF nor a PNG/),
    failed('head-only.pdf', Buffer.from('%PDF-1.7\n'), /^head-only\.pdf is damaged or not a PDF$/),
    failed('locked.pdf', encryptedPdf(), /^locked\.pdf is encrypted and needs a password$/),
    failed('half.pdf', plain.subarray(0, plain.length >> 2), /^(page 1 of )?half\.pdf /),
    failed('huge.png', hugePng(), /^huge\.png has 100000 x 100000 = 10000000000 pixels, more than/),
    failed('cut.png', hugePng(8).subarray(0, 20), /^cut\.png ends within its header/),
    failed('no-data.png', hugePng(8), /^no-data\.png is a damaged png image/),
    read('broken-table.pdf', brokenTablePdf(), 'An honest page of text'),
    read('cut-end.pdf', plain.subarray(0, plain.length - 12), 'An honest page of text'),
    read('countless.pdf', countlessPdf(), 'An honest page of text'),
    read('script.pdf', scriptPdf(), 'An honest page of text'),
    read('wall.pdf', wallPdf(), 'On a wall'),
    read('circle.pdf', circlePdf(), 'An honest page of text'),
    read('huge-picture.pdf', hugePicturePdf(), 'An honest page of text'),
  ];
}

/** Its cross-reference table points anywhere. */
function brokenTablePdf(): Uint8Array {
  const content = Buffer.from(plain).toString('latin1');
  const broken = content
    .replace(/\d{10} 00000 n/g, '0000000007 00000 n')
    .replace(/startxref\n\d+/, 'startxref\n99999999');
  return Buffer.from(broken, 'latin1');
}

/** Asks to run a script, fetch a page and start a program when opened. */
function scriptPdf(): Uint8Array {
  const script = 'while (true) { app.alert(1); }';
  return writePdf({
    pages: [{ ...letter, drawn: [text('An honest page of text', 72, 700)] }],
    catalog:
      `/OpenAction << /S /JavaScript /JS (${script.replace(/[()]/g, '\\$&')}) ` +
      '/Next [<< /S /URI /URI (http://localhost:9/x) >> << /S /Launch /F (/bin/sh) >>] >>',
  });
}

/** A page of a hundred thousand points. */
function wallPdf(): Uint8Array {
  const side = 100_000;
  const drawn = [text('On a wall', side / 10, side / 2, side / 20)];
  return writePdf({ pages: [{ width: side, height: side, drawn }] });
}

/** The tree of pages holds itself. */
function circlePdf(): Uint8Array {
  const content = Buffer.from(plain).toString('latin1');
  return Buffer.from(content.replace(/\/Kids \[(\d+) 0 R\]/, '/Kids [$1 0 R 1 0 R]'), 'latin1');
}

/** Holds a picture of 10^10 pixels, of which there are a few bytes. */
function hugePicturePdf(): Uint8Array {
  const writer = new PdfWriter();
  const tree = writer.add('');
  const font = writer.add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const picture = writer.addStream(
    '/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB ' +
      '/BitsPerComponent 8 /Filter /FlateDecode',
    deflateSync(Buffer.alloc(2 ** 20)),
  );
  const words = 'BT /F1 12 Tf 72 700 Td (An honest page of text) Tj ET';
  const content = writer.addStream('', Buffer.from(`q 600 0 0 600 0 0 cm /P Do Q ${words}`));
  const page = writer.add(
    `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 612 792] /Contents ${content} 0 R ` +
      `/Resources << /Font << /F1 ${font} 0 R >> /XObject << /P ${picture} 0 R >> >> >>`,
  );
  writer.set(tree, `<< /Type /Pages /Count 1 /Kids [${page} 0 R] >>`);
  return writer.finish(writer.add(`<< /Type /Catalog /Pages ${tree} 0 R >>`));
}

/** Claims a thousand million pages. */
function countlessPdf(): Uint8Array {
  const content = Buffer.from(plain).toString('latin1');
  return Buffer.from(content.replace('/Count 1', '/Count 1000000000'), 'latin1');
}

/** The beginning of a PNG of this many pixels each way, without any. */
export function hugePng(side = 100_000): Uint8Array {
  const png = Buffer.alloc(33);
  png.write('\x89PNG\r\n\x1a\n', 'latin1');
  png.writeUInt32BE(13, 8);
  png.write('IHDR', 12, 'latin1');
  png.writeUInt32BE(side, 16);
  png.writeUInt32BE(side, 20);
  png.set([8, 6, 0, 0, 0], 24);
  return png;
}

const padding = Buffer.from(
  '28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a',
  'hex',
);

/** Encrypted with 40-bit RC4 and a password that nobody gives (PDF 1.7, algorithms 3.2 to 3.4). */
function encryptedPdf(): Uint8Array {
  const md5 = (...parts: Uint8Array[]): Buffer =>
    createHash('md5').update(Buffer.concat(parts)).digest().subarray(0, 5);
  const padded = Buffer.concat([Buffer.from('secret'), padding]).subarray(0, 32);
  const id = Buffer.alloc(16, 7);
  const permissions = Buffer.from([0xfc, 0xff, 0xff, 0xff]);
  const owner = rc4(md5(padded), padded);
  const user = rc4(md5(padded, owner, permissions, id), padding);
  return writePdf({
    pages: [{ ...letter, drawn: [text('An honest page of text', 72, 700)] }],
    trailer:
      `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${owner.toString('hex')}> ` +
      `/U <${user.toString('hex')}> >> /ID [<${id.toString('hex')}> <${id.toString('hex')}>]`,
  });
}

/** OpenSSL keeps RC4 in its legacy part, so here are its ten lines. */
function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const swap = (a: number, b: number): void => {
    [state[a], state[b]] = [state[b]!, state[a]!];
  };
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + state[i]! + key[i % key.length]!) & 255;
    swap(i, j);
  }
  const out = Buffer.alloc(data.length);
  for (let at = 0, i = 0, j = 0; at < data.length; at++) {
    i = (i + 1) & 255;
    j = (j + state[i]!) & 255;
    swap(i, j);
    out[at] = data[at]! ^ state[(state[i]! + state[j]!) & 255]!;
  }
  return out;
}

/** A page whose content is `mebibytes` of spaces, packed a thousand times smaller. */
export function decompressionBomb(mebibytes: number): Uint8Array {
  // A block that ends with a full flush stands for itself, so it can be repeated as it is.
  const block = deflateRawSync(Buffer.alloc(2 ** 20, ' '), {
    finishFlush: constants.Z_FULL_FLUSH,
  });
  const blocks = Array.from({ length: mebibytes }, () => block);
  const end = Buffer.from([0x03, 0x00, 0, 0, 0, 0]);
  const packed = Buffer.concat([Buffer.from([0x78, 0x9c]), ...blocks, end]);
  const writer = new PdfWriter();
  const tree = writer.add('');
  const content = writer.addStream('/Filter /FlateDecode', packed);
  const page = writer.add(
    `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 612 792] /Contents ${content} 0 R >>`,
  );
  writer.set(tree, `<< /Type /Pages /Count 1 /Kids [${page} 0 R] >>`);
  return writer.finish(writer.add(`<< /Type /Catalog /Pages ${tree} 0 R >>`));
}

/** Three pages; the color of each pixel of the second takes a program of this many steps, to nothing. */
export function endlessPage(steps = 4_000_000): Uint8Array {
  const writer = new PdfWriter();
  const tree = writer.add('');
  const font = writer.add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const program = writer.addStream(
    '/FunctionType 4 /Domain [0 612 0 792] /Range [0 1] /Filter /FlateDecode',
    deflateSync(`{ pop pop ${'1 pop '.repeat(steps / 2)} 0.5 }`),
  );
  const page = (content: string): number => {
    const stream = writer.addStream('', Buffer.from(content));
    return writer.add(
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 612 792] /Contents ${stream} 0 R ` +
        `/Resources << /Font << /F1 ${font} 0 R >> /Shading << /S << /ShadingType 1 ` +
        `/ColorSpace /DeviceGray /Domain [0 612 0 792] /Function ${program} 0 R >> >> >> >>`,
    );
  };
  const words = (content: string): string => `BT /F1 12 Tf 72 700 Td (${content}) Tj ET`;
  const kids = [page(words('Before')), page('/S sh'), page(words('After'))];
  const list = kids.map((kid) => `${kid} 0 R`).join(' ');
  writer.set(tree, `<< /Type /Pages /Count ${kids.length} /Kids [${list}] >>`);
  return writer.finish(writer.add(`<< /Type /Catalog /Pages ${tree} 0 R >>`));
}
