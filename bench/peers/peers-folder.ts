// Where peers are installed: outside the project, which depends on none of them.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** Packages of npm, a Python environment and the builds of other programs are below it. */
export const peersFolder: string = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'tesserae',
  'peers',
);
