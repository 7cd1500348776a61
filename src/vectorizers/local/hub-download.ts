// Downloads one file from the model hub, or from a mirror that HF_ENDPOINT names, and goes on where an
// earlier attempt stopped.

import { open, rm, stat } from 'node:fs/promises';
import type { HubSource } from './models.ts';

export interface HubDownload {
  readonly source: HubSource;
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
  const url = new URL(
    `${source.repository}/resolve/${source.revision}/${source.path}`,
    `${endpoint.replace(/\/+$/, '')}/`,
  );
  const kept = await bytesOf(target, source.bytes);
  if (kept === source.bytes) return;
  const abort = new AbortController();
  const response = await fetchHeaders(url, kept, abort);
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

async function fetchHeaders(url: URL, kept: number, abort: AbortController): Promise<Response> {
  const timer = setTimeout(() => abort.abort(), headersTimeoutMs);
  try {
    return await fetch(url, {
      headers: {
        'accept-encoding': 'identity',
        ...(kept > 0 ? { range: `bytes=${kept}-` } : {}),
      },
      signal: abort.signal,
    });
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
