// What the reader and its child process tell each other: one request at a time, one reply for each.

import type { PageLimits } from './limits.ts';
import type { Page } from './page.ts';

/** When pictures are searched for words: where a page has no text of its own, or never. */
export type Recognition = 'where-needed' | 'never';

/** Given to a child process when it starts. */
export interface ProcessSettings {
  readonly limits: PageLimits;
  readonly recognition: Recognition;
  /** Longest edge of page images and of thumbnails, in pixels. */
  readonly imageEdge: number;
  readonly thumbnailEdge: number;
  /** 1 to 100. */
  readonly jpegQuality: number;
}

/** `file` is the number by which later requests call an opened file. */
export type PageRequest =
  | {
      readonly kind: 'open';
      readonly file: number;
      readonly path?: string | undefined;
      readonly bytes?: Uint8Array | undefined;
    }
  | { readonly kind: 'page'; readonly file: number; readonly number: number }
  | { readonly kind: 'close'; readonly file: number }
  | { readonly kind: 'image'; readonly bytes: Uint8Array }
  | { readonly kind: 'decode'; readonly bytes: Uint8Array };

/** `problem` completes a sentence that begins with the name of the file or page. */
export type PageReply =
  | {
      readonly kind: 'opened';
      readonly content: 'pdf' | 'image';
      readonly pageCount: number;
    }
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'decoded'; readonly width: number; readonly height: number }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'failed';
      readonly problem: string;
      /** What is needed to read it is not installed. */
      readonly isMissing: boolean;
    };

/** Pixels of a picture from byte `start` on, of all its `bytes`; they come before the reply. */
export interface PixelPart {
  readonly part: Uint8Array;
  readonly start: number;
  readonly bytes: number;
}

/** A reply and what the parent needs to know of the process that gave it. */
export interface ReplyEnvelope {
  readonly reply: PageReply;
  readonly memoryBytes: number;
  /** The process can't go on: its PDF program has stopped. */
  readonly isSpent: boolean;
}

/** Begins the line on standard error with which a process says that it ended for its memory. */
export const memoryMark = 'page-process: resident bytes';
