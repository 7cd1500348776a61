// What operators see of a server: metrics, and recall checks over REST and on the command line.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { RecallReport } from '../src/database/recall/recall-monitor.ts';
import { runCommand } from './cli-process.ts';
import { type ServerProcess, startServerProcess } from './clients/server-process.ts';
import { makeTrained, trained } from './trained-collection.ts';

const environment = {
  AUTHENTICATION_APIKEY_ENABLED: 'true',
  AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'the-key',
  AUTHENTICATION_APIKEY_USERS: 'owner',
  PROMETHEUS_MONITORING_ENABLED: 'true',
  PROMETHEUS_MONITORING_PORT: '0',
};
const authorization = { authorization: 'Bearer the-key' };

interface Answer {
  readonly status: string;
  readonly progress?: { readonly done: number; readonly total: number };
  readonly report?: RecallReport;
}

describe('a server tells', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-observed-'));
  const data = join(folder, 'data');
  let server: ServerProcess;

  before(async () => {
    await makeTrained(data);
    server = await startServerProcess({ data, env: environment });
  });
  after(async () => {
    assert.equal(await server.stop(), 0);
    rmSync(folder, { recursive: true });
  });

  const metrics = async (url = `${server.url}/metrics`, headers = {}): Promise<string> => {
    const reply = await fetch(url, { headers });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    return await reply.text();
  };
  const sampleOf = (text: string, series: string): number => {
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    assert.ok(line, `there is ${series} in\n${text}`);
    return Number(line.slice(series.length + 1));
  };
  const recall = async (method: string, body?: object, path = ''): Promise<[number, Answer]> => {
    const reply = await fetch(`${server.url}/v1/tesserae/recall/${trained.collection}${path}`, {
      method,
      headers: { ...authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return [reply.status, (await reply.json()) as Answer];
  };

  test('its metrics to those it knows, every line in the form of the format', async () => {
    assert.equal((await fetch(`${server.url}/metrics`)).status, 401);
    const text = await metrics(undefined, authorization);
    const number = String.raw`[-+]?(\d+(\.\d+)?(e[-+]?\d+)?|Inf)|NaN`;
    const label = String.raw`[a-z_]+="([^"\\\n]|\\.)*"`;
    const sample = new RegExp(`^[a-z_]+(\\{${label}(,${label})*\\})? (${number})$`);
    const comment = /^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))$/;
    for (const line of text.trimEnd().split('\n')) {
      assert.match(line, line.startsWith('#') ? comment : sample);
    }
    const { collection, objects, tokens } = trained;
    const of = `{collection="${collection}"}`;
    assert.equal(sampleOf(text, `tesserae_objects${of}`), objects);
    assert.equal(sampleOf(text, `tesserae_segments_untrained${of}`), 0);
    assert.equal(sampleOf(text, `tesserae_segments{collection="${collection}",state="sealed"}`), 1);
    assert.equal(
      sampleOf(text, `tesserae_token_vectors{collection="${collection}",vector="mv"}`),
      objects * tokens,
    );
    assert.ok(sampleOf(text, `tesserae_disk_bytes${of}`) > objects * tokens * trained.dims);
    const codes = `tesserae_memory_bytes{collection="${collection}",part="codes"}`;
    assert.ok(sampleOf(text, codes) > 0);
    assert.ok(sampleOf(text, 'process_resident_memory_bytes') > 1e7);
  });

  test('them on a port of their own without a key, and nothing else there', async () => {
    const printed = (): string | undefined => /http:\S+\/metrics/.exec(server.printed())?.[0];
    while (printed() === undefined) await wait(10);
    const metricsUrl = printed() ?? '';
    assert.match(await metrics(metricsUrl), /^tesserae_objects\{/m);
    const elsewhere = new URL('/v1/schema', metricsUrl);
    assert.equal((await fetch(elsewhere)).status, 404);
    assert.equal((await fetch(metricsUrl, { method: 'POST' })).status, 405);
  });

  test('what was asked of it, by route and not by path', async () => {
    const write = await fetch(`${server.url}/v1/objects`, {
      method: 'POST',
      headers: { ...authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ class: 'Note', properties: { n: 1 } }),
    });
    const { id } = (await write.json()) as { readonly id: string };
    const one = `${server.url}/v1/objects/Note/${id}`;
    await (await fetch(one, { headers: authorization })).text();
    await fetch(one, { method: 'DELETE', headers: authorization });
    await (await fetch(`${server.url}/nowhere/${id}`, { headers: authorization })).text();
    await (await fetch(`${server.url}/v1/objects?class=Note`, { headers: authorization })).text();
    const text = await metrics(undefined, authorization);
    const count = (call: string, status: number): number =>
      sampleOf(
        text,
        `tesserae_request_seconds_count{wire="rest",call="${call}",status="${status}"}`,
      );
    assert.equal(count('GET /v1/objects/:collection/:id', 200), 1);
    assert.equal(count('DELETE /v1/objects/:collection/:id', 204), 1);
    assert.equal(count('GET unknown', 404), 1);
    assert.equal(sampleOf(text, 'tesserae_query_seconds_count{kind="fetch"}'), 1);
    assert.equal(sampleOf(text, 'tesserae_objects_written_total{collection="Note"}'), 1);
    assert.equal(sampleOf(text, 'tesserae_objects_deleted_total{collection="Note"}'), 1);
    assert.ok(!text.includes(id), 'no series has a uuid');
    await fetch(`${server.url}/v1/schema/Note`, { method: 'DELETE', headers: authorization });
    assert.doesNotMatch(await metrics(undefined, authorization), /"Note"/);
  });

  test('its recall over REST, and then in the metrics', async () => {
    const before = await recall('GET');
    assert.deepEqual(before, [200, { collection: 'Passages', vector: 'mv', status: 'none' }]);
    const [status, started] = await recall('POST', { queries: 25, k: 10, vector: 'mv' });
    assert.equal(status, 202);
    assert.deepEqual([started.status, started.progress], ['running', { done: 0, total: 25 }]);
    let [, answer] = await recall('GET', undefined, '?vector=mv');
    while (answer.status === 'running') [, answer] = await recall('GET');
    assert.equal(answer.status, 'done');
    const [stored, ...others] = answer.report?.sources ?? [];
    assert.equal(others.length, 0);
    assert.equal(stored?.queries, 25);
    const [ten, ...more] = stored?.recall ?? [];
    assert.equal(more.length, 0);
    assert.ok(ten && ten.approximated === 25 && ten.recall > 0.9);
    const text = await metrics(undefined, authorization);
    const labels = 'collection="Passages",vector="mv",source="stored"';
    assert.equal(sampleOf(text, `tesserae_recall{${labels},k="10"}`), ten.recall);
    assert.equal(sampleOf(text, `tesserae_recall_low{${labels},k="10"}`), ten.low);
    assert.equal(sampleOf(text, `tesserae_recall_queries{${labels}}`), 25);
  });

  test('what is wrong with a check', async () => {
    const refused = async (body: object, path = ''): Promise<unknown> => {
      const [status, reply] = await recall('POST', body, path);
      const { message, error } = reply as {
        readonly message?: string;
        readonly error?: readonly [{ readonly message: string }];
      };
      return [status, message ?? error?.[0].message];
    };
    assert.deepEqual(await refused({ queries: 0 }), [
      422,
      'queries is 0; allowed: whole numbers from 1 to 2000',
    ]);
    assert.deepEqual(await refused({ k: [10, 'x'] }), [
      400,
      'parsing body body from "" failed, because k[1]: expected a number, got "x"',
    ]);
    assert.deepEqual(await refused({ quantity: 9 }), [
      400,
      'parsing body body from "" failed, because quantity: no such field, there are [queries, ' +
        'tokens, seed, vector, k, where]',
    ]);
    assert.equal(((await refused({ vector: 'no' })) as [number])[0], 422);
    assert.equal(((await refused({}, 'Missing')) as [number])[0], 404);
  });

  test('its recall to the command line', async () => {
    const senseless = await runCommand([
      ...['recall', 'Passages', '--url', server.url, '--key', 'the-key', '--queries', '0'],
    ]);
    assert.equal(senseless.code, 1);
    assert.match(senseless.stderr, /answers 422: queries is 0/);
    const checked = await runCommand([
      ...['recall', 'Passages', '--url', server.url, '--key', 'the-key', '--queries', '20'],
    ]);
    assert.equal(checked.code, 0, checked.stderr);
    const lines = checked.stdout.trimEnd().split('\n');
    assert.equal(lines[0], 'Passages, vector mv: 720 objects');
    assert.match(
      lines[1] ?? '',
      /^queries +k +recall +95 % sure +worst +approximate +ms +exact ms +faster$/,
    );
    assert.match(lines[2] ?? '', /^20 stored +@10 +[01]\.\d{4} +[01]\.\d{4} … [01]\.\d{4} /);
    assert.match(lines[3] ?? '', /^20 stored +@100 /);
    const locked = await runCommand(['recall', 'Passages', '--data', data]);
    assert.equal(locked.code, 1);
    assert.match(locked.stderr, /in use by process \d+.*--url/);
    const keyless = await runCommand(['recall', 'Passages', '--url', server.url]);
    assert.match(keyless.stderr, /answers 401/);
  });
});

describe('tesserae recall', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tesserae-recall-'));
  before(() => makeTrained(join(folder, 'data')));
  after(() => rmSync(folder, { recursive: true }));

  test('checks a directory, prints JSON, and its status can depend on the recall', async () => {
    const args = ['recall', 'passages', '--data', join(folder, 'data'), '--queries', '12'];
    const checked = await runCommand([...args, '--k', '5,20', '--seed', '3', '--json']);
    assert.equal(checked.code, 0, checked.stderr);
    const report = JSON.parse(checked.stdout) as RecallReport;
    assert.equal(report.documents, trained.objects);
    assert.deepEqual(
      report.sources.map(({ source, queries }) => [source, queries]),
      [['stored', 12]],
    );
    assert.deepEqual(
      report.sources[0]?.recall.map(({ k }) => k),
      [5, 20],
    );
    assert.match(checked.stderr, /checking passages, query 12\/12 \(100 %\)/);
    assert.equal((await runCommand([...args, '--at-least', '0.5'])).code, 0);
    assert.equal((await runCommand([...args, '--at-least', '1.01'])).code, 3);
  });

  test('refuses what it does not understand', async () => {
    const wrong = async (...args: readonly string[]): Promise<string> => {
      const { code, stderr } = await runCommand(['recall', ...args]);
      assert.equal(code, 2);
      return stderr.split('\n')[0] ?? '';
    };
    assert.equal(await wrong(), 'tesserae recall: expected one collection, got none');
    assert.equal(await wrong('A', '--k', '10,x'), 'tesserae recall: --k is 10,x; allowed: numbers');
    assert.equal(
      await wrong('A', '--data', 'x', '--url', 'y'),
      'tesserae recall: either --data or --url',
    );
    const { code, stderr } = await runCommand(['recall', 'A', '--url', 'http://127.0.0.1:9']);
    assert.equal(code, 1);
    assert.match(stderr, /^tesserae: http:\/\/127\.0\.0\.1:9 can't be reached/);
  });
});
