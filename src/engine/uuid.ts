// UUIDs as text (lower-case canonical, the form everywhere inside) and as 16 bytes (in files). Both
// forms sort alike.

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The lower-case canonical form, or undefined when the text is not a uuid. */
export function normaliseUuid(text: string): string | undefined {
  const lower = text.toLowerCase();
  return pattern.test(lower) ? lower : undefined;
}

/** Writes the 16 bytes of a canonical uuid to `into` from `offset`. */
export function writeUuid(uuid: string, into: Uint8Array, offset: number): void {
  let at = offset;
  for (let index = 0; index < 36; ) {
    const code = uuid.charCodeAt(index);
    if (code === 45) {
      index += 1;
      continue;
    }
    into[at++] = (digit(code) << 4) | digit(uuid.charCodeAt(index + 1));
    index += 2;
  }
}

/** The canonical text of the 16 bytes from `offset`. */
export function readUuid(bytes: Uint8Array, offset: number): string {
  let text = '';
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
    text += hex[bytes[offset + index]!]!;
  }
  return text;
}

function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
