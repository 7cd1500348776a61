// What clients see must not depend on whether the server was stopped, killed or has moved objects from
// memory to segments meanwhile: the same objects, vectors, distances and order, and the right ones.

import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { randomFrom } from '../../src/storage/random.ts';
import { cosineMaxSim, multi, uuidOf } from '../simulation/world.ts';
import { hasPython } from './python.ts';
import { runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { skipWithout } from './skip.ts';

const skipPython = skipWithout(await hasPython(), 'there is no python3 with venv');
const random = randomFrom(20_261_122);

/** Quarters from -2 to 2: exact in 32 bits, never of unit length. */
const row = (dims: number): number[] =>
  Array.from({ length: dims }, () => (random(17) - 8) / 4 || 1);
const rows = (): number[][] => Array.from({ length: 2 + random(4) }, () => row(4));

const vectors = [
  ['tokens', 'multi', 'cosine'],
  ['patches', 'multi', 'cosine'],
  ['cosine', 'single', 'cosine'],
  ['dot', 'single', 'dot'],
  ['euclid', 'single', 'l2-squared'],
  ['taxi', 'single', 'manhattan'],
  ['hamming', 'single', 'hamming'],
] as const;

type Rows = number[] | number[][];
type Vectors = Record<string, Rows>;

const vectorsOf = (): Vectors =>
  Object.fromEntries(vectors.map(([name, kind]) => [name, kind === 'multi' ? rows() : row(5)]));
const objectOf = (n: number) => ({
  id: uuidOf(n),
  properties: { n, text: n % 3 === 0 ? 'word' : 'others' },
  vectors: vectorsOf(),
});

const plan = {
  vectors,
  insert: Array.from({ length: 12 }, (_, index) => objectOf(index + 1)),
  update: [objectOf(2), { ...objectOf(3), vectors: { tokens: rows() } as Vectors }],
  replace: [{ ...objectOf(4), vectors: {} as Vectors }],
  delete: [uuidOf(5)],
  queries: vectorsOf(),
};

/** What must be stored: the plan carried out in plain objects. */
function expectedVectors(): Map<string, Vectors> {
  const stored = new Map(plan.insert.map(({ id, vectors: own }) => [id, own]));
  for (const { id, vectors: own } of plan.update) stored.set(id, { ...stored.get(id), ...own });
  for (const { id } of plan.replace) stored.set(id, {});
  for (const id of plan.delete) stored.delete(id);
  return stored;
}

/** Distances in double precision, as the wire defines them. */
function distance(metric: string, query: Rows, vector: Rows): number {
  if (Array.isArray(query[0])) {
    return -cosineMaxSim(multi(query as number[][]), multi(vector as number[][]));
  }
  const [a, b] = [query as number[], vector as number[]];
  const sum = (term: (x: number, y: number) => number): number =>
    a.reduce((total, x, index) => total + term(x, b[index] ?? Number.NaN), 0);
  switch (metric) {
    case 'dot':
      return -sum((x, y) => x * y);
    case 'l2-squared':
      return sum((x, y) => (x - y) ** 2);
    case 'manhattan':
      return sum((x, y) => Math.abs(x - y));
    case 'hamming':
      return sum((x, y) => Number(x !== y));
    default:
      return 1 - sum((x, y) => x * y) / (Math.hypot(...a) * Math.hypot(...b));
  }
}

type Ranking = readonly (readonly [uuid: string, number])[];

interface Answers {
  readonly count: number;
  readonly near: Readonly<Record<string, Ranking>>;
  readonly object: Readonly<Record<string, Ranking>>;
  readonly vectors: Readonly<Record<string, Vectors>>;
  readonly hybrid: Ranking;
}

/** The answers are those of the plan, not only the same ones every time. */
function checkAgainstPlan(answers: Answers): void {
  const stored = expectedVectors();
  assert.equal(answers.count, stored.size);
  assert.deepEqual(answers.vectors, Object.fromEntries(stored));
  for (const [name, , metric] of vectors) {
    const queries = { near: plan.queries[name], object: plan.insert[0]?.vectors[name] };
    for (const [kind, query] of Object.entries(queries) as ['near' | 'object', Rows][]) {
      const expected = new Map(
        [...stored].flatMap(([id, { [name]: own }]) =>
          own ? [[id, distance(metric, query, own)]] : [],
        ),
      );
      const got = answers[kind][name] ?? [];
      assert.deepEqual(new Set(got.map(([id]) => id)), new Set(expected.keys()), `${kind} ${name}`);
      let before = Number.NEGATIVE_INFINITY;
      for (const [id, seen] of got) {
        const wanted = expected.get(id) ?? Number.NaN;
        assert.ok(Math.abs(seen - wanted) < 1e-4, `${kind} ${name} ${id}: ${seen}, not ${wanted}`);
        assert.ok(seen >= before, `${kind} ${name}: in order`);
        before = seen;
      }
    }
  }
}

const programs = [
  { file: 'restart.ts', collection: 'RestartTypescript' },
  ...(skipPython === false ? [{ file: 'restart.py', collection: 'RestartPython' }] : []),
];

describe('restarts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-restart-'));
  const data = join(folder, 'data');
  const planFile = join(folder, 'plan.json');
  const tiny = { TESSERAE_FLUSH_BYTES: '65536' };
  let server: ServerProcess;
  let first: readonly Answers[];

  before(async () => {
    writeFileSync(planFile, JSON.stringify(plan));
    server = await startServerProcess({ data });
    first = await run('fill');
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    rmSync(folder, { recursive: true });
  });

  /** Runs the programs side by side; their answers in the order of `programs`. */
  function run(action: 'fill' | 'ask'): Promise<readonly Answers[]> {
    return Promise.all(
      programs.map(async ({ file }) => {
        const lines = await runProgram(file, server, { args: [action, planFile] });
        return JSON.parse(lines.at(-1) ?? '') as Answers;
      }),
    );
  }

  const segments = (): string[] => globSync('**/*.segment', { cwd: data });

  async function send(method: string, body: object): Promise<void> {
    const reply = await fetch(`${server.url}/v1/batch/objects`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(reply.status, 200, await reply.text());
  }

  /** Writes to the collection until its memory segment is sealed, and deletes that again. */
  async function forceFlush(collection: string): Promise<void> {
    const before = segments().length;
    const objects = Array.from({ length: 200 }, (_, index) => ({
      class: collection,
      id: uuidOf(1000 + index),
      properties: { n: 1000 + index, text: 'filler '.repeat(100) },
    }));
    await send('POST', { objects });
    while (segments().length === before) await wait(20);
    const where = { path: ['n'], operator: 'GreaterThanEqual', valueInt: 1000 };
    await send('DELETE', { match: { class: collection, where } });
  }

  test('both clients find what was written, at the right distances', () => {
    for (const answers of first) checkAgainstPlan(answers);
  });

  test('the Python client takes part', { skip: skipPython }, () => {
    assert.deepEqual(first.at(-1)?.vectors, first[0]?.vectors);
  });

  test('a kill changes nothing', async () => {
    await server.kill();
    server = await startServerProcess({ data });
    assert.deepEqual(await run('ask'), first);
  });

  test('a stop changes nothing, nor does a flush after it', async () => {
    assert.equal(await server.stop(), 0);
    server = await startServerProcess({ data, env: tiny });
    for (const { collection } of programs) await forceFlush(collection);
    assert.deepEqual(await run('ask'), first);
  });

  test('a kill after the flush changes nothing', async () => {
    await server.kill();
    server = await startServerProcess({ data });
    assert.deepEqual(await run('ask'), first);
  });
});
