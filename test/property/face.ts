// What the property tests ask of an interface of the database. The library, REST and gRPC each have an
// implementation; what an interface does not offer is absent, and the others are asked.

import type {
  FetchRequest,
  Filter,
  GroupRequest,
  Properties,
  SearchRequest,
} from '../../src/index.ts';

/** An object in a form that every interface can send: `mv` is a multi-vector, `sv` a single one. */
export interface PlainObject {
  readonly uuid: string;
  readonly properties: Properties;
  readonly vectors: PlainVectors;
}

export interface PlainVectors {
  readonly mv?: readonly (readonly number[])[];
  readonly sv?: readonly number[];
}

/** Changes of an object; vectors that are absent stay. */
export type PlainPatch = Omit<PlainObject, 'uuid'>;

/** How a write ended. */
export type Outcome = 'done' | 'missing' | 'refused';

/** A stored object as every interface can show it; null properties are left out. */
export interface Seen {
  readonly uuid: string;
  readonly properties: Properties;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Only where the call returns vectors. */
  readonly vectors?: PlainVectors;
}

/** A found object. */
export interface SeenHit {
  readonly uuid: string;
  readonly score: number;
}

export interface SeenGroup {
  readonly name: string;
  readonly uuids: readonly string[];
}

/** Kinds of search that need no vectorizer. */
export type PlainSearch = Extract<
  SearchRequest,
  { readonly kind: 'vector' | 'vectors' | 'keyword' | 'hybrid' | 'object' }
>;

export interface DeletedMany {
  readonly matches: number;
  readonly uuids: readonly string[];
}

/** A reference of the property `by`, in the form `Collection/uuid`. */
export interface PlainReference {
  readonly uuid: string;
  readonly to: string;
}

/** What every interface that aggregates can be asked. */
export interface PlainQuestion {
  readonly groupBy?: string;
  readonly filter?: Filter;
  /** A vector search; its best so many are aggregated. */
  readonly search?: { readonly request: VectorQuestion; readonly objectsMax: number };
}

export type VectorQuestion = Pick<
  Extract<PlainSearch, { readonly kind: 'vector' }>,
  'kind' | 'vector' | 'name'
>;

/** By property, what is known of it, without what is unknown. */
export type PlainSummaries = Readonly<Record<string, object>>;

export interface PlainAggregate {
  readonly count: number;
  readonly properties: PlainSummaries;
  readonly groups: readonly {
    readonly value: unknown;
    readonly count: number;
    readonly properties: PlainSummaries;
  }[];
}

export interface Face {
  readonly name: 'library' | 'rest' | 'grpc';
  /** Refused when the uuid is taken. */
  insert?(collection: string, object: PlainObject): Promise<Outcome>;
  /** Stores or replaces; one outcome beside each object. */
  insertMany(collection: string, objects: readonly PlainObject[]): Promise<readonly Outcome[]>;
  replace?(collection: string, object: PlainObject): Promise<Outcome>;
  merge?(collection: string, uuid: string, patch: PlainPatch): Promise<Outcome>;
  delete?(collection: string, uuid: string): Promise<void>;
  deleteMany(collection: string, filter: Filter, dryRun: boolean): Promise<DeletedMany>;
  exists?(collection: string, uuid: string): Promise<boolean>;
  /** With its vectors. */
  get(collection: string, uuid: string): Promise<Seen | undefined>;
  /** REST can't filter here: it is asked without one. */
  fetch(collection: string, request: FetchRequest): Promise<readonly Seen[]>;
  search?(collection: string, request: PlainSearch): Promise<readonly SeenHit[]>;
  groups?(
    collection: string,
    request: PlainSearch,
    group: GroupRequest,
  ): Promise<readonly SeenGroup[]>;
  addReference?(collection: string, reference: PlainReference): Promise<Outcome>;
  replaceReferences?(collection: string, uuid: string, to: readonly string[]): Promise<Outcome>;
  deleteReference?(collection: string, reference: PlainReference): Promise<Outcome>;
  /** One outcome beside each. */
  addReferences(
    collection: string,
    references: readonly PlainReference[],
  ): Promise<readonly Outcome[]>;
  aggregate?(collection: string, question: PlainQuestion): Promise<PlainAggregate>;
}

/** Properties without null ones and without references to nothing, which some interfaces leave out. */
export function withoutNulls(properties: Properties): Properties {
  const isEmpty = ([name, value]: [string, unknown]): boolean =>
    value === null || (name === 'by' && Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(properties).filter((entry) => !isEmpty(entry)));
}

/** What is aggregated of each property that has a summary in these tests. */
export const aggregatedMetrics = {
  year: ['count', 'sum', 'mean', 'median', 'mode', 'minimum', 'maximum'],
  price: ['count', 'sum', 'mean', 'median', 'mode', 'minimum', 'maximum'],
  tag: ['count', 'topOccurrences'],
  sold: ['count', 'totalTrue', 'totalFalse', 'percentageTrue', 'percentageFalse'],
  at: ['count', 'minimum', 'maximum'],
} as const;
