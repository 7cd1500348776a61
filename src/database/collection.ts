// (skeleton: signatures first, bodies follow)
import type { Document, Properties, VectorValue } from '../engine/document.ts';
import type { DatabaseError } from '../engine/errors.ts';
import type { Filter } from '../engine/filter/filter.ts';
import type { Query, ScoreExplanation } from '../engine/query/query.ts';
import type { CollectionConfig } from './collection-config.ts';
import type { ObjectInput, RequestContext, WriteResult } from './object-input.ts';

/** What a search asks of each hit besides uuid and score. */
export interface SearchOptions {
  readonly explain: boolean;
}

export interface SearchHit {
  /** Read from its segment when asked; costs a disk read for sealed segments. */
  readonly document: Document;
  /** Absent for fetch. -distance for vector search, BM25 score, or fused score. */
  readonly score?: number;
  readonly explanation?: ScoreExplanation;
}

export interface HitGroup {
  readonly name: string;
  readonly hits: readonly SearchHit[];
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Only when the query has a groupBy; `hits` is then empty. */
  readonly groups?: readonly HitGroup[];
}

export interface DeleteManyResult {
  readonly matches: number;
  readonly successful: number;
  readonly failed: number;
  /** Only when asked. */
  readonly objects?: readonly { readonly uuid: string; readonly error?: DatabaseError }[];
}

/** Changes of one object; vectors that are not named stay unless their sources changed. */
export interface ObjectPatch {
  readonly properties: Properties;
  readonly vectors: ReadonlyMap<string, VectorValue | readonly VectorValue[]>;
}

export class Collection {
  get config(): CollectionConfig {
    throw new Error('not yet');
  }
  /** Upserts a batch; one result beside each object. Resolves when everything stored is on disk. */
  insertMany(
    _objects: readonly ObjectInput[],
    _context: RequestContext,
  ): Promise<readonly WriteResult[]> {
    throw new Error('not yet');
  }
  /** Stores a new object; throws 'object-exists' when the uuid is taken. Returns it as stored. */
  insert(_object: ObjectInput, _context: RequestContext): Promise<Document> {
    throw new Error('not yet');
  }
  /** Replaces an object, keeping only createdAt; throws 'object-missing'. */
  replace(_uuid: string, _object: ObjectPatch, _context: RequestContext): Promise<Document> {
    throw new Error('not yet');
  }
  /** Changes the given properties and vectors; a null property is removed; throws 'object-missing'. */
  merge(_uuid: string, _patch: ObjectPatch, _context: RequestContext): Promise<Document> {
    throw new Error('not yet');
  }
  /** Checks as insert would, stores nothing; throws what insert would throw. */
  validate(_object: ObjectInput): void {
    throw new Error('not yet');
  }
  /** True when the object was there. */
  delete(_uuid: string): Promise<boolean> {
    throw new Error('not yet');
  }
  deleteMany(
    _filter: Filter,
    _options: { readonly dryRun: boolean; readonly verbose: boolean },
  ): Promise<DeleteManyResult> {
    throw new Error('not yet');
  }
  get(_uuid: string): Document | undefined {
    throw new Error('not yet');
  }
  /** Live objects, those that pass the filter when one is given. */
  count(_filter?: Filter): number {
    throw new Error('not yet');
  }
  search(_query: Query, _options: SearchOptions, _context: RequestContext): Promise<SearchResult> {
    throw new Error('not yet');
  }
}
