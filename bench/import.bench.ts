// What an import costs: processor time of every stage between a decoded batch and a sealed segment, for
// passages with self-provided multi-vectors. For numbers: node --no-liftoff bench/import.bench.ts (a
// quiet machine; several runs). As a test it runs once with few passages.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ObjectInput } from '../src/database/object-input.ts';
import { openDirectory } from '../src/database/open-directory.ts';
import { encodeChange } from '../src/database/records.ts';
import { checkProperties } from '../src/database/schema/property-values.ts';
import { checkVector, joinVector } from '../src/database/writes/vector-checks.ts';
import { ByteWriter } from '../src/engine/bytes.ts';
import type { Document, VectorValue } from '../src/engine/document.ts';
import { MemoryColumns } from '../src/engine/filter/columns.ts';
import { openKernels } from '../src/engine/kernels/kernels.ts';
import { MemoryTokenVectors } from '../src/engine/multivector/memory-token-vectors.ts';
import { randomFrom } from '../src/engine/multivector/vectors-for-tests.ts';
import { encodeSegment } from '../src/engine/segment/encode-segment.ts';
import { MemorySegment } from '../src/engine/segment/memory-segment.ts';

import { MemoryTextIndex } from '../src/engine/text/memory-text-index.ts';
import { tokenize } from '../src/engine/text/tokenizers.ts';
import { DirectoryStore } from '../src/storage/directory-store.ts';
import { FileLog } from '../src/storage/file-log.ts';
import { NodeDirectory } from '../src/storage/node-directory.ts';
import { writeSegment } from '../src/storage/segment-files.ts';
import { noContext, passages, uuidOf } from '../test/simulation/world.ts';

interface Sizes {
  readonly passages: number;
  readonly tokens: number;
  readonly dims: number;
  readonly batch: number;
}

const fullSizes: Sizes = { passages: 2000, tokens: 69, dims: 128, batch: 100 };
const tinySizes: Sizes = { passages: 30, tokens: 5, dims: 20, batch: 10 };

const config = passages();
const schema = { ...config, collection: config.name, ...config.invertedIndex };

/** Passages of about as many words as token vectors; words are as unevenly frequent as in texts. */
function makeInputs(sizes: Sizes): ObjectInput[] {
  const random = randomFrom(1);
  return Array.from({ length: sizes.passages }, (_, n) => {
    const words = Array.from(
      { length: sizes.tokens },
      () => `word${Math.floor(20_000 ** random())}`,
    );
    const values = new Float32Array(sizes.tokens * sizes.dims);
    for (let i = 0; i < values.length; i += 1) values[i] = random() + random() - 1;
    const vector: VectorValue = { kind: 'multi', dims: sizes.dims, values };
    const properties = { text: words.join(' '), number: n };
    return { uuid: uuidOf(n + 1), properties, vectors: new Map([['mv', vector]]) };
  });
}

/** Microseconds of processor time a passage, all threads, and of waiting included. */
interface Cost {
  readonly stage: string;
  readonly cpuUs: number;
  readonly wallUs: number;
}

/** Runs stages and keeps what they cost. */
class Costs {
  readonly rows: Cost[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  async measure<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    const { user, system } = process.cpuUsage(cpu);
    const wallUs = ((performance.now() - start) * 1000) / this.#count;
    this.rows.push({ stage, cpuUs: (user + system) / this.#count, wallUs });
    return result;
  }
}

async function measureStages(inputs: readonly ObjectInput[], sizes: Sizes, folder: string) {
  const costs = new Costs(inputs.length);
  const documents = await costs.measure('check', () => inputs.map(checked));
  const writer = new ByteWriter();
  const lengths = await costs.measure('encode', () =>
    batchesOf(documents, sizes.batch).map((batch) => {
      writer.restart(0);
      encodeChange({ kind: 'put', collection: 1, documents: batch }, writer);
      return writer.length;
    }),
  );
  const directory = await NodeDirectory.open(folder);
  const log = await FileLog.open(directory);
  await costs.measure('log', async () => {
    // The bytes of one batch stand for all: the log does not look at them.
    for (const length of lengths) await log.append([writer.finish().subarray(0, length)]);
  });
  await log.close();
  const rows = openKernels({ forcePlain: false, clock: performance }).createRows();
  const vectors = MemoryTokenVectors.open({ normalized: true, rows });
  await costs.measure('append vectors', () => {
    documents.forEach((document, doc) => {
      vectors.append(doc, document.vectors.get('mv'));
    });
  });
  const text = new MemoryTextIndex();
  await costs.measure('text index', () => {
    documents.forEach(({ properties }, doc) => {
      text.add(doc, 'text', tokenize(String(properties['text']), 'word'));
    });
  });
  const columns = new MemoryColumns();
  await costs.measure('columns', () => {
    documents.forEach((document, doc) => {
      columns.add(doc, document, schema);
    });
  });
  const segment = new MemorySegment(rows);
  await costs.measure('memory segment, the three and the rest', () => {
    for (const document of documents) segment.add(document, schema);
  });
  const store = await DirectoryStore.open(directory);
  const bytes = await costs.measure('encode and write segment', () =>
    writeSegment(store, 'one', encodeSegment([segment], schema)),
  );
  assert.ok(vectors.vectorCount === inputs.length * sizes.tokens);
  assert.ok(text.documentCount === inputs.length && columns.documentCount === inputs.length);
  assert.ok(bytes > inputs.length * sizes.tokens * sizes.dims * 5);
  return costs.rows;
}

function checked(input: ObjectInput): Document {
  const vectors = new Map<string, VectorValue>();
  for (const [name, given] of input.vectors) {
    const vector = joinVector(given, config.vectors[0]!, config.name);
    checkVector(vector, { collection: config.name, name }, 16_384);
    vectors.set(name, vector);
  }
  const properties = checkProperties(config, input.properties);
  return { uuid: input.uuid ?? '', createdAt: 1, updatedAt: 1, properties, vectors };
}

function batchesOf<T>(items: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let from = 0; from < items.length; from += size)
    batches.push(items.slice(from, from + size));
  return batches;
}

/** The same through the database, in a directory of its own. */
async function measureWhole(inputs: readonly ObjectInput[], sizes: Sizes, folder: string) {
  const costs = new Costs(inputs.length);
  await using opened = await openDirectory(folder, {
    vectorizers: { modelsDirectory: folder },
    flushBytes: 1 << 30,
  });
  const { database } = opened;
  await database.createCollection(config);
  await costs.measure('insertMany', async () => {
    for (const batch of batchesOf(inputs, sizes.batch)) {
      const objects = batch.map((object) => ({ collection: config.name, object }));
      const results = await database.insertMany(objects, noContext);
      assert.ok(results.every(({ kind }) => kind === 'stored'));
    }
  });
  await costs.measure('flush', () => database.flush());
  assert.equal(database.collection(config.name).count(), inputs.length);
  return costs.rows;
}

async function report(sizes: Sizes): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-bench-'));
  try {
    const inputs = makeInputs(sizes);
    const whole = await measureWhole(inputs, sizes, join(folder, 'whole'));
    const stages = await measureStages(inputs, sizes, join(folder, 'stages'));
    const line = ({ stage, cpuUs, wallUs }: Cost): string =>
      `${stage.padEnd(40)} ${cpuUs.toFixed(0).padStart(6)} us CPU ${wallUs.toFixed(0).padStart(6)} us`;
    const { passages: count, tokens, dims, batch } = sizes;
    const title = `a passage of ${tokens} × ${dims}, of ${count} in batches of ${batch}`;
    return `${title}\n${[...whole, ...stages].map(line).join('\n')}\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const underTest = process.execArgv.some((argument) => argument.startsWith('--test'));
if (import.meta.main && !underTest) process.stdout.write(await report(fullSizes));
else {
  test('the import benchmark runs', async () => {
    assert.match(await report(tinySizes), /insertMany +\d+ us CPU/);
  });
}
