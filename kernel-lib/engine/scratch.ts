// Bytes of scratch that one thread needs, for every instruction set (kernels/gemm.h, attention.c): columns are padded to the widest
// panel, 32 floats. Commands that are not here need none.

const panel = 32;
const pad = (n: number): number => Math.ceil(n / panel) * panel;

/** Scratch of `matmul`: one packed chunk of each factor, whatever the shape. */
export const matmulScratch: number = (192 + 384) * 128 * 4;

/** Scratch of `linear_weight_gradient`, which is such a product. */
export const weightGradientScratch: number = matmulScratch;

/** Floats that `panels` writes for a matrix B `[k, n]`. */
export function panelFloats(k: number, n: number): number {
  return k * pad(n);
}

/** Scratch of `attention`: a tile of scores, and the keys and values of a head as panels. */
export function attentionScratch(tokens: number, depth: number): number {
  return 4 * (queryRows(tokens) * pad(tokens) + pad(tokens) * depth + tokens * pad(depth));
}

/** Scratch of `attention_gradient`: two tiles of scores, keys twice and values once as panels, one tile of rows. */
export function attentionGradientScratch(tokens: number, depth: number): number {
  return 4 * (queryRows(tokens) * (2 * pad(tokens) + pad(depth)) + 2 * pad(tokens) * depth + tokens * pad(depth));
}

/** Queries in a tile of attention. */
function queryRows(tokens: number): number {
  const tiles = Math.ceil(tokens / (tokens > 512 ? 48 : 96));
  return Math.ceil(tokens / tiles / 12) * 12;
}
