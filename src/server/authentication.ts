// Who calls: API keys, anonymous callers, and the list that says who may write and who may only read.

import { createHash } from 'node:crypto';
import type { Authenticate, Principal } from '../api/caller.ts';
import { DatabaseError } from '../engine/errors.ts';
import { SettingsError, type SettingsReader } from './settings-source.ts';

export interface AuthenticationSettings {
  /** Callers without a key are taken for the user `anonymous`. */
  readonly anonymous: boolean;
  /** Empty: keys are no scheme here, and an Authorization header is left to the embedding provider. */
  readonly keys: readonly { readonly key: string; readonly user: string }[];
  /** Absent: everyone known may do everything. */
  readonly adminList?: {
    readonly admins: readonly string[];
    readonly readers: readonly string[];
  };
}

const anonymousUser = 'anonymous';

/** Reads the variables of authentication. Throws SettingsError. */
export function readAuthentication(
  read: SettingsReader,
  warnings: string[],
): AuthenticationSettings {
  refuseUnoffered(read);
  const keys = readKeys(read, warnings);
  const variable = 'AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED';
  const anonymous = read.flag({ variable }, keys.length === 0);
  if (!anonymous && keys.length === 0) {
    throw new SettingsError(
      `${variable}=false leaves nobody who may call: configure keys with AUTHENTICATION_APIKEY_ENABLED=true, AUTHENTICATION_APIKEY_ALLOWED_KEYS and AUTHENTICATION_APIKEY_USERS`,
    );
  }
  const adminList = readAdminList(read);
  return { anonymous, keys, ...(adminList ? { adminList } : {}) };
}

/** True when callers without a key may change everything. */
export function isOpen(settings: AuthenticationSettings): boolean {
  return settings.anonymous && principal(anonymousUser, settings).mayWrite;
}

/**
 * Finds callers by their Authorization header. Throws 'unauthenticated' for an unknown key, and for
 * no key where anonymous callers are not let in.
 */
export function createAuthenticate(settings: AuthenticationSettings): Authenticate {
  const users = new Map(settings.keys.map(({ key, user }) => [digest(key), user]));
  const anonymous = principal(anonymousUser, settings);
  return (headers) => {
    if (users.size === 0) return anonymous;
    const key = /^bearer\s+(.*)$/i.exec(headers['authorization'] ?? '')?.[1]?.trim();
    if (key === undefined) {
      if (settings.anonymous) return anonymous;
      throw unauthenticated(
        'anonymous access not enabled. Please authenticate through one of the available methods: [API-keys]',
      );
    }
    // Looking up a digest takes the same time whatever the key has in common with a right one.
    const user = users.get(digest(key));
    if (user === undefined) throw unauthenticated('unauthorized: invalid api key');
    return principal(user, settings);
  };
}

function principal(name: string, { adminList }: AuthenticationSettings): Principal {
  if (!adminList) return { name, mayRead: true, mayWrite: true };
  const mayWrite = adminList.admins.includes(name);
  return { name, mayWrite, mayRead: mayWrite || adminList.readers.includes(name) };
}

/** Asked for protection that is not there, a server must not start without it. */
function refuseUnoffered(read: SettingsReader): void {
  const unoffered = {
    AUTHENTICATION_OIDC_ENABLED: 'OpenID Connect is not offered; use API keys',
    AUTHORIZATION_RBAC_ENABLED:
      'roles are not offered; use AUTHORIZATION_ADMINLIST_ENABLED with _USERS and _READONLY_USERS',
  };
  for (const [variable, reason] of Object.entries(unoffered)) {
    if (read.flag({ variable }, false)) throw new SettingsError(`${variable}=true: ${reason}`);
  }
}

function readKeys(read: SettingsReader, warnings: string[]): AuthenticationSettings['keys'] {
  const enabled = 'AUTHENTICATION_APIKEY_ENABLED';
  const keys = read.list({ variable: 'AUTHENTICATION_APIKEY_ALLOWED_KEYS' });
  const users = read.list({ variable: 'AUTHENTICATION_APIKEY_USERS' });
  if (!read.flag({ variable: enabled }, false)) {
    if (keys.length > 0) {
      warnings.push(`AUTHENTICATION_APIKEY_ALLOWED_KEYS has no effect: ${enabled} is not true`);
    }
    return [];
  }
  if (keys.length === 0) {
    throw new SettingsError(`${enabled}=true needs AUTHENTICATION_APIKEY_ALLOWED_KEYS`);
  }
  if (new Set(keys).size < keys.length) {
    throw new SettingsError('AUTHENTICATION_APIKEY_ALLOWED_KEYS holds the same key twice');
  }
  if (users.length !== 1 && users.length !== keys.length) {
    throw new SettingsError(
      `AUTHENTICATION_APIKEY_USERS names ${users.length} users for ${keys.length} keys: give one for all keys, or one for each`,
    );
  }
  return keys.map((key, index) => ({ key, user: users[index] ?? users[0] ?? '' }));
}

function readAdminList(read: SettingsReader): AuthenticationSettings['adminList'] {
  if (!read.flag({ variable: 'AUTHORIZATION_ADMINLIST_ENABLED' }, false)) return undefined;
  const admins = read.list({ variable: 'AUTHORIZATION_ADMINLIST_USERS' });
  const readers = read.list({ variable: 'AUTHORIZATION_ADMINLIST_READONLY_USERS' });
  const both = admins.find((user) => readers.includes(user));
  if (both !== undefined) {
    throw new SettingsError(
      `user ${both} stands in AUTHORIZATION_ADMINLIST_USERS and in AUTHORIZATION_ADMINLIST_READONLY_USERS: give one of them`,
    );
  }
  return { admins, readers };
}

function unauthenticated(message: string): DatabaseError {
  return new DatabaseError('unauthenticated', { message });
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
