// What callers hand to a collection's writes, and what they get back per object.

import type { Properties, TokenPlaces, VectorValue } from '../engine/document.ts';
import type { DatabaseError } from '../engine/errors.ts';
import type { RequestHeaders } from '../vectorizers/vectorizer.ts';

/** One object to write. Checked by the collection; nothing about it is assumed. */
export interface ObjectInput {
  /** Any letter case; made by the collection (version 4) when absent. */
  readonly uuid?: string;
  readonly properties: Properties;
  /**
   * Paths of lists that came as whole numbers, where the wire tells (`years`, `cars.years`): auto-schema
   * makes int[] of them.
   */
  readonly integerLists?: ReadonlySet<string>;
  /**
   * By vector name; '' is the unnamed vector. A wire that can't tell (several single vectors under
   * one name) hands them over in order and the collection joins them where the name is a
   * multi-vector.
   */
  readonly vectors: ReadonlyMap<string, VectorValue | readonly VectorValue[]>;
  /** Of vectors that come with the object, by name: where their rows came from. */
  readonly places?: ReadonlyMap<string, TokenPlaces>;
  /** Of text properties that were read off a page, by name: boxes and spans of their words. */
  readonly words?: ReadonlyMap<string, TokenPlaces>;
  /** Of a batch's object that is stored elsewhere: it keeps its times, and nothing is embedded or pooled. */
  readonly stored?: StoredTimes;
}

/** When an object was created and last changed, in ms since 1970. */
export interface StoredTimes {
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Changes of one object; vectors that are not named stay unless their sources changed. */
export interface ObjectPatch {
  readonly properties: Properties;
  readonly vectors: ReadonlyMap<string, VectorValue | readonly VectorValue[]>;
  /** As in ObjectInput; words of a property that is not changed stay. */
  readonly places?: ReadonlyMap<string, TokenPlaces>;
  readonly words?: ReadonlyMap<string, TokenPlaces>;
}

/** Outcome of one object of a batch: its uuid when stored, else why not. */
export type WriteResult =
  | { readonly kind: 'stored'; readonly uuid: string }
  | { readonly kind: 'failed'; readonly error: DatabaseError };

/** What comes with a request besides its data. */
export interface RequestContext {
  readonly headers: RequestHeaders;
  readonly signal?: AbortSignal;
}
