// A stand-in for any HTTP service that a test needs to fail, hang, limit its callers or lie: it records what
// it is asked and answers as the test says.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call that the stand-in received. */
export interface StandInCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What it does with a call. */
export type StandInAnswer =
  | {
      readonly status?: number;
      /** Sent as JSON, a string as it is. */
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Never answers, or ends the connection. */
  | 'hang'
  | 'break off';

export interface StandIn extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Every call so far, oldest first. */
  readonly calls: StandInCall[];
}

/** Starts one; `answer` gets the call and how many there were before it. */
export async function startStandIn(
  answer: (call: StandInCall, before: number) => StandInAnswer,
): Promise<StandIn> {
  const calls: StandInCall[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = JSON.parse(Buffer.concat(parts).toString());
    const call: StandInCall = { path: request.url ?? '', headers: request.headers, body };
    calls.push(call);
    const found = answer(call, calls.length - 1);
    if (found === 'hang') return;
    if (found === 'break off') {
      request.socket.destroy();
      return;
    }
    const text = typeof found.body === 'string' ? found.body : JSON.stringify(found.body);
    response.writeHead(found.status ?? 200, found.headers).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
