/** A convolution that a model of the library makes; `out` channels from `channels`. */
export interface ConvShape {
  readonly name: string;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

const square = (name: string, side: number, channels: number, out: number, kernel: number, stride: number, padding: number): ConvShape => ({
  name,
  batch: 1,
  height: side,
  width: side,
  channels,
  out,
  kernel,
  stride,
  padding,
});

/** Of Swin-T with Semantic FPN at 512 px: the smoothing of the pyramid and the heads above it; of PVT: its spatial reductions. */
export const convShapes: readonly ConvShape[] = [
  square('FPN 256 -> 256, 3 x 3 at 128 x 128', 128, 256, 256, 3, 1, 1),
  square('FPN 256 -> 256, 3 x 3 at 64 x 64', 64, 256, 256, 3, 1, 1),
  square('FPN 256 -> 128, 3 x 3 at 128 x 128', 128, 256, 128, 3, 1, 1),
  square('FPN 128 -> 128, 3 x 3 at 64 x 64', 64, 128, 128, 3, 1, 1),
  square('PVT 64 -> 64, 8 x 8 by 8 at 128 x 128', 128, 64, 64, 8, 8, 0),
  square('PVT 320 -> 320, 2 x 2 by 2 at 32 x 32', 32, 320, 320, 2, 2, 0),
];

/** For the smoke test. */
export const quickShapes: readonly ConvShape[] = [square('16 -> 32, 3 x 3 at 12 x 12', 12, 16, 32, 3, 1, 1)];

/** Rows of the map that comes out. */
export function outRows({ batch, height, width, kernel, stride, padding }: ConvShape): number {
  const side = (n: number): number => Math.floor((n + 2 * padding - kernel) / stride) + 1;
  return batch * side(height) * side(width);
}

/** Floating point operations forward; each of the two gradients takes as many. */
export function convFlops(shape: ConvShape): number {
  return 2 * outRows(shape) * shape.out * shape.channels * shape.kernel ** 2;
}
