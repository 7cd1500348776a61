// Bytes to lines. Only line feeds end a line, as JSON lines have it: other marks may stand inside a text.

/** A line of text, or what is wrong with its bytes. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string | undefined;
  /** Why there is no text. */
  readonly problem?: string;
}

const lineFeed = 0x0a;

/** Cuts bytes that come in pieces into lines; holds no more than one piece and an unfinished line. */
export class LineCutter {
  readonly #bytesMax: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #count = 0;

  /** A longer line is given as a problem. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that end in this piece. */
  add(piece: Uint8Array): readonly Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (;;) {
      const end = piece.indexOf(lineFeed, from);
      if (end < 0) break;
      this.#keep(piece.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    if (from < piece.length) this.#keep(piece.slice(from));
    return lines;
  }

  /** The last line, where no line feed ends it. */
  end(): readonly Line[] {
    return this.#partBytes === 0 ? [] : [this.#take()];
  }

  /** Of a line that is too long only the length is known. */
  #keep(part: Uint8Array): void {
    this.#partBytes += part.length;
    if (this.#partBytes > this.#bytesMax) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #take(): Line {
    this.#count += 1;
    const bytes = this.#partBytes;
    const parts = this.#parts;
    this.#parts = [];
    this.#partBytes = 0;
    const number = this.#count;
    if (bytes > this.#bytesMax) {
      const problem = `is ${bytes} bytes long; allowed are ${this.#bytesMax}`;
      return { number, text: undefined, problem };
    }
    try {
      const [first = new Uint8Array(0)] = parts;
      const text = this.#decoder.decode(parts.length > 1 ? Buffer.concat(parts) : first);
      return { number, text: text.endsWith('\r') ? text.slice(0, -1) : text };
    } catch {
      return { number, text: undefined, problem: 'is not UTF-8' };
    }
  }
}
