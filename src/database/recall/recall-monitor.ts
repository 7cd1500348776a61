// A collection's recall checks: starts them in the background, one at a time, and keeps the last report
// of each vector name until the next or the end of the process.

import { DatabaseError } from '../../engine/errors.ts';
import { seededRandom } from '../../engine/quantize/seeded-random.ts';
import type { Executable } from '../../engine/query/execute.ts';
import type { Query } from '../../engine/query/query.ts';
import { takeSnapshot } from '../../engine/query/snapshot.ts';
import type { CollectionConfig } from '../collection-config.ts';
import type { SearchScope } from '../search.ts';
import { type CheckOptions, type CheckSettings, resolveCheck, vectorOf } from './check-settings.ts';
import { type CheckedQueries, type CheckParts, checkQueries } from './recall-check.ts';
import type { RecentQueries } from './recent-queries.ts';
import { sampleQueries } from './sample-queries.ts';

/** What a check found. */
export interface RecallReport {
  readonly collection: string;
  readonly vector: string;
  /** When it ended: milliseconds since 1970. */
  readonly checkedAt: number;
  /** Documents that could be found when it began. */
  readonly documents: number;
  /** First queries made of stored vectors, then recent ones where there are any; none without answers. */
  readonly sources: readonly CheckedQueries[];
}

/** Where the checks of a vector name stand. */
export interface RecallState {
  readonly vector: string;
  /** The check that runs: queries done and all of them. */
  readonly running?: { readonly done: number; readonly total: number };
  /** The last check that came to its end. */
  readonly report?: RecallReport;
  /** Why the newest check did not come to its end. */
  readonly failure?: string;
}

/** What a monitor needs of its collection. */
export interface MonitorParts {
  readonly id: number;
  readonly config: () => CollectionConfig;
  readonly scope: () => SearchScope;
  readonly resolve: (query: Query) => Promise<Executable>;
  readonly recent: RecentQueries;
  /** Keeps the collection open until the result is disposed of. */
  readonly keep: () => Disposable;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Told after each query of a check. */
export type CheckProgress = (done: number, total: number) => void;

/** Owned by Collection. */
export class RecallMonitor {
  readonly #parts: MonitorParts;
  readonly #states = new Map<string, RecallState>();
  readonly #stopped = new AbortController();
  /** The newest check; the next one waits for it. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  /** Remembers a query for later checks. */
  note(executable: Executable): void {
    const request =
      executable.kind === 'vector'
        ? executable.vector
        : executable.kind === 'hybrid'
          ? executable.vector?.request
          : undefined;
    const [target, ...others] = request?.targets ?? [];
    if (!target || others.length > 0) return;
    this.#parts.recent.note(this.#parts.id, target.schema.name, target.vector);
  }

  /** Of every vector name that was ever checked. */
  states(): readonly RecallState[] {
    return [...this.#states.values()];
  }

  /** Where the checks of a vector name stand; the only one's without a name. Throws as `check` does. */
  state(name?: string): RecallState {
    const { name: vector } = vectorOf(this.#parts.config(), name);
    return this.#states.get(vector) ?? { vector };
  }

  /**
   * Starts a check in the background, unless one of that vector name runs already, and tells where it
   * stands. Throws DatabaseError for options that make no sense.
   */
  start(options: CheckOptions = {}): RecallState {
    const settings = resolveCheck(this.#parts.config(), options);
    const { name } = settings.vector;
    const state = this.#states.get(name);
    if (state?.running) return state;
    // What goes wrong is told by the state.
    this.#enqueue(settings, () => undefined).catch(() => undefined);
    return this.state(name);
  }

  /**
   * Checks and resolves to the report. Rejects with DatabaseError for options that make no sense, and
   * with 'closed' when the collection is deleted or closed meanwhile.
   */
  async check(
    options: CheckOptions = {},
    progress: CheckProgress = () => undefined,
  ): Promise<RecallReport> {
    return this.#enqueue(resolveCheck(this.#parts.config(), options), progress);
  }

  /** Ends the check that runs; resolves when it has ended. Later ones are refused. */
  async stop(): Promise<void> {
    this.#stopped.abort(new DatabaseError('closed'));
    await this.#tail;
  }

  #enqueue(settings: CheckSettings, progress: CheckProgress): Promise<RecallReport> {
    const { name } = settings.vector;
    this.#update(name, { running: { done: 0, total: settings.queries } });
    const kept = this.#parts.keep();
    const done = this.#tail
      .then(() => this.#run(settings, progress))
      .finally(() => kept[Symbol.dispose]())
      .then(
        (report) => {
          this.#states.set(name, { vector: name, report });
          return report;
        },
        (error: unknown) => {
          const { report } = this.state(name);
          const failure = error instanceof Error ? error.message : String(error);
          this.#states.set(name, { vector: name, ...(report && { report }), failure });
          throw error;
        },
      );
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async #run(settings: CheckSettings, progress: CheckProgress): Promise<RecallReport> {
    const { signal } = this.#stopped;
    signal.throwIfAborted();
    const { name } = settings.vector;
    const { stored, documents } = this.#sample(settings);
    const recent = this.#parts.recent
      .last(this.#parts.id, name, settings.queries)
      .map((vector) => ({ vector }));
    const total = stored.length + recent.length;
    let done = 0;
    this.#update(name, { running: { done, total } });
    const parts: CheckParts = {
      scope: this.#parts.scope(),
      resolve: (vector, limit) => this.#parts.resolve(queryOf(name, vector, limit)),
      settings,
      signal,
      advance: () => {
        done += 1;
        this.#update(name, { running: { done, total } });
        progress(done, total);
      },
    };
    const sources = [
      await checkQueries(parts, 'stored', stored),
      await checkQueries(parts, 'recent', recent),
    ].filter((found) => found !== undefined);
    const collection = this.#parts.config().name;
    return { collection, vector: name, checkedAt: this.#parts.clock(), documents, sources };
  }

  #sample(settings: CheckSettings) {
    const { segments, schema, resolved } = this.#parts.scope();
    using held = segments.hold();
    const filter = settings.filter && resolved(settings.filter);
    const snapshot = takeSnapshot(held.segments, schema, filter);
    const { vector, queries, tokens, seed } = settings;
    const { name, kind } = vector;
    const random = seededRandom(seed);
    const { queries: stored, documents } = sampleQueries(snapshot, {
      ...{ name, kind, count: queries, tokens, random },
    });
    return { stored, documents };
  }

  #update(name: string, change: Pick<RecallState, 'running'>): void {
    const { report } = this.#states.get(name) ?? {};
    this.#states.set(name, { vector: name, ...(report && { report }), ...change });
  }
}

function queryOf(name: string, vector: Parameters<CheckParts['resolve']>[0], limit: number): Query {
  const input = { kind: 'vectors', vectors: [vector] } as const;
  const targets = { names: [name], combination: 'minimum', weights: [] } as const;
  const page = { offset: 0, limit, autocut: 0 };
  return { kind: 'vector', ...page, search: { input, targets } };
}
