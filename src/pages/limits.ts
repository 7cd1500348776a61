// What reading a file may cost. A file that wants more gets an error that names the limit; docs/LIMITS.md
// lists them.

import { DatabaseError } from '../engine/errors.ts';

/** Every limit of a PageReader; whole numbers above 0. */
export interface PageLimits {
  readonly fileBytesMax: number;
  readonly pagesMax: number;
  /** Of an image file, from its header, before anything is decoded. */
  readonly pixelsMax: number;
  /** For one page, for opening a file, for one image; by the clock. */
  readonly pageSecondsMax: number;
  /** For all pages of a file together; time that the caller takes between pages does not count. */
  readonly fileSecondsMax: number;
  /** Resident memory of one reading process. */
  readonly memoryBytesMax: number;
}

const defaults: PageLimits = {
  fileBytesMax: 256 * 2 ** 20,
  pagesMax: 2_000,
  // A4 at 600 dots an inch has 35 million, the largest telephone pictures 50.
  pixelsMax: 2 ** 26,
  // A page of text takes 3 to 10 seconds to recognise, several times that on a busy machine.
  pageSecondsMax: 180,
  fileSecondsMax: 4 * 3_600,
  memoryBytesMax: 2 ** 30,
};

/** Fills what is not given. Throws DatabaseError 'invalid-argument' for a limit that makes no sense. */
export function resolvePageLimits(given: Partial<PageLimits> = {}): PageLimits {
  const limits = { ...defaults, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new DatabaseError('invalid-argument', {
      message: `limit ${name} of reading pages is ${value}; a number above 0 is needed`,
    });
  }
  return limits;
}

/** Characters in the text of one page; a dense newspaper page has 60,000. */
export const pageCharactersMax = 1_000_000;
/** Pages of one file that may end the reading process before the rest of the file is given up. */
export const lostProcessesMax = 3;
