// Stores the database of test/golden-format/golden-database.ts in test/golden-format/FORMAT, where FORMAT
// is the number of the format that segments are written in now. Once a format has been released, its files
// are never made again.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { NodeDirectory } from '../src/storage/node-directory.ts';
import { writeGoldenDatabase } from '../test/golden-format/golden-database.ts';

const format = process.argv[2];
if (format === undefined || !/^[0-9]+$/.test(format)) {
  process.stderr.write('usage: node scripts/golden-format.ts FORMAT\n');
  process.exit(2);
}
const folder = join(import.meta.dirname, '..', 'test', 'golden-format', format);
rmSync(folder, { recursive: true, force: true });
await writeGoldenDatabase(await NodeDirectory.open(folder));
process.stdout.write(`${folder}\n`);
