// Runs sections of a tutorial as one program in either language, against a server on any ports. The
// code is the printed one; around it stand only the lines that collect what each section answered.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonSettings, pythonWithClient } from './python.ts';
import type { Language, TutorialCode } from './tutorial-code.ts';

const run = promisify(execFile);
const scratch = join(import.meta.dirname, '../../.cache/tutorials');

/**
 * One section, with what is collected after it: expressions over the section's own variables. An empty
 * section is a step of the test's own code only.
 */
export interface Step {
  readonly section: string;
  readonly collect?: Readonly<Record<Language, string>>;
  /** Code of the test's own, run before or instead of the section. */
  readonly before?: Readonly<Record<Language, string>>;
}

export interface TutorialRun {
  readonly language: Language;
  readonly code: TutorialCode;
  readonly steps: readonly Step[];
  readonly port: number;
  readonly grpcPort: number;
  /** Stands where the printed embedding function calls the provider. */
  readonly providerUrl: string;
}

/** What the steps collected, in their order, and everything that the program printed. */
export interface TutorialOutcome {
  readonly collected: readonly unknown[];
  readonly printed: string;
}

const mark = '@@collected ';

/** Throws with the program's output when it fails. */
export async function runTutorial(tutorial: TutorialRun): Promise<TutorialOutcome> {
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `${tutorial.language}-`));
  const { command, args } =
    tutorial.language === 'python'
      ? await pythonProgram(tutorial, folder)
      : program(tutorial, folder);
  const env = {
    ...process.env,
    ...pythonSettings,
    JINAAI_APIKEY: 'toy-key',
    JINA_AI_API_KEY: 'toy-key',
    TUTORIAL_PORT: String(tutorial.port),
    TUTORIAL_GRPC_PORT: String(tutorial.grpcPort),
  };
  const limits = { timeout: 120_000, maxBuffer: 1 << 26 };
  const { stdout } = await run(command, args, { env, ...limits }).catch((error: Error) => {
    const { stdout: printed = '', stderr = '' } = error as Partial<
      Record<'stdout' | 'stderr', string>
    >;
    throw new Error(`the tutorial's ${tutorial.language} failed:\n${printed}\n${stderr}`);
  });
  const lines = stdout.split('\n');
  return {
    collected: lines
      .filter((line) => line.startsWith(mark))
      .map((line): unknown => JSON.parse(line.slice(mark.length))),
    printed: lines.filter((line) => !line.startsWith(mark)).join('\n'),
  };
}

function sectionCode({ code, language, providerUrl }: TutorialRun, section: string): string {
  if (section === '') return '';
  const found = code.get(section)?.[language];
  if (!found) throw new Error(`the tutorial has no section ${section} in ${language}`);
  return found.replaceAll('https://api.jina.ai', providerUrl);
}

async function pythonProgram(
  tutorial: TutorialRun,
  folder: string,
): Promise<{ command: string; args: string[] }> {
  const lines = [
    'import functools, json, os, weaviate',
    'weaviate.connect_to_local = functools.partial(weaviate.connect_to_local, host="127.0.0.1",',
    '    port=int(os.environ["TUTORIAL_PORT"]), grpc_port=int(os.environ["TUTORIAL_GRPC_PORT"]))',
  ];
  for (const { section, collect, before } of tutorial.steps) {
    if (before) lines.push(before.python);
    lines.push(sectionCode(tutorial, section));
    if (collect) lines.push(`print("${mark}" + json.dumps(${collect.python}))`);
  }
  lines.push('client.close()');
  const file = join(folder, 'tutorial.py');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { command: await pythonWithClient(), args: [file] };
}

function program(tutorial: TutorialRun, folder: string): { command: string; args: string[] } {
  const prelude = [
    "import weaviate from 'weaviate-client';",
    'const connect = weaviate.connectToLocal;',
    'const { TUTORIAL_PORT, TUTORIAL_GRPC_PORT } = process.env;',
    'weaviate.connectToLocal = (options: object) => connect({ host: "127.0.0.1",',
    '  port: Number(TUTORIAL_PORT), grpcPort: Number(TUTORIAL_GRPC_PORT), ...options });',
  ];
  writeFileSync(join(folder, 'ports.ts'), `${prelude.join('\n')}\n`);
  const lines = ["import './ports.ts';"];
  for (const { section, collect, before } of tutorial.steps) {
    const body = sectionCode(tutorial, section).replace(
      '{ WeaviateClient}',
      '{ type WeaviateClient}',
    );
    const after = collect ? `console.log("${mark}" + JSON.stringify(${collect.typescript}));` : '';
    // Numbered sections stand alone and declare the same names; named ones go on from each other.
    const inBlock = /^\d/.test(section) && /^let /m.test(body) && !/^import /m.test(body);
    if (before) lines.push(before.typescript);
    lines.push(inBlock ? `{\n${body}\n${after}\n}` : `${body}\n${after}`);
  }
  lines.push('await client.close();');
  const file = join(folder, 'tutorial.ts');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { command: process.execPath, args: ['--disable-warning=ExperimentalWarning', file] };
}
