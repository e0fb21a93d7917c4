/** A word as a number in [0, 1): its upper 24 bits, so that float32 holds it exactly. */
export function unit(word: number): number {
  return (word >>> 8) * 2 ** -24;
}
