import { expect } from 'vitest';
import { MesaError } from '../kernel-lib/errors';

/** Largest difference over the largest magnitude; a reference smaller than `floor` counts as `floor`. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>, floor = 0.1): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = floor;
  for (let i = 0; i < want.length; i++) {
    const d = Math.abs((got[i] as number) - (want[i] as number));
    if (Number.isNaN(d)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, d);
    scale = Math.max(scale, Math.abs(want[i] as number));
  }
  return difference / scale;
}

/** Code of the MesaError that `f` throws; the text of any other error; undefined where it throws nothing. */
export const codeOf = (f: () => unknown): string | undefined => {
  try {
    f();
  } catch (error) {
    return error instanceof MesaError ? error.code : `${error}`;
  }
  return undefined;
};

expect.extend({
  toAgreeWith(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number) {
    const error = relativeError(got, want);
    return { pass: error <= tolerance, message: () => `relative error ${error} over ${want.length} numbers, allowed ${tolerance}` };
  },
});

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the signature that vitest declares
  interface Matchers<T = any> {
    /** Numbers agree within `tolerance` of the largest of `want`. */
    toAgreeWith(want: ArrayLike<number>, tolerance: number): T;
  }
}
