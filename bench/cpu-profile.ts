// Sums up what `node --cpu-prof` wrote: node bench/cpu-profile.ts FOLDER [entries] prints, for each thread,
// where its processor time went, by function itself.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const root = join(import.meta.dirname, '..');

function summary(profile: Profile, entries: number): string {
  const names = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
      const place = file === '' ? '' : ` ${file}:${lineNumber + 1}`;
      return [id, `${functionName || '(anonymous)'}${place}`];
    }),
  );
  const times = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of profile.samples.entries()) {
    const name = names.get(id) ?? '';
    const us = profile.timeDeltas[i] ?? 0;
    if (name === '(idle)' || name === '(program)') continue;
    busy += us;
    times.set(name, (times.get(name) ?? 0) + us);
  }
  const top = [...times].sort(([, a], [, b]) => b - a).slice(0, entries);
  const line = ([name, us]: readonly [string, number]): string =>
    `${((us / busy) * 100).toFixed(1).padStart(5)} % ${(us / 1000).toFixed(0).padStart(7)} ms  ${name}`;
  return [`${(busy / 1000).toFixed(0)} ms busy`, ...top.map(line)].join('\n');
}

const [folder = '.', entries = '25'] = process.argv.slice(2);
for (const name of readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))) {
  const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile;
  process.stdout.write(`${name}: ${summary(profile, Number(entries))}\n\n`);
}
