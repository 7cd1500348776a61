// A stand-in for embedding servers of other protocols (vLLM, Infinity, NextPlaid), with the token vectors
// of embedding-mock.ts. What it demands of a request, the real ones demand.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { imageTokens, textTokens, tokenVector } from './embedding-mock.ts';

export interface PoolingRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface PoolingMock extends AsyncDisposable {
  readonly url: string;
  /** Every call so far, oldest first. */
  readonly requests: PoolingRequest[];
}

/** Width of every vector that it makes. */
export const poolingDims = 16;

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Starts it on a free port of 127.0.0.1; with a key it answers 401 to a call that does not bring it. */
export async function startPoolingMock(key?: string): Promise<PoolingMock> {
  const requests: PoolingRequest[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const call: PoolingRequest = {
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse(Buffer.concat(parts).toString('utf8')) as PoolingRequest['body'],
    };
    requests.push(call);
    const isKnown = key === undefined || call.headers.authorization === `Bearer ${key}`;
    const { status, body } = isKnown
      ? answer(call)
      : { status: 401, body: { error: { message: 'Unauthorized' } } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function answer({ path, headers, body }: PoolingRequest): Reply {
  if (path === '/pooling') return pooling(body);
  if (path === '/embeddings') return embeddings(body);
  if (path === '/encode') return encode(body, headers);
  return { status: 404, body: { detail: 'Not Found' } };
}

function pooling(body: PoolingRequest['body']): Reply {
  if (body['task'] !== 'token_embed') return { status: 400, body: { error: 'unsupported task' } };
  if ('dimensions' in body) return { status: 400, body: { error: { message: 'no dimensions' } } };
  const { embedding_mode: mode, encoding_format: format } = body;
  const tokens = isMessages(body['messages'])
    ? body['messages'].map(({ content }) => imageTokens(base64Of(content[0]!.image_url.url)))
    : (body['input'] as string[]).map((text) => marked(text, mode === 'query'));
  const data = tokens.map((list, index) => ({
    index,
    object: 'pooling',
    data: rows(list, format),
  }));
  return { status: 200, body: { id: 'pool-1', object: 'list', created: 0, model: '', data } };
}

type Messages = readonly {
  readonly content: readonly { readonly image_url: { readonly url: string } }[];
}[];

function isMessages(value: unknown): value is Messages {
  return Array.isArray(value);
}

function embeddings(body: PoolingRequest['body']): Reply {
  const { input, modality, encoding_format: format } = body;
  const data = (input as string[]).map((entry, index) => {
    const tokens = modality === 'image' ? imageTokens(base64Of(entry)) : marked(entry, false);
    return { object: 'embedding', index, embedding: rows(tokens, format) };
  });
  return { status: 200, body: { object: 'list', data, model: '', usage: {} } };
}

function encode(body: PoolingRequest['body'], headers: IncomingHttpHeaders): Reply {
  const { texts, input_type: type } = body;
  if (type !== 'query' && type !== 'document') return { status: 422, body: 'unknown variant' };
  const tokens = (texts as string[]).map((text) => marked(text, type === 'query'));
  const count = { num_texts: tokens.length };
  if (headers['x-embeddings-format'] !== 'base64') {
    return {
      status: 200,
      body: { embeddings: tokens.map((list) => rows(list, 'float')), ...count },
    };
  }
  const embeddings_b64 = tokens.map((list) => rows(list, 'base64'));
  const shapes = tokens.map((list) => [list.length, poolingDims]);
  return { status: 200, body: { embeddings_b64, shapes, ...count } };
}

/** `[Q] ` and `[D] ` in front of a text are markers, as for a tokenizer that knows them. */
function marked(text: string, isQuery: boolean): string[] {
  const [, letter, rest = text] = /^\[(Q|D)\] (.*)$/s.exec(text) ?? [];
  return textTokens(rest, letter === undefined ? isQuery : letter === 'Q');
}

function base64Of(uri: string): string {
  if (!/^data:image\/[a-z]+;base64,/.test(uri)) throw new Error('not a data URI');
  return uri.slice(uri.indexOf(',') + 1);
}

function rows(tokens: readonly string[], format: unknown): number[][] | string {
  const vectors = tokens.map((token) => tokenVector(token, poolingDims));
  if (format !== 'base64') return vectors;
  const bytes = Buffer.alloc(vectors.length * poolingDims * 4);
  for (const [index, value] of vectors.flat().entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
