// LanceDB: a multi-vector column with an IVF_PQ index, cosine. It is no dependency of the project: the
// package is loaded from a folder of its own, where it was put with npm.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { VectorValue } from '../../src/engine/document.ts';
import type { Peer, PeerSettings } from './peer.ts';
import { peersFolder } from './peers-folder.ts';

/** The parts of the package that are used here. */
interface LanceDb {
  connect(path: string): Promise<{
    createEmptyTable(name: string, schema: object): Promise<LanceTable>;
  }>;
  readonly Index: { ivfPq(options: Readonly<Record<string, unknown>>): object };
}

interface LanceTable {
  add(data: object): Promise<unknown>;
  createIndex(column: string, options: object): Promise<void>;
  waitForIndex(names: readonly string[], seconds: number): Promise<void>;
  optimize(): Promise<unknown>;
  query(): { nearestTo(vector: Float32Array): LanceQuery };
}

interface LanceQuery {
  addQueryVector(vector: Float32Array): LanceQuery;
  distanceType(type: string): LanceQuery;
  limit(k: number): LanceQuery;
  nprobes(count: number): LanceQuery;
  refineFactor(factor: number): LanceQuery;
  select(columns: readonly string[]): LanceQuery;
  toArray(): Promise<readonly { readonly id: number }[]>;
}

/** The parts of apache-arrow: types and data are handed on as they are. */
type Made = new (...args: readonly unknown[]) => object;
interface Arrow {
  readonly Field: Made;
  readonly Float32: Made;
  readonly Int32: Made;
  readonly FixedSizeList: Made;
  readonly List: Made;
  readonly Schema: Made;
  readonly Struct: Made;
  readonly RecordBatch: Made;
  readonly Table: Made;
  makeData(options: Readonly<Record<string, unknown>>): object;
}

const batchSize = 500;

/** Settings of a search: `nprobes`, and `refine` (0 for none). */
export async function openLanceDb(folder: string): Promise<Peer> {
  const load = createRequire(import.meta.url);
  const packages = join(peersFolder, 'node_modules');
  const lancedb = load(join(packages, '@lancedb', 'lancedb')) as LanceDb;
  const arrow = load(join(packages, 'apache-arrow')) as Arrow;
  const connection = await lancedb.connect(folder);
  let table: LanceTable | undefined;
  return {
    import: async (documents) => {
      let tokens = 0;
      let dims = 0;
      let from = 0;
      for (const batch of batchesOf(documents)) {
        dims = batch[0]!.dims;
        const { schema, data } = rowsOf(arrow, batch, from);
        table ??= await connection.createEmptyTable('documents', schema);
        await table.add(data);
        from += batch.length;
        tokens += batch.reduce((sum, { values }) => sum + values.length / dims, 0);
      }
      if (table === undefined) throw new Error('there are documents');
      const config = lancedb.Index.ivfPq({
        distanceType: 'cosine',
        numPartitions: Math.round(Math.sqrt(tokens)),
        numSubVectors: dims / 8,
      });
      await table.createIndex('vector', { config });
      await table.waitForIndex(['vector_idx'], 3600);
      await table.optimize();
    },
    search: (query, k, settings) => searchTable(table!, query, k, settings),
    close: async () => undefined,
  };
}

async function searchTable(
  table: LanceTable,
  { dims, values }: VectorValue,
  k: number,
  { nprobes = 20, refine = 0 }: PeerSettings,
): Promise<readonly number[]> {
  let query = table.query().nearestTo(values.slice(0, dims));
  for (let at = dims; at < values.length; at += dims) {
    query = query.addQueryVector(values.slice(at, at + dims));
  }
  query = query.distanceType('cosine').limit(k).nprobes(nprobes).select(['id', '_distance']);
  if (refine > 0) query = query.refineFactor(refine);
  return (await query.toArray()).map(({ id }) => id);
}

function* batchesOf(documents: Iterable<VectorValue>): Generator<VectorValue[]> {
  let batch: VectorValue[] = [];
  for (const document of documents) {
    batch.push(document);
    if (batch.length === batchSize) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Arrow columns straight from the numbers: an id, and a list of vectors. */
function rowsOf(arrow: Arrow, batch: readonly VectorValue[], from: number) {
  const dims = batch[0]!.dims;
  const offsets = new Int32Array(batch.length + 1);
  for (const [i, { values }] of batch.entries())
    offsets[i + 1] = offsets[i]! + values.length / dims;
  const rows = offsets[batch.length]!;
  const numbers = new Float32Array(rows * dims);
  for (const [i, { values }] of batch.entries()) numbers.set(values, offsets[i]! * dims);
  const component = new arrow.Field('item', new arrow.Float32(), true);
  const row = new arrow.FixedSizeList(dims, component);
  const vector = new arrow.List(new arrow.Field('item', row, true));
  const id = new arrow.Int32();
  const fields = [new arrow.Field('id', id, true), new arrow.Field('vector', vector, true)];
  const schema = new arrow.Schema(fields);
  const components = arrow.makeData({ type: new arrow.Float32(), data: numbers });
  const child = arrow.makeData({ type: row, length: rows, child: components });
  const ids = Int32Array.from(batch, (_, i) => from + i);
  const length = batch.length;
  const children = [
    arrow.makeData({ type: id, data: ids }),
    arrow.makeData({ type: vector, length, valueOffsets: offsets, child }),
  ];
  const struct = arrow.makeData({ type: new arrow.Struct(fields), length, children });
  return { schema, data: new arrow.Table(schema, new arrow.RecordBatch(schema, struct)) };
}
