// The places of a collection: the one of all its objects, or one for each of its tenants that can be read.

import { type ObjectPlace, ObjectReader } from './object-reader.ts';
import type { ServerSide } from './server-side.ts';
import {
  deleteTenants,
  isActive,
  isOffloaded,
  makeTenants,
  readTenants,
  type WireTenant,
  wantedTenants,
  whileActive,
} from './tenants.ts';
import { hasTenants, type WireClass } from './wire-class.ts';

/** Something that was not copied, or is not the same. */
export interface MigrationProblem {
  readonly collection: string;
  readonly tenant?: string;
  readonly uuid?: string;
  readonly message: string;
}

/** A collection on both sides, and what is done there. */
export interface Places {
  readonly source: ServerSide;
  readonly destination: ServerSide;
  readonly class: WireClass;
  /** `copy` makes tenants that are missing, and leaves them as they are at the source. */
  readonly mode: 'copy' | 'compare';
  /** Tenants that are only at the destination: told of in a comparison, or deleted by a copy. */
  readonly others: 'keep' | 'replace';
  /** Undefined: all. */
  readonly tenants: readonly string[] | undefined;
  readonly activatesTenants: boolean;
  readonly signal: AbortSignal;
}

/** Both sides of one place. */
type Work = (source: ObjectReader, destination: ObjectReader) => Promise<void>;

/** Does work place by place; tells of tenants that can't be. Throws what the work throws, or RemoteFault. */
export async function eachPlace(
  places: Places,
  onProblem: (problem: MigrationProblem) => void,
  work: Work,
): Promise<void> {
  const { source, destination, class: each, mode, signal } = places;
  const workAt = async (tenant: string): Promise<void> => {
    const place = { class: each, tenant };
    await work(sourceReader(source, place), new ObjectReader(destination, place, '--grpc'));
  };
  if (!hasTenants(each)) return await workAt('');
  const tenants = await wantedTenants(source, each, places.tenants);
  const readable = readableTenants(places, tenants, onProblem);
  const here = new Map((await readTenants(destination, each)).map((one) => [one.name, one]));
  if (!places.tenants) {
    const known = new Set(tenants.map(({ name }) => name));
    await settleOthers(
      places,
      [...here.keys()].filter((name) => !known.has(name)),
      onProblem,
    );
  }
  const missing = readable.filter(({ name }) => !here.has(name));
  if (mode === 'copy') await makeTenants(destination, each, missing);
  for (const tenant of readable) {
    signal.throwIfAborted();
    const { name } = tenant;
    const there = here.get(name) ?? (mode === 'copy' ? tenant : undefined);
    if (there) {
      const after = mode === 'copy' ? tenant : there;
      await whileActive(source, each, tenant, tenant, () =>
        whileActive(destination, each, there, after, () => workAt(name)),
      );
    } else
      onProblem({ collection: each.class, tenant: name, message: 'the tenant is missing here' });
  }
}

/** Tenants that the source does not have. */
async function settleOthers(
  { destination, class: each, mode, others }: Places,
  names: readonly string[],
  onProblem: (problem: MigrationProblem) => void,
): Promise<void> {
  if (mode === 'copy') {
    if (others === 'replace') await deleteTenants(destination, each, names);
    return;
  }
  for (const tenant of names) {
    onProblem({ collection: each.class, tenant, message: 'the tenant is only here' });
  }
}

/** Those of the source's tenants that can be read; the others, and wanted ones that it lacks, are told of. */
function readableTenants(
  { class: each, tenants: names, activatesTenants }: Places,
  tenants: readonly WireTenant[],
  onProblem: (problem: MigrationProblem) => void,
): readonly WireTenant[] {
  for (const tenant of names ?? []) {
    if (tenants.some(({ name }) => name === tenant)) continue;
    onProblem({ collection: each.class, tenant, message: 'the source has no such tenant' });
  }
  return tenants.filter((one) => {
    if (isActive(one) || (activatesTenants && !isOffloaded(one))) return true;
    const hint = isOffloaded(one) ? 'bring it back there first' : '--activate-tenants';
    const message = `the tenant is ${one.activityStatus} at the source and was not read (${hint})`;
    onProblem({ collection: each.class, tenant: one.name, message });
    return false;
  });
}

/** The source's objects of a place. */
export function sourceReader(source: ServerSide, place: ObjectPlace): ObjectReader {
  return new ObjectReader(source, place, '--source-grpc');
}

/** As a problem names it. */
export function namesOf({
  class: { class: collection },
  tenant,
}: ObjectPlace): Pick<MigrationProblem, 'collection' | 'tenant'> {
  return { collection, ...(tenant === '' ? {} : { tenant }) };
}
