/** A key of 64 bits, as two words. */
export type Key = readonly [number, number];

const parity = 0x1bd11bda;
const rounds = 13;
const turns: readonly number[] = [13, 15, 26, 6, 17, 29, 16, 24];

/**
 * Threefry-2x32 with 13 rounds: two random words for counter (c0, c1), written to `out`.
 *
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Made of adds, rotations and xors, so that JavaScript and
 * the C kernels (engine/kernels/random.h) give the same words; a draw depends on (key, counter) only.
 *
 * @example
 * const words = new Uint32Array(2);
 * threefry([1, 2], sample, element, words);
 */
export function threefry(key: Key, c0: number, c1: number, out: Uint32Array): void {
  // The part of the key that is added next goes through k0, k1, k2 in turn.
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  let k2 = parity ^ k0 ^ k1;
  let a = (c0 + k0) | 0;
  let b = (c1 + k1) | 0;
  for (let round = 1; round <= rounds; round++) {
    const turn = turns[(round - 1) & 7] as number;
    a = (a + b) | 0;
    b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    if ((round & 3) !== 0) continue;
    [k0, k1, k2] = [k1, k2, k0];
    a = (a + k0) | 0;
    b = (b + k1 + (round >> 2)) | 0;
  }
  out[0] = a;
  out[1] = b;
}
