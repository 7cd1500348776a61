// The members of WebAssembly that the kernels use. The engine's project knows neither Node nor the
// DOM, whose types would declare them.

declare namespace WebAssembly {
  interface Memory<Buffer = ArrayBuffer> {
    /**
     * Replaced by a new buffer when the memory grows. Views of the old one become empty; those of a
     * shared one stay, as short as they were.
     */
    readonly buffer: Buffer;
    /** Adds pages of 65,536 bytes; throws RangeError when it can not. */
    grow(pages: number): number;
  }
  const Memory: new (descriptor: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => Memory<SharedArrayBuffer>;
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(
      module: Module,
      imports?: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
    );
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
