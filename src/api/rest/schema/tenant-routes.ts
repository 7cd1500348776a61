// Tenants of a collection over REST: list, make, activate or not, remove, look for one.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Collection } from '../../../database/collection.ts';
import type { TenantInfo, TenantInput, TenantStatus } from '../../../database/tenants/tenant.ts';
import { readList, readOptionalString, readRecord } from '../json-fields.ts';
import { addRoute, param, pathSchema, type RestParts } from '../route.ts';
import { type ErrorStyle, invalid, unparsable } from '../wire-error.ts';

const errorStyle: ErrorStyle = { statuses: { 'collection-missing': 422 } };

export function addTenantRoutes(app: FastifyInstance, parts: RestParts): void {
  const { tenants } = parts.database;
  const path = '/schema/:collection/tenants';
  const find = (request: FastifyRequest): Collection =>
    parts.database.collection(param(request, 'collection'));
  addRoute(app, parts, {
    method: 'GET',
    path,
    access: pathSchema('R'),
    errorStyle,
    handle: (request) => tenants.list(find(request)).map(tenantToWire),
  });
  addRoute(app, parts, {
    method: 'POST',
    path,
    access: pathSchema('C'),
    errorStyle,
    handle: async (request) => {
      const [collection, wanted] = [find(request), readTenants(request.body)];
      await tenants.create(
        collection,
        wanted.map(({ name, status = 'active' }) => ({ name, status })),
      );
      return shown(parts, collection, wanted);
    },
  });
  addRoute(app, parts, {
    method: 'PUT',
    path,
    access: pathSchema('U'),
    errorStyle,
    handle: async (request) => {
      const [collection, wanted] = [find(request), readTenants(request.body)];
      await tenants.update(collection, wanted.map(withStatus));
      return shown(parts, collection, wanted);
    },
  });
  addRoute(app, parts, {
    method: 'DELETE',
    path,
    access: pathSchema('D'),
    errorStyle,
    handle: async (request, reply) => {
      const names = readList(request.body, '').map((name, index) => readName(name, `[${index}]`));
      await tenants.delete(find(request), names);
      return reply.code(200).send();
    },
  });
  for (const method of ['GET', 'HEAD'] as const) {
    addRoute(app, parts, {
      method,
      path: `${path}/:tenant`,
      access: pathSchema('R'),
      errorStyle,
      handle: (request, reply) => {
        const [tenant] = tenants.list(find(request), [param(request, 'tenant')]);
        if (!tenant) return reply.code(404).send();
        return method === 'HEAD' ? reply.code(200).send() : tenantToWire(tenant);
      },
    });
  }
}

/** A tenant as a request has it. */
interface Wanted {
  readonly name: string;
  /** Undefined where the request says nothing of it. */
  readonly status: TenantStatus | undefined;
}

/** As they are now, in the order of the request; a status is shown where the request has one. */
function shown(
  { database }: RestParts,
  collection: Collection,
  wanted: readonly Wanted[],
): readonly object[] {
  const byName = new Map(wanted.map((each) => [each.name, each.status]));
  const known = database.tenants.list(collection, [...byName.keys()]);
  const status = new Map(known.map((tenant) => [tenant.name, tenant.status]));
  return Array.from(byName, ([name, asked]) =>
    asked ? tenantToWire({ name, status: status.get(name) ?? asked }) : { name },
  );
}

function withStatus({ name, status }: Wanted): TenantInput {
  if (status) return { name, status };
  throw invalid(`invalid activity status '' for tenant ${JSON.stringify(name)}${allowed}`);
}

function tenantToWire({ name, status }: Pick<TenantInfo, 'name' | 'status'>): object {
  return { activityStatus: status === 'active' ? 'HOT' : 'COLD', name };
}

const statuses: ReadonlyMap<string, TenantStatus> = new Map([
  ['HOT', 'active'],
  ['ACTIVE', 'active'],
  ['COLD', 'inactive'],
  ['INACTIVE', 'inactive'],
]);
/** Tenants whose files lie elsewhere: nothing here moves files away. */
const offloaded: readonly string[] = ['FROZEN', 'OFFLOADED'];

const allowed = `: it may be one of [${[...statuses.keys()].join(', ')}]`;

function readTenants(body: unknown): readonly Wanted[] {
  return readList(body, '').map((each, index) => {
    const record = readRecord(each, `[${index}]`);
    const name = readName(record['name'] ?? '', `[${index}].name`);
    const said = readOptionalString(record['activityStatus'], `[${index}].activityStatus`) ?? '';
    const status = statuses.get(said);
    if (status || said === '') return { name, status };
    if (offloaded.includes(said)) {
      throw invalid("can't offload tenants, because offload-s3 module is not enabled");
    }
    throw invalid(`invalid activity status '${said}' for tenant ${JSON.stringify(name)}${allowed}`);
  });
}

function readName(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw unparsable(path, 'expected the name of a tenant');
}
