// What options and variables mean, and what is said of those that are wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';
import { resolveSettings } from './settings.ts';
import { type Environment, type OptionValues, SettingsError } from './settings-source.ts';

function refusal(options: OptionValues, environment: Environment): string {
  try {
    resolveSettings(options, environment);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.message;
  }
  return 'nothing refused';
}

test('with nothing said the server listens on this machine only', () => {
  const { host, port, grpcPort, dataDirectory, defaultLimit, logLevel, autoSchema, warnings } =
    resolveSettings({}, {});
  assert.deepEqual(
    { host, port, grpcPort, dataDirectory, defaultLimit, logLevel, autoSchema, warnings },
    {
      host: '127.0.0.1',
      port: 8080,
      grpcPort: 50_051,
      dataDirectory: 'data',
      defaultLimit: 10,
      logLevel: 'info',
      autoSchema: true,
      warnings: [],
    },
  );
});

test('an option wins over its variable', () => {
  const { port, dataDirectory } = resolveSettings(
    { port: '9000', data: 'mine' },
    { PORT: '7000', PERSISTENCE_DATA_PATH: 'other', GRPC_PORT: '7001' },
  );
  assert.deepEqual([port, dataDirectory], [9000, 'mine']);
});

test('any free port for REST means any free one for gRPC, unless it is named', () => {
  assert.equal(resolveSettings({ port: '0' }, {}).grpcPort, 0);
  assert.equal(resolveSettings({ port: '0', 'grpc-port': '5' }, {}).grpcPort, 5);
});

test('variables that mean nothing here, and empty ones, stop nothing', () => {
  const settings = resolveSettings(
    {},
    { CLUSTER_HOSTNAME: 'node1', ENABLE_MODULES: 'x', PORT: '', QUERY_DEFAULTS_LIMIT: ' 25 ' },
  );
  assert.deepEqual([settings.port, settings.defaultLimit], [8080, 25]);
});

test('the only generator among the modules of a deployment is the default', () => {
  const of = (modules: string): string | undefined =>
    resolveSettings({}, { ENABLE_MODULES: modules }).defaultGenerator;
  assert.equal(of('text2vec-openai, generative-openai'), 'generative-openai');
  assert.equal(of('generative-openai,generative-cohere'), undefined);
  assert.equal(of('text2vec-openai'), undefined);
});

test('a wrong value is named with its place and what is allowed', () => {
  assert.equal(
    refusal({ port: '80a' }, {}),
    '--port=80a is not allowed: give a whole number from 0 to 65535',
  );
  assert.match(refusal({}, { GRPC_PORT: '70000' }), /^GRPC_PORT=70000 .* from 0 to 65535$/);
  assert.match(refusal({}, { QUERY_MAXIMUM_RESULTS: '0' }), /from 1 to 10000/);
  assert.match(
    refusal({}, { AUTOSCHEMA_ENABLED: 'maybe' }),
    /AUTOSCHEMA_ENABLED=maybe .* true, 1, on/,
  );
  assert.match(refusal({ 'log-level': 'loud' }, {}), /--log-level=loud .* trace, debug, info/);
});

test('an operator chooses module and index of collections that say nothing', () => {
  const chosen = (environment: Environment) => resolveSettings({}, environment).collectionDefaults;
  assert.deepEqual(chosen({}), { vectorizer: 'none', indexType: 'hnsw' });
  const both = {
    DEFAULT_VECTORIZER_MODULE: 'text2vec-contextionary',
    DEFAULT_VECTOR_INDEX: 'HFresh',
  };
  assert.deepEqual(chosen(both), { vectorizer: 'text2vec-contextionary', indexType: 'hfresh' });
  const multi = { DEFAULT_VECTORIZER_MODULE: 'text2colbert-jinaai' };
  assert.match(refusal({}, multi), /not allowed: give none, text2vec-transformers/);
});

test("the reference's words for levels mean the nearest ones", () => {
  const level = (word: string) => resolveSettings({}, { LOG_LEVEL: word }).logLevel;
  assert.deepEqual(['panic', 'WARN', 'debug'].map(level), ['error', 'warning', 'debug']);
});

test('an address that others reach needs keys, or the word that it may be open', () => {
  assert.match(refusal({ host: '0.0.0.0' }, {}), /configure keys .* or say --allow-open/);
  assert.match(refusal({ host: '::' }, {}), /--allow-open/);
  assert.match(refusal({ host: '127.evil.example' }, {}), /--allow-open/);
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    assert.equal(refusal({ host }, {}), 'nothing refused', host);
  }
  const open = resolveSettings({ host: '0.0.0.0', 'allow-open': true }, {});
  assert.match(open.warnings.join(), /everyone who reaches 0\.0\.0\.0/);
  const keys = {
    AUTHENTICATION_APIKEY_ENABLED: 'true',
    AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'k',
    AUTHENTICATION_APIKEY_USERS: 'u',
  };
  assert.equal(refusal({ host: '0.0.0.0' }, keys), 'nothing refused');
  const anonymous = { ...keys, AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'true' };
  assert.match(refusal({ host: '0.0.0.0' }, anonymous), /--allow-open/);
});

test('log lines are JSON, one each, from the level on', () => {
  const lines: string[] = [];
  const write = (line: string): number => lines.push(line);
  const logger = createLogger({ level: 'info', clock: () => 0, write });
  logger.log('debug', 'not heard');
  logger.log('info', 'a\nb', { port: 1 });
  logger.error('failed', new Error('outer', { cause: new Error('inner') }));
  assert.equal(
    lines[0],
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"a\\nb","port":1}\n',
  );
  const { error } = JSON.parse(lines[1] ?? '') as { readonly error: string };
  assert.match(error, /outer[\s\S]*caused by Error: inner/);
  assert.equal(lines.length, 2);
});

test('memory is given in bytes or with a unit, and is half of the machine by default', () => {
  const memoryOf = (memory: string) => resolveSettings({ memory }, {}).memoryBytes;
  assert.equal(memoryOf('1GiB'), 2 ** 30);
  assert.equal(memoryOf('1.5g'), 1.5 * 2 ** 30);
  assert.equal(memoryOf('768MB'), 768 * 2 ** 20);
  assert.equal(memoryOf('1073741824'), 2 ** 30);
  assert.equal(resolveSettings({}, { TESSERAE_MEMORY: '2gib' }).memoryBytes, 2 ** 31);
  assert.ok(resolveSettings({}, {}).memoryBytes >= 2 ** 29);
  const wanted = 'give bytes, or a size as 512MiB or 4GiB, from 512MiB to 1024TiB';
  for (const memory of ['100MiB', 'much', '-1', '4 GiB of it']) {
    assert.equal(refusal({ memory }, {}), `--memory=${memory} is not allowed: ${wanted}`);
  }
});

test('metrics have a port of their own only where that is said', () => {
  const portOf = (environment: Environment): number | undefined =>
    resolveSettings({}, environment).metricsPort;
  assert.equal(portOf({}), undefined);
  assert.equal(portOf({ PROMETHEUS_MONITORING_PORT: '3456' }), undefined);
  const enabled = { PROMETHEUS_MONITORING_ENABLED: 'true' };
  assert.equal(portOf(enabled), 2112);
  assert.equal(portOf({ ...enabled, PROMETHEUS_MONITORING_PORT: '3456' }), 3456);
  assert.match(
    refusal({}, { ...enabled, PROMETHEUS_MONITORING_PORT: 'x' }),
    /PROMETHEUS_MONITORING_PORT/,
  );
  const { warnings } = resolveSettings({ host: '0.0.0.0', 'allow-open': true }, enabled);
  assert.ok(warnings.includes('everyone who reaches port 2112 of 0.0.0.0 may read the metrics'));
});

test('objects expire every minute, or as often as the schedule says, which may be no cron', () => {
  const settings = (text: string) => resolveSettings({}, { OBJECTS_TTL_DELETE_SCHEDULE: text });
  assert.equal(resolveSettings({}, {}).expiryMs, 60_000);
  assert.equal(settings('@every 5m').expiryMs, 300_000);
  assert.equal(settings('@every 1ms').expiryMs, 1_000);
  const { expiryMs, warnings } = settings('0 3 * * *');
  assert.equal(expiryMs, 60_000);
  assert.match(warnings.join(), /OBJECTS_TTL_DELETE_SCHEDULE=0 3 \* \* \* is no interval/);
});
