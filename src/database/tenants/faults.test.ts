// What goes wrong while tenants are opened, closed and deleted: crashes, failing disks, calls that meet.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  multi,
  noContext,
  type OpenOptions,
  openDatabase,
  passages,
  uuidOf,
} from '../../../test/simulation/world.ts';
import { MemoryDirectory } from '../../storage/memory-directory.ts';
import type { Database } from '../database.ts';

function passage(n: number, text = 'fox') {
  return {
    uuid: uuidOf(n),
    properties: { text, number: n },
    vectors: new Map([['mv', multi([[1, n]])]]),
  };
}

const active = (name: string) => ({ name, status: 'active' }) as const;

/** A database with a collection `Plain`, and a collection `Shared` with these tenants. */
async function withTenants(names: readonly string[], options: OpenOptions = {}): Promise<Database> {
  const database = await openDatabase(options);
  await database.createCollection(passages('Plain'));
  const multiTenancy = { enabled: true, autoTenantCreation: false, autoTenantActivation: false };
  await database.createCollection({ ...passages('Shared'), multiTenancy });
  await database.tenants.create(database.collection('Shared'), names.map(active));
  return database;
}

async function insert(database: Database, tenant: string, n: number): Promise<void> {
  await database.insert(tenant === '' ? 'Plain' : 'Shared', passage(n), noContext, tenant);
}

async function countIn(database: Database, tenant: string): Promise<number> {
  using held = await database.hold('Shared', tenant);
  return held.collection.count();
}

/** A checkpoint that seals nothing. */
async function checkpoint(database: Database): Promise<void> {
  await database.createCollection(passages('Passing'));
  await database.deleteCollection('Passing');
}

describe('after a crash', () => {
  test('the log is not asked for what it had before a tenant was used again', async () => {
    let directory = new MemoryDirectory({ seed: 1 });
    let database = await withTenants(['a', 'b'], { directory });
    for (let n = 1; n <= 3; n += 1) {
      await insert(database, '', n);
      await database.flush();
    }
    await insert(database, 'a', 1);
    await checkpoint(database);
    await insert(database, 'b', 1);
    for (const life of [1, 2]) {
      directory = directory.crash('lose');
      database = await openDatabase({ directory });
      for (const name of ['a', 'b']) assert.equal(await countIn(database, name), life);
      await checkpoint(database);
      for (const name of ['a', 'b']) await insert(database, name, 1 + life);
    }
    await database.close();
  });
});
