// The members of WebAssembly that the kernels use. The engine's project knows neither Node nor the
// DOM, whose types would declare them.

declare namespace WebAssembly {
  interface Memory {
    /** Replaced by a new buffer when the memory grows; views of the old one become empty. */
    readonly buffer: ArrayBuffer;
    /** Adds pages of 65,536 bytes; throws RangeError when it can not. */
    grow(pages: number): number;
  }
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
