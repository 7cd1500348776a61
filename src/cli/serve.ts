// `tesserae serve`: starts the server, says where it listens, and ends it when the process is told to.

import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { DatabaseError } from '../engine/errors.ts';
import { createLogger } from '../server/logger.ts';
import { hostPort, Server } from '../server/server.ts';
import {
  resolveSettings,
  type ServerSettings,
  serverOptions,
  settingsHelp,
} from '../server/settings.ts';
import { SettingsError } from '../server/settings-source.ts';
import { listenForStop } from './stop-signal.ts';

/** One line for the list of commands. */
export const summary = 'run the server (REST and gRPC)';

/** Runs until SIGINT or SIGTERM; resolves to the exit status. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`Usage: tesserae serve [options]\n\n${settingsHelp}`);
    return 0;
  }
  try {
    return await serve(readSettings(args));
  } catch (error) {
    if (!(error instanceof SettingsError) && !(error instanceof DatabaseError)) throw error;
    process.stderr.write(`tesserae serve: ${error.message}\n`);
    return error instanceof SettingsError ? 2 : 1;
  }
}

function readSettings(args: readonly string[]): ServerSettings {
  return resolveSettings(readOptions(args), process.env);
}

function readOptions(args: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return { ...parseArgs({ args: [...args], options: serverOptions, strict: true }).values };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError(`${reason}\n\n${settingsHelp}`);
  }
}

async function serve(settings: ServerSettings): Promise<never> {
  const write = (line: string): boolean => process.stderr.write(line);
  const logger = createLogger({ level: settings.logLevel, clock: Date.now, write });
  for (const warning of settings.warnings) logger.log('warning', warning);
  const stop = listenForStop();
  const server = await Server.start(settings, logger);
  // A server may be killed and never come to do this.
  flushCompileCache();
  const { host, port, grpcPort, metricsPort } = server.addresses;
  process.stdout.write(
    `Tesserae serves ${settings.dataDirectory}\n` +
      `  REST  http://${hostPort(host, port)}\n` +
      `  gRPC  ${hostPort(host, grpcPort)}\n`,
  );
  if (metricsPort !== undefined) {
    process.stdout.write(`  metrics  http://${hostPort(host, metricsPort)}/metrics\n`);
  }
  const signal = await stop.told;
  logger.log('info', 'stopping: requests in progress may finish', { signal });
  await server.close();
  logger.log('info', 'stopped');
  // Ctrl-C reaches npm as well, which passes it on. An environment that is taken down piece by piece
  // would be killed by it once its listeners are gone; one that exits still ignores it.
  process.exit(0);
}
