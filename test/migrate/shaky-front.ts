// A server seen through a bad connection: REST that is sometimes refused with 429 or 503 or breaks off in
// the middle of a reply, and gRPC whose connection is cut again and again.

import { createServer as createHttp } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { TestServer } from './sides.ts';

/** Where it stands in for the server; it ends with the test. */
export interface ShakyFront {
  readonly url: string;
  readonly grpcPort: number;
}

/** A connection of gRPC is cut after so many bytes of replies. */
const grpcBytes = 60_000;

export interface ShakyOptions {
  /** Of the calls of REST that fail, in turns of their own. */
  readonly share?: number;
  /** The id of an object with vectors that JSON has no words for: replies with it are empty. */
  readonly unwritable?: string;
}

/** Calls fail as the options say. */
export async function openShakyFront(
  t: TestContext,
  { url, grpcPort }: TestServer,
  { share = 0.4, unwritable }: ShakyOptions = {},
): Promise<ShakyFront> {
  let calls = 0;
  const rest = createHttp(async (request, reply): Promise<unknown> => {
    calls += 1;
    const fails = Math.floor(calls * share) > Math.floor((calls - 1) * share);
    const kind = fails ? calls % 3 : -1;
    if (kind === 0) return reply.writeHead(429, { 'retry-after': '0' }).end('{"message":"slower"}');
    if (kind === 1) return reply.writeHead(503).end('<html>');
    if (kind === 2 && share < 1) return reply.write('{"objects', () => reply.destroy());
    if (kind === 2) return reply.writeHead(503).end();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = 'GET', url: path = '' } = request;
    const body = Buffer.concat(chunks);
    const answer = await fetch(`${url}${path}`, {
      ...{ method, headers: { 'content-type': 'application/json' } },
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    const isEmpty =
      unwritable !== undefined && path.includes('vector') && text.includes(`"id":"${unwritable}"`);
    return reply.writeHead(answer.status).end(isEmpty ? '' : text);
  });
  const sockets = new Set<Socket>();
  const grpc = createServer((near) => {
    const far = connect(grpcPort, '127.0.0.1');
    sockets.add(near);
    let bytes = 0;
    far.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > grpcBytes) near.destroy();
      else near.write(chunk);
    });
    near.pipe(far);
    for (const end of [near, far]) {
      end.on('error', () => undefined);
      end.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
  });
  t.after(() => {
    rest.closeAllConnections();
    rest.close();
    for (const socket of sockets) socket.destroy();
    grpc.close();
  });
  return { url: `http://127.0.0.1:${await listen(rest)}`, grpcPort: await listen(grpc) };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
