// (skeleton: signatures first, bodies follow)
import type { Directory } from './directory.ts';
import type { ObjectInfo, ObjectStore, PutCondition, RandomAccess } from './object-store.ts';

export class DirectoryStore implements ObjectStore {
  /** The store in `folder` of the directory; removes what unfinished puts left. One owner at a time. */
  static open(_directory: Directory, _folder = 'store'): Promise<DirectoryStore> {
    throw new Error('not yet');
  }
  put(
    _key: string,
    _parts: readonly Uint8Array[],
    _condition: PutCondition,
  ): Promise<string | undefined> {
    throw new Error('not yet');
  }
  get(
    _key: string,
    _range?: { readonly offset: number; readonly length: number },
  ): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined> {
    throw new Error('not yet');
  }
  open(_key: string): Promise<RandomAccess | undefined> {
    throw new Error('not yet');
  }
  list(_prefix: string): Promise<readonly ObjectInfo[]> {
    throw new Error('not yet');
  }
  delete(_key: string): Promise<void> {
    throw new Error('not yet');
  }
}
