// The values of one property over all documents of a segment, as filters scan and aggregates count them.
// Text itself is not here: its terms are in the text index, and beside them only lengths are needed, and
// fingerprints to tell equal texts, and how they begin to sort them.

import { unreachable } from '../assert.ts';
import type { Bitset } from '../bitset.ts';
import type { PropertyType } from '../schema.ts';

interface Common {
  readonly type: PropertyType;
  /** Documents that have a value which is not null; `[]` and `''` are values. */
  readonly present: Bitset;
}

/**
 * Where the elements of array kinds are: document `doc` has those from `offsets[doc]` up to but not
 * including `offsets[doc + 1]`. Undefined for kinds with one value a document; that of `doc` is then at
 * `doc`, and means nothing where `present` has no bit.
 */
type Offsets = Uint32Array | undefined;

/** blob, blobHash, phoneNumber, object: nothing but presence. */
export interface PresenceColumn extends Common {
  readonly kind: 'presence';
}

/** text: code points of the value; text[] and object[]: elements. 0 where absent. */
export interface LengthColumn extends Common {
  readonly kind: 'length';
  readonly lengths: Uint32Array;
  /**
   * Two words (`writeFingerprint`) for each text: of `doc` at `2 × doc`, for text[] those of each element,
   * document after document. Undefined for object[].
   */
  readonly fingerprints: Uint32Array | undefined;
  /** Of text, two words (`writeTextStart`) for each document; undefined for arrays. */
  readonly starts: Uint32Array | undefined;
}

/** int, number and their arrays. */
export interface NumberColumn extends Common {
  readonly kind: 'number';
  readonly offsets: Offsets;
  readonly values: Float64Array;
}

/** boolean and boolean[]: 0 or 1. */
export interface BooleanColumn extends Common {
  readonly kind: 'boolean';
  readonly offsets: Offsets;
  readonly values: Uint8Array;
}

/** date and date[]; see `Instant`. */
export interface DateColumn extends Common {
  readonly kind: 'date';
  readonly offsets: Offsets;
  readonly ms: Float64Array;
  /** Undefined when every date is a whole millisecond. */
  readonly nanos: Uint32Array | undefined;
}

/** uuid and uuid[]: 16 bytes each. */
export interface UuidColumn extends Common {
  readonly kind: 'uuid';
  readonly offsets: Offsets;
  readonly bytes: Uint8Array;
}

/** geoCoordinates: latitude and longitude in degrees, alternating. */
export interface GeoColumn extends Common {
  readonly kind: 'geo';
  readonly coordinates: Float64Array;
}

/** reference: the collection and the 16 bytes of the uuid of each object that is referred to. */
export interface ReferenceColumn extends Common {
  readonly kind: 'reference';
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
  /** Of each element, the place of its collection in `names`. */
  readonly collections: Uint32Array;
  readonly names: readonly string[];
}

/** Arrays may be longer than the segment has documents or values. Valid until the next write. */
export type Column =
  | PresenceColumn
  | LengthColumn
  | NumberColumn
  | BooleanColumn
  | DateColumn
  | UuidColumn
  | GeoColumn
  | ReferenceColumn;

/** Which kind of column a property of that type gets, and whether documents have several values. */
export function columnKind(type: PropertyType): {
  readonly kind: Column['kind'];
  readonly many: boolean;
} {
  switch (type) {
    case 'text':
    case 'text[]':
    case 'object[]':
      return { kind: 'length', many: false };
    case 'int':
    case 'number':
      return { kind: 'number', many: false };
    case 'int[]':
    case 'number[]':
      return { kind: 'number', many: true };
    case 'boolean':
    case 'date':
    case 'uuid':
      return { kind: type, many: false };
    case 'boolean[]':
      return { kind: 'boolean', many: true };
    case 'date[]':
      return { kind: 'date', many: true };
    case 'uuid[]':
      return { kind: 'uuid', many: true };
    case 'geoCoordinates':
      return { kind: 'geo', many: false };
    case 'reference':
      return { kind: 'reference', many: true };
    case 'blob':
    case 'blobHash':
    case 'phoneNumber':
    case 'object':
      return { kind: 'presence', many: false };
    default:
      return unreachable(type);
  }
}
