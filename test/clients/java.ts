// Compiles the programs of test/clients/java and java-old with the machine's own JDK. Their clients come through
// Maven once; all stay in folders of the project's own (.cache/java-clients, .cache/java, .cache/java-old).

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce, makeMsMax } from './made-once.ts';

const run = promisify(execFile);
const cache = join(import.meta.dirname, '../../.cache');
const clients = join(cache, 'java-clients');
const pom = join(import.meta.dirname, 'java/pom.xml');

/** What lets a Java that runs for seconds do without optimizing itself. */
const brief = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

interface JavaProgram {
  readonly main: string;
  readonly sources: readonly string[];
  /** Folder of its client, and of its classes. */
  readonly client: string;
  readonly classes: string;
  /** What its client's own page tells to give to Java. */
  readonly flags: readonly string[];
}

const programs = {
  new: {
    main: 'Journey',
    sources: ['java/*.java'],
    client: join(clients, 'new'),
    classes: join(cache, 'java'),
    flags: [],
  },
  old: {
    main: 'OldJourney',
    sources: ['java-old/*.java', 'java/Library.java'],
    client: join(clients, 'old'),
    classes: join(cache, 'java-old'),
    flags: ['--add-opens=java.base/java.lang=ALL-UNNAMED'],
  },
} as const satisfies Record<string, JavaProgram>;

/** True when there are Maven and a JDK that knows the language of the programs. */
export async function hasJava(): Promise<boolean> {
  try {
    const { stdout } = await run('javac', ['-version']);
    await run('mvn', ['-version']);
    return Number(/^javac (\d+)/.exec(stdout)?.[1]) >= 17;
  } catch {
    return false;
  }
}

/** The command that runs a program; compiles it when it is missing or its sources changed. */
export async function javaProgram(age: keyof typeof programs): Promise<readonly string[]> {
  const { main, sources, client, classes, flags } = programs[age];
  const fetched = hashOf([pom]);
  await madeOnce({ folder: clients, stamp: fetched, make: fetchClients });
  const files = globSync(sources, { cwd: import.meta.dirname })
    .map((file) => join(import.meta.dirname, file))
    .sort();
  const paths = [join(client, '*'), classes].join(':');
  const make = async (): Promise<void> => {
    const options = [...brief.map((flag) => `-J${flag}`), '-proc:none', '-cp', paths];
    await run('javac', [...options, '-d', classes, ...files], { timeout: makeMsMax });
  };
  await madeOnce({ folder: classes, stamp: `${fetched} ${hashOf(files)}`, make });
  return ['java', ...brief, ...flags, '-cp', paths, main];
}

async function fetchClients(): Promise<void> {
  const quiet = ['--quiet', '--batch-mode', '--no-transfer-progress'];
  const goals = ['dependency:copy@new', 'dependency:copy-dependencies@old'];
  const options = [process.env['MAVEN_OPTS'] ?? '', ...brief].join(' ');
  await run('mvn', [...quiet, '-f', pom, ...goals, `-Dclients=${clients}`], {
    env: { ...process.env, MAVEN_OPTS: options },
    timeout: makeMsMax,
  });
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\n');
  return hash.digest('hex');
}
