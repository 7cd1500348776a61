import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ParquetFile } from '../../../test/parquet-writer.ts';
import { readCsv } from './csv.ts';
import { readJsonLines } from './jsonl.ts';
import { LineCutter } from './lines.ts';
import { readParquet } from './parquet.ts';
import type { RowBatch, RowFile, RowItem } from './row-file.ts';

function fileWith(t: TestContext, name: string, content: string | Uint8Array): RowFile {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-rows-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return { path, name };
}

async function itemsOf(batches: AsyncIterable<RowBatch>): Promise<RowItem[]> {
  const items: RowItem[] = [];
  for await (const batch of batches) items.push(...batch.items);
  return items;
}

/** Fields of good rows, `place: message` of bad ones. */
function short(items: readonly RowItem[]): unknown[] {
  return items.map((item) =>
    item.kind === 'row' ? item.fields : `${item.place}: ${item.message}`,
  );
}

describe('JSON lines', () => {
  test('a byte order mark, carriage returns and blank lines are no content', async (t) => {
    const file = fileWith(t, 'a.jsonl', '\ufeff{"a":1}\r\n\r\n  \n{"a":"\u2028"}');
    assert.deepEqual(short(await itemsOf(readJsonLines(file))), [{ a: 1 }, { a: '\u2028' }]);
  });

  test('a bad line is one failed item with its number', async (t) => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":1}\nnot json\n[1]\n{"a":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}\n{"a":2}\n{"cut'),
    ]);
    assert.deepEqual(short(await itemsOf(readJsonLines(fileWith(t, 'a.jsonl', bytes)))), [
      { a: 1 },
      'line 2: expected a JSON object, found not json',
      'line 3: expected a JSON object, found [1]',
      'line 4: the line is not UTF-8',
      { a: 2 },
      'line 6: expected a JSON object, found {"cut',
    ]);
  });

  test('a packed file is unpacked, a damaged one is an error that names it', async (t) => {
    const packed = gzipSync('{"a":1}\n{"a":2}\n');
    const good = fileWith(t, 'a.jsonl.gz', packed);
    assert.deepEqual(short(await itemsOf(readJsonLines(good))), [{ a: 1 }, { a: 2 }]);
    const bad = fileWith(t, 'b.jsonl.gz', packed.subarray(0, 15));
    await assert.rejects(itemsOf(readJsonLines(bad)), {
      code: 'invalid-argument',
      message: /^b\.jsonl\.gz can't be read: /,
    });
  });

  test('a line is the same wherever the pieces end, and one that is too long is given up', () => {
    const bytes = Buffer.from('häuser\n\n12345678901\nlast');
    for (let size = 1; size <= bytes.length; size += 1) {
      const cutter = new LineCutter(10);
      const lines = [];
      for (let from = 0; from < bytes.length; from += size) {
        lines.push(...cutter.add(bytes.subarray(from, from + size)));
      }
      lines.push(...cutter.end());
      assert.deepEqual(lines, [
        { number: 1, text: 'häuser' },
        { number: 2, text: '' },
        { number: 3, text: undefined, problem: 'is 11 bytes long; allowed are 10' },
        { number: 4, text: 'last' },
      ]);
    }
  });
});

describe('comma-separated values', () => {
  test('quotes, line breaks inside them, a byte order mark and empty cells', async (t) => {
    const file = fileWith(
      t,
      'a.csv',
      '\ufeffid,text,n\r\n1,"he said ""no"",\r\nthen left",\r\n\r\n2,x,3\r\n',
    );
    assert.deepEqual(short(await itemsOf(readCsv(file))), [
      { id: 1, text: 'he said "no",\r\nthen left' },
      { id: 2, text: 'x', n: 3 },
    ]);
  });

  test('a failed item has the line that it begins at', async (t) => {
    const file = fileWith(t, 'a.csv', 'a,b\r\n"1\r\n\r\n2","x\n"\r\n\r\n"y\r\n"\r\n3\r\n');
    assert.deepEqual(short(await itemsOf(readCsv(file))).slice(1), [
      'line 7: expected 2 columns, found 1',
      'line 9: expected 2 columns, found 1',
    ]);
  });

  test('ragged rows and broken quotes are failed items, the rest is read', async (t) => {
    const file = fileWith(t, 'a.csv', 'a,b\n1,x\n2\n3,y,z\n4,"u"v\n5,w"\n6,"open\n7,x\n');
    assert.deepEqual(
      short(await itemsOf(readCsv(file))).sort(),
      [
        'line 3: expected 2 columns, found 1',
        'line 4: expected 2 columns, found 3',
        'line 7: a quote that is opened in this record is never closed',
        { a: 1, b: 'x' },
        { a: 4, b: '"u"v' },
        { a: 5, b: 'w"' },
      ].sort(),
    );
  });

  test('the delimiter is the one that the header has', async (t) => {
    for (const [name, delimiter] of [
      ['a.csv', ';'],
      ['a.csv', '|'],
      ['a.tsv', '\t'],
    ] as const) {
      const file = fileWith(t, name, `"a,1"${delimiter}b\n1,5${delimiter}2\n`);
      assert.deepEqual(short(await itemsOf(readCsv(file))), [{ 'a,1': '1,5', b: 2 }]);
    }
  });

  test('a column has a type when the first rows agree, and names like 007 stay text', async (t) => {
    const rows = 'n,flag,code,big,kept\n1.5,TRUE,007,12345678901234567,1\n-2e3,false,1,1,2\n';
    const file = fileWith(t, 'a.csv', rows);
    assert.deepEqual(short(await itemsOf(readCsv(file, { textColumns: ['kept'] }))), [
      { n: 1.5, flag: true, code: '007', big: '12345678901234567', kept: '1' },
      { n: -2000, flag: false, code: '1', big: '1', kept: '2' },
    ]);
  });

  test('a cell of another type after the first rows is a failed item', async (t) => {
    const rows = Array.from(
      { length: 1_100 },
      (_, index) => `${index === 1_050 ? 'n/a' : index}\n`,
    );
    const items = await itemsOf(readCsv(fileWith(t, 'a.csv', `n\n${rows.join('')}`)));
    assert.equal(items.filter(({ kind }) => kind === 'row').length, 1_099);
    assert.match(String(short(items)[1_050]), /^line 1052: column n holds a number .* "n\/a"/);
  });

  test('a header without names or with one twice is an error that names the file', async (t) => {
    for (const [content, message] of [
      ['a,a\n1,2\n', /a\.csv can't be read: the header names the column a twice/],
      [',\n1,2\n', /the header names no column/],
    ] as const) {
      await assert.rejects(itemsOf(readCsv(fileWith(t, 'a.csv', content))), { message });
    }
    assert.deepEqual(await itemsOf(readCsv(fileWith(t, 'empty.csv', ''))), []);
  });

  test('a record without end is an error, not memory', async (t) => {
    const endless = `a,b\n1,"${'x'.repeat(17 * 1024 * 1024)}`;
    await assert.rejects(itemsOf(readCsv(fileWith(t, 'a.csv', endless))), {
      message: /the record after line 1 is longer than 16777216 bytes/,
    });
  });
});

describe('Parquet', () => {
  const file = new ParquetFile([
    { name: 'id', kind: 'int64', values: [1n, 2n ** 60n] },
    { name: 'text', kind: 'text', values: ['red', 'blue'] },
    { name: 'score', kind: 'double', values: [0.5, Number.NaN] },
  ]);

  test('rows of every group come with JSON values', async (t) => {
    const found = await itemsOf(readParquet(fileWith(t, 'a.parquet', file.bytes(2))));
    const rows = [
      { id: 1, text: 'red', score: 0.5 },
      { id: '1152921504606846976', text: 'blue', score: undefined },
    ];
    assert.deepEqual(short(found), [...rows, ...rows]);
    assert.deepEqual(
      found.map(({ place }) => place),
      ['row 1', 'row 2', 'row 3', 'row 4'],
    );
  });

  test('damaged files are errors that name the file', async (t) => {
    const bytes = file.bytes(1);
    const cuts = [0, 11, bytes.length - 1].map((end) => bytes.subarray(0, end));
    const lying = Uint8Array.from(bytes);
    lying.set([0xff, 0xff, 0xff, 0x7f], bytes.length - 8);
    for (const damaged of [...cuts, lying]) {
      const reading = itemsOf(readParquet(fileWith(t, 'bad.parquet', damaged)));
      await assert.rejects(reading, { message: /^bad\.parquet can't be read: / });
    }
    let errors = 0;
    for (let at = 0; at < bytes.length; at += 67) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x5a;
      await itemsOf(readParquet(fileWith(t, 'bad.parquet', changed))).catch((error: Error) => {
        errors += 1;
        assert.match(error.message, /^bad\.parquet can't be read: /);
      });
    }
    assert.ok(errors > 0, 'some of the changes are noticed');
  });
});
