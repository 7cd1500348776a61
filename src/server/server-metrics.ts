// Numbers of the server around its database: requests of both wires, and the process itself.

import type { DatabaseMetrics } from '../database/metrics/database-metrics.ts';
import { callSeconds } from '../database/metrics/registry.ts';

/** One answered request. */
export interface AnsweredRequest {
  readonly wire: 'rest' | 'grpc';
  /** The route or the call, never what a caller put into a path. */
  readonly call: string;
  /** HTTP status, or name of the gRPC status. */
  readonly status: string;
  readonly ms: number;
}

export interface ServerMetrics extends Disposable {
  readonly answered: (request: AnsweredRequest) => void;
}

/** How often the event loop is looked at. */
const lookMs = 100;

/** Adds them to the database's registry; disposing ends the looks at the event loop. */
export function openServerMetrics({ registry }: DatabaseMetrics): ServerMetrics {
  const requests = registry.histogram(
    'tesserae_request_seconds',
    'Requests by wire, call and status; of a stream, from its beginning to its end.',
    callSeconds,
  );
  const delays = registry.histogram(
    'tesserae_event_loop_delay_seconds',
    'How much later than due the serving thread came to a timer of 100 ms.',
    callSeconds,
  );
  const one = (look: () => number) => () => [{ labels: {}, value: look() }];
  registry.gauge(
    'process_resident_memory_bytes',
    'Resident memory of the process.',
    one(() => process.memoryUsage.rss()),
  );
  registry.gauge(
    'process_start_time_seconds',
    'When the process began, in seconds since 1970.',
    one(() => performance.timeOrigin / 1000),
  );
  registry.lookedUpCounter(
    'process_cpu_seconds_total',
    'CPU time of all threads.',
    one(() => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
  );
  let due = performance.now() + lookMs;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.observe({}, Math.max(0, now - due) / 1000);
    due = now + lookMs;
  }, lookMs);
  timer.unref();
  const observers = new Map<string, (seconds: number) => void>();
  return {
    answered: ({ wire, call, status, ms }) => {
      const key = `${wire} ${call} ${status}`;
      const observe = observers.get(key) ?? requests.observer({ wire, call, status });
      observers.set(key, observe);
      observe(ms / 1000);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
