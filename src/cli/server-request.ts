// Asking a running server over REST, with its own words where it refuses.

import { DatabaseError } from '../engine/errors.ts';

/** A server, and the key that it knows the caller by. */
export interface ServerAddress {
  readonly url: string;
  readonly key: string | undefined;
}

/**
 * POST with a body and GET without one, where no other method is named. Throws DatabaseError 'invalid-argument' when the server can't be
 * reached or refuses.
 */
export async function askServer(
  { url, key }: ServerAddress,
  path: string,
  body?: object,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' = body ? 'POST' : 'GET',
): Promise<Response> {
  const reply = await send(new URL(path, url), {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (reply.ok) return reply;
  throw failure(
    `${url} answers ${reply.status}: ${messageOf(await reply.text()) || reply.statusText}`,
  );
}

async function send(url: URL, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    const reason = cause instanceof Error ? cause.message : String(error);
    throw failure(`${url.origin} can't be reached: ${reason}`);
  }
}

/** What the server says went wrong; the whole text when it is of another form. */
export function messageOf(text: string): string {
  try {
    const body = JSON.parse(text) as {
      readonly message?: string;
      readonly error?: readonly { readonly message?: string }[];
    };
    return body.message ?? body.error?.[0]?.message ?? text;
  } catch {
    return text;
  }
}

function failure(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
