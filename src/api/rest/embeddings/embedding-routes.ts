// The local models as an embedding service: Jina's multi-vector calls and the protocol of Weaviate's
// embeddings, on the paths where their callers expect them. docs/MODELS.md tells how to point them here.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VectorValue } from '../../../engine/document.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import { embeddingRequestsMax, embeddingRequestsWaitingMax } from '../../../engine/limits.ts';
import type { ServedModels } from '../../../vectorizers/served-models.ts';
import type {
  ContentInput,
  Embedding,
  EmbedOptions,
  Vectorizer,
} from '../../../vectorizers/vectorizer.ts';
import { addRoute, contextOf, type RestParts } from '../route.ts';
import { WireError } from '../wire-error.ts';
import { jinaReply, weaviateReply } from './embedding-replies.ts';
import {
  type EmbeddingRequest,
  type Input,
  readJinaRequest,
  readWeaviateRequest,
} from './embedding-requests.ts';
import { TakingTurns } from './taking-turns.ts';

/** What an embedding service is: how a request is read and a reply written. */
interface Protocol {
  readonly path: string;
  readonly read: (body: unknown) => EmbeddingRequest;
  readonly write: (
    model: string,
    vectors: readonly (VectorValue | undefined)[],
  ) => Iterable<string>;
}

const protocols: readonly Protocol[] = [
  {
    path: '/multi-vector',
    read: (body) => readJinaRequest(body, 'multi-vector'),
    write: jinaReply,
  },
  { path: '/embeddings', read: (body) => readJinaRequest(body, 'embeddings'), write: jinaReply },
  { path: '/embeddings/embed', read: readWeaviateRequest, write: weaviateReply },
];

export function addEmbeddingRoutes(app: FastifyInstance, parts: RestParts): void {
  const { served } = parts;
  if (served === undefined) return;
  const access = { kind: 'right', action: 'R', resource: () => 'embeddings/models/*' } as const;
  const turns = new TakingTurns({
    atOnce: embeddingRequestsMax,
    waiting: embeddingRequestsWaitingMax,
  });
  for (const { path, read, write } of protocols) {
    addRoute(app, parts, {
      method: 'POST',
      path,
      access,
      errorStyle: { detail: true },
      handle: async (request, reply) => {
        const wanted = read(request.body);
        const vectors = await embed(wanted, served, turns, contextOf(request, reply));
        return sendPieces(reply, write(wanted.model ?? served.names[0] ?? '', vectors));
      },
    });
  }
  addRoute(app, parts, {
    method: 'GET',
    path: '/tesserae/models',
    access,
    handle: (_: FastifyRequest) => ({
      models: served.names.map((name) => ({ name, accepts: served.vectorizer(name).accepts })),
    }),
  });
}

/** One result beside each input. Throws DatabaseError that names the first input that fails. */
async function embed(
  { model, inputs, purpose, dimensions }: EmbeddingRequest,
  served: ServedModels,
  turns: TakingTurns,
  options: EmbedOptions,
): Promise<readonly (VectorValue | undefined)[]> {
  const vectorizer = served.vectorizer(model);
  for (const [index, input] of inputs.entries()) {
    if (vectorizer.accepts[input.kind]) continue;
    throw failure(index, `the model ${model ?? served.names[0]} does not embed ${input.kind}s`);
  }
  const hasImages = inputs.some(({ kind }) => kind === 'image');
  const found =
    purpose === 'query' && !hasImages
      ? await embedQueries(vectorizer, inputs, options)
      : await inTurn(turns, options, async () =>
          purpose === 'query'
            ? await embedImageQueries(vectorizer, inputs, options)
            : await vectorizer.embedObjects(inputs.map(contentOf), options),
        );
  return found.map((embedding, index) => {
    if (embedding.kind === 'none') return undefined;
    if (embedding.kind === 'failed') throw failure(index, embedding.error.message, embedding.error);
    const { dims } = embedding.vector;
    if (dimensions === undefined || dimensions === dims) return embedding.vector;
    const message = `"dimensions" is ${dimensions}; the model makes vectors of ${dims} dimensions only`;
    throw new DatabaseError('invalid-argument', { message });
  });
}

function contentOf(input: Input): ContentInput {
  return input.kind === 'text'
    ? { texts: [input.text], images: [] }
    : { texts: [], images: [input.base64] };
}

/** Queries of texts go before documents and wait for none of them. */
async function embedQueries(
  vectorizer: Vectorizer,
  inputs: readonly Input[],
  options: EmbedOptions,
): Promise<readonly Embedding[]> {
  return await Promise.all(inputs.map((input) => embedQuery(vectorizer, input, options)));
}

/** One after the other: a picture takes much memory while it is looked at. */
async function embedImageQueries(
  vectorizer: Vectorizer,
  inputs: readonly Input[],
  options: EmbedOptions,
): Promise<readonly Embedding[]> {
  const found: Embedding[] = [];
  for (const input of inputs) found.push(await embedQuery(vectorizer, input, options));
  return found;
}

async function embedQuery(
  vectorizer: Vectorizer,
  input: Input,
  options: EmbedOptions,
): Promise<Embedding> {
  const vector =
    input.kind === 'text'
      ? await vectorizer.embedQueryText(input.text, options)
      : await vectorizer.embedQueryImage(input.base64, options);
  return { kind: 'vector', vector };
}

/** Does the work when it is its turn; refuses it when too many wait already. */
async function inTurn(
  turns: TakingTurns,
  options: EmbedOptions,
  work: () => Promise<readonly Embedding[]>,
): Promise<readonly Embedding[]> {
  const turn = await turns.take(options.signal);
  if (turn === undefined) {
    const message = `${embeddingRequestsWaitingMax} embedding requests are waiting already; try again later`;
    throw new WireError(429, 429, message);
  }
  try {
    return await work();
  } finally {
    turn.end();
  }
}

function failure(index: number, problem: string, cause?: Error): DatabaseError {
  const code = cause instanceof DatabaseError ? cause.code : 'invalid-argument';
  const params = { message: `input[${index}]: ${problem}` };
  if (code === 'vectorizer-failed') return new DatabaseError(code, params, { cause });
  return new DatabaseError('invalid-argument', params, { cause });
}

/** Sends JSON text as it is made: a whole reply may be longer than a string can be. */
function sendPieces(reply: FastifyReply, pieces: Iterable<string>): FastifyReply {
  return reply.header('content-type', 'application/json').send(Readable.from(pieces));
}
