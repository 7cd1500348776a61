// Where `tesserae migrate` copies to: a running server, or one in this process on a data directory that
// nobody else has open. Both are written to over the same wire.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseError } from '../../engine/errors.ts';
import type { Patience } from '../../migrate/patience.ts';
import { type ServerAddress, ServerSide } from '../../migrate/server-side.ts';
import { createLogger } from '../../server/logger.ts';
import { hostPort, Server } from '../../server/server.ts';
import { resolveSettings } from '../../server/settings.ts';
import { SettingsError } from '../../server/settings-source.ts';
import type { MigrateSettings } from './migrate-settings.ts';

/** An open destination; `await using` closes it. */
export interface Destination extends AsyncDisposable {
  readonly side: ServerSide;
  /** As it is named at the end. */
  readonly name: string;
  /** The command that serves it; undefined where a server does. */
  readonly toServe: string | undefined;
}

/** Throws DatabaseError. */
export async function openDestination(
  { data, url, key, grpc, mode }: MigrateSettings,
  patience: Patience,
): Promise<Destination> {
  await using resources = new AsyncDisposableStack();
  const directory = mode === 'copy' || existsSync(data) ? data : nowhere(resources);
  const address =
    url === undefined ? await serve(directory, resources) : { url: new URL(url), grpc };
  const given = 'key' in address ? address.key : key;
  const headers: Record<string, string> =
    given === undefined ? {} : { authorization: `Bearer ${given}` };
  const reached: ServerAddress = { url: address.url, headers, grpc: address.grpc };
  const side = resources.use(await ServerSide.open(reached, patience));
  const opened = resources.move();
  return {
    side,
    name: url ?? data,
    toServe: url === undefined ? `tesserae serve --data ${data}` : undefined,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Who only wants to know makes no directory. */
function nowhere(resources: AsyncDisposableStack): string {
  const directory = mkdtempSync(join(tmpdir(), 'tesserae-migrate-'));
  resources.defer(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Other processes of this machine reach the server, and don't know its key. */
async function serve(
  data: string,
  resources: AsyncDisposableStack,
): Promise<{ readonly url: URL; readonly grpc: string; readonly key: string }> {
  const key = randomBytes(24).toString('base64url');
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AUTH|PROMETHEUS_)/.test(name)),
  );
  try {
    const settings = resolveSettings(
      {
        ...{ data, host: '127.0.0.1', port: '0', 'grpc-port': '0' },
        // Nothing is searched here.
        ...{ 'log-level': 'error', 'search-threads': '0' },
      },
      {
        ...environment,
        AUTHENTICATION_APIKEY_ENABLED: 'true',
        AUTHENTICATION_APIKEY_ALLOWED_KEYS: key,
        AUTHENTICATION_APIKEY_USERS: 'migrate',
      },
    );
    const write = (line: string): boolean => process.stderr.write(line);
    const logger = createLogger({ level: settings.logLevel, clock: Date.now, write });
    const { addresses } = resources.use(await Server.start(settings, logger));
    const { host, port, grpcPort } = addresses;
    return { url: new URL(`http://${hostPort(host, port)}`), grpc: hostPort(host, grpcPort), key };
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): unknown {
  const isLocked = error instanceof DatabaseError && error.code === 'directory-locked';
  if (!isLocked && !(error instanceof SettingsError)) return error;
  const { message } = error;
  const orElse = isLocked ? '; migrate to the running server with --url' : '';
  return new DatabaseError(
    'invalid-argument',
    { message: `${message}${orElse}` },
    { cause: error },
  );
}
