// The second tutorial with both official clients: page images under a BLOB property, embedded by a
// service that speaks the embeddings protocol, found by text. With and without an API key.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type EmbeddingMock, startEmbeddingMock } from '../embedding-mock.ts';
import { hasPython } from './python.ts';
import { runTutorial, type Step } from './run-tutorial.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';
import { creations, hasTutorial2, tutorial2 } from './tutorial-2-code.ts';
import { languages } from './tutorial-code.ts';

const skip = skipWithout(hasTutorial2, 'the tutorial texts are not beside the project');
const skipPython = skip || skipWithout(await hasPython(), 'there is no python3 with venv');

const key = 'a-secret-key';

/** The tutorial connects to the cloud, which wants TLS; this is its self-hosted counterpart. */
function connect(withKey: boolean): Step {
  return {
    section: '',
    before: {
      python: [
        'import base64',
        'from weaviate.classes.config import Configure, Property, DataType',
        'from weaviate.classes.init import Auth',
        `client = weaviate.connect_to_local(${withKey ? `auth_credentials=Auth.api_key("${key}")` : ''})`,
        'def url_to_base64(path): return base64.b64encode(("IMG:" + path).encode()).decode()',
        'source_objects = [{"title": t, "page_img_path": p} for t, p in [("p1", "a holiday film"),',
        '    ("p2", "a film about whales"), ("p3", "tax return form")]]',
      ].join('\n'),
      typescript: [
        "import weaviate from 'weaviate-client';",
        `const client = await weaviate.connectToLocal(${withKey ? `{ authCredentials: new weaviate.ApiKey("${key}") }` : '{}'});`,
        'const image = (path: string) => Buffer.from("IMG:" + path).toString("base64");',
      ].join('\n'),
    },
  };
}

/** The TypeScript page has no import code yet; both clients then bring an object with its own vector. */
const importPages: Step = {
  section: 'MMBatchImportDocsExample',
  before: {
    python: '',
    typescript: [
      'const myCollection = client.collections.use("DemoCollection");',
      'const pages = [["p1", "a holiday film"], ["p2", "a film about whales"], ["p3", "tax return form"]];',
      'const imported = await myCollection.data.insertMany(pages.map(([title, path]) => ({ properties: { title, doc_page: image(path!) } })));',
    ].join('\n'),
  },
  collect: {
    python: '[len(collection), len(collection.batch.failed_objects)]',
    typescript:
      '[(await myCollection.aggregate.overAll()).totalCount, Object.keys(imported.errors).length]',
  },
};
const titles = {
  python: '[o.properties["title"] for o in response.objects]',
  typescript: 'result.objects.map((o) => o.properties.title)',
};
/** Token vectors of its own: six times the first axis, where the embedded ones have unit length. */
function ownVector(vectorName: string): Step {
  return {
    section: '',
    before: {
      python: `own = collection.data.insert({"title": "own", "doc_page": url_to_base64("whatever")}, vector={"${vectorName}": [[1.0] + [0.0] * 127]})`,
      typescript: `const own = await myCollection.data.insert({ properties: { title: "own", doc_page: image("whatever") }, vectors: { ${vectorName}: [[1, ...Array(127).fill(0)]] } });`,
    },
    collect: {
      python: `[len(v) for v in [collection.query.fetch_object_by_id(own, include_vector=True).vector["${vectorName}"]]] + [o.properties["title"] for o in collection.query.near_vector([[1.0] + [0.0] * 127], limit=1).objects]`,
      typescript: `[(await myCollection.query.fetchObjectById(own, { includeVector: true }))!.vectors.${vectorName}!.length, ...(await myCollection.query.nearVector([[1, ...Array(127).fill(0)]], { limit: 1 })).objects.map((o) => o.properties.title)]`,
    },
  };
}

for (const withKey of [false, true]) {
  describe(`tutorial 2 ${withKey ? 'with' : 'without'} an API key`, { skip }, () => {
    let mock: EmbeddingMock;
    let server: ServerProcess;
    let data: string;
    before(async () => {
      mock = await startEmbeddingMock({ wantsKey: withKey });
      data = mkdtempSync(join(tmpdir(), 'tesserae-pages-'));
      const keys = {
        AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'false',
        AUTHENTICATION_APIKEY_ENABLED: 'true',
        AUTHENTICATION_APIKEY_ALLOWED_KEYS: key,
        AUTHENTICATION_APIKEY_USERS: 'admin',
      };
      const env = { WEAVIATE_EMBEDDINGS_BASE_URL: mock.url, ...(withKey ? keys : {}) };
      server = await startServerProcess({ data, env });
    });
    after(async () => {
      await server.stop();
      await mock.close();
      rmSync(data, { recursive: true });
    });
    const headers: Record<string, string> = withKey ? { authorization: `Bearer ${key}` } : {};

    for (const language of languages) {
      for (const { section, vector } of creations.filter((one) =>
        one.languages.includes(language),
      )) {
        const options = { skip: language === 'python' ? skipPython : skip };
        test(`${section} in ${language}: pages are found by text`, options, async () => {
          const steps: Step[] = [
            connect(withKey),
            { section },
            importPages,
            { section: 'NearTextExample', collect: titles },
            { section: 'HybridExample', collect: titles },
            ownVector(vector),
          ];
          await fetch(`${server.url}/v1/schema/DemoCollection`, { method: 'DELETE', headers });
          const { collected } = await runTutorial({
            language,
            code: tutorial2,
            steps,
            ...server,
            providerUrl: mock.url,
          });
          const [counts, nearText, hybrid, own] = collected;
          assert.deepEqual(counts, [3, 0]);
          assert.deepEqual(nearText, ['p1', 'p2']);
          assert.deepEqual(hybrid, ['p1', 'p2']);
          assert.deepEqual(own, [1, 'own']);
          const schema = (await (
            await fetch(`${server.url}/v1/schema/DemoCollection`, { headers })
          ).json()) as {
            properties: { name: string; dataType: string[] }[];
            vectorConfig: Record<string, { vectorIndexConfig: { multivector: unknown } }>;
          };
          const types = schema.properties.map(({ name, dataType }) => [name, dataType[0]]);
          assert.deepEqual(types, [
            ['doc_page', 'blob'],
            ['title', 'text'],
          ]);
          const { multivector } = schema.vectorConfig[vector]!.vectorIndexConfig;
          const muvera = section.endsWith('Muvera')
            ? { enabled: true, ksim: 4, dprojections: 16, repetitions: 20 }
            : { enabled: false, ksim: 4, dprojections: 16, repetitions: 10 };
          assert.deepEqual(multivector, { aggregation: 'maxSim', enabled: true, muvera });
        });
      }
    }
  });
}
