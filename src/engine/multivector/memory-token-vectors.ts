// (skeleton: signatures first, bodies follow)
import type { VectorValue } from '../document.ts';
import type { TokenVectors } from './token-vectors.ts';

export interface MemoryTokenVectorsOptions {
  /** True for cosine: planes are made of rows of unit length. Originals stay as given. */
  readonly normalized: boolean;
}

/** Token vectors that grow. */
export class MemoryTokenVectors implements TokenVectors {
  static open(_options: MemoryTokenVectorsOptions): MemoryTokenVectors {
    throw new Error('not yet');
  }
  /**
   * Adds the next documents up to and including `doc`: those between the last one and `doc` have no
   * vectors. `doc` must be at least documentCount. The first vector fixes `dims`.
   */
  append(_doc: number, _vector: VectorValue | undefined): void {
    throw new Error('not yet');
  }
  get dims(): number {
    throw new Error('not yet');
  }
  get normalized(): boolean {
    throw new Error('not yet');
  }
  get documentCount(): number {
    throw new Error('not yet');
  }
  get vectorCount(): number {
    throw new Error('not yet');
  }
  get stride(): number {
    throw new Error('not yet');
  }
  get bytes(): number {
    throw new Error('not yet');
  }
  start(_doc: number): number {
    throw new Error('not yet');
  }
  count(_doc: number): number {
    throw new Error('not yet');
  }
  norm(_doc: number): number {
    throw new Error('not yet');
  }
  errorNorm(_doc: number): number {
    throw new Error('not yet');
  }
  readPlane(
    _vectorStart: number,
    _vectorCount: number,
    _rows: Uint8Array,
    _scales: Float32Array,
    _at: number,
  ): void {
    throw new Error('not yet');
  }
  readOriginals(_doc: number, _into: Float32Array): void {
    throw new Error('not yet');
  }
}
