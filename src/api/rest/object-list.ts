// Pages of objects over REST: of one collection, in order of id, by cursor or sorted, or of all
// collections one after the other.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Collection } from '../../database/collection.ts';
import type { RequestContext } from '../../database/object-input.ts';
import { uncapitalized } from '../../database/schema/names.ts';
import type { SearchHit } from '../../database/search.ts';
import type { FetchQuery, SortKey } from '../../engine/query/query.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import { objectJson } from './object-wire.ts';
import { queryCount, queryText, readInclude } from './query-fields.ts';
import { contextOf, type RestParts } from './route.ts';
import { holdAll, tenantOf } from './tenants.ts';
import { invalid } from './wire-error.ts';

type Page = Pick<FetchQuery, 'offset' | 'limit' | 'sort' | 'after'>;

/** The reply of a listing as JSON text. Throws WireError or DatabaseError. */
export async function listObjects(
  { database, settings }: RestParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const { query } = request;
  const name = queryText(query, 'class');
  const page = pageOf(query, settings.limits.defaultLimit, name !== undefined);
  const { maximumResults } = settings.limits;
  if (page.offset + page.limit > maximumResults) {
    throw invalid(
      `invalid pagination params: query maximum results exceeded: offset ${page.offset} and limit ${page.limit} together are above ${maximumResults} (QUERY_MAXIMUM_RESULTS)`,
    );
  }
  const fields = { vectors: readInclude(query).vectors, weights: true };
  const objects: string[] = [];
  const context = contextOf(request, reply);
  const show = (collection: Collection, hits: readonly SearchHit[]): void => {
    for (const { document } of hits) objects.push(objectJson(collection, document, fields));
  };
  if (name === undefined) {
    const collections = holdAll(database, tenantOf(request));
    await readPages(collections, page, { vectors: fields.vectors, context, show });
  } else {
    using held = await database.hold(name, tenantOf(request));
    show(held.collection, await readPage(held.collection, page, fields.vectors, context));
  }
  const list = objects.join(',');
  return `{"deprecations":[],"objects":[${list}],"totalResults":${objects.length}}`;
}

/** The page's part in each collection, as if they were one list; `show` is told of it while that is open. */
async function readPages(
  collections: AsyncIterable<Collection>,
  page: Page,
  {
    vectors,
    context,
    show,
  }: {
    readonly vectors: boolean;
    readonly context: RequestContext;
    readonly show: (collection: Collection, hits: readonly SearchHit[]) => void;
  },
): Promise<void> {
  let { offset, limit } = page;
  for await (const collection of collections) {
    const count = collection.count();
    if (offset >= count) {
      offset -= count;
      continue;
    }
    const hits = await readPage(collection, { ...page, offset, limit }, vectors, context);
    show(collection, hits);
    limit -= hits.length;
    offset = 0;
    if (limit === 0) return;
  }
}

async function readPage(
  collection: Collection,
  page: Page,
  vectors: boolean,
  context: RequestContext,
): Promise<readonly SearchHit[]> {
  const query: FetchQuery = { ...page, kind: 'fetch', autocut: 0 };
  const { hits } = await collection.search(query, { explain: false, vectors }, context);
  return hits;
}

function pageOf(query: unknown, defaultLimit: number, oneCollection: boolean): Page {
  const offset = queryCount(query, 'offset') ?? 0;
  const limit = queryCount(query, 'limit') || defaultLimit;
  const sort = readSort(query);
  const after = queryText(query, 'after');
  if (sort.length > 0 && !oneCollection)
    throw invalid('sort: name the class whose objects to sort');
  if (after === undefined) return { offset, limit, sort };
  if (!oneCollection) throw invalid("cursor api: 'after' needs the class that it runs over");
  if (offset > 0 || sort.length > 0) {
    throw invalid("cursor api: 'after' can't be combined with offset or sort");
  }
  const uuid = normaliseUuid(after);
  if (uuid === undefined) throw invalid(`cursor api: after=${after} is not a uuid`);
  return { offset, limit, sort, after: uuid };
}

const sortTargets: Readonly<Record<string, SortKey['by']>> = {
  id: { kind: 'uuid' },
  _id: { kind: 'uuid' },
  _creationTimeUnix: { kind: 'createdAt' },
  _lastUpdateTimeUnix: { kind: 'updatedAt' },
};

/** `sort` names properties, `order` has asc or desc beside each (asc where it is shorter). */
function readSort(query: unknown): readonly SortKey[] {
  const names = queryText(query, 'sort')?.split(',') ?? [];
  const orders = queryText(query, 'order')?.split(',') ?? [];
  return names.map((given, index) => {
    const name = given.trim();
    const order = orders[index]?.trim() ?? 'asc';
    if (order !== 'asc' && order !== 'desc') {
      throw invalid(`order: ${JSON.stringify(order)} is neither asc nor desc`);
    }
    const target = Object.hasOwn(sortTargets, name) ? sortTargets[name] : undefined;
    const by = target ?? { kind: 'property', name: uncapitalized(name) };
    return { by, ascending: order === 'asc' };
  });
}
