// What a pull verified, kept as pulled.json in the model's directory: for models whose checksums the
// catalogue does not know, later checks compare with it.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HubChecksum } from './hub-download.ts';

/** Size and sha256 of a file. */
export interface FileIdentity {
  readonly bytes: number;
  readonly sha256: string;
}

/** A file as it was pulled. */
export interface PulledFile extends FileIdentity {
  /** `catalogue`: its sha256 was known before; `hub`: it has the checksum that the hub gave. */
  readonly checkedBy: 'catalogue' | 'hub';
  readonly source: string;
  /** The hub's commit, where it told one. */
  readonly commit?: string;
}

export type PulledRecord = Readonly<Record<string, PulledFile>>;

export const pulledRecordName = 'pulled.json';

/** The record in a directory; undefined when there is none or it can't be read. */
export async function readPulledRecord(directory: string): Promise<PulledRecord | undefined> {
  const text = await readFile(join(directory, pulledRecordName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { files } = JSON.parse(text) as { readonly files?: PulledRecord };
    return typeof files === 'object' && files !== null ? files : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the record into a directory. */
export async function writePulledRecord(directory: string, files: PulledRecord): Promise<void> {
  await writeFile(join(directory, pulledRecordName), `${JSON.stringify({ files }, null, 2)}\n`);
}

/** The sha256 of a file. */
export async function sha256Of(path: string): Promise<string> {
  return await hashOf(path, 'sha256', '');
}

/** Whether a file of `bytes` bytes has a checksum of the hub. */
export async function hasChecksum(
  path: string,
  bytes: number,
  { kind, value }: HubChecksum,
): Promise<boolean> {
  const found = kind === 'sha256' ? sha256Of(path) : hashOf(path, 'sha1', `blob ${bytes}\0`);
  return (await found) === value;
}

async function hashOf(path: string, algorithm: string, before: string): Promise<string> {
  const hash = createHash(algorithm).update(before);
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}
