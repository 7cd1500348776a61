// The data directory of a command, opened with as much memory as a server takes, and words for the case
// that a server has it open.

import { existsSync } from 'node:fs';
import { MemoryBudget } from '../database/memory-budget.ts';
import { type DirectoryDatabase, openDirectory } from '../database/open-directory.ts';
import { DatabaseError } from '../engine/errors.ts';
import { readMemory } from '../server/settings.ts';
import { SettingsError, SettingsReader } from '../server/settings-source.ts';
import type { VectorizerSettings } from '../vectorizers/create-vectorizers.ts';

export interface DataDirectoryOptions {
  readonly vectorizers: VectorizerSettings;
  /** Whether objects bring new properties with them. */
  readonly autoSchema?: boolean;
  /** What happens when there is no such directory; `make` by default. */
  readonly absent?: 'make' | 'refuse';
  /** What else can be done while another process has it open, as a part of a sentence. */
  readonly orElse: string;
}

/** Throws DatabaseError, 'invalid-argument' when another process has the directory open or it is absent. */
export async function openDataDirectory(
  path: string,
  { vectorizers, autoSchema = false, absent = 'make', orElse }: DataDirectoryOptions,
): Promise<DirectoryDatabase> {
  if (absent === 'refuse' && !existsSync(path)) {
    throw new DatabaseError('invalid-argument', { message: `there is no data directory ${path}` });
  }
  const memory = new MemoryBudget({ bytes: memoryBytes() });
  try {
    return await openDirectory(path, { vectorizers, autoSchema, memory });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'directory-locked') throw error;
    const message = `${error.message}; ${orElse}`;
    throw new DatabaseError('invalid-argument', { message }, { cause: error });
  }
}

function memoryBytes(): number {
  try {
    return readMemory(new SettingsReader({}, process.env));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new DatabaseError('invalid-argument', { message: error.message }, { cause: error });
  }
}
