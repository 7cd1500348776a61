// Compiles the program of test/clients/java with the machine's own JDK. The client comes through Maven once;
// both stay in folders of the project's own (.cache/java-client, .cache/java).

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce, makeMsMax } from './made-once.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const sources = join(import.meta.dirname, 'java');
const client = join(root, '.cache/java-client');
const classes = join(root, '.cache/java');

/** What lets a Java that runs for seconds do without optimizing itself. */
const brief = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** True when there are Maven and a JDK that knows the language of the program. */
export async function hasJava(): Promise<boolean> {
  try {
    const { stdout } = await run('javac', ['-version']);
    await run('mvn', ['-version']);
    return Number(/^javac (\d+)/.exec(stdout)?.[1]) >= 17;
  } catch {
    return false;
  }
}

/** The command that runs the program; compiles it when it is missing or its sources changed. */
export async function javaProgram(): Promise<readonly string[]> {
  const pom = hashOf(['pom.xml']);
  await madeOnce({ folder: client, stamp: pom, make: fetchClient });
  const files = globSync('*.java', { cwd: sources }).sort();
  const paths = [join(client, '*'), classes].join(':');
  const make = async (): Promise<void> => {
    const flags = brief.map((flag) => `-J${flag}`);
    const args = [...flags, '-proc:none', '-cp', paths, '-d', classes];
    await run('javac', [...args, ...files], { cwd: sources, timeout: makeMsMax });
  };
  await madeOnce({ folder: classes, stamp: `${pom} ${hashOf(files)}`, make });
  return ['java', ...brief, '-cp', paths, 'Journey'];
}

/** The client and all that it needs are one file: nothing has to be resolved. */
async function fetchClient(): Promise<void> {
  const quiet = ['--quiet', '--batch-mode', '--no-transfer-progress'];
  const options = [process.env['MAVEN_OPTS'] ?? '', ...brief].join(' ');
  const args = [...quiet, '-f', join(sources, 'pom.xml'), 'dependency:copy'];
  await run('mvn', [...args, `-DoutputDirectory=${client}`], {
    env: { ...process.env, MAVEN_OPTS: options },
    timeout: makeMsMax,
  });
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(sources, file)));
  return hash.digest('hex');
}
