// What clients ask about the server itself: links, version, health, nodes, statistics.

import type { FastifyInstance } from 'fastify';
import type { Collection } from '../../database/collection.ts';
import type { Database } from '../../database/database.ts';
import { isQuantized } from '../../database/schema/index-settings.ts';
import { addRoute, param, type RestParts } from './route.ts';

/** The version that clients are told: they choose their calls by it. */
export const wireVersion = '1.40.0';
/** The only node's name, and the name of the only shard of every collection without tenants. */
export const nodeName = 'node1';
export const shardName = 'main';

const links: readonly (readonly [string, string])[] = [
  ['/v1/meta', 'Meta information about this instance/cluster'],
  ['/v1/schema', 'view complete schema'],
  ['/v1/schema{/:className}', 'CRUD schema'],
  ['/v1/objects{/:className}{/:id}', 'CRUD objects'],
  ['/v1/batch/objects', 'batch objects'],
  ['/v1/nodes', 'nodes and their shards'],
  ['/v1/.well-known/live', 'liveness'],
  ['/v1/.well-known/ready', 'readiness'],
];

export function addInstanceRoutes(app: FastifyInstance, parts: RestParts): void {
  addRoute(app, parts, {
    method: 'GET',
    path: '',
    access: { kind: 'open' },
    handle: () => ({ links: links.map(([href, name]) => ({ href, name })) }),
  });
  addRoute(app, parts, {
    method: 'GET',
    path: '/meta',
    access: { kind: 'known' },
    handle: () => meta(parts),
  });
  addHealthRoutes(app, parts);
  addNodeRoutes(app, parts);
  addRoute(app, parts, {
    method: 'GET',
    path: '/cluster/statistics',
    access: { kind: 'known' },
    handle: () => statistics(parts),
  });
}

function meta({ settings, address, grpcPort }: RestParts): object {
  return {
    grpcMaxMessageSize: settings.grpcMessageBytesMax,
    ...(grpcPort && { grpcPort: grpcPort() }),
    hostname: address(),
    modules: settings.modules,
    version: wireVersion,
    ...commit(settings),
  };
}

/** The commit that runs, where it is known. */
function commit({ gitHash }: RestParts['settings']): { readonly gitHash?: string } {
  return gitHash === undefined ? {} : { gitHash };
}

/** Open without a key. There is no OpenID provider: clients take the 404 as that. */
function addHealthRoutes(app: FastifyInstance, parts: RestParts): void {
  const statuses: readonly (readonly [string, () => number])[] = [
    ['/.well-known/openid-configuration', () => 404],
    ['/.well-known/live', () => 200],
    ['/.well-known/ready', () => (parts.isReady() ? 200 : 503)],
  ];
  for (const [path, status] of statuses) {
    addRoute(app, parts, {
      method: 'GET',
      path,
      access: { kind: 'open' },
      handle: (_, reply) => reply.code(status()).send(),
    });
  }
}

function addNodeRoutes(app: FastifyInstance, parts: RestParts): void {
  addRoute(app, parts, {
    method: 'GET',
    path: '/nodes',
    access: { kind: 'known' },
    handle: ({ query }) => nodes(parts, parts.database.collections(), isVerbose(query)),
  });
  addRoute(app, parts, {
    method: 'GET',
    path: '/nodes/:collection',
    access: { kind: 'known' },
    handle: (request) => {
      const collection = parts.database.collection(param(request, 'collection'));
      return nodes(parts, [collection], isVerbose(request.query));
    },
  });
}

function isVerbose(query: unknown): boolean {
  return (query as { readonly output?: unknown }).output === 'verbose';
}

function nodes(
  { settings, database }: RestParts,
  collections: readonly Collection[],
  verbose: boolean,
): object {
  const shards = collections.flatMap((collection) =>
    shardsOf(collection, database).map((each) => shardToWire(collection, each)),
  );
  const objectCount = shards.reduce((sum, each) => sum + each.objectCount, 0);
  const node = {
    batchStats: database.batches.state,
    ...commit(settings),
    name: nodeName,
    operationalMode: 'ReadWrite',
    shards: verbose && shards.length > 0 ? shards : null,
    ...(verbose ? { stats: { objectCount, shardCount: shards.length } } : {}),
    status: 'HEALTHY',
    version: wireVersion,
  };
  return { nodes: [node] };
}

/** What clients call a shard: the objects of a collection, or of one tenant of it. */
export interface Shard {
  readonly name: string;
  readonly objectCount: number;
  readonly loaded: boolean;
  readonly status: 'READY' | 'INDEXING' | 'READONLY';
  /** Objects that wait for a vector. */
  readonly vectorQueueLength: number;
}

/** One, or one for each tenant, by name. */
export function shardsOf(collection: Collection, { backfills, tenants }: Database): Shard[] {
  if (collection.config.multiTenancy.enabled) {
    return tenants.list(collection).map(({ name, objects, isOpen, isReadOnly }) => ({
      ...{ name, objectCount: objects, loaded: isOpen, vectorQueueLength: 0 },
      status: isReadOnly ? 'READONLY' : 'READY',
    }));
  }
  const vectorQueueLength = backfills.remaining(collection);
  const busy = vectorQueueLength > 0 ? 'INDEXING' : 'READY';
  const status = collection.isReadOnly ? 'READONLY' : busy;
  const objectCount = collection.count();
  return [{ name: shardName, objectCount, loaded: true, status, vectorQueueLength }];
}

function shardToWire(
  { name: collection, config }: Collection,
  { name, objectCount, loaded, status, vectorQueueLength }: Shard,
) {
  return {
    asyncReplicationStatus: [],
    class: collection,
    compressed: config.vectors.some(({ index }) => isQuantized(index.settings)),
    loaded,
    name,
    numberOfReplicas: 1,
    objectCount,
    replicationFactor: 1,
    vectorIndexingStatus: status,
    vectorQueueLength,
  };
}

/** One node that always leads and has nothing to replicate; clients read its raft state all the same. */
function statistics({ address }: RestParts): object {
  const leaderAddress = address().replace(/^\w+:\/\//, '');
  const none = '0';
  const raft = {
    appliedIndex: none,
    commitIndex: none,
    fsmPending: none,
    lastContact: none,
    lastLogIndex: none,
    lastLogTerm: none,
    lastSnapshotIndex: none,
    lastSnapshotTerm: none,
    latestConfiguration: [{ address: leaderAddress, id: nodeName, suffrage: 0 }],
    latestConfigurationIndex: none,
    numPeers: none,
    protocolVersion: none,
    protocolVersionMax: none,
    protocolVersionMin: none,
    snapshotVersionMax: none,
    snapshotVersionMin: none,
    state: 'Leader',
    term: none,
  };
  const node = {
    bootstrapped: true,
    candidates: {},
    dbLoaded: true,
    isVoter: true,
    leaderAddress,
    leaderId: nodeName,
    name: nodeName,
    open: true,
    raft,
    ready: true,
    status: 'HEALTHY',
  };
  return { statistics: [node], synchronized: true };
}
