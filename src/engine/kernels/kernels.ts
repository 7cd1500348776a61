// (skeleton: signatures first, bodies follow)

export interface KernelOptions {
  /** Use the plain TypeScript kernels even where WebAssembly SIMD works. */
  readonly forcePlain: boolean;
}

/** The kernels of this thread, chosen once. */
export interface Kernels {
  readonly kind: 'wasm' | 'plain';
  /** Why this kind, for the log. */
  readonly reason: string;
}

/** Chooses the fastest kernels that this runtime can run and warms them up. */
export function openKernels(_options: KernelOptions): Kernels {
  throw new Error('not yet');
}
