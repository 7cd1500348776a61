// Named immutable blobs (segments, deletions) and small replaceable ones (the manifest). The keys are
// paths of lower-case words joined by '/'; a key is never the folder of another one.

/** Condition of a put: the key must be absent, or must still have the given version. */
export type PutCondition =
  | { readonly kind: 'always' }
  | { readonly kind: 'ifAbsent' }
  | { readonly kind: 'ifVersion'; readonly version: string };

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** Changes with every put of the key. */
  readonly version: string;
}

/** The bytes of an object, in parts that stay as they are only until the next is taken. */
export type ObjectParts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Positioned, synchronous reading of one stored object: the engine reads segments through it. */
export interface RandomAccess {
  readonly length: number;
  /** Fills `into` from `offset`; throws DatabaseError 'corrupt' when the object ends before. */
  read(offset: number, into: Uint8Array): void;
  /** Further reads throw. Closing twice is allowed. */
  close(): void;
}

/**
 * Implementations: directory, memory; later S3-compatible stores (which fetch into a local cache to
 * open). test/contract/object-store.ts is the suite that every one of them runs.
 */
export interface ObjectStore {
  /**
   * Stores the parts joined, atomically and durably: afterwards and after any crash the key has
   * either its old or its new content. Resolves with the new version, or undefined when the condition
   * does not hold. Parts are taken one after another and held no longer than until the next is taken,
   * so that an object may be larger than memory. What taking a part throws rejects the put, and the
   * key keeps its old content.
   */
  put(key: string, parts: ObjectParts, condition: PutCondition): Promise<string | undefined>;
  /** The bytes from `offset`, `length` of them (all when absent); undefined when the key is absent. */
  get(
    key: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;
  /** For many small reads of one object; undefined when the key is absent. */
  open(key: string): Promise<RandomAccess | undefined>;
  /** Every key that starts with `prefix`, in ascending order. */
  list(prefix: string): Promise<readonly ObjectInfo[]>;
  /** Deleting an absent key is fine. */
  delete(key: string): Promise<void>;
}
