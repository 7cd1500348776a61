// The first tutorial, both options, with both official clients and the code as printed, against the
// hash-made embeddings whose distances are known.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type EmbeddingMock, startEmbeddingMock } from '../embedding-mock.ts';
import { minilmOrSkip } from '../require-or-skip.ts';
import { hasPython } from './python.ts';
import { runTutorial, type Step } from './run-tutorial.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';
import { languages, parseTextTutorial, readTutorial } from './tutorial-code.ts';

const text = readTutorial('1-multi-vector-embeddings.txt');
const code = parseTextTutorial(text ?? '');
const skip = skipWithout(text !== undefined, 'the tutorial texts are not beside the project');
const skipPython = skip || skipWithout(await hasPython(), 'there is no python3 with venv');

/** Distances of doc1, doc3, doc2 for the tutorial's query. */
const distances = [
  ['doc1', -9.135267],
  ['doc3', -8.327818],
  ['doc2', -7.526249],
] as const;

const query = '"A good database for AI app builders"';
const withDistance = {
  text: {
    python: `[[o.properties["docid"], o.metadata.distance] for o in collection.query.near_text(query=${query}, target_vector="multi_vector", return_metadata=["distance"]).objects]`,
    typescript: `(await collection.query.nearText(${query}, { targetVector: "multi_vector", returnMetadata: ["distance"] })).objects.map((o) => [o.properties.docid, o.metadata?.distance])`,
  },
  vector: {
    python: `[[o.properties["docid"], o.metadata.distance] for o in collection.query.near_vector(near_vector=get_colbert_embedding(${query}), target_vector="multi_vector", return_metadata=["distance"]).objects]`,
    typescript: `(await collection.query.nearVector(await getColbertEmbedding(${query}), { targetVector: "multi_vector", returnMetadata: ["distance"] })).objects.map((o) => [o.properties.docid, o.metadata?.distance])`,
  },
};
const docids = {
  python: '[o.properties["docid"] for o in response.objects]',
  typescript: 'response.objects.map((o) => o.properties.docid)',
};
const hybridScores = {
  python: `[[o.properties["docid"], o.metadata.score, o.metadata.explain_score] for o in collection.query.hybrid(query=${query}, target_vector="multi_vector", return_metadata=["score", "explain_score"]).objects]`,
  typescript: `(await collection.query.hybrid(${query}, { targetVector: "multi_vector", returnMetadata: ["score", "explainScore"] })).objects.map((o) => [o.properties.docid, o.metadata?.score, o.metadata?.explainScore])`,
};
const hybridWithVector = {
  python: `[[o.properties["docid"], o.metadata.score] for o in collection.query.hybrid(query=${query}, vector={"multi_vector": get_colbert_embedding(${query})}, target_vector="multi_vector", return_metadata=["score"]).objects]`,
  typescript: `(await collection.query.hybrid(${query}, { vector: await getColbertEmbedding(${query}), targetVector: "multi_vector", returnMetadata: ["score"] })).objects.map((o) => [o.properties.docid, o.metadata?.score])`,
};
const nearTextError = {
  python: '_error(lambda: collection.query.near_text(query="x", target_vector="multi_vector"))',
  typescript: `await collection.query.nearText("x", { targetVector: "multi_vector" }).then(() => "", (error) => String(error))`,
};
/** Stored and failed objects; the TypeScript code fetches them into a variable. */
const importCounts = (name: string): { python: string; typescript: string } => ({
  python: '[len(collection), len(collection.batch.failed_objects)]',
  typescript: `[${name}.objects.length, 0]`,
});
const insertMany = {
  python:
    '[len(collection.data.insert_many([__import__("weaviate").classes.data.DataObject(properties={"docid": "many"}, vector={"multi_vector": [[1.0] + [0.0] * 127] * 3})]).errors), len(collection)]',
  typescript:
    '[Object.keys((await collection.data.insertMany([{ properties: { docid: "many" }, vectors: { multi_vector: [1, 2, 3].map(() => [1, ...Array(127).fill(0)]) } }])).errors).length, (await collection.aggregate.overAll()).totalCount]',
};

const optionOne: Step[] = [
  { section: '1.1' },
  { section: '1.2' },
  { section: '1.3', collect: importCounts('fetchResponse') },
  { section: '1.3.1' },
  { section: '1.4.1', collect: withDistance.text },
  { section: '1.4.2', collect: hybridScores },
  { section: '1.4.3', collect: withDistance.vector },
  { section: '1.4.4', collect: docids },
];
const errorHelper = {
  python:
    'def _error(call):\n    try:\n        call()\n    except Exception as error:\n        return str(error)\n    return ""',
  typescript: '',
};
const optionTwo: Step[] = [
  { section: '2.1', before: errorHelper },
  { section: '2.2' },
  { section: '2.3', collect: importCounts('userVectorFetchResponse') },
  { section: '2.4.1', collect: withDistance.vector },
  { section: '2.4.2', collect: hybridScores },
  { section: '2.4.2', collect: hybridWithVector },
  { section: '2.4.2', collect: nearTextError },
  { section: '2.4.2', collect: insertMany },
];

function near(actual: unknown, expected: readonly (readonly [string, number])[]): void {
  const pairs = actual as [string, number][];
  assert.deepEqual(
    pairs.map(([docid]) => docid),
    expected.map(([docid]) => docid),
  );
  for (const [index, [, value]] of pairs.entries()) {
    const wanted = expected[index]![1];
    assert.ok(
      Math.abs(value - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted)),
      `${pairs[index]![0]}: ${value} is not ${wanted}`,
    );
  }
}

/** Hybrid scores: the Python client lets the server choose alpha (0.75), the TypeScript one sends 0.5. */
const fused = { python: 0.5200696, typescript: 0.5419665 };

for (const language of languages) {
  describe(`tutorial 1 in ${language}`, { skip: language === 'python' ? skipPython : skip }, () => {
    let mock: EmbeddingMock;
    let server: ServerProcess;
    let data: string;
    before(async () => {
      mock = await startEmbeddingMock();
      data = mkdtempSync(join(tmpdir(), 'tesserae-tutorial-'));
      server = await startServerProcess({ data, env: { JINAAI_BASE_URL: mock.url } });
    });
    after(async () => {
      const code = await server.stop();
      await mock.close();
      rmSync(data, { recursive: true });
      assert.equal(code, 0, 'the server stops cleanly');
    });

    const runSteps = (steps: readonly Step[]): ReturnType<typeof runTutorial> =>
      runTutorial({ language, code, steps, ...server, providerUrl: mock.url });
    const dropCollection = async (): Promise<void> => {
      await fetch(`${server.url}/v1/schema/DemoCollection`, { method: 'DELETE' });
    };

    test('option 1: the integration embeds documents and queries', async () => {
      const { collected, printed } = await runSteps(optionOne);
      const [counts, text, hybrid, vector, manual] = collected;
      assert.deepEqual(counts, [3, 0]);
      near(text, distances);
      near(vector, distances);
      assert.deepEqual(manual, ['doc1', 'doc3', 'doc2']);
      near(hybrid, [
        ['doc1', 1],
        ['doc3', fused[language]],
        ['doc2', 0],
      ]);
      const tokens = language === 'python' ? [17, 20, 18] : [18, 21, 19];
      for (const count of tokens) {
        assert.ok(printed.includes(`This embedding's shape is (${count}, 128)`), printed);
      }
      await dropCollection();
    });

    test('option 2: vectors of the user, and hybrid without one answers by keywords', async () => {
      const { collected } = await runSteps(optionTwo);
      const [counts, vector, hybrid, withVector, error, many] = collected;
      assert.deepEqual(counts, [3, 0]);
      near(vector, distances);
      const keyword = hybrid as [string, number, string][];
      assert.deepEqual(
        keyword.map(([docid]) => docid),
        ['doc1', 'doc3', 'doc2'],
      );
      assert.match(keyword[0]![2], /vector leg did not run.*no vectorizer/);
      near(withVector, [
        ['doc1', 1],
        ['doc3', fused[language]],
        ['doc2', 0],
      ]);
      assert.match(error as string, /could not vectorize.*multi_vector.*no vectorizer/);
      assert.deepEqual(many, [0, 4]);
      await dropCollection();
    });
  });
}

/** Near text and hybrid as printed, with nothing but this machine: the integration goes to minilm. */
const localOption: Step[] = [
  { section: '1.1' },
  { section: '1.2' },
  { section: '1.3', collect: importCounts('fetchResponse') },
  { section: '1.3.1' },
  { section: '1.4.1', collect: docids },
  { section: '1.4.2', collect: docids },
];

for (const language of languages) {
  const options = { skip: language === 'python' ? skipPython : skip };
  test(`tutorial 1 in ${language}, option 1, with the local model`, options, async (t) => {
    if ((await minilmOrSkip(t)) === undefined) return;
    const data = mkdtempSync(join(tmpdir(), 'tesserae-local-'));
    const server = await startServerProcess({ data, env: { JINAAI_BASE_URL: 'local:minilm' } });
    try {
      const steps = { language, code, steps: localOption, ...server, providerUrl: '' };
      const { collected, printed } = await runTutorial(steps);
      const [counts, nearText, hybrid] = collected as [unknown, string[], string[]];
      assert.deepEqual(counts, [3, 0]);
      // Both passages about Weaviate come before the one about PyTorch.
      for (const found of [nearText, hybrid]) {
        assert.deepEqual(found.toSorted(), ['doc1', 'doc2', 'doc3']);
        assert.equal(found[2], 'doc2');
      }
      assert.match(printed, /This embedding's shape is \(\d+, 384\)/);
    } finally {
      await server.stop();
      rmSync(data, { recursive: true });
    }
  });
}
