// The gRPC half of a server that is copied from or to: the calls that objects go through.

import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { MessageTypes } from '../api/grpc/generated/messages.ts';
import { type MessageInit, openCodecs } from '../api/grpc/protocol.ts';
import { type Patience, patiently } from './patience.ts';
import { grpcFault, RemoteFault, replyBytesMax } from './remote-fault.ts';

/** Where gRPC is served. */
export interface GrpcAddress {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

type CallName = 'Search' | 'BatchObjects' | 'BatchDelete' | 'TenantsGet' | 'Aggregate';
type RequestOf<Name extends CallName> = MessageTypes[`weaviate.v1.${Name}Request`];
type ReplyOf<Name extends CallName> = MessageTypes[`weaviate.v1.${Name}Reply`];

/** A call that takes longer has failed. */
const deadlineMs = 300_000;
/** For the first sign of life. */
const helloMs = 5_000;
const same = (bytes: Buffer): Buffer => bytes;

/** Calls that are made again when they fail for reasons that pass. */
export class GrpcSide {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  readonly #patience: Patience;
  readonly #codec = openCodecs();
  /** As messages name it. */
  readonly name: string;

  constructor({ host, port, isSecure, headers }: GrpcAddress, patience: Patience) {
    this.name = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const channel = isSecure ? credentials.createSsl() : credentials.createInsecure();
    this.#client = new Client(this.name, channel, {
      'grpc.max_receive_message_length': replyBytesMax,
      'grpc.max_send_message_length': -1,
      // A lost connection is tried again as soon as the next call wants it.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
    });
    for (const [key, value] of Object.entries(headers)) this.#metadata.set(key, value);
    this.#patience = patience;
  }

  /** The reply. Throws RemoteFault. */
  async call<Name extends CallName>(
    name: Name,
    request: MessageInit<RequestOf<Name>>,
  ): Promise<ReplyOf<Name>> {
    const path = `/weaviate.v1.Weaviate/${name}`;
    const requests = this.#codec(`weaviate.v1.${name}Request` as keyof MessageTypes);
    const replies = this.#codec(`weaviate.v1.${name}Reply` as keyof MessageTypes);
    const bytes = requests.encode(request as MessageInit<never>);
    const reply = await patiently(this.#patience, () => this.#send(path, bytes, deadlineMs));
    return replies.decode(reply) as ReplyOf<Name>;
  }

  /** Resolves when there is a server; throws RemoteFault when there is none. */
  async greet(): Promise<void> {
    const request = this.#codec('grpc.health.v1.HealthCheckRequest').encode({});
    await this.#send('/grpc.health.v1.Health/Check', request, helloMs);
  }

  close(): void {
    this.#client.close();
  }

  #send(path: string, bytes: Buffer, timeoutMs: number): Promise<Buffer> {
    const { signal } = this.#patience;
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const options = { deadline: Date.now() + timeoutMs };
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      signal.removeEventListener('abort', cancel);
      if (error) reject(grpcFault(this.name, error));
      else if (reply) resolve(reply);
      else reject(new RemoteFault('passing', `${this.name} gave no reply`));
    };
    const call = this.#client.makeUnaryRequest(
      ...([path, same, same, bytes, this.#metadata, options, done] as const),
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel);
    return promise;
  }
}
