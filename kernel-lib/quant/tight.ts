/** Puts `n` codes of `bits` bits tightly into bytes, the first in the lowest bits: 4 codes of 6 bits take 3 bytes. */
export function squeeze(codes: Uint8Array, n: number, bits: number, to: Uint8Array, at: number): void {
  let word = 0;
  let held = 0;
  for (let i = 0; i < n; i++) {
    word |= (codes[i] as number) << held;
    for (held += bits; held >= 8; held -= 8, word >>>= 8) to[at++] = word;
  }
  if (held) to[at] = word;
}

/** The codes that `squeeze` put into bytes. */
export function spread(from: ArrayLike<number>, at: number, n: number, bits: number, codes: Uint8Array): void {
  let word = 0;
  let held = 0;
  for (let i = 0; i < n; i++, word >>>= bits, held -= bits) {
    if (held < bits) {
      word |= (from[at++] as number) << held;
      held += 8;
    }
    codes[i] = word & ((1 << bits) - 1);
  }
}
