// The wire recordings of the reference, sent to this server as the clients sent them: each topic to a
// fresh process, over real REST and gRPC. What is answered otherwise must be listed, with its reason.
//
// REPLAY, topics between commas, replays no others; REPLAY_SHOW=1 prints the differences themselves.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import { type EmbeddingMock, startEmbeddingMock } from './embedding-mock.ts';
import { differences } from './replay/differences.ts';
import { countOutcomes, judge } from './replay/judge.ts';
import { type CaseOutcome, environmentOf, replayTopic } from './replay/replay.ts';
import { assertedTopics, type ServerKind } from './replay/topics.ts';

const wanted = (process.env['REPLAY'] ?? '').split(',').filter((word) => word !== '');
const isShown = process.env['REPLAY_SHOW'] === '1';
const asserted = assertedTopics.filter((topic) => wanted.length === 0 || wanted.includes(topic));

describe('the recordings, replayed', () => {
  let mock: EmbeddingMock;
  let scratch: string;
  before(async () => {
    mock = await startEmbeddingMock();
    scratch = mkdtempSync(join(tmpdir(), 'tesserae-replay-'));
  });
  after(async () => {
    await mock.close();
    rmSync(scratch, { recursive: true });
  });

  const replay = async (topic: string): Promise<readonly CaseOutcome[]> => {
    const servers = new Map<ServerKind, ServerProcess>();
    const start = async (kind: ServerKind): Promise<ServerProcess> => {
      await servers.get(kind)?.stop();
      const data = join(scratch, `${topic}-${kind}`);
      const server = await startServerProcess({ data, env: environmentOf(kind, mock.url) });
      servers.set(kind, server);
      return server;
    };
    try {
      return await replayTopic(topic, { start, mockUrl: mock.url });
    } finally {
      for (const server of servers.values()) await server.kill();
    }
  };

  const report = (context: TestContext, topic: string, outcomes: readonly CaseOutcome[]): void => {
    context.diagnostic(`${topic}: ${countOutcomes(outcomes, differences)}`);
    if (!isShown) return;
    for (const { name, differences: lines } of outcomes) {
      for (const line of lines) context.diagnostic(`${topic}#${name} ${line}`);
    }
  };

  for (const topic of asserted) {
    test(`${topic} is answered as recorded, but for what is listed`, async (context) => {
      const outcomes = await replay(topic);
      report(context, topic, outcomes);
      assert.deepEqual(judge(topic, outcomes, differences), []);
    });
  }

  test('every listed improvement stands in the compatibility page', () => {
    const page = readFileSync(join(import.meta.dirname, '../docs/COMPATIBILITY.md'), 'utf8');
    const missing = differences
      .filter(({ topic }) => isAsserted(topic))
      .map((each) => `${each.topic}#${each.case}`)
      .filter((name) => !page.includes(`\`${name}\``));
    assert.deepEqual(missing, []);
  });
});

function isAsserted(topic: string): boolean {
  return assertedTopics.some((each) => each === topic);
}
