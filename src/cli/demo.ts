// `tesserae demo`: a server with the project's own documents in it, three questions asked in three ways,
// and which word answered which. Then it keeps serving.

import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import type { Collection } from '../database/collection.ts';
import { DatabaseError } from '../engine/errors.ts';
import { createLogger } from '../server/logger.ts';
import { hostPort, Server, type ServerAddresses } from '../server/server.ts';
import { resolveSettings, type ServerSettings } from '../server/settings.ts';
import { SettingsError } from '../server/settings-source.ts';
import { LocalModels } from '../vectorizers/local/local-models.ts';
import { ensureModel } from '../vectorizers/local/model-store.ts';
import { defaultTextModel } from '../vectorizers/local/models.ts';
import { showAnswers } from './demo-answers.ts';
import { demoCollection, importPassages } from './demo-collection.ts';
import { pullProgress } from './models.ts';
import { duration } from './progress-bar.ts';
import { projectFolder, projectPassages } from './project-documents.ts';
import { listenForStop, type StopSignal } from './stop-signal.ts';

/** One line for the list of commands. */
export const summary = "serve this project's own documents and ask them three questions";

const usage = `Usage: tesserae demo [options]

Starts the server, imports the project's own documentation with the local text model, asks it three
questions by late interaction, by keyword and by both, shows which words matched, and keeps serving.

  --once          end after the answers
  --data DIR      directory of the data (default .demo in the project)
  --port N        port of REST, 0 for any free one (default 8080)
  --grpc-port N   port of gRPC (default 50051)
  --model NAME    local model (default minilm, pulled when it is not there); none: keywords only
`;

interface Settings {
  readonly server: ServerSettings;
  readonly model: string;
  readonly afterwards: 'serve' | 'end';
}

/** Runs the command; resolves to the exit status. Throws DatabaseError for operating errors. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    return await demo(readSettings(args));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`tesserae demo: ${error.message}\n`);
    return 1;
  }
}

function readSettings(args: readonly string[]): Settings {
  const { values } = parse(args);
  const options = {
    data: values.data ?? join(projectFolder(), '.demo'),
    port: values.port,
    'grpc-port': values['grpc-port'],
    'log-level': 'warning',
  };
  return {
    server: resolveSettings(options, process.env),
    model: values.model ?? defaultTextModel,
    afterwards: values.once ? 'end' : 'serve',
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean' },
        data: { type: 'string' },
        port: { type: 'string' },
        'grpc-port': { type: 'string' },
        model: { type: 'string' },
      },
    });
  } catch (error) {
    throw new SettingsError(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  }
}

async function demo({ server: settings, model: wanted, afterwards }: Settings): Promise<number> {
  const write = (line: string): boolean => process.stderr.write(line);
  const logger = createLogger({ level: settings.logLevel, clock: Date.now, write });
  using stop = listenForStop();
  await using server = await Server.start(settings, logger);
  try {
    const model = await findModel(wanted, settings);
    stop.signal.throwIfAborted();
    await importAndAsk(server, { model, stop });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  if (afterwards === 'serve' && !stop.signal.aborted) {
    print(addresses(server.addresses));
    await stop.told;
    print('\nStopping.');
  }
  return 0;
}

/** The model's name when it is there or can be had; otherwise says what that means. */
async function findModel(wanted: string, settings: ServerSettings): Promise<string | undefined> {
  if (wanted === 'none') {
    print('Without a model: the questions are answered by keyword search only.\n');
    return undefined;
  }
  const { modelsDirectory: directory } = settings.vectorizers;
  try {
    await ensureModel(wanted, { directory, progress: pullProgress(process.stderr) });
    await using models = new LocalModels({ directory });
    await models.encoder(wanted);
    return wanted;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'vectorizer-failed') throw error;
    print(`${error.message}\n`);
    print('Without it the questions are answered by keyword search only.\n');
    return undefined;
  }
}

interface Asking {
  readonly model: string | undefined;
  readonly stop: StopSignal;
}

async function importAndAsk(server: Server, { model, stop }: Asking): Promise<void> {
  const { database } = server;
  const clock = (): number => performance.now();
  const passages = projectPassages(projectFolder());
  const start = clock();
  const counts = await importPassages({
    database,
    passages,
    model,
    progress: process.stderr,
    clock,
    signal: stop.signal,
  });
  const sources = new Set(passages.map(({ source }) => source)).size;
  print(
    `${styleText('bold', demoCollection)}: ${passages.length} passages of ${sources} documents ` +
      `(${counts.written} written, ${counts.unchanged} unchanged, ${counts.removed} removed) ` +
      `in ${duration(clock() - start)}\n`,
  );
  const collection: Collection = database.collection(demoCollection);
  await showAnswers({ collection, model, print, signal: stop.signal });
}

function addresses({ host, port, grpcPort }: ServerAddresses): string {
  return [
    styleText('bold', 'Serving until Ctrl-C'),
    `  REST  http://${hostPort(host, port)}`,
    `  gRPC  ${hostPort(host, grpcPort)}`,
    '',
    'From Python (pip install weaviate-client):',
    `  import weaviate; client = weaviate.connect_to_local(host="${host}", port=${port}, grpc_port=${grpcPort})`,
    `  client.collections.use("${demoCollection}").query.bm25("token vectors", limit=3)`,
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
