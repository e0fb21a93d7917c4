/** Sees a float32 as its bits and back. */
export interface FloatBits {
  /** The bits of a float32, unsigned. */
  of(x: number): number;
  /** The float32 with these bits. */
  float(bits: number): number;
}

export function floatBits(): FloatBits {
  const words = new Uint32Array(1);
  const floats = new Float32Array(words.buffer);
  return {
    of(x) {
      floats[0] = x;
      return words[0] as number;
    },
    float(bits) {
      words[0] = bits;
      return floats[0] as number;
    },
  };
}
