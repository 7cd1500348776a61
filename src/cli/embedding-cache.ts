// Token vectors of texts that a model has embedded before, one file a text in the user's cache
// directory, so that judging the same collection again is quick. Deleting the directory is safe.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { VectorValue } from '../engine/document.ts';

/** `TEV1`, dims, tokens, CRC-32 of the rest: 16 bytes, little-endian; then tokens × dims half floats. */
const magic = 0x31564554;
const headerBytes = 16;

/** Where embeddings are kept: beside the models in the user's cache directory. */
export function embeddingsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'tesserae', 'embeddings');
}

/**
 * Rounds components to 16-bit floats, in place: half the bytes on disk for a relative error of 2^-11.
 * Done with and without a cache, so that both give the same figures.
 */
export function roundToHalf(vector: VectorValue): VectorValue {
  vector.values.set(Float16Array.from(vector.values));
  return vector;
}

/** The embeddings of one model. */
export class EmbeddingCache {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The files of the model are part of the key, and what is done around them: another build of it never
   * meets older vectors.
   */
  static async open(
    directory: string,
    modelFiles: readonly string[],
    settings = '',
  ): Promise<EmbeddingCache> {
    const hash = createHash('sha256').update(settings);
    for (const file of modelFiles) {
      for await (const part of createReadStream(file)) hash.update(part as Buffer);
    }
    return new EmbeddingCache(join(directory, hash.digest('hex').slice(0, 16)));
  }

  get folder(): string {
    return this.#folder;
  }

  /** Undefined when the text is not there, or its file not whole. */
  async get(text: string): Promise<VectorValue | undefined> {
    const file = await readFile(this.#path(text)).catch(() => undefined);
    if (file === undefined || file.length < headerBytes) return undefined;
    const dims = file.readUInt32LE(4);
    const length = file.readUInt32LE(8) * dims;
    const content = file.subarray(headerBytes);
    const isWhole =
      file.readUInt32LE(0) === magic &&
      content.length === length * 2 &&
      file.readUInt32LE(12) === crc32(content);
    if (!isWhole || dims === 0) return undefined;
    const halves = new Float16Array(content.buffer.slice(content.byteOffset), 0, length);
    return { kind: 'multi', dims, values: Float32Array.from(halves) };
  }

  /** Keeps a vector of roundToHalf. */
  async put(text: string, { dims, values }: VectorValue): Promise<void> {
    const content = new Uint8Array(Float16Array.from(values).buffer);
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(magic, 0);
    header.writeUInt32LE(dims, 4);
    header.writeUInt32LE(values.length / dims, 8);
    header.writeUInt32LE(crc32(content), 12);
    const path = this.#path(text);
    const temporary = `${path}.${randomUUID()}`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, [header, content]);
    await rename(temporary, path);
  }

  #path(text: string): string {
    const hash = createHash('sha256').update(text, 'utf8').digest('hex');
    return join(this.#folder, hash.slice(0, 2), hash.slice(2));
  }
}
