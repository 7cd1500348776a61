// Reading a collection's objects in order of id, over gRPC where the server has it: vectors come as bytes,
// a quarter of what they take as JSON. References and coordinates are read over REST beside it.

import type {
  MetadataResult,
  SearchRequest,
  SearchResult,
} from '../api/grpc/generated/messages.ts';
import type { MessageInit } from '../api/grpc/protocol.ts';
import type { Properties } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { readUuid } from '../engine/uuid.ts';
import type { GrpcSide } from './grpc-side.ts';
import { type ObjectJson, objectFromJson, versionFromJson } from './object-json.ts';
import { propertiesFromReply } from './property-values.ts';
import { isFault, RemoteFault } from './remote-fault.ts';
import type { ServerSide } from './server-side.ts';
import {
  firstUuid,
  type ObjectVersion,
  type StoredObject,
  uuidBefore,
  type VectorBytes,
  vectorTypes,
} from './stored-object.ts';
import {
  readingShape,
  restNames,
  vectorNames,
  type WireClass,
  wholeObjects,
} from './wire-class.ts';

/** The objects of one collection, of one tenant where it has tenants. */
export interface ObjectPlace {
  readonly class: WireClass;
  readonly tenant: string;
}

/** As messages and the wire's paths name an object's place. */
export function placeName({ class: { class: name }, tenant }: ObjectPlace): string {
  return tenant === '' ? name : `${name}, tenant ${tenant}`;
}

interface CountReply {
  readonly data?: {
    readonly Aggregate: Readonly<Record<string, readonly { meta: { count: number } }[]>>;
  } | null;
}

/** Reads pages in order of id. Throws RemoteFault. */
export class ObjectReader {
  readonly #server: ServerSide;
  readonly place: ObjectPlace;
  readonly #restNames: readonly string[];
  readonly #whole: MessageInit<SearchRequest>;
  readonly #grpcOption: string;
  #isChecked = false;

  /** `grpcOption`: what names the address of the server's gRPC, for messages. */
  constructor(server: ServerSide, place: ObjectPlace, grpcOption: string) {
    this.#server = server;
    this.#grpcOption = grpcOption;
    this.place = place;
    this.#restNames = restNames(place.class);
    this.#whole = {
      properties: wholeObjects(place.class),
      metadata: { ...versionFields, vector: true, vectors: vectorNames(place.class) },
    };
  }

  /** How many objects there are, as far as the server says. */
  async count(): Promise<number | undefined> {
    const { grpc, rest } = this.#server;
    const { class: collection, tenant } = this.#named();
    if (grpc) {
      try {
        const reply = await grpc.call('Aggregate', { collection, tenant, objects_count: true });
        return reply.single_result?.objects_count ?? 0;
      } catch (error) {
        // Servers before 1.29 have no such call.
        if (!isFault(error, 'refused')) throw error;
      }
    }
    const of = tenant === '' ? '' : `(tenant: ${JSON.stringify(tenant)})`;
    const query = `{ Aggregate { ${collection}${of} { meta { count } } } }`;
    // Where GraphQL is switched off, nobody knows.
    const reply = await rest
      .ask<CountReply>('POST', '/v1/graphql', { query })
      .catch(() => undefined);
    return reply?.data?.Aggregate[collection]?.[0]?.meta.count;
  }

  /** Ids and times of up to `limit` objects after an id, or of the very first one without one. */
  async versions(after: string | undefined, limit: number): Promise<readonly ObjectVersion[]> {
    if (after === undefined) return await this.#veryFirst(versionFromJson);
    const { grpc } = this.#server;
    const page = grpc
      ? (await this.#search(grpc, after, limit, { properties: {}, metadata: versionFields })).map(
          ({ metadata }) => versionFromReply(metadata),
        )
      : (await this.#list(after, limit, '')).map(versionFromJson);
    return this.#inOrder(page, after);
  }

  /** As versions, whole objects. */
  async objects(after: string | undefined, limit: number): Promise<readonly StoredObject[]> {
    if (after === undefined) return await this.#veryFirst(objectFromJson);
    const { grpc } = this.#server;
    if (!grpc) {
      const page = await this.#list(after, limit, '&include=vector');
      return this.#inOrder(page.map(objectFromJson), after);
    }
    for (let from = after; ; ) {
      const [found, listed] = await Promise.all([
        this.#search(grpc, from, limit, this.#whole),
        this.#restNames.length > 0 ? this.#list(from, limit, '') : undefined,
      ]);
      const page = this.#inOrder(found.map(objectFromReply), from);
      const whole = listed ? await this.#joinedPage(page, listed) : page;
      const last = page.at(-1);
      // All of a page may have been deleted meanwhile: that is not the end.
      if (whole.length > 0 || !last) return whole;
      from = last.uuid;
    }
  }

  /**
   * To be called between reading objects and using them: what was added to the collection meanwhile is
   * missing of them, and nobody would see. Throws 'invalid-argument'.
   */
  async checkShape(): Promise<void> {
    const { class: each } = this.place;
    const path = `/v1/schema/${encodeURIComponent(each.class)}`;
    const now = await this.#server.rest.find<WireClass>(path);
    if (!now || readingShape(now) === readingShape(each)) return;
    const message = `${each.class} was given other properties or vectors at ${this.#server.rest.name} while it was copied: run the same command again`;
    throw new DatabaseError('invalid-argument', { message });
  }

  /** The object of an id; undefined where there is none. */
  async one(uuid: string): Promise<StoredObject | undefined> {
    const after = uuid === firstUuid ? undefined : uuidBefore(uuid);
    const [found] = await this.objects(after, 1);
    return found?.uuid === uuid ? found : undefined;
  }

  /**
   * REST must know objects that gRPC has shown, or taken: else the two are not the same server. Throws
   * 'invalid-argument'.
   */
  async checkSameServer(shown: readonly Pick<ObjectVersion, 'uuid'>[]): Promise<void> {
    const { grpc, rest } = this.#server;
    if (!grpc || this.#isChecked || shown.length === 0) return;
    this.#isChecked = true;
    // One may have been deleted meanwhile, not all of them.
    for (const { uuid } of shown.slice(0, 3)) if (await this.#get(uuid, '')) return;
    const message = `what gRPC of ${grpc.name} shows of ${placeName(this.place)} is not at ${rest.name}: name the address of its gRPC with ${this.#grpcOption}`;
    throw new DatabaseError('invalid-argument', { message });
  }

  #named(): { readonly class: string; readonly tenant: string } {
    return { class: this.place.class.class, tenant: this.place.tenant };
  }

  /** What no cursor reaches. */
  async #veryFirst<T>(read: (json: ObjectJson) => T): Promise<readonly T[]> {
    const json = await this.#get(firstUuid);
    return json ? [read(json)] : [];
  }

  async #get(uuid: string, include = 'include=vector'): Promise<ObjectJson | undefined> {
    const { class: name, tenant } = this.#named();
    const query = tenant === '' ? '' : `&tenant=${encodeURIComponent(tenant)}`;
    const path = `/v1/objects/${encodeURIComponent(name)}/${uuid}?${include}${query}`;
    return await this.#server.rest.find<ObjectJson>(path);
  }

  async #list(after: string, limit: number, include: string): Promise<readonly ObjectJson[]> {
    const { class: name, tenant } = this.#named();
    const query = tenant === '' ? '' : `&tenant=${encodeURIComponent(tenant)}`;
    const path = `/v1/objects?class=${encodeURIComponent(name)}&limit=${limit}&after=${after}${include}${query}`;
    const reply = await this.#server.rest.ask<{ readonly objects?: readonly ObjectJson[] | null }>(
      'GET',
      path,
    );
    // Where an object can't be written as JSON, as one with NaN in a vector, the reference answers with
    // success and nothing. Smaller pages find out which one it is.
    if (reply === undefined) throw new RemoteFault('too-large', `${path} has an empty reply`);
    return reply.objects ?? [];
  }

  async #search(
    grpc: GrpcSide,
    after: string,
    limit: number,
    shown: MessageInit<SearchRequest>,
  ): Promise<readonly SearchResult[]> {
    const { class: collection, tenant } = this.#named();
    const request = { collection, tenant, limit, after, ...shown, uses_127_api: true };
    const { results } = await grpc.call('Search', {
      ...{ ...request, uses_123_api: true, uses_125_api: true },
    });
    await this.checkSameServer(results.map(({ metadata }) => versionFromReply(metadata)));
    return results;
  }

  /** Both pages were asked for at once; what changed between them is read again. */
  async #joinedPage(
    page: readonly StoredObject[],
    listed: readonly ObjectJson[],
  ): Promise<readonly StoredObject[]> {
    const byId = new Map(listed.map((json) => [versionFromJson(json).uuid, json]));
    const whole: StoredObject[] = [];
    for (const object of page) {
      const json = byId.get(object.uuid);
      if (json && versionFromJson(json).updatedAt === object.updatedAt) {
        whole.push({ ...object, properties: this.#joined(object, json) });
        continue;
      }
      const again = await this.#get(object.uuid);
      if (again) whole.push(objectFromJson(again));
    }
    return whole;
  }

  #joined({ properties }: StoredObject, json: ObjectJson): Properties {
    const { properties: all } = objectFromJson(json);
    const there = this.#restNames.filter((name) => Object.hasOwn(all, name));
    return { ...properties, ...Object.fromEntries(there.map((name) => [name, all[name] ?? null])) };
  }

  /** Cursors go on from the last id: a page in another order would lose objects. */
  #inOrder<T extends ObjectVersion>(page: readonly T[], after: string): readonly T[] {
    let last = after;
    for (const { uuid } of page) {
      if (uuid > last) last = uuid;
      else {
        const message = `${this.#server.rest.name} lists ${placeName(this.place)} out of order: ${uuid} comes after ${last}`;
        throw new RemoteFault('refused', message);
      }
    }
    return page;
  }
}

const versionFields = {
  uuid: true,
  creation_time_unix: true,
  last_update_time_unix: true,
} as const;

function versionFromReply(metadata: MetadataResult | undefined): ObjectVersion {
  if (!metadata) throw new RemoteFault('refused', 'a result of gRPC has no metadata');
  const { id, id_as_bytes, creation_time_unix, last_update_time_unix } = metadata;
  const uuid = id === '' && id_as_bytes.length === 16 ? readUuid(id_as_bytes, 0) : id;
  return { uuid, createdAt: creation_time_unix, updatedAt: last_update_time_unix };
}

function objectFromReply({ properties, metadata }: SearchResult): StoredObject {
  const vectors = new Map<string, VectorBytes>();
  const unnamed = metadata?.vector_bytes ?? new Uint8Array();
  if (unnamed.length > 0) vectors.set('', { kind: 'single', bytes: unnamed });
  for (const { name, type, vector_bytes: bytes } of metadata?.vectors ?? []) {
    if (bytes.length === 0) continue;
    vectors.set(name, { kind: type === vectorTypes.multi ? 'multi' : 'single', bytes });
  }
  return {
    ...versionFromReply(metadata),
    properties: propertiesFromReply(properties?.non_ref_props),
    vectors,
  };
}
