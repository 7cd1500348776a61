// Downloads one file from the model hub, or from a mirror that HF_ENDPOINT names, and goes on where an
// earlier attempt stopped; asks the hub for a file's checksum.

import { open, rm, stat } from 'node:fs/promises';
import { withoutSlashes } from '../provider-address.ts';

/** A file of a repository at a revision. */
export interface HubFile {
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
}

/** What the hub says about a file: its size, a checksum, and the commit that the revision stands for. */
export interface HubFacts {
  readonly bytes: number;
  readonly checksum: HubChecksum;
  readonly commit: string | undefined;
}

/** Large files have a sha256, others the sha1 under which git keeps them. */
export type HubChecksum =
  | { readonly kind: 'sha256'; readonly value: string }
  | { readonly kind: 'git'; readonly value: string };

export interface HubDownload {
  readonly source: HubFile & { readonly bytes: number };
  /** Scheme and host of the hub. */
  readonly endpoint: string;
  /** Receives the bytes; what is there already is taken for the beginning of the file. */
  readonly target: string;
  readonly onBytes: (done: number) => void;
}

/** How long the hub may take to begin answering, and to go on sending. */
const headersTimeoutMs = 5_000;
const stallTimeoutMs = 30_000;

/** Completes the target. Throws an Error that says what went wrong; what came so far stays. */
export async function downloadFromHub(download: HubDownload): Promise<void> {
  const { source, endpoint, target } = download;
  const url = fileUrl(source, endpoint);
  const kept = await bytesOf(target, source.bytes);
  if (kept === source.bytes) return;
  const abort = new AbortController();
  const range = kept > 0 ? { range: `bytes=${kept}-` } : {};
  const response = await fetchHeaders(url, { headers: { ...identity, ...range } }, abort);
  const isContinued = kept > 0 && response.status === 206;
  if (response.status !== 200 && !isContinued) {
    await response.body?.cancel();
    throw new Error(`status ${response.status} from ${url.origin}`);
  }
  const done = isContinued ? kept : 0;
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  if (!Number.isNaN(announced) && done + announced !== source.bytes) {
    await response.body?.cancel();
    throw new Error(`${done + announced} bytes offered, ${source.bytes} expected`);
  }
  await receive(response, done, download, abort);
}

async function bytesOf(path: string, bytesMax: number): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (found.size <= bytesMax) return found.size;
  await rm(path);
  return 0;
}

/** Redirections within the hub, as for a repository that was renamed. */
const redirectionsMax = 3;

/**
 * Asks about a file. Throws an Error that says what went wrong, also when the hub gives no checksum:
 * nothing is downloaded that can't be verified.
 */
export async function askHub(file: HubFile, endpoint: string): Promise<HubFacts> {
  let url = fileUrl(file, endpoint);
  let commit: string | undefined;
  for (let step = 0; step <= redirectionsMax; step += 1) {
    const request = { method: 'HEAD', redirect: 'manual', headers: identity } as const;
    const { status, headers } = await fetchHeaders(url, request, new AbortController());
    const location = headers.get('location');
    const target = location === null ? null : URL.parse(location, url.href);
    commit ??= headers.get('x-repo-commit') ?? undefined;
    const isElsewhere = headers.has('x-linked-etag') || target?.host !== url.host;
    if (status >= 300 && status < 400 && target !== null && !isElsewhere) {
      url = target;
      continue;
    }
    if (status !== 200 && !(status >= 300 && status < 400)) {
      throw new Error(`status ${status} from ${url.origin}`);
    }
    const length = headers.get('x-linked-size') ?? headers.get('content-length') ?? '';
    const bytes = /^\d+$/.test(length) ? Number(length) : Number.NaN;
    const checksum = checksumOf(headers);
    if (checksum === undefined || Number.isNaN(bytes)) {
      throw new Error(`${url.origin} gives no checksum or no size`);
    }
    return { bytes, checksum, commit };
  }
  throw new Error(`more than ${redirectionsMax} redirections from ${url.origin}`);
}

function checksumOf(headers: Headers): HubChecksum | undefined {
  const clean = (name: string): string =>
    (headers.get(name) ?? '').replace(/^W\//, '').replaceAll('"', '').toLowerCase();
  const tags = [clean('x-linked-etag'), clean('etag')];
  const sha256 = tags.find((value) => /^[0-9a-f]{64}$/.test(value));
  if (sha256 !== undefined) return { kind: 'sha256', value: sha256 };
  const sha1 = tags.find((value) => /^[0-9a-f]{40}$/.test(value));
  return sha1 === undefined ? undefined : { kind: 'git', value: sha1 };
}

const identity = { 'accept-encoding': 'identity' };

function fileUrl({ repository, revision, path }: HubFile, endpoint: string): URL {
  return new URL(`${repository}/resolve/${revision}/${path}`, `${withoutSlashes(endpoint)}/`);
}

async function fetchHeaders(
  url: URL,
  request: RequestInit,
  abort: AbortController,
): Promise<Response> {
  const timer = setTimeout(() => abort.abort(), headersTimeoutMs);
  try {
    return await fetch(url, { ...request, signal: abort.signal });
  } catch (error) {
    if (abort.signal.aborted) throw new Error(`no answer within ${headersTimeoutMs} ms`);
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(error);
    throw new Error(`cannot reach ${url.origin}: ${code}`);
  } finally {
    clearTimeout(timer);
  }
}

async function receive(
  response: Response,
  kept: number,
  { source, target, onBytes }: HubDownload,
  abort: AbortController,
): Promise<void> {
  await using file = await open(target, kept > 0 ? 'a' : 'w');
  const stall = setTimeout(() => abort.abort(), stallTimeoutMs);
  let done = kept;
  try {
    for await (const part of response.body ?? []) {
      stall.refresh();
      await file.write(part);
      done += part.byteLength;
      if (done > source.bytes) throw new Error(`more than the expected ${source.bytes} bytes came`);
      onBytes(done);
    }
  } catch (error) {
    if (abort.signal.aborted) throw new Error(`nothing came for ${stallTimeoutMs} ms`);
    throw error;
  } finally {
    clearTimeout(stall);
  }
  if (done !== source.bytes) throw new Error(`${done} of ${source.bytes} bytes came`);
}
