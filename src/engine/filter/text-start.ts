// How a text begins, as numbers that sort like the texts: sorted fetches compare them for all documents
// and read the texts of few. Stored in segments: docs/format/columns.md.

/**
 * Writes the first eight bytes of the UTF-8 form of the text in small letters, zeros behind its end, to
 * `into[at]` and `into[at + 1]`, the first byte highest. Of two texts in the order of compareTerms in
 * small letters, the first one's words are not greater.
 */
export function writeTextStart(text: string, into: Uint32Array, at: number): void {
  // Eight bytes are at most eight characters; more of the text could only matter to letters that look
  // at what follows them.
  const start = text.slice(0, charactersRead).toLowerCase();
  let count = 0;
  let high = 0;
  let low = 0;
  for (const character of start) {
    if (count >= 8) break;
    const code = character.codePointAt(0) ?? 0;
    const length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let index = 0; index < length && count < 8; index += 1) {
      const byte = byteOf(code, index, length);
      if (count < 4) high |= byte << (24 - 8 * count);
      else low |= byte << (56 - 8 * count);
      count += 1;
    }
  }
  into[at] = high >>> 0;
  into[at + 1] = low >>> 0;
}

const charactersRead = 32;

/** Byte `index` of the `length` bytes of a code point. */
function byteOf(code: number, index: number, length: number): number {
  if (length === 1) return code;
  const bits = code >>> (6 * (length - 1 - index));
  if (index > 0) return 0x80 | (bits & 0x3f);
  return ((0xf00 >>> length) & 0xff) | bits;
}
