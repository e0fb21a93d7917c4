interface Sizes {
  readonly tokens: number;
  readonly channels: number;
  readonly heads: number;
  readonly head: number;
  readonly query: number;
}

/** What one token of one head attends to, in float64: softmax over the keys of q k^T / sqrt(depth); q, k [tokens, channels]. */
export function softmaxed(q: Float32Array, k: Float32Array, { tokens, channels, heads, head, query }: Sizes): number[] {
  const depth = channels / heads;
  const at = (x: Float32Array, token: number, i: number): number => x[token * channels + head * depth + i] as number;
  const scores = Array.from({ length: tokens }, (_, key) => {
    let sum = 0;
    for (let i = 0; i < depth; i++) sum += at(q, query, i) * at(k, key, i);
    return sum / Math.sqrt(depth);
  });
  const weights = scores.map((s) => Math.exp(s - Math.max(...scores)));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
}
