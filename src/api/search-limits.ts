// Limits of a query that both wires read from the server's settings.

export interface SearchLimits {
  /** Taken when a request has no limit. */
  readonly defaultLimit: number;
  /** As defaultLimit, over GraphQL; default `graphqlLimitDefault`. */
  readonly graphqlDefaultLimit?: number;
  /** Greatest offset + limit. */
  readonly maximumResults: number;
}
