// 64 bits that stand for a text, so that equal texts are counted without comparing or keeping them. Stored
// in segments: the numbers that a text gets never change within a format. Description: docs/format/columns.md.

/**
 * Writes the two words of a text's fingerprint to `into[at]` and `into[at + 1]`. Of a million different
 * texts, two have the same one with a probability of 3 in 10^8.
 */
export function writeFingerprint(text: string, into: Uint32Array, at: number): void {
  const { length } = text;
  let a = (length ^ 0x243f6a88) | 0;
  let b = 0x13198a2e;
  // Two UTF-16 units at a time; the last one of an odd length stands alone. Each step can be undone when
  // its word is known, so nothing of what came before is lost.
  for (let i = 0; i < length; i += 2) {
    const second = i + 1 < length ? text.charCodeAt(i + 1) : 0;
    const word = text.charCodeAt(i) | (second << 16);
    a = Math.imul(a ^ word, 0x2c1b3c6d);
    a = (((a << 13) | (a >>> 19)) + b) | 0;
    b = Math.imul(b ^ ((word << 16) | (word >>> 16)), 0x297a2d39);
    b = ((b << 17) | (b >>> 15)) ^ a;
  }
  a = mixed((a ^ b) | 0);
  b = mixed((a + b) | 0);
  into[at] = (a + b) | 0;
  into[at + 1] = b;
}

/** Every bit of the result depends on every bit of the word; different words stay different. */
function mixed(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
