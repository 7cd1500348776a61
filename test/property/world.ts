// A database with all of its interfaces over one directory in memory, which can be opened again after an
// orderly end or after a loss of power.

import type { Database } from '../../src/database/database.ts';
import { Tesserae } from '../../src/index.ts';
import { MemoryDirectory } from '../../src/storage/memory-directory.ts';
import { ManualTimer, openDatabase } from '../simulation/world.ts';
import type { Face } from './face.ts';
import { grpcFace } from './grpc-face.ts';
import { libraryFace } from './library-face.ts';
import { restFace } from './rest-face.ts';

/** How a database ends before it is opened again. */
export type Ending = 'close' | 'lose' | 'tear';

export interface WorldOptions {
  readonly seed: number;
  /** A memory segment of this many bytes is sealed. */
  readonly flushBytes: number;
  readonly clock: () => number;
}

export class World implements AsyncDisposable {
  readonly #options: WorldOptions;
  readonly #time = new ManualTimer();
  #directory: MemoryDirectory;
  #opened: Opened | undefined;

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.#directory = new MemoryDirectory({ seed: options.seed });
  }

  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await world.#open();
    return world;
  }

  /** The library itself, for what only it is asked. */
  get db(): Tesserae {
    return this.#current.db;
  }

  /** Library, REST and gRPC. */
  get faces(): readonly Face[] {
    return this.#current.faces;
  }

  async flush(): Promise<void> {
    await this.#current.database.flush();
  }

  /** Time goes by in which nobody writes: segments come together. */
  async rest(): Promise<void> {
    this.#time.pass();
    this.#time.pass();
    await this.#current.database.settled();
  }

  /** Ends the database and opens what is left of it. */
  async restart(ending: Ending): Promise<void> {
    if (ending === 'close') await this.#close();
    else {
      const { ended } = this.#current;
      const left = this.#directory.crash(ending);
      await ended();
      this.#directory = left;
    }
    await this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #open(): Promise<void> {
    const { flushBytes, clock } = this.#options;
    const directory = this.#directory;
    const { timer } = this.#time;
    const database = await openDatabase({ directory, flushBytes, clock, timer });
    this.#opened = await openFaces(database, clock);
  }

  async #close(): Promise<void> {
    await this.#opened?.ended();
    await this.#opened?.database.close();
    this.#opened = undefined;
  }

  get #current(): Opened {
    if (!this.#opened) throw new Error('the world is open');
    return this.#opened;
  }
}

interface Opened {
  readonly database: Database;
  readonly db: Tesserae;
  readonly faces: readonly Face[];
  /** Ends the interfaces, not the database. */
  readonly ended: () => Promise<void>;
}

async function openFaces(database: Database, clock: () => number): Promise<Opened> {
  const close = (): Promise<void> => database.close();
  const db = new Tesserae({ database, close, [Symbol.asyncDispose]: close });
  const rest = restFace(database, clock);
  const grpc = await grpcFace(database);
  const ended = async (): Promise<void> => {
    await Promise.all([rest.close(), grpc.close()]);
  };
  return { database, db, faces: [libraryFace(db), rest, grpc], ended };
}
