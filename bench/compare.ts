// Puts the figures of several runs side by side: node bench/compare.ts FILE.json … prints one Markdown
// table a section, a column for each file (named after it), a line for each figure.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Figure, formatTable, formatValue, type ReportFile } from './report.ts';

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('node bench/compare.ts FILE.json …\n');
  process.exit(2);
}
const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as ReportFile);
const names = files.map((file) => basename(file, '.json'));
const lineOf = ({ row, column }: Figure): string => `${row}: ${column}`;
const all = reports.flatMap(({ figures }) => figures);
for (const section of new Set(all.map((figure) => figure.section))) {
  const lines = [...new Set(all.filter((one) => one.section === section).map(lineOf))];
  const rows = lines.map((line) => [
    line,
    ...reports.map(({ figures }) => {
      const found = figures.find((one) => one.section === section && lineOf(one) === line);
      return found === undefined ? '' : formatValue(found);
    }),
  ]);
  process.stdout.write(`${formatTable([[section, ...names], ...rows])}\n`);
}
for (const [i, { facts }] of reports.entries()) {
  const words = Object.entries(facts).map(([name, value]) => `${name}: ${value}`);
  process.stdout.write(`${names[i]}: ${words.join('; ')}\n`);
}
