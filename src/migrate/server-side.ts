// A server that is copied from or to: its REST, and its gRPC where it has one.

import { DatabaseError } from '../engine/errors.ts';
import { type GrpcAddress, GrpcSide } from './grpc-side.ts';
import type { Patience } from './patience.ts';
import { RemoteFault } from './remote-fault.ts';
import { RestSide } from './rest-side.ts';

/** Where a server is, as its user says. */
export interface ServerAddress {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** `HOST:PORT`; 'none' for REST alone; undefined: what the server says, else the usual place. */
  readonly grpc: string | undefined;
}

interface Meta {
  readonly version?: string;
  readonly grpcPort?: number;
}

const usualPort = 50_051;
const firstAttempts = 3;

/** Both halves, open. */
export class ServerSide implements Disposable {
  readonly rest: RestSide;
  readonly grpc: GrpcSide | undefined;
  readonly version: string;
  /** Why there is no gRPC, where it was looked for. */
  readonly withoutGrpc: string | undefined;

  private constructor(
    rest: RestSide,
    version: string,
    grpc: GrpcSide | undefined,
    withoutGrpc?: string,
  ) {
    this.rest = rest;
    this.grpc = grpc;
    this.version = version;
    this.withoutGrpc = withoutGrpc;
  }

  /**
   * Throws RemoteFault where the server, or a gRPC address that was named, can't be reached. gRPC of servers
   * before 1.27 is left alone: it has text and lists in fields that are gone since, and would show none.
   */
  static async open(address: ServerAddress, patience: Patience): Promise<ServerSide> {
    // Who has the wrong address should not wait long to hear of it.
    const little = { ...patience, attemptsMax: Math.min(patience.attemptsMax, firstAttempts) };
    const meta = await new RestSide(address, little).ask<Meta>('GET', '/v1/meta');
    const { version = '', grpcPort = usualPort } = meta;
    const rest = new RestSide(address, patience);
    if (address.grpc === 'none') return new ServerSide(rest, version, undefined);
    if (isBeforeTypedValues(version)) {
      const reason = `gRPC of version ${version} does not tell all that is stored`;
      return new ServerSide(rest, version, undefined, reason);
    }
    const grpc = new GrpcSide(grpcAddress(address, grpcPort), patience);
    try {
      await grpc.greet();
      return new ServerSide(rest, version, grpc);
    } catch (error) {
      grpc.close();
      if (address.grpc !== undefined || !(error instanceof RemoteFault)) throw error;
      const reason = `${error.message} (--source-grpc names another address)`;
      return new ServerSide(rest, version, undefined, reason);
    }
  }

  [Symbol.dispose](): void {
    this.grpc?.close();
  }
}

/** Versions that nobody can read are taken for new ones. */
function isBeforeTypedValues(version: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) < 1 || (Number(major) === 1 && Number(minor) < 27);
}

/** Hosts of the reference's own cloud serve gRPC under another name. */
const cloud = /\.(weaviate\.cloud|weaviate\.network|semi\.technology)$/;

function grpcAddress({ url, headers, grpc }: ServerAddress, port: number): GrpcAddress {
  const isSecure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  if (grpc !== undefined) return { ...parseHostPort(grpc), isSecure, headers: lower(headers) };
  return cloud.test(hostname)
    ? { host: `grpc-${hostname}`, port: 443, isSecure, headers: lower(headers) }
    : { host: hostname, port, isSecure, headers: lower(headers) };
}

/** `HOST:PORT`, IPv6 in brackets. Throws 'invalid-argument'. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } {
  const { host = '', port = '' } =
    /^\[?(?<host>[^\]]+?)\]?:(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  if (host !== '' && Number(port) > 0 && Number(port) <= 65_535)
    return { host, port: Number(port) };
  const message = `${JSON.stringify(text)} is no HOST:PORT, as 127.0.0.1:50051`;
  throw new DatabaseError('invalid-argument', { message });
}

/** gRPC has no capital letters in names of headers. */
function lower(headers: ServerAddress['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** The names that one machine has for itself are one. */
function sameHost(name: string): string {
  return name.replace(/^(localhost|\[::1\]|::1|0\.0\.0\.0)(?=:|$)/, '127.0.0.1');
}

/** Throws 'invalid-argument' where both are one server, or share the address of gRPC. */
export function checkTwoServers(source: ServerSide, destination: ServerSide): void {
  const [from, to] = [source, destination].map(({ rest }) =>
    sameHost(rest.name.replace(/^https?:\/\//, '')),
  );
  if (from === to) {
    const message = `source and destination are the same server, ${source.rest.name}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  if (!source.grpc || !destination.grpc) return;
  if (sameHost(source.grpc.name) !== sameHost(destination.grpc.name)) return;
  const message = `source and destination have one address of gRPC, ${source.grpc.name}: name them with --source-grpc and --grpc`;
  throw new DatabaseError('invalid-argument', { message });
}
