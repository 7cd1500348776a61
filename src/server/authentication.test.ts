// Who is let in, and what they may do: recorded calls with keys of three users, and how settings are read.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createRestApp } from '../api/rest/rest-app.ts';
import { Database, systemSources } from '../database/database.ts';
import { DatabaseError } from '../engine/errors.ts';
import { MemoryLog } from '../storage/memory-log.ts';
import { MemoryStore } from '../storage/memory-store.ts';
import { createAuthenticate, isOpen, readAuthentication } from './authentication.ts';
import { type Environment, SettingsError, SettingsReader } from './settings-source.ts';

const threeUsers = {
  AUTHENTICATION_APIKEY_ENABLED: 'true',
  AUTHENTICATION_APIKEY_ALLOWED_KEYS: '<admin-key>, viewer-key,other-key',
  AUTHENTICATION_APIKEY_USERS: 'admin,viewer,other',
  AUTHORIZATION_ADMINLIST_ENABLED: 'true',
  AUTHORIZATION_ADMINLIST_USERS: 'admin',
  AUTHORIZATION_ADMINLIST_READONLY_USERS: 'viewer',
};

function read(environment: Environment, warnings: string[] = []) {
  return readAuthentication(new SettingsReader({}, environment), warnings);
}

function rights(environment: Environment, authorization?: string): string {
  const authenticate = createAuthenticate(read(environment));
  const headers = authorization === undefined ? {} : { authorization };
  const { name, mayRead, mayWrite } = authenticate(headers) as Awaited<
    ReturnType<typeof authenticate>
  >;
  return `${name}${mayRead ? ' reads' : ''}${mayWrite ? ' writes' : ''}`;
}

const refused = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === 'unauthenticated';

interface RestCall {
  readonly kind: string;
  readonly method: 'GET';
  readonly path: string;
  readonly request?: object | null;
  readonly status: number;
  readonly reply: unknown;
  readonly request_headers?: { readonly authorization?: string };
}

test('recorded calls of users with and without keys are answered with the same status', async () => {
  const file = new URL('../../test/golden/wire/auth.json', import.meta.url);
  const { records } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly records: readonly { readonly case: string; readonly calls: readonly RestCall[] }[];
  };
  await using database = await Database.open({
    ...systemSources,
    log: new MemoryLog(),
    store: new MemoryStore(),
    vectorizers: () => undefined,
    autoSchema: true,
    flushBytes: 1 << 30,
  });
  await using app = createRestApp({
    database,
    authenticate: createAuthenticate(read(threeUsers)),
    settings: {
      limits: { defaultLimit: 10, maximumResults: 10_000 },
      bodyBytesMax: 1_000_000,
      grpcMessageBytesMax: 1_000_000,
      modules: {},
    },
    clock: Date.now,
    address: () => '',
    isReady: () => true,
    logError: (message, error) => assert.fail(`${message}: ${String(error)}`),
  });
  let refusals = 0;
  for (const { case: name, calls } of records) {
    for (const { method, path, request, status, reply, request_headers } of calls) {
      if (path === undefined) continue;
      const { authorization } = request_headers ?? {};
      const seen = await app.inject({
        method,
        url: path,
        headers: authorization === undefined ? {} : { authorization },
        ...(request ? { payload: request } : {}),
      });
      assert.equal(seen.statusCode, status, `${name}: ${method} ${path}: ${seen.body}`);
      if (status === 401) assert.deepEqual(seen.json(), reply, name);
      if (status === 401 || status === 403) refusals += 1;
      if (name === 'schema_other_key_forbidden') assert.deepEqual(seen.json(), { classes: null });
    }
  }
  assert.ok(refusals > 10);
});

test('without any scheme everyone is let in, and an Authorization header is left alone', () => {
  assert.equal(rights({}), 'anonymous reads writes');
  assert.equal(rights({}, 'Bearer for-the-provider'), 'anonymous reads writes');
});

test('a known key names its user, another is refused', () => {
  assert.equal(rights(threeUsers, 'Bearer <admin-key>'), 'admin reads writes');
  assert.equal(rights(threeUsers, 'bearer  viewer-key '), 'viewer reads');
  assert.equal(rights(threeUsers, 'Bearer other-key'), 'other');
  for (const header of ['Bearer nope', 'Bearer ', 'Basic viewer-key', undefined]) {
    assert.throws(() => rights(threeUsers, header), refused, header);
  }
});

test('anonymous callers may be let in beside keys, with the rights of the list', () => {
  const both = { ...threeUsers, AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'true' };
  assert.equal(rights(both), 'anonymous');
  assert.equal(
    rights({ ...both, AUTHORIZATION_ADMINLIST_READONLY_USERS: 'anonymous' }),
    'anonymous reads',
  );
  assert.throws(() => rights(both, 'Bearer nope'), refused);
});

test('a server is open when callers without a key may write', () => {
  assert.equal(isOpen(read({})), true);
  assert.equal(isOpen(read(threeUsers)), false);
  const both = { ...threeUsers, AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'true' };
  assert.equal(isOpen(read(both)), false);
  assert.equal(isOpen(read({ ...both, AUTHORIZATION_ADMINLIST_ENABLED: 'false' })), true);
});

test('one user may have all keys', () => {
  const environment = { ...threeUsers, AUTHENTICATION_APIKEY_USERS: 'admin' };
  assert.equal(rights(environment, 'Bearer other-key'), 'admin reads writes');
});

test('settings that protect less than they seem to are refused', () => {
  const key = {
    AUTHENTICATION_APIKEY_ENABLED: 'true',
    AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'k1,k2',
    AUTHENTICATION_APIKEY_USERS: 'a,b',
  };
  const cases: readonly (readonly [Environment, RegExp])[] = [
    [{ AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: 'false' }, /leaves nobody/],
    [{ AUTHENTICATION_APIKEY_ENABLED: 'true' }, /needs AUTHENTICATION_APIKEY_ALLOWED_KEYS/],
    [{ ...key, AUTHENTICATION_APIKEY_USERS: 'a,b,c' }, /names 3 users for 2 keys/],
    [{ ...key, AUTHENTICATION_APIKEY_USERS: '' }, /names 0 users for 2 keys/],
    [{ ...key, AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'k1,k1' }, /the same key twice/],
    [{ AUTHORIZATION_RBAC_ENABLED: 'true' }, /roles are not offered/],
    [{ AUTHENTICATION_OIDC_ENABLED: 'on' }, /OpenID Connect is not offered/],
    [
      { ...threeUsers, AUTHORIZATION_ADMINLIST_READONLY_USERS: 'admin' },
      /user admin stands in AUTHORIZATION_ADMINLIST_USERS and in/,
    ],
  ];
  for (const [environment, message] of cases) {
    const check = (error: unknown): boolean =>
      error instanceof SettingsError && message.test(error.message) && !/k1/.test(error.message);
    assert.throws(() => read(environment), check, JSON.stringify(environment));
  }
});

test('keys without the scheme switched on are a warning', () => {
  const warnings: string[] = [];
  assert.deepEqual(read({ AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'secret' }, warnings).keys, []);
  assert.match(warnings.join(), /AUTHENTICATION_APIKEY_ALLOWED_KEYS has no effect/);
  assert.doesNotMatch(warnings.join(), /secret/);
});
