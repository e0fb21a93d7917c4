import { type Key, threefry } from '../random/threefry';

/**
 * The random halves (16 bits) of stochastic rounding: `half(sample, element)` depends on nothing but the key and these two.
 * Chunk j of 64 elements takes the two words of the 16 counters (sample, 16 j + lane): element e has half e & 1 of lane (e & 31) >> 1
 * of word (e >> 5) & 1, so that vectors of words store as halves in order (quantise.c).
 */
export function halvesOf(key: Key): (sample: number, element: number) => number {
  const chunk = new Uint16Array(64);
  const words = new Uint32Array(2);
  let drawnSample = -1;
  let drawnChunk = -1;
  return (sample, element) => {
    const j = Math.floor(element / 64);
    if (sample !== drawnSample || j !== drawnChunk) {
      [drawnSample, drawnChunk] = [sample, j];
      for (let lane = 0; lane < 16; lane++) {
        threefry(key, sample, 16 * j + lane, words);
        for (let w = 0; w < 2; w++) {
          chunk[32 * w + 2 * lane] = words[w] as number;
          chunk[32 * w + 2 * lane + 1] = (words[w] as number) >>> 16;
        }
      }
    }
    return chunk[element % 64] as number;
  };
}
