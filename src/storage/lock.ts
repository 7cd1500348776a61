// (skeleton: signatures first, bodies follow)

/** Ownership of a data directory by this process, until released or until the process is gone. */
export class DirectoryLock {
  /** Throws 'directory-locked' naming path and pid when another living process owns it. */
  static acquire(_path: string): Promise<DirectoryLock> {
    throw new Error('not yet');
  }
  release(): Promise<void> {
    throw new Error('not yet');
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
