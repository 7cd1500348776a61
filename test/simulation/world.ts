// What tests of the whole database share: a database over a log and store that live in memory and can
// be opened again, with a clock and uuids that are the same in every run.

import type { CollectionConfig } from '../../src/database/collection-config.ts';
import type { Timer } from '../../src/database/compactor.ts';
import { Database, type DatabaseOptions } from '../../src/database/database.ts';
import { resolveCollection } from '../../src/database/schema/collection-schema.ts';
import type { VectorValue } from '../../src/engine/document.ts';
import type { Directory } from '../../src/storage/directory.ts';
import { DirectoryStore } from '../../src/storage/directory-store.ts';
import { FileLog } from '../../src/storage/file-log.ts';
import { MemoryDirectory } from '../../src/storage/memory-directory.ts';

/** The n-th uuid of a test. */
export function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** A multi-vector from its rows. */
export function multi(rows: readonly (readonly number[])[]): VectorValue {
  return { kind: 'multi', dims: rows[0]?.length ?? 0, values: Float32Array.from(rows.flat()) };
}

/** A single vector. */
export function single(values: readonly number[]): VectorValue {
  return { kind: 'single', dims: values.length, values: Float32Array.from(values) };
}

/** A self-provided multi-vector `mv`, a text and a number. */
export function passages(name = 'Passages'): CollectionConfig {
  return resolveCollection({
    name,
    properties: [
      { name: 'text', type: 'text' },
      { name: 'number', type: 'int' },
    ],
    vectors: [{ name: 'mv', kind: 'multi' }],
  });
}

export interface OpenOptions extends Partial<DatabaseOptions> {
  readonly directory?: Directory;
}

/** Opens a database over the files of a directory (a new one in memory when none is given). */
export async function openDatabase(options: OpenOptions = {}): Promise<Database> {
  const { directory = new MemoryDirectory({ seed: 1 }), ...others } = options;
  let now = 1_700_000_000_000;
  let uuids = 0;
  return Database.open({
    log: await FileLog.open(directory),
    store: await DirectoryStore.open(directory),
    clock: () => {
      now += 1;
      return now;
    },
    newUuid: () => {
      uuids += 1;
      return uuidOf(1_000_000 + uuids);
    },
    vectorizers: () => undefined,
    autoSchema: true,
    flushBytes: 1 << 26,
    ...others,
  });
}

/** A timer whose time passes when it is told to. */
export class ManualTimer {
  #calls: (() => void)[] = [];

  readonly timer: Timer = (_ms, call) => {
    this.#calls.push(call);
    return () => {
      this.#calls = this.#calls.filter((one) => one !== call);
    };
  };

  /** Everything that waits is due. */
  pass(): void {
    for (const call of this.#calls.splice(0)) call();
  }
}

/** A request with nothing but its data. */
export const noContext = { headers: {} };

/** MaxSim in double precision over rows as given, both sides normalised. */
export function cosineMaxSim(query: VectorValue, document: VectorValue): number {
  const { dims } = query;
  const length = (values: Float32Array, row: number): number =>
    Math.hypot(...values.subarray(row * dims, (row + 1) * dims)) || 1;
  let sum = 0;
  for (let q = 0; q < query.values.length / dims; q += 1) {
    let best = Number.NEGATIVE_INFINITY;
    for (let d = 0; d < document.values.length / dims; d += 1) {
      let dot = 0;
      for (let i = 0; i < dims; i += 1) {
        dot += query.values[q * dims + i]! * document.values[d * dims + i]!;
      }
      best = Math.max(best, dot / (length(query.values, q) * length(document.values, d)));
    }
    sum += best;
  }
  return sum;
}
