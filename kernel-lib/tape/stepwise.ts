/**
 * Work that pauses after each of its events, so that somebody may look and then let it go on. Who leaves it early must call
 * `return()` (a `for` loop does): what it holds is released then.
 */
export type Stepwise<T> = Generator<undefined, T, undefined>;

/** Does the work without a pause. */
export function drain<T>(work: Stepwise<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
