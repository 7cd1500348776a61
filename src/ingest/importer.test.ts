import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { closePages, filesFor, IngestWorld, pdfOf } from '../../test/ingest-world.ts';
import { brokenFiles } from '../../test/pages/hostile-files.ts';
import { MemoryBudget } from '../database/memory-budget.ts';
import { pageUuid } from './page-collection.ts';

after(closePages);

const lines = ['first page', 'second page', 'third page'];

describe('importing pages', () => {
  test('a page is an object with its words, boxes, vectors and pictures', async (t) => {
    const file = filesFor(t);
    await using world = await IngestWorld.open();
    const summary = await world.run([file('a.pdf', pdfOf(lines))]);
    assert.deepEqual([summary.written, summary.failed, world.problems], [3, 0, []]);
    const { collection } = world;
    const page = collection.get(pageUuid('a.pdf', 2));
    const { sourceHash, ...properties } = page?.properties ?? {};
    assert.match(String(sourceHash), /^[0-9a-f]{64}$/);
    assert.deepEqual(properties, {
      source: 'a.pdf',
      page: 2,
      pageCount: 3,
      title: 'A title',
      text: 'second page',
      readBy: 'text-layer',
    });
    assert.equal(page?.vectors.get('text')?.values.length, 2 * 4);
    const places = page?.places?.get('text');
    assert.equal(places?.boxes?.length, 2 * 4);
    const [x = 0, y = 0, width = 0] = places?.boxes ?? [];
    assert.ok(Math.abs((x / 65_535) * 200 - 20) < 3 && y > 0 && width > 0, `${x} ${y} ${width}`);
    assert.deepEqual(places?.page, { width: 200, height: 100 });
    assert.equal(page?.words?.get('text')?.boxes?.length, 2 * 4);
    const image = await world.importer.images.read(collection, pageUuid('a.pdf', 2), 'page');
    const small = await world.importer.images.read(collection, pageUuid('a.pdf', 2), 'thumbnail');
    assert.deepEqual([...(image?.bytes.subarray(0, 2) ?? [])], [0xff, 0xd8]);
    assert.ok((image?.width ?? 0) > (small?.width ?? 0) && small?.width === 320);
    assert.equal(await world.pictureCount(), 3);
  });

  test('what has not changed is passed over, also when only its time has', async (t) => {
    const path = filesFor(t)('a.pdf', pdfOf(lines));
    await using world = await IngestWorld.open();
    await world.run([path]);
    const before = world.contents();
    const embedded = world.vectorizer.texts.length;
    assert.equal((await world.run([path])).unchanged, 1);
    utimesSync(path, 1_000_000_000, 1_000_000_000);
    assert.equal((await world.run([path])).unchanged, 1);
    await world.reopen();
    assert.equal((await world.run([path])).unchanged, 1);
    assert.deepEqual(world.contents(), before);
    assert.equal(world.vectorizer.texts.length, embedded);
    assert.equal((await world.run([path], { unchanged: 'import' })).written, 3);
    assert.deepEqual(world.contents(), before);
    assert.equal(await world.pictureCount(), 3);
  });

  test('a changed file has its pages replaced, and those that vanished deleted', async (t) => {
    const file = filesFor(t);
    const path = file('a.pdf', pdfOf(lines));
    await using world = await IngestWorld.open();
    await world.run([path, file('b.pdf', pdfOf(['other']))]);
    file('a.pdf', pdfOf(['first page', 'another page']));
    const summary = await world.run([path]);
    assert.deepEqual([summary.written, summary.removed], [2, 1]);
    assert.equal(world.collection.count(), 3);
    assert.equal(world.collection.get(pageUuid('a.pdf', 2))?.properties['text'], 'another page');
    assert.equal(world.collection.get(pageUuid('a.pdf', 3)), undefined);
    await world.importer.images.settled;
    assert.equal(await world.pictureCount(), 3);
  });

  test('interrupted at any place, the next run ends with what an uninterrupted one has', async (t) => {
    const file = filesFor(t);
    const many = Array.from({ length: 7 }, (_, index) => `page number ${index}`);
    const paths = [file('a.pdf', pdfOf(many)), file('b.pdf', pdfOf(['other one', 'other two']))];
    await using whole = await IngestWorld.open();
    await whole.run(paths);
    for (const stopAt of [1, 8]) {
      await using world = await IngestWorld.open();
      const stop = new AbortController();
      const onProgress = ({ written }: { readonly written: number }): void => {
        if (written >= stopAt) stop.abort(new Error('enough'));
      };
      const running = world.run(paths, { batchSize: 2, signal: stop.signal, onProgress });
      await assert.rejects(running, /enough/);
      await world.reopen();
      const there = world.collection.count();
      const summary = await world.run(paths);
      assert.equal(summary.written, 9 - there, `after ${stopAt}`);
      assert.deepEqual(world.contents(), whole.contents(), `after ${stopAt}`);
      assert.equal(await world.pictureCount(), 9);
    }
  });

  test('broken files are problems of their own, and a readable version stays', async (t) => {
    const file = filesFor(t);
    const paths = brokenFiles()
      .filter(({ expect }) => expect.kind === 'failed')
      .map(({ name, bytes }) => file(name, bytes));
    const good = file('good.pdf', pdfOf(['a good page']));
    await using world = await IngestWorld.open();
    const summary = await world.run([...paths, good]);
    assert.equal(summary.written, 1);
    assert.equal(summary.failed, paths.length);
    assert.equal(new Set(world.problems.map(({ source }) => source)).size, paths.length);
    file('good.pdf', '%PDF-1.7 and no more');
    assert.equal((await world.run([good])).failed, 1);
    assert.equal(world.collection.count(), 1);
  });

  test('pictures go with their objects, with their collection, and after a crash', async (t) => {
    const path = filesFor(t)('a.pdf', pdfOf(lines));
    await using world = await IngestWorld.open();
    await world.run([path]);
    const { images } = world.importer;
    await world.collection.delete(pageUuid('a.pdf', 1));
    await images.settled;
    assert.equal(await world.pictureCount(), 2);
    assert.equal(await images.read(world.collection, pageUuid('a.pdf', 1), 'page'), undefined);
    const stored = await world.database.store.list('pages/');
    const [{ key = '' } = {}] = stored;
    const { bytes } = (await world.database.store.get(key))!;
    // A crash between picture and object: of a page that is not there, and of another version of one that is.
    const uuid = pageUuid('a.pdf', 9);
    const unfinished = [
      `pages/1/${uuid.slice(0, 2)}/${uuid}.0000000000000000`,
      `${key.slice(0, -1)}x`,
    ];
    for (const each of unfinished) {
      await world.database.store.put(each, [bytes], { kind: 'always' });
    }
    await world.reopen();
    assert.deepEqual(
      (await world.database.store.list('pages/')).map((each) => each.key),
      stored.map((each) => each.key),
    );
    assert.equal((await world.run([path])).kept, 2);
    assert.equal(await world.pictureCount(), 3);
    await Promise.all([1, 2].map((page) => world.collection.delete(pageUuid('a.pdf', page))));
    await world.importer.images.settled;
    assert.equal(await world.pictureCount(), 1);
    const last = world.collection.delete(pageUuid('a.pdf', 3));
    await Promise.all([last, world.database.deleteCollection('Files')]);
    await world.importer.images.settled;
    assert.equal(await world.pictureCount(), 0);
    await world.reopen();
    assert.deepEqual(await world.database.store.list('imports/'), []);
  });

  test('a damaged picture is an error that names its file', async (t) => {
    await using world = await IngestWorld.open();
    await world.run([filesFor(t)('a.pdf', pdfOf(['one']))]);
    const [{ key = '' } = {}] = await world.database.store.list('pages/');
    const { bytes } = (await world.database.store.get(key))!;
    for (const at of [0, 5, 30, 60, bytes.length - 1]) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await world.database.store.put(key, [damaged], { kind: 'always' });
      const read = async (): Promise<void> => {
        for (const size of ['page', 'thumbnail'] as const) {
          await world.importer.images.read(world.collection, pageUuid('a.pdf', 1), size);
        }
      };
      await assert.rejects(read, { code: 'corrupt', message: new RegExp(key) });
    }
  });
});

describe('importing rows', () => {
  const jsonl = (count: number, from = 0): string =>
    Array.from({ length: count }, (_, n) => {
      return `${JSON.stringify({ _id: `r${from + n}`, title: 'row', text: `number ${from + n}` })}\n`;
    }).join('');

  test('rows are objects by their id, with text, types and vectors', async (t) => {
    const file = filesFor(t);
    await using world = await IngestWorld.open();
    await world.run([file('a.jsonl', jsonl(3)), file('b.csv', 'id,text,n\nr0,again,5\nx,new,6\n')]);
    const found = Object.values(world.contents() as Record<string, { properties: unknown }>);
    assert.deepEqual(found.map(({ properties }) => JSON.stringify(properties)).sort(), [
      '{"docId":"r0","text":"again","n":5}',
      '{"docId":"r1","title":"row","text":"number 1"}',
      '{"docId":"r2","title":"row","text":"number 2"}',
      '{"docId":"x","text":"new","n":6}',
    ]);
    assert.deepEqual(world.vectorizer.texts.slice(0, 2), ['number 0 row', 'number 1 row']);
    assert.equal(
      world.collection.config.properties.find(({ name }) => name === 'n')?.type,
      'number',
    );
  });

  test('an interrupted file goes on where it was, and the result is the same', async (t) => {
    const rows = `${jsonl(400)}not json\n${jsonl(300, 400)}{"_id":"r5","text":"the last one wins"}\n`;
    const path = filesFor(t)('a.jsonl', rows);
    await using whole = await IngestWorld.open();
    assert.equal((await whole.run([path], { batchSize: 32 })).failed, 1);
    assert.equal(whole.collection.count(), 700);
    await using world = await IngestWorld.open();
    const stop = new AbortController();
    const onProgress = ({ written }: { readonly written: number }): void => {
      if (written >= 450) stop.abort(new Error('enough'));
    };
    const running = world.run([path], { batchSize: 32, signal: stop.signal, onProgress });
    await assert.rejects(running, /enough/);
    await world.reopen();
    const again = await world.run([path], { batchSize: 32 });
    assert.ok(again.written <= 701 - 450 + 3 * 32, `${again.written} rows were written again`);
    assert.deepEqual(world.contents(), whole.contents());
    assert.deepEqual(world.problems, whole.problems);
    assert.equal((await world.run([path])).unchanged, 1);
    assert.deepEqual(world.problems, whole.problems, 'what failed is told again');
  });

  test('refused rows are problems; read in another way the file is imported again', async (t) => {
    const file = filesFor(t);
    const path = file('a.jsonl', '{"_id":"a","n":1}\n{"_id":"b","n":"x"}\n{"_id":"c"}\n');
    await using world = await IngestWorld.open();
    await world.run([file('seed.jsonl', '{"_id":"s","n":1,"text":"x"}')]);
    assert.equal((await world.run([path])).failed, 1);
    assert.match(world.problems[0]?.message ?? '', /invalid number property 'n'/);
    assert.equal(world.problems[0]?.item, 'line 2');
    assert.equal((await world.run([path])).unchanged, 1);
    assert.equal(world.problems.length, 1);
    const other = await world.run([path], { idColumn: 'n' });
    assert.deepEqual([other.unchanged, other.written], [0, 1]);
  });
});

describe('hostile and unlucky imports', () => {
  test('long whole numbers as ids stay apart', async (t) => {
    const path = filesFor(t)('a.jsonl', '{"id":9007199254740993,"a":1}\n{"id":9007199254740992}\n');
    await using world = await IngestWorld.open();
    await world.run([path]);
    const found = Object.values(world.contents() as Record<string, { properties: object }>);
    assert.deepEqual(
      new Set(found.map(({ properties }) => JSON.stringify(properties))),
      new Set(['{"docId":"9007199254740993","a":1}', '{"docId":"9007199254740992"}']),
    );
  });

  test('a row that is nested too deep is one that failed', async (t) => {
    const file = filesFor(t);
    for (const depth of [300, 1_500, 6_000]) {
      await using world = await IngestWorld.open();
      const deep = `${'{"x":['.repeat(depth)}1${']}'.repeat(depth)}`;
      const path = file('a.jsonl', `{"id":1}\n{"id":2,"o":${deep}}\n{"id":3}\n`);
      const { written, failed } = await world.run([path]);
      assert.deepEqual([written, failed, world.collection.count()], [2, 1, 2]);
      assert.match(world.problems[0]?.message ?? '', /nested more than 256 deep/);
    }
  });

  test('more problems than a record keeps are counted the second time as well', async (t) => {
    const path = filesFor(t)('a.jsonl', `${'x\n'.repeat(250)}{"id":1}\n`);
    await using world = await IngestWorld.open();
    assert.equal((await world.run([path])).failed, 250);
    const again = await world.run([path]);
    assert.deepEqual([again.failed, again.unchanged], [250, 1]);
    assert.match(world.problems.at(-1)?.message ?? '', /150 more failed/);
  });

  test('a collection that is deleted meanwhile is not made again, and nothing of it stays', async (t) => {
    const file = filesFor(t);
    const many = Array.from({ length: 12 }, (_, index) => `page number ${index}`);
    const rows = many.map((text, _id) => JSON.stringify({ _id, text })).join('\n');
    for (const path of [file('a.pdf', pdfOf(many)), file('a.jsonl', rows)]) {
      await using world = await IngestWorld.open();
      let dropped: Promise<unknown> | undefined;
      const onProgress = ({ written }: { readonly written: number }): void => {
        if (written >= 2) dropped ??= world.database.deleteCollection('Files');
      };
      const running = world.run([path], { batchSize: 2, onProgress });
      await assert.rejects(running, { code: 'collection-missing' });
      await dropped;
      await world.importer.images.settled;
      assert.equal(world.database.findCollection('Files'), undefined);
      assert.equal(await world.pictureCount(), 0);
      assert.deepEqual(await world.database.store.list('imports/'), []);
    }
  });

  test('while memory is full it waits', async (t) => {
    const bytes = 2 ** 30;
    let measured = 0;
    const measure = (): number => {
      measured += 1;
      return measured <= 2 ? 2 * bytes : 0;
    };
    const memory = new MemoryBudget({ bytes, measure });
    await using world = await IngestWorld.open({ memory });
    const { written, failed } = await world.run([filesFor(t)('a.jsonl', '{"id":1}\n{"id":2}\n')]);
    assert.deepEqual([written, failed, measured], [2, 0, 3]);
  });
});

describe('an embedder that fails', () => {
  test('from the start, it stops the import and no collection is left', async (t) => {
    const file = filesFor(t);
    const paths = [file('a.jsonl', '{"text":"x"}'), file('b.pdf', pdfOf(['one']))];
    for (const path of paths) {
      await using world = await IngestWorld.open();
      world.vectorizer.fails = 'everything';
      await assert.rejects(world.run([path]), {
        code: 'vectorizer-failed',
        message: /nothing can be embedded for vector text .* the letters are out/,
      });
      assert.equal(world.database.findCollection('Files'), undefined);
    }
  });

  test('later on, it stops the import, and the next run goes on', async (t) => {
    const rows = Array.from({ length: 300 }, (_, n) => `{"_id":"${n}","text":"row ${n}"}\n`);
    const path = filesFor(t)('a.jsonl', rows.join(''));
    await using world = await IngestWorld.open();
    const onProgress = ({ written }: { readonly written: number }): void => {
      if (written >= 100) world.vectorizer.fails = 'everything';
    };
    const running = world.run([path], { batchSize: 10, onProgress });
    await assert.rejects(running, { code: 'vectorizer-failed' });
    assert.ok(world.problems.length < 30, `${world.problems.length} problems`);
    world.vectorizer.fails = undefined;
    await world.run([path]);
    assert.equal(world.collection.count(), 300);
    assert.deepEqual(world.problems, []);
  });

  test('at single texts, these are problems, and are tried again next time', async (t) => {
    const file = filesFor(t);
    const rows = Array.from({ length: 40 }, (_, n) => {
      return `{"_id":"${n}","text":"${n >= 10 && n < 20 ? 'bad' : 'good'} ${n}"}\n`;
    });
    const paths = [file('a.jsonl', rows.join('')), file('b.pdf', pdfOf(['good', 'bad', 'good']))];
    for (const [index, path] of paths.entries()) {
      await using world = await IngestWorld.open();
      world.vectorizer.fails = /bad/;
      const first = await world.run([path]);
      assert.equal(first.failed, index === 0 ? 10 : 1);
      assert.match(world.problems[0]?.message ?? '', /the letters are out/);
      world.vectorizer.fails = undefined;
      await world.run([path]);
      assert.deepEqual(world.problems, []);
      assert.equal(world.collection.count(), index === 0 ? 40 : 3);
    }
  });
});
