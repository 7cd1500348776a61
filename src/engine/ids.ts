// The integers that are easy to confuse and end in wrong answers get a brand each; nothing else does.

declare const brand: unique symbol;

/** Number of a segment inside one collection; never used twice. */
export type SegmentId = number & { readonly [brand]: 'SegmentId' };

/** Position of a record in the log: 1 for the first, never used twice, never going back. */
export type SequenceNumber = number & { readonly [brand]: 'SequenceNumber' };
