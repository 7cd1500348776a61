// Texts of files, of documents and of servers on a terminal: anybody may have made them.

/** What moves a cursor, changes colours or turns the direction of writing. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu;

/** The text in one line, with a space for each character that a terminal might obey. */
export function plain(text: string): string {
  return text.replace(unsafe, ' ');
}

/** The same line by line. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** JSON text that means the same, with escapes for what JSON leaves as it is and a terminal might obey. */
export function plainJson(json: string): string {
  return json.replace(unsafe, (character) => {
    if (character === '\n') return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
