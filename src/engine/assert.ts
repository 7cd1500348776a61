// Programmer errors: a broken invariant ends the request, in production too. Bad input is not one:
// it gets a DatabaseError (errors.ts).

/** Throws when an invariant that the code itself guarantees does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The default of a switch over a union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
