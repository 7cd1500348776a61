// Pages of objects over REST: of one collection, in order of id, by cursor or sorted, or of all
// collections one after the other.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Collection } from '../../database/collection.ts';
import type { RequestContext } from '../../database/object-input.ts';
import { uncapitalized } from '../../database/schema/names.ts';
import type { SearchHit } from '../../database/search.ts';
import type { FetchQuery, SortKey } from '../../engine/query/query.ts';
import { normaliseUuid } from '../../engine/uuid.ts';
import { refuseTenant } from '../tenants.ts';
import { objectJson } from './object-wire.ts';
import { queryCount, queryText, readInclude } from './query-fields.ts';
import { contextOf, type RestParts } from './route.ts';
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
  refuseTenant(queryText(query, 'tenant') ?? '', name ?? '');
  const page = readPage(query, settings.limits.defaultLimit, name !== undefined);
  const { maximumResults } = settings.limits;
  if (page.offset + page.limit > maximumResults) {
    throw invalid(
      `invalid pagination params: query maximum results exceeded: offset ${page.offset} and limit ${page.limit} together are above ${maximumResults} (QUERY_MAXIMUM_RESULTS)`,
    );
  }
  const collections = name === undefined ? database.collections() : [database.collection(name)];
  const fields = { vectors: readInclude(query).vectors, weights: true };
  const objects: string[] = [];
  for await (const { collection, hits } of readPages(
    collections,
    page,
    fields.vectors,
    contextOf(request, reply),
  )) {
    for (const { document } of hits) objects.push(objectJson(collection.config, document, fields));
  }
  const list = objects.join(',');
  return `{"deprecations":[],"objects":[${list}],"totalResults":${objects.length}}`;
}

/** The page's part in each collection, as if they were one list. */
async function* readPages(
  collections: readonly Collection[],
  page: Page,
  vectors: boolean,
  context: RequestContext,
): AsyncGenerator<{ readonly collection: Collection; readonly hits: readonly SearchHit[] }> {
  let { offset, limit } = page;
  for (const collection of collections) {
    if (limit === 0) return;
    const count = collection.count();
    if (collections.length > 1 && offset >= count) {
      offset -= count;
      continue;
    }
    const query: FetchQuery = { ...page, kind: 'fetch', offset, limit, autocut: 0 };
    const { hits } = await collection.search(query, { explain: false, vectors }, context);
    yield { collection, hits };
    limit -= hits.length;
    offset = 0;
  }
}

function readPage(query: unknown, defaultLimit: number, oneCollection: boolean): Page {
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
