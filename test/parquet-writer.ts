// Writes small Parquet files for tests: plain values, no compression, one page a column. Only what the
// reader needs of the format (Thrift's compact protocol) is here.

/** One column; every row has a value. */
export type ParquetColumn =
  | { readonly name: string; readonly kind: 'int64'; readonly values: readonly bigint[] }
  | { readonly name: string; readonly kind: 'double'; readonly values: readonly number[] }
  | { readonly name: string; readonly kind: 'text'; readonly values: readonly string[] };

const types = { int64: 2, double: 5, text: 6 } as const;

/** A field of a Thrift struct: integer, text, list of structs or struct. */
type Field = number | bigint | string | readonly Struct[] | readonly string[] | Struct | ListOfInts;
interface ListOfInts {
  readonly ints: readonly number[];
}
interface Struct {
  /** By field number, ascending. */
  readonly fields: ReadonlyMap<number, Field>;
}

/** A file of rows that are written once for each group. */
export class ParquetFile {
  readonly #columns: readonly ParquetColumn[];

  constructor(columns: readonly ParquetColumn[]) {
    this.#columns = columns;
  }

  bytes(groups: number): Uint8Array {
    const parts: Buffer[] = [Buffer.from('PAR1')];
    let offset = 4;
    const written: Struct[] = [];
    for (let group = 0; group < groups; group += 1) {
      const chunks = this.#columns.map((column) => {
        const page = pageOf(column);
        const start = offset;
        parts.push(page);
        offset += page.length;
        return { column, start, length: page.length };
      });
      written.push(rowGroup(chunks));
    }
    const rows = this.#columns[0]?.values.length ?? 0;
    const schema = [
      struct({ 4: 'schema', 5: this.#columns.length }),
      ...this.#columns.map(({ name, kind }) =>
        struct({ 1: types[kind], 3: 0, 4: name, ...(kind === 'text' ? { 6: 0 } : {}) }),
      ),
    ];
    const metadata = encode(struct({ 1: 1, 2: schema, 3: BigInt(rows * groups), 4: written }));
    const end = Buffer.alloc(8);
    end.writeUInt32LE(metadata.length, 0);
    end.write('PAR1', 4);
    return new Uint8Array(Buffer.concat([...parts, metadata, end]));
  }
}

interface Chunk {
  readonly column: ParquetColumn;
  readonly start: number;
  readonly length: number;
}

function rowGroup(chunks: readonly Chunk[]): Struct {
  const columns = chunks.map(({ column, start, length }) => {
    const metadata = struct({
      1: types[column.kind],
      2: { ints: [0] },
      3: [column.name],
      4: 0,
      5: BigInt(column.values.length),
      6: BigInt(length),
      7: BigInt(length),
      9: BigInt(start),
    });
    return struct({ 2: BigInt(start), 3: metadata });
  });
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  const rows = chunks[0]?.column.values.length ?? 0;
  return struct({ 1: columns, 2: BigInt(bytes), 3: BigInt(rows) });
}

function pageOf(column: ParquetColumn): Buffer {
  const data = Buffer.concat(column.values.map((value) => plain(value)));
  const header = struct({ 1: column.values.length, 2: 0, 3: 3, 4: 3 });
  return Buffer.concat([encode(struct({ 1: 0, 2: data.length, 3: data.length, 5: header })), data]);
}

function plain(value: bigint | number | string): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([length, text]);
  }
  const bytes = Buffer.alloc(8);
  if (typeof value === 'bigint') bytes.writeBigInt64LE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}

function struct(fields: Readonly<Record<number, Field>>): Struct {
  return { fields: new Map(Object.entries(fields).map(([id, value]) => [Number(id), value])) };
}

function encode({ fields }: Struct): Buffer {
  const parts: Buffer[] = [];
  let before = 0;
  for (const [id, value] of fields) {
    parts.push(Buffer.from([((id - before) << 4) | typeOf(value)]), encodeValue(value));
    before = id;
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function typeOf(value: Field): number {
  if (typeof value === 'number') return 5;
  if (typeof value === 'bigint') return 6;
  if (typeof value === 'string') return 8;
  return Array.isArray(value) || 'ints' in value ? 9 : 12;
}

function encodeValue(value: Field): Buffer {
  if (typeof value === 'number' || typeof value === 'bigint') return varint(BigInt(value) * 2n);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([varint(BigInt(text.length)), text]);
  }
  if ('fields' in value) return encode(value);
  const items: readonly Field[] = 'ints' in value ? value.ints : value;
  const head = Buffer.from([(items.length << 4) | typeOf(items[0] ?? 0)]);
  return Buffer.concat([head, ...items.map((item) => encodeValue(item))]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
