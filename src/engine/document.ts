// An object as the engine sees it: what the log stores, segments hold and queries return.

/** A value of a property as it came in JSON; blobs are base64 strings, dates RFC 3339 strings. */
export type PropertyValue =
  | null
  | string
  | number
  | boolean
  | readonly PropertyValue[]
  | { readonly [key: string]: PropertyValue };

export type Properties = { readonly [name: string]: PropertyValue };

/**
 * One vector of an object or query, as given (not normalised): `values` is `[tokens × dims]`, row
 * after row. A single vector has one row.
 */
export interface VectorValue {
  readonly kind: 'multi' | 'single';
  readonly dims: number;
  readonly values: Float32Array;
}

/** One stored object. `vectors` holds only the vectors that it has; times are ms since 1970. */
export interface Document {
  /** Lower-case canonical text form. */
  readonly uuid: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: Properties;
  readonly vectors: ReadonlyMap<string, VectorValue>;
  /** Of vectors that were pooled when they were written, by name; absent when none was. */
  readonly pooled?: ReadonlyMap<string, PooledGroups>;
  /** Of vectors whose rows are known to stand for a place in a text or on a page; absent when none is. */
  readonly places?: ReadonlyMap<string, TokenPlaces>;
  /**
   * Of text properties that were read off a page, by name: where their words stand, a row for each word.
   * Keyword search marks them, also where nothing was embedded.
   */
  readonly words?: ReadonlyMap<string, TokenPlaces>;
}

/**
 * Where the token vectors of an object went when they were pooled: of each one that came, in order, the
 * row of the stored vector that stands for it. Words and patches are found again through it.
 */
export type PooledGroups = Uint32Array<ArrayBuffer>;

/**
 * Where the token vectors of an object came from, one row for each that came: of a pooled vector as many
 * as its groups are long, otherwise as many as it has rows. At least one of the two lists is there.
 */
export interface TokenPlaces {
  /**
   * `[tokens × 4]`: x, y, width, height in 1/65535 of the page's width and height, origin top left. All
   * zero where a token stands for no place, as a marker does.
   */
  readonly boxes?: Uint16Array<ArrayBuffer>;
  /** `[tokens × 2]`: start and end (UTF-16) in the text that was embedded; equal where there is none. */
  readonly spans?: Uint32Array<ArrayBuffer>;
  /** That text, where it is not what the vectorizer takes of the properties: of pages, what was read. */
  readonly text?: string;
  /** Size of the page that boxes are shares of; absent where nobody knows. */
  readonly page?: PageSize;
}

/** Of a page as it is shown, in points (1/72 inch); of a picture one point is one pixel. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

/** A box is a share of its page: this many units are all of it. */
export const boxUnits = 65_535;

/** Rows of a vector. */
export function tokenCount(vector: VectorValue): number {
  return vector.dims === 0 ? 0 : vector.values.length / vector.dims;
}
