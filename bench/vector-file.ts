// A flat file of token vectors, for programs in other languages and processes: u32 dims, u32 documents, u32
// token vectors of each, then float32 components of all; little-endian.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { endianness } from 'node:os';
import type { VectorValue } from '../src/engine/document.ts';

/** Writes `count` documents, made one by one. */
export function writeVectorFile(
  path: string,
  dims: number,
  count: number,
  document: (index: number) => VectorValue,
): void {
  if (endianness() !== 'LE') throw new Error('vector files are written on little-endian machines');
  const head = new Uint32Array(2 + count);
  head[0] = dims;
  head[1] = count;
  const file = openSync(path, 'w');
  try {
    let at = head.byteLength;
    for (let i = 0; i < count; i++) {
      const { values } = document(i);
      head[2 + i] = values.length / dims;
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(file, bytes, written, bytes.length - written, at + written);
      }
      at += bytes.length;
    }
    writeSync(file, new Uint8Array(head.buffer), 0, head.byteLength, 0);
  } finally {
    closeSync(file);
  }
}

/** The documents of a file, one after another. */
export function* readVectorFile(path: string): Generator<VectorValue> {
  const file = openSync(path, 'r');
  try {
    const [dims, count] = new Uint32Array(readBytes(file, 0, 8));
    const tokens = new Uint32Array(readBytes(file, 8, count! * 4));
    let at = 8 + tokens.byteLength;
    for (const length of tokens) {
      const values = new Float32Array(readBytes(file, at, length * dims! * 4));
      at += values.byteLength;
      yield { kind: 'multi', dims: dims!, values };
    }
  } finally {
    closeSync(file);
  }
}

function readBytes(file: number, from: number, length: number): ArrayBuffer {
  const bytes = new Uint8Array(length);
  for (let read = 0; read < length; ) {
    const more = readSync(file, bytes, read, length - read, from + read);
    if (more === 0) throw new Error(`a vector file ends at ${from + read}`);
    read += more;
  }
  return bytes.buffer;
}
