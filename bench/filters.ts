// Filters of known selectivity: every passage has a `number`, and a condition on it lets a share pass.

/** The part of all passages that a filter lets pass; 1 is no filter. */
export type AllowedShare = 1 | 0.1 | 0.01 | 0.001;

/** All, a tenth, a hundredth, a thousandth. */
export const allowedShares: readonly AllowedShare[] = [1, 0.1, 0.01, 0.001];

const numbers = 1000;

/** The `number` of a passage, spread evenly whatever the order of arrival. */
export function numberOf(index: number): number {
  return (index * 7919) % numbers;
}

/** Passages with a lower `number` pass; undefined where all do. */
export function numberBelow(share: AllowedShare): number | undefined {
  return share === 1 ? undefined : Math.round(share * numbers);
}

/** Whether a passage passes. */
export function isAllowed(index: number, share: AllowedShare): boolean {
  return numberOf(index) < (numberBelow(share) ?? numbers);
}

/** The share in words. */
export function shareWords(share: AllowedShare): string {
  return share === 1 ? 'all' : `${share * 100} % allowed`;
}
