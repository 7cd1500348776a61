// One collection as a plain map: what is written to it, and every answer worked out in the plainest way
// from the objects that are there. Nothing of the engine is used.

import type { FetchRequest, Filter, GroupRequest, SortKey } from '../../src/index.ts';
import type {
  Outcome,
  PlainAggregate,
  PlainObject,
  PlainPatch,
  PlainQuestion,
  PlainSearch,
  Seen,
  SeenGroup,
  SeenHit,
} from './face.ts';
import { withoutNulls } from './face.ts';
import { modelAggregate } from './model-aggregate.ts';
import { type Follow, passes } from './model-filter.ts';
import { modelScores } from './model-search.ts';

export interface ModelObject extends PlainObject {
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** How the collection is made: what the answers depend on. */
export interface ModelSettings {
  readonly metric: 'cosine' | 'dot' | 'l2-squared';
}

export class Model {
  readonly settings: ModelSettings;
  readonly #follow: Follow;
  readonly #objects = new Map<string, ModelObject>();

  /** `follow` finds what the objects refer to. */
  constructor(settings: ModelSettings, follow: Follow = () => undefined) {
    this.settings = settings;
    this.#follow = follow;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** In the order of uuids. */
  all(filter?: Filter): readonly ModelObject[] {
    const found = [...this.#objects.values()].filter(
      (one) => !filter || passes(filter, one, this.#follow),
    );
    return found.sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
  }

  get(uuid: string): ModelObject | undefined {
    return this.#objects.get(uuid);
  }

  insert(object: PlainObject, now: number): Outcome {
    if (this.#objects.has(object.uuid)) return 'refused';
    this.put(object, now);
    return 'done';
  }

  /** Stores or replaces; the time of the first version stays. */
  put(object: PlainObject, now: number): void {
    const createdAt = this.#objects.get(object.uuid)?.createdAt ?? now;
    const properties = withoutNulls(object.properties);
    this.#objects.set(object.uuid, { ...object, properties, createdAt, updatedAt: now });
  }

  replace(object: PlainObject, now: number): Outcome {
    if (!this.#objects.has(object.uuid)) return 'missing';
    this.put(object, now);
    return 'done';
  }

  merge(uuid: string, { properties, vectors }: PlainPatch, now: number): Outcome {
    const older = this.#objects.get(uuid);
    if (!older) return 'missing';
    const both = [older.properties['by'], properties['by']];
    const by = both.every(Array.isArray) ? { by: both.flat() as string[] } : {};
    const merged = {
      uuid,
      properties: { ...older.properties, ...properties, ...by },
      vectors: { ...older.vectors, ...vectors },
    };
    this.put(merged, now);
    return 'done';
  }

  /** Changes what `by` of an object refers to; a target of `added` must be there. */
  refer(
    uuid: string,
    change: (references: readonly string[]) => readonly string[],
    now: number,
    added: readonly string[] = [],
  ): Outcome {
    if (!added.every((reference) => this.#follow(reference))) return 'refused';
    const older = this.#objects.get(uuid);
    if (!older) return 'missing';
    const by = change((older.properties['by'] ?? []) as readonly string[]);
    this.put({ ...older, properties: { ...older.properties, by } }, now);
    return 'done';
  }

  aggregate(question: PlainQuestion): PlainAggregate {
    const { search, filter } = question;
    if (!search) return modelAggregate(this.all(filter), question);
    const { request, objectsMax } = search;
    const hits = this.scores({ ...request, ...(filter ? { filter } : {}) }).slice(0, objectsMax);
    return modelAggregate(
      hits.map(({ uuid }) => this.#stored(uuid)),
      question,
    );
  }

  delete(uuid: string): void {
    this.#objects.delete(uuid);
  }

  fetch({ limit = 10, offset = 0, sort = [], after, filter }: FetchRequest): readonly Seen[] {
    const found = this.all(filter).filter(({ uuid }) => after === undefined || uuid > after);
    const sorted = sort.length > 0 ? found.toSorted((a, b) => compareBy(sort, a, b)) : found;
    return sorted.slice(offset, offset + limit).map(seenOf);
  }

  /** Every object that the search can find, with its score; equal scores by uuid. */
  scores(request: PlainSearch): readonly SeenHit[] {
    const objects = this.all();
    const allowed = request.filter ? this.all(request.filter) : objects;
    const scores = modelScores(request, { objects, allowed, settings: this.settings });
    return scores.sort((a, b) => b.score - a.score || (a.uuid < b.uuid ? -1 : 1));
  }

  /** The hits of a search, in their order, by the values of a property. */
  groups(hits: readonly SeenHit[], group: GroupRequest): readonly SeenGroup[] {
    const { property, groupsMax = 5, objectsPerGroupMax = 5 } = group;
    const groups = new Map<string, string[]>();
    for (const { uuid } of hits) {
      const value = this.#stored(uuid).properties[property] ?? [];
      for (const name of new Set([value].flat().map(String))) {
        const uuids = groups.get(name);
        if (!uuids && groups.size < groupsMax) groups.set(name, [uuid]);
        if (uuids && uuids.length < objectsPerGroupMax) uuids.push(uuid);
      }
    }
    return Array.from(groups, ([name, uuids]) => ({ name, uuids }));
  }

  #stored(uuid: string): ModelObject {
    const object = this.#objects.get(uuid);
    if (!object) throw new Error(`the model has no object ${uuid}`);
    return object;
  }
}

/** What a fetch shows of an object. */
export function seenOf({ uuid, properties, createdAt, updatedAt }: ModelObject): Seen {
  return { uuid, properties, createdAt, updatedAt };
}

/** Absent first, then text without regard to case, false before true; equal ones by uuid. */
function compareBy(sort: readonly SortKey[], a: ModelObject, b: ModelObject): number {
  for (const { by, ascending } of sort) {
    const key = (object: ModelObject): unknown =>
      by.kind === 'property' ? object.properties[by.name] : object[by.kind];
    const order = compareValues(key(a), key(b));
    if (order !== 0) return ascending ? order : -order;
  }
  return a.uuid < b.uuid ? -1 : 1;
}

function compareValues(a: unknown, b: unknown): number {
  const [x, y] = [a, b].map((one) => (typeof one === 'string' ? one.toLowerCase() : one));
  if (x === undefined || y === undefined) return Number(x !== undefined) - Number(y !== undefined);
  return x === y ? 0 : (x as number) < (y as number) ? -1 : 1;
}
