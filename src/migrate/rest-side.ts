// The REST half of a server that is copied from or to.

import { type Patience, patiently } from './patience.ts';
import { RemoteFault, replyBytesMax, restFault } from './remote-fault.ts';

/** Where a server is, and what goes with every call of it. */
export interface RestAddress {
  /** As `http://127.0.0.1:8080`, with a path before /v1 where there is one. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';

/** A call that takes longer has failed. */
const timeoutMs = 300_000;

/** What is done after a stop may take so long. */
const lastMs = 10_000;

/** Calls that are made again when they fail for reasons that pass. */
export class RestSide {
  readonly #address: RestAddress;
  readonly #patience: Patience;
  /** As messages name it. */
  readonly name: string;

  constructor(address: RestAddress, patience: Patience) {
    this.#address = address;
    this.#patience = patience;
    this.name = `${address.url.origin}${address.url.pathname}`.replace(/\/$/, '');
  }

  /** For what has to be put back although the user has stopped everything: calls end a little later then. */
  lastly(): RestSide {
    if (!this.#patience.signal.aborted) return this;
    const signal = AbortSignal.timeout(lastMs);
    return new RestSide(this.#address, { ...this.#patience, signal });
  }

  /** The body of the reply. Throws RemoteFault. */
  async ask<Answer>(method: Method, path: string, body?: unknown): Promise<Answer> {
    const text = await patiently(this.#patience, async () => {
      const reply = await this.#send(method, path, body);
      const said = await this.#read(reply);
      if (!reply.ok) throw restFault(this.name, reply, messageOf(said));
      return said;
    });
    return (text === '' ? undefined : this.#parse(path, text)) as Answer;
  }

  /** As ask, undefined where the path leads to nothing. */
  async find<Answer>(path: string): Promise<Answer | undefined> {
    try {
      return await this.ask<Answer>('GET', path);
    } catch (error) {
      if (error instanceof RemoteFault && error.httpStatus === 404) return undefined;
      throw error;
    }
  }

  async #send(method: Method, path: string, body: unknown): Promise<Response> {
    const { url, headers } = this.#address;
    const { signal } = this.#patience;
    try {
      return await fetch(new URL(`${url.href.replace(/\/$/, '')}${path}`), {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  /** Throws 'too-large' as soon as it is: text has an end, and memory too. */
  async #read(reply: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of reply.body ?? []) {
        bytes += chunk.length;
        if (bytes > replyBytesMax) break;
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (bytes <= replyBytesMax) return new TextDecoder().decode(Buffer.concat(chunks));
    const message = `${this.name} answers with more than ${replyBytesMax} bytes`;
    throw new RemoteFault('too-large', message);
  }

  #unreachable(error: unknown): RemoteFault {
    const { cause } = error as { readonly cause?: unknown };
    const reason = cause instanceof Error ? cause.message : String(error);
    return new RemoteFault('passing', `${this.name} can't be reached: ${reason}`, { cause: error });
  }

  #parse(path: string, text: string): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      const start = text.slice(0, 80).replace(/\s+/g, ' ');
      const message = `${this.name}${path} answers no JSON, but ${JSON.stringify(start)}: is it the address of REST?`;
      throw new RemoteFault('refused', message, { cause });
    }
  }
}

/** What a server says went wrong; the beginning of the text when it is of another form. */
function messageOf(text: string): string {
  try {
    const { message, error } = JSON.parse(text) as {
      readonly message?: string;
      readonly error?: readonly { readonly message?: string }[];
    };
    return message ?? error?.map((each) => each.message).join('; ') ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}
