// A stand-in for embedding services: endpoints whose token vectors follow from hashes of the tokens, and
// one with their mean, so that every distance a test expects can be computed beforehand. Tests start it in
// process; `node test/embedding-mock.ts --port N` runs it as a program for clients in other languages.

import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

/** One call that the mock received. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined when the body was none. */
  readonly body: unknown;
}

export interface EmbeddingMock extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Every call so far, oldest first; tests may empty it. */
  readonly requests: RecordedRequest[];
  close(): Promise<void>;
}

/** Unit-length vector of one token, every component rounded to six decimals. */
export function tokenVector(token: string, dims: number): number[] {
  const bytes: number[] = [];
  for (let block = 0; bytes.length < dims * 2; block += 1) {
    bytes.push(...createHash('sha256').update(`${token}#${block}`, 'utf8').digest());
  }
  const raw = Array.from(
    { length: dims },
    (_, index) => (bytes[2 * index]! * 256 + bytes[2 * index + 1]!) / 32767.5 - 1,
  );
  return normalise(raw);
}

function normalise(vector: readonly number[]): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => Math.floor((value / length) * 1e6 + 0.5) / 1e6);
}

/** Tokens of a text: both markers, the words in lower case without punctuation at their ends. */
export function textTokens(text: string, isQuery: boolean): string[] {
  return ['[CLS]', isQuery ? '[Q]' : '[D]', ...words(text), '[SEP]'];
}

function words(text: string): string[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const lower = word.toLowerCase();
      return lower.replace(/^[.,;:!?"'()]+|[.,;:!?"'()]+$/g, '') || lower;
    });
}

/** Tokens of an image: words when its bytes start with `IMG:`, else four made from its hash. */
export function imageTokens(base64: string): string[] {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.subarray(0, 4).toString('latin1') === 'IMG:') {
    return ['[IMG]', ...words(bytes.subarray(4).toString('utf8'))];
  }
  const hash = createHash('sha256').update(bytes).digest('hex');
  return ['[IMG]', ...[0, 1, 2, 3].map((patch) => `img-${hash}-${patch}`)];
}

/** The inference service of text2vec-transformers: one text, one vector of 16 numbers. */
function inference(body: unknown): Reply {
  const { text } = (body ?? {}) as { readonly text?: unknown };
  if (typeof text !== 'string') return failure(422, 'text must be a string');
  const vector = meanVector(textTokens(text, false).map((token) => tokenVector(token, 16)));
  return { status: 200, body: { text, vector, dim: vector.length } };
}

interface EmbeddingRequest {
  readonly input: readonly unknown[];
  readonly dimensions?: number;
  readonly input_type?: string;
  readonly task?: string;
  readonly is_search_query?: boolean;
  readonly return_multivector?: boolean;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

interface Item {
  /** What the failure words are looked for in. */
  readonly content: string;
  readonly tokens: readonly string[];
}

function answer(
  path: string,
  headers: IncomingHttpHeaders,
  body: unknown,
  wantsKey: boolean,
): Reply {
  if (path === '/vectors') return inference(body);
  if (wantsKey && !/^Bearer .+/.test(headers.authorization ?? ''))
    return failure(401, 'missing key');
  const request = body as Partial<EmbeddingRequest> | null | undefined;
  if (!Array.isArray(request?.input)) return failure(422, 'input must be a list');
  const checked: EmbeddingRequest = { ...request, input: request.input };
  const isService = path === '/v1/embeddings/embed';
  const items = checked.input.map((entry) => readItem(entry, checked, isService));
  const wanted = /__fail_(\d{3})__/.exec(items.map((item) => item.content).join('\n'));
  if (wanted) return failure(Number(wanted[1]), `mock failure ${wanted[1]}`);
  const dims = checked.dimensions ?? 128;
  const vectors = items.map((item) => itemVectors(item, dims));
  if (items.some((item) => item.content.includes('__short__'))) vectors.pop();
  if (isService) return { status: 200, body: { embeddings: vectors, metadata: {} } };
  return { status: 200, body: jinaReply(path, checked, vectors) };
}

function jinaReply(path: string, request: EmbeddingRequest, vectors: number[][][]): unknown {
  const isMulti = path === '/v1/multi-vector' || request.return_multivector === true;
  const data = vectors.map((tokens, index) =>
    isMulti
      ? { index, object: 'embeddings', embeddings: tokens }
      : { index, object: 'embedding', embedding: meanVector(tokens) },
  );
  const count = vectors.reduce((sum, tokens) => sum + tokens.length, 0);
  return { object: 'list', data, usage: { total_tokens: count, prompt_tokens: count } };
}

function readItem(entry: unknown, request: EmbeddingRequest, isService: boolean): Item {
  const isQuery =
    request.input_type === 'query' ||
    (request.task ?? '').startsWith('retrieval.query') ||
    request.is_search_query === true;
  const fields = (typeof entry === 'object' ? entry : undefined) as
    | { readonly image?: string; readonly text?: string }
    | undefined;
  const image = isService && !isQuery ? String(entry) : fields?.image;
  if (image !== undefined) {
    return { content: Buffer.from(image, 'base64').toString('utf8'), tokens: imageTokens(image) };
  }
  const text = fields?.text ?? String(entry);
  return { content: text, tokens: textTokens(text, isQuery) };
}

function itemVectors(item: Item, dims: number): number[][] {
  if (item.content.includes('__empty__')) return [];
  const vectors = item.tokens.map((token) => tokenVector(token, dims));
  if (item.content.includes('__ragged__')) vectors[1]?.pop();
  return vectors;
}

function meanVector(tokens: readonly (readonly number[])[]): number[] {
  const first = tokens[0];
  if (first === undefined) return [];
  return normalise(
    first.map((_, index) => tokens.reduce((sum, row) => sum + row[index]!, 0) / tokens.length),
  );
}

function failure(status: number, detail: string): Reply {
  return { status, body: { detail } };
}

const paths = ['/vectors', '/v1/multi-vector', '/v1/embeddings', '/v1/embeddings/embed'];

/**
 * Starts the mock on 127.0.0.1; without a port the system picks a free one. It answers 401 to a request
 * without a bearer token, except to the inference service, unless it wants no key, as a service of one's own may.
 */
export async function startEmbeddingMock(
  options: { readonly port?: number; readonly wantsKey?: boolean } = {},
): Promise<EmbeddingMock> {
  const { wantsKey = true } = options;
  const requests: RecordedRequest[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const method = request.method ?? '';
    const body = await readJson(request);
    requests.push({ method, path, headers: request.headers, body });
    const isKnown = method === 'POST' && paths.includes(path);
    const reply = isKnown
      ? answer(path, request.headers, body, wantsKey)
      : failure(404, 'no such endpoint');
    response.writeHead(reply.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply.body));
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options.port ?? 0, '127.0.0.1', resolve);
  await promise;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((done) => server.close(done));
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, close, [Symbol.asyncDispose]: close };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const mock = await startEmbeddingMock({ port: Number(values.port) });
  process.stdout.write(`embedding mock listening on ${mock.url}\n`);
}
