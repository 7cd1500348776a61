// The arguments of `tesserae migrate`.

import {
  batchProblem,
  type DataPlace,
  expectedOne,
  parseArguments,
  readDataPlace,
} from '../arguments.ts';

/** What `--help` prints. */
export const usage = `Usage: tesserae migrate URL [options]

Copies collections from a server that speaks Weaviate's protocol, as http://127.0.0.1:8080, with their
objects, vectors, references, tenants and aliases. Nothing is embedded again. Run again, it goes on where
it was interrupted, and copies what has changed there since. At the end both sides are compared.

  --collection NAME       only this one, may be given several times (default all)
  --tenant NAME           only this tenant, may be given several times
  --activate-tenants      also tenants that are not active: each is activated there while it is read
  --api-key KEY           key of that server; WEAVIATE_API_KEY
  --header NAME:VALUE     goes with every call of it, may be given several times
  --source-grpc HOST:PORT its gRPC (default port 50051 of its host); none: all over REST
  --data DIR              directory to copy to; PERSISTENCE_DATA_PATH; default data
  --url URL               instead: a running Tesserae, as http://127.0.0.1:8090
  --key KEY               its key; TESSERAE_API_KEY
  --grpc HOST:PORT        its gRPC (default the port that it tells)
  --batch N               objects in one request at most (default 256; fewer where they are large)
  --without-modules       vectors of modules that Tesserae does not offer become self-provided
  --replace               make the destination like the source: what differs is made anew, what is newer
                          is overwritten, what the source does not have is deleted
  --sample N              objects of each collection that are compared completely (default 100)
  --verify-only           only compare
  --dry-run               only say what would be copied
  --report FILE           write what failed or differs as JSON lines

Ends with status 0 when both sides are the same, 1 when something failed or differs, 2 when the arguments
are wrong, 130 when it was stopped.
`;

/** Everything that the arguments say. */
export interface MigrateSettings extends DataPlace {
  readonly source: URL;
  readonly sourceHeaders: Readonly<Record<string, string>>;
  readonly sourceGrpc: string | undefined;
  readonly grpc: string | undefined;
  readonly collections: readonly string[] | undefined;
  readonly tenants: readonly string[] | undefined;
  readonly activatesTenants: boolean;
  readonly batchMax: number;
  readonly withoutModules: boolean;
  readonly replaces: boolean;
  readonly sample: number;
  readonly mode: 'copy' | 'verify' | 'dry-run';
  readonly report: string | undefined;
}

const batchDefault = 256;
const sampleDefault = 100;

/** The settings, or what is wrong with the arguments. */
export function readSettings(args: readonly string[]): MigrateSettings | string {
  const parsed = parseArguments(args, options);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const [address, ...rest] = positionals;
  if (address === undefined || rest.length > 0) return expectedOne('URL', positionals);
  const source = readUrl(address);
  if (typeof source === 'string') return source;
  const place = readDataPlace(values);
  if (typeof place === 'string') return place;
  if (place.url !== undefined && typeof readUrl(place.url) === 'string') {
    return `--url: ${readUrl(place.url)}`;
  }
  if (values.grpc !== undefined && place.url === undefined) return '--grpc goes with --url';
  const problem = batchProblem(values.batch) ?? sampleProblem(values.sample);
  if (problem !== undefined) return problem;
  if (values['verify-only'] && values['dry-run']) return 'either --verify-only or --dry-run';
  const key = readKey('--api-key', values['api-key'] ?? process.env['WEAVIATE_API_KEY']);
  if (key.problem !== undefined) return key.problem;
  const ownKey = readKey('--key', place.key);
  if (ownKey.problem !== undefined) return ownKey.problem;
  const headers = readHeaders(values.header ?? [], key.text);
  if (typeof headers === 'string') return headers;
  return {
    ...place,
    key: ownKey.text,
    source,
    sourceHeaders: headers,
    sourceGrpc: values['source-grpc'],
    grpc: values.grpc,
    collections: values.collection,
    tenants: values.tenant,
    activatesTenants: values['activate-tenants'] ?? false,
    batchMax: Number(values.batch ?? batchDefault),
    withoutModules: values['without-modules'] ?? false,
    replaces: values.replace ?? false,
    sample: Number(values.sample ?? sampleDefault),
    mode: values['verify-only'] ? 'verify' : values['dry-run'] ? 'dry-run' : 'copy',
    report: values.report,
  };
}

function readUrl(text: string): URL | string {
  const url = URL.parse(text);
  if (url && `${url.username}${url.password}` !== '') return 'a URL has no name and password here';
  if (url && /^https?:$/.test(url.protocol)) return url;
  return `${JSON.stringify(text)} is no URL, as http://127.0.0.1:8080`;
}

/** What both REST and gRPC take as the value of a header. */
const headerText = /^[ -~]+$/;

/** Keys come out of files, with what ends a line. Says nothing of the key itself. */
function readKey(
  option: string,
  given: string | undefined,
): { readonly text: string | undefined; readonly problem?: string } {
  const text = given?.trim() || undefined;
  if (text === undefined || headerText.test(text)) return { text };
  return { text, problem: `the key of ${option} has characters that no header can have` };
}

function readHeaders(
  given: readonly string[],
  key: string | undefined,
): Readonly<Record<string, string>> | string {
  const headers: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` };
  for (const header of given) {
    const [, name = '', value = ''] = /^([\w.-]+):\s*(.+)$/s.exec(header) ?? [];
    if (!headerText.test(value) || /-bin$/i.test(name)) {
      // The value may be a secret.
      const [shown] = header.split(/[:=\s]/);
      return `--header ${JSON.stringify(shown)} is not NAME:VALUE`;
    }
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function sampleProblem(given: string | undefined): string | undefined {
  if (given === undefined || /^\d{1,6}$/.test(given)) return undefined;
  return `--sample is ${given}; allowed: whole numbers from 0 to 999999`;
}

const options = {
  collection: { type: 'string', multiple: true },
  tenant: { type: 'string', multiple: true },
  'activate-tenants': { type: 'boolean' },
  'api-key': { type: 'string' },
  header: { type: 'string', multiple: true },
  'source-grpc': { type: 'string' },
  data: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  grpc: { type: 'string' },
  batch: { type: 'string' },
  'without-modules': { type: 'boolean' },
  replace: { type: 'boolean' },
  sample: { type: 'string' },
  'verify-only': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  report: { type: 'string' },
} as const;
