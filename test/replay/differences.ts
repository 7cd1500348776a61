// Every place where this server answers the recordings otherwise than the reference did. The replay fails
// on a difference that is not listed, and on a listed one that is gone.

export interface Difference {
  readonly topic: string;
  readonly case: string;
  /** `better`: the recorded answer is a defect. `not-yet`: ours falls short of it. */
  readonly kind: 'better' | 'not-yet';
  readonly reason: string;
  /**
   * The case's differences, each by a piece of its line. Every line must hold one of them and every
   * piece must be found, so that a listed case can't hide a new difference.
   */
  readonly at: readonly string[];
}

export const differences: readonly Difference[] = [];
