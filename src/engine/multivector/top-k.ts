// (skeleton: signatures first, bodies follow)

/** Documents with their scores, best first; equal scores in ascending order of document. */
export interface TopHits {
  readonly docs: Uint32Array;
  readonly scores: Float64Array;
}

/** Keeps the k best of everything pushed: highest score first, then lowest doc. */
export class TopK {
  constructor(_k: number) {
    throw new Error('not yet');
  }
  get size(): number {
    throw new Error('not yet');
  }
  /** What a score must reach to get in: the worst kept once k are kept, before -Infinity. */
  get threshold(): number {
    throw new Error('not yet');
  }
  /** True when the document was kept. NaN is not allowed. */
  push(_doc: number, _score: number): boolean {
    throw new Error('not yet');
  }
  /** Forgets everything, to be used again with the same k. */
  clear(): void {
    throw new Error('not yet');
  }
  /** What is kept, best first; the heap is empty afterwards. */
  take(): TopHits {
    throw new Error('not yet');
  }
}
