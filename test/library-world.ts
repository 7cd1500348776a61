// The library over a database in memory, for tests that need no directory.

import { Tesserae } from '../src/index.ts';
import { type OpenOptions, openDatabase } from './simulation/world.ts';

/** Closing it closes the database. */
export async function openLibrary(options: OpenOptions = {}): Promise<Tesserae> {
  const database = await openDatabase({ autoSchema: false, ...options });
  const close = (): Promise<void> => database.close();
  return new Tesserae({ database, close, [Symbol.asyncDispose]: close });
}
