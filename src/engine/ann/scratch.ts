// Room in a KernelMemory for what a query needs, by name: kept from query to query, grown when a
// larger segment or query comes.

import type { KernelMemory } from '../kernels/kernel-memory.ts';

/** Named rooms; two users of one Scratch must not share a name. */
export class Scratch {
  readonly memory: KernelMemory;
  readonly #pieces = new Map<string, { address: number; length: number }>();
  #bytes = 0;

  constructor(memory: KernelMemory) {
    this.memory = memory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Address of at least so many bytes; the contents stay as long as the room is large enough. */
  room(name: string, bytes: number): number {
    const piece = this.#pieces.get(name);
    if (piece !== undefined && piece.length >= bytes) return piece.address;
    // A quarter more, so that slowly growing segments do not move it at every query.
    const length = piece === undefined ? bytes : bytes + (bytes >> 2);
    if (piece !== undefined) {
      this.#pieces.delete(name);
      this.memory.free(piece.address);
      this.#bytes -= piece.length;
    }
    const address = this.memory.allocate(length);
    this.#pieces.set(name, { address, length });
    this.#bytes += length;
    return address;
  }

  /** Gives all of it back. */
  close(): void {
    for (const { address } of this.#pieces.values()) this.memory.free(address);
    this.#pieces.clear();
    this.#bytes = 0;
  }
}
