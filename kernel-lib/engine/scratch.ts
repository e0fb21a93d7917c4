// Bytes of scratch that one thread needs, for every instruction set (kernels/gemm.h, attention.c): columns are padded to the widest
// panel, 32 floats. Commands that are not here need none.

const panel = 32;
const pad = (n: number): number => Math.ceil(n / panel) * panel;

/** Scratch of `matmul`: one packed chunk of each factor, whatever the shape. */
export const matmulScratch: number = (192 + 384) * 128 * 4;

/** Scratch of `linear_weight_gradient`, which is such a product. */
export const weightGradientScratch: number = matmulScratch;

/** Scratch of `convolve`: a block of channels of the rows of a task. */
export const convolveScratch: number = 144 * 128 * 4;

/** Scratch of `convolve_gradient` to `channels`: with a stride, a task's rows of the sum beside. */
export function convolveGradientScratch(channels: number, stride: number): number {
  return convolveScratch + (stride > 1 ? 144 * channels * 4 : 0);
}

/** Scratch of `convolve_weight_gradient`: a block of rows of a task's columns, and a product. */
export const convolveWeightGradientScratch: number = 192 * 128 * 4 + matmulScratch;

/** Floats that `panels` writes for a matrix B `[k, n]`. */
export function panelFloats(k: number, n: number): number {
  return k * pad(n);
}

/** Scratch of `attention`: a tile of scores, and the keys and values of a head as panels. */
export function attentionScratch(tokens: number, keys: number, depth: number): number {
  return 4 * (queryRows(tokens, keys) * pad(keys) + pad(keys) * depth + keys * pad(depth));
}

/** Scratch of `attention_gradient`: two tiles of scores, keys twice and values once as panels, one tile of rows. */
export function attentionGradientScratch(tokens: number, keys: number, depth: number): number {
  return 4 * (queryRows(tokens, keys) * (2 * pad(keys) + pad(depth)) + 2 * pad(keys) * depth + keys * pad(depth));
}

/** Scratch of `pixel_cross_entropy` and `pixel_argmax`: a row of the map `[width, classes]` between two others, and one pixel of it. */
export function pixelScratch(width: number, classes: number): number {
  return 4 * (width + 1) * classes;
}

/** Scratch of `pixel_cross_entropy_gradient`: such a row and pixel, and the row's gradient. */
export function pixelGradientScratch(width: number, classes: number): number {
  return 4 * (2 * width + 1) * classes;
}

/** Cuts of the queries by which `attention_gradient` sums the gradients of keys and values: each has at least four times as many as keys. */
export function attentionCuts(tokens: number, keys: number): number {
  const rows = queryRows(tokens, keys);
  return Math.ceil(tokens / (rows * Math.ceil((4 * keys) / rows)));
}

/** Queries in a tile of attention. */
function queryRows(tokens: number, keys: number): number {
  const tiles = Math.ceil(tokens / (keys > 512 ? 48 : 96));
  return Math.ceil(tokens / tiles / 12) * 12;
}
