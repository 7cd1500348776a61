// What an operator can say, on the command line or in environment variables with the names that the
// reference's operators know. Variables that mean nothing here never stop the start.

import { availableParallelism } from 'node:os';
import { expiryMsDefault } from '../database/expiry/expirer.ts';
import { memoryBudgetDefault, memoryBudgetMin } from '../database/memory-budget.ts';
import {
  type CollectionDefaults,
  defaultIndexTypes,
  defaultVectorizers,
  ordinaryDefaults,
} from '../database/schema/collection-defaults.ts';
import {
  graphqlLimitDefault,
  objectTokenVectorsLimit,
  objectTokenVectorsMax,
  searchResultsMax,
} from '../engine/limits.ts';
import { type VectorizerSettings, vectorizerSettings } from '../vectorizers/create-vectorizers.ts';
import { type AuthenticationSettings, isOpen, readAuthentication } from './authentication.ts';
import { type LogLevel, logLevels } from './logger.ts';
import { intervalMs } from './schedule.ts';
import {
  type Environment,
  type OptionValues,
  SettingsError,
  SettingsReader,
} from './settings-source.ts';

export interface ServerSettings {
  readonly dataDirectory: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly grpcPort: number;
  /** Where GET /metrics is served without a key; undefined for nowhere. */
  readonly metricsPort: number | undefined;
  readonly authentication: AuthenticationSettings;
  /** Taken when a query has no limit. */
  readonly defaultLimit: number;
  /** As defaultLimit, of queries over GraphQL. */
  readonly graphqlDefaultLimit: number;
  /** Greatest offset + limit of a query. */
  readonly maximumResults: number;
  readonly autoSchema: boolean;
  /** What collections get that leave it open. */
  readonly collectionDefaults: CollectionDefaults;
  /** Asked for texts where neither a query nor its collection names a generator. */
  readonly defaultGenerator: string | undefined;
  readonly bodyBytesMax: number;
  /** A larger file to import is refused. */
  readonly ingestBytesMax: number;
  readonly grpcMessageBytesMax: number;
  /** A memory segment of this size is sealed. */
  readonly flushBytes: number;
  /** Bytes of memory that the process may take. */
  readonly memoryBytes: number;
  /** How often objects that have expired are deleted. */
  readonly expiryMs: number;
  readonly plainKernels: boolean;
  /** Threads that search; 0: the thread that serves. */
  readonly searchThreads: number;
  /** Token vectors that one object may have under one name. */
  readonly objectVectorsMax: number;
  /** How long requests in progress may take when the server stops. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  readonly vectorizers: VectorizerSettings;
  /** What the operator should know, though it does not stop the start. */
  readonly warnings: readonly string[];
}

/** Options of the command line in the form that util.parseArgs takes. */
export const serverOptions = {
  data: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'grpc-port': { type: 'string' },
  'allow-open': { type: 'boolean' },
  'log-level': { type: 'string' },
  memory: { type: 'string' },
  'search-threads': { type: 'string' },
  'model-dir': { type: 'string' },
} as const;

/** One line of help for each option and variable. */
export const settingsHelp: string = `\
Options (an option wins over its variable):
  --data DIR         directory of the data; PERSISTENCE_DATA_PATH; default data
  --host ADDRESS     address to listen on; HOST; default 127.0.0.1
  --port N           port of REST, 0 for any free one; PORT; default 8080
  --grpc-port N      port of gRPC; GRPC_PORT; default 50051, with --port 0 any free one
  --allow-open       serve everyone on an address that others reach; TESSERAE_ALLOW_OPEN
  --log-level WORD   ${logLevels.join(', ')}; LOG_LEVEL; default info
  --memory SIZE      memory that the server may take, as 4GiB; TESSERAE_MEMORY; default half of the machine
  --search-threads N threads that search, 0 for none; TESSERAE_SEARCH_THREADS; default one a core
  --model-dir DIR    a folder with a model of your own, or a directory of such folders; MODEL_DIR

Variables:
  AUTHENTICATION_APIKEY_ENABLED, _ALLOWED_KEYS, _USERS   keys, and whose they are
  AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED                callers without a key
  AUTHORIZATION_ADMINLIST_ENABLED, _USERS, _READONLY_USERS
  QUERY_DEFAULTS_LIMIT (10), QUERY_DEFAULTS_LIMIT_GRAPHQL (${graphqlLimitDefault}),
    QUERY_MAXIMUM_RESULTS (${searchResultsMax})
  AUTOSCHEMA_ENABLED (true)
  DEFAULT_VECTORIZER_MODULE (none), DEFAULT_VECTOR_INDEX (hnsw)   of collections that say nothing
  ENABLE_MODULES     the only generative module in it writes for those that name none
  REST_MAX_BODY_SIZE, GRPC_MAX_MESSAGE_SIZE              bytes
  JINAAI_BASE_URL, JINAAI_APIKEY, WEAVIATE_EMBEDDINGS_BASE_URL, _APIKEY
                     where modules embed: a URL, local:MODEL, or vllm+URL, next-plaid+URL, infinity+URL
  OPENAI_BASE_URL, OPENAI_APIKEY, and so for COHERE, VOYAGEAI, MISTRAL, GOOGLE, HUGGINGFACE, NVIDIA,
                     OLLAMA (address only), AZURE (key only), MORPH, DIGITALOCEAN
  TRANSFORMERS_INFERENCE_API, CLIP_INFERENCE_API, MODEL2VEC_INFERENCE_API
  MODULES_CLIENT_TIMEOUT (60s), TESSERAE_MODULE_RETRIES (5)   calls to services
  TESSERAE_SERVED_MODELS   local models that other processes may embed with, or none
  TESSERAE_MODELS, TESSERAE_MODEL_WORKERS, TESSERAE_LONG_TEXT
                     local models: where they are kept, processes of one, windows or truncate
  PROMETHEUS_MONITORING_ENABLED (false), PROMETHEUS_MONITORING_PORT (2112)
                     GET /metrics without a key, on a port of its own
  OBJECTS_TTL_DELETE_SCHEDULE (@every 1m)                when objects that have expired are deleted
  TESSERAE_INGEST_MAX_BYTES (4GiB)                       a file to import
  TESSERAE_OBJECT_VECTORS_MAX (${objectTokenVectorsMax})   token vectors of one object
  TESSERAE_FLUSH_BYTES, TESSERAE_DRAIN_SECONDS, TESSERAE_PLAIN_KERNELS
`;

const mebi = 1024 * 1024;
/** A second to a week. */
const expiryMsMin = 1_000;
const expiryMsMax = 7 * 24 * 3_600_000;
const threadsMax = 64;
/** What the reference accepts; clients read it from /v1/meta. */
const grpcMessageBytesDefault = 104_858_000;
/** grpc-js takes a signed 32-bit number. */
const messageBytesMax = 2 ** 31 - 1;
/** A JavaScript string holds about half a gibi characters, and bodies are parsed from one. */
const bodyBytesLimit = 512 * mebi;

/** Completes the settings. Throws SettingsError naming the setting, its value and what is allowed. */
export function resolveSettings(options: OptionValues, environment: Environment): ServerSettings {
  const read = new SettingsReader(options, environment);
  const warnings: string[] = [];
  const authentication = readAuthentication(read, warnings);
  const host = read.text({ option: 'host', variable: 'HOST' }) ?? '127.0.0.1';
  if (!isLoopback(host) && isOpen(authentication)) {
    const isAllowed = read.flag({ option: 'allow-open', variable: 'TESSERAE_ALLOW_OPEN' }, false);
    if (!isAllowed) throw new SettingsError(openMessage(host));
    warnings.push(`everyone who reaches ${host} may read and change everything (--allow-open)`);
  }
  const vectors = { variable: 'TESSERAE_OBJECT_VECTORS_MAX' };
  const threads = { option: 'search-threads', variable: 'TESSERAE_SEARCH_THREADS' };
  const metricsPort = readMetricsPort(read);
  if (metricsPort !== undefined && !isLoopback(host)) {
    warnings.push(`everyone who reaches port ${metricsPort} of ${host} may read the metrics`);
  }
  const port = read.count({ option: 'port', variable: 'PORT' }, 8080, [0, 65_535]);
  const grpcPort = port === 0 ? 0 : 50_051;
  return {
    dataDirectory: read.text({ option: 'data', variable: 'PERSISTENCE_DATA_PATH' }) ?? 'data',
    host,
    port,
    grpcPort: read.count({ option: 'grpc-port', variable: 'GRPC_PORT' }, grpcPort, [0, 65_535]),
    metricsPort,
    authentication,
    ...readLimits(read),
    autoSchema: read.flag({ variable: 'AUTOSCHEMA_ENABLED' }, true),
    collectionDefaults: readCollectionDefaults(read),
    defaultGenerator: readDefaultGenerator(read),
    objectVectorsMax: read.count(vectors, objectTokenVectorsMax, [1, objectTokenVectorsLimit]),
    plainKernels: read.flag({ variable: 'TESSERAE_PLAIN_KERNELS' }, false),
    memoryBytes: readMemory(read),
    expiryMs: readExpiry(read, warnings),
    searchThreads: read.count(threads, Math.min(availableParallelism(), threadsMax), [
      0,
      threadsMax,
    ]),
    drainMs: read.count({ variable: 'TESSERAE_DRAIN_SECONDS' }, 30, [0, 3600]) * 1000,
    logLevel: readLogLevel(read),
    vectorizers: {
      ...vectorizerSettings(environment as NodeJS.ProcessEnv),
      ownModels: read.text({ option: 'model-dir', variable: 'MODEL_DIR' }),
      hasOwnKeys: authentication.keys.length > 0,
    },
    warnings,
  };
}

function readCollectionDefaults(read: SettingsReader): CollectionDefaults {
  const { vectorizer, indexType } = ordinaryDefaults;
  const module = { variable: 'DEFAULT_VECTORIZER_MODULE' };
  return {
    vectorizer: read.choice(module, defaultVectorizers, vectorizer),
    indexType: read.choice({ variable: 'DEFAULT_VECTOR_INDEX' }, defaultIndexTypes, indexType),
  };
}

/** Every module is there anyway; but the only generator that a deployment lists is its default. */
function readDefaultGenerator(read: SettingsReader): string | undefined {
  const listed = (read.text({ variable: 'ENABLE_MODULES' }) ?? '').split(',');
  const generators = listed.map((name) => name.trim()).filter((name) => /^generative-/.test(name));
  return generators.length === 1 ? generators[0] : undefined;
}

/** Times of day are told of and left out: what has expired is deleted more often then, not less. */
function readExpiry(read: SettingsReader, warnings: string[]): number {
  const variable = 'OBJECTS_TTL_DELETE_SCHEDULE';
  const text = read.text({ variable });
  if (text === undefined) return expiryMsDefault;
  const ms = intervalMs(text);
  if (ms !== undefined) return Math.max(expiryMsMin, Math.min(expiryMsMax, ms));
  warnings.push(`${variable}=${text} is no interval as "@every 5m": it is done every minute`);
  return expiryMsDefault;
}

function readMetricsPort(read: SettingsReader): number | undefined {
  if (!read.flag({ variable: 'PROMETHEUS_MONITORING_ENABLED' }, false)) return undefined;
  return read.count({ variable: 'PROMETHEUS_MONITORING_PORT' }, 2112, [0, 65_535]);
}

/** Bytes of memory that a process with a database may take. Throws SettingsError. */
export function readMemory(read: SettingsReader): number {
  const source = { option: 'memory', variable: 'TESSERAE_MEMORY' };
  return read.bytes(source, memoryBudgetDefault(), [memoryBudgetMin, 2 ** 50]);
}

type Limits = Pick<
  ServerSettings,
  | 'defaultLimit'
  | 'graphqlDefaultLimit'
  | 'maximumResults'
  | 'bodyBytesMax'
  | 'ingestBytesMax'
  | 'grpcMessageBytesMax'
  | 'flushBytes'
>;

function readLimits(read: SettingsReader): Limits {
  const results: readonly [number, number] = [1, searchResultsMax];
  const bytes: readonly [number, number] = [1024, bodyBytesLimit];
  const messages: readonly [number, number] = [1024, messageBytesMax];
  const flush: readonly [number, number] = [mebi / 16, 4096 * mebi];
  const files: readonly [number, number] = [1024, 1024 * 1024 * mebi];
  const message = { variable: 'GRPC_MAX_MESSAGE_SIZE' };
  return {
    defaultLimit: read.count({ variable: 'QUERY_DEFAULTS_LIMIT' }, 10, results),
    graphqlDefaultLimit: read.count(
      { variable: 'QUERY_DEFAULTS_LIMIT_GRAPHQL' },
      graphqlLimitDefault,
      results,
    ),
    maximumResults: read.count({ variable: 'QUERY_MAXIMUM_RESULTS' }, searchResultsMax, results),
    ingestBytesMax: read.bytes({ variable: 'TESSERAE_INGEST_MAX_BYTES' }, 4096 * mebi, files),
    bodyBytesMax: read.count({ variable: 'REST_MAX_BODY_SIZE' }, 100 * mebi, bytes),
    grpcMessageBytesMax: read.count(message, grpcMessageBytesDefault, messages),
    flushBytes: read.count({ variable: 'TESSERAE_FLUSH_BYTES' }, 64 * mebi, flush),
  };
}

/** The reference's other words for levels mean the nearest ones here. */
const levelWords: Readonly<Record<string, LogLevel>> = {
  warn: 'warning',
  fatal: 'error',
  panic: 'error',
};

function readLogLevel(read: SettingsReader): LogLevel {
  const source = { option: 'log-level', variable: 'LOG_LEVEL' };
  const words = [...logLevels, 'warn', 'fatal', 'panic'] as const;
  const word = read.choice(source, words, 'info');
  return levelWords[word] ?? (word as LogLevel);
}

/** True for addresses that only this machine reaches. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function openMessage(host: string): string {
  return (
    `host ${host} can be reached by others, and everyone who does may read and change everything: ` +
    'configure keys (AUTHENTICATION_APIKEY_ENABLED=true, AUTHENTICATION_APIKEY_ALLOWED_KEYS, ' +
    'AUTHENTICATION_APIKEY_USERS), or say --allow-open'
  );
}
