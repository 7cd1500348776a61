#!/usr/bin/env node
// Starts the command line under Node 24, whichever Node was found first: a clone brings its own. Plain
// JavaScript, because an older Node reads it.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMajorMin = 24;

/** The Node to run under: this one when it is new enough, else the one that was installed with us. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) return process.execPath;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const folder of foldersAbove(fileURLToPath(import.meta.url))) {
    const candidate = join(folder, 'node_modules', '.bin', program);
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

function* foldersAbove(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    yield folder;
    if (dirname(folder) === folder) return;
  }
}

const node = findNode();
if (node === undefined) {
  process.stderr.write(
    `tesserae needs Node ${nodeMajorMin}; this is ${process.version}, and none came with the package: ` +
      'run npm install without --omit=optional, or install a newer Node\n',
  );
  process.exit(1);
}

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
// What the compiler made of the source is kept: a start costs half a second less.
const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const env = { NODE_COMPILE_CACHE: join(cache, 'tesserae', 'compiled'), ...process.env };
const options = { stdio: 'inherit', env };
const child = spawn(node, ['--no-liftoff', main, ...process.argv.slice(2)], options);

// A terminal sends its signals to both of us; whoever signals this process alone means the server.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => {
  process.stderr.write(`tesserae: ${node} could not be started: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0));
});
