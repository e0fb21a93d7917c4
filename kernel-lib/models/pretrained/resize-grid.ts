const A = -0.75; // of the cubic that PyTorch takes

/** Height and width of a grid. */
export type Sides = readonly [height: number, width: number];

/**
 * Bicubic resampling of a grid of vectors, [height * width, channels]: the numbers of torch.nn.functional.interpolate(mode='bicubic',
 * align_corners=False), with which DeiT's position embeddings are fitted to other images.
 */
export function resizeGrid(grid: Float32Array, channels: number, from: Sides, to: Sides): Float32Array {
  const wide = new Float64Array(from[0] * to[1] * channels); // [from height, to width, channels]
  for (let y = 0; y < from[0]; y++) {
    for (const { at, out, weight } of taps(from[1], to[1])) {
      const [source, target] = [(y * from[1] + at) * channels, (y * to[1] + out) * channels];
      for (let c = 0; c < channels; c++) wide[target + c]! += weight * (grid[source + c] as number);
    }
  }
  const row = to[1] * channels;
  const result = new Float64Array(to[0] * row);
  for (const { at, out, weight } of taps(from[0], to[0])) {
    for (let i = 0; i < row; i++) result[out * row + i]! += weight * (wide[at * row + i] as number);
  }
  return Float32Array.from(result);
}

/** What an old point is worth to a new one. */
interface Tap {
  readonly at: number;
  readonly out: number;
  readonly weight: number;
}

/** The four neighbours of each new point; beyond the edge stands the edge. */
function taps(from: number, to: number): Tap[] {
  return Array.from({ length: to }, (_, out) => {
    const centre = ((out + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - 1;
    return [first, first + 1, first + 2, first + 3].map((at) => ({
      at: Math.min(from - 1, Math.max(0, at)),
      out,
      weight: cubic(Math.abs(centre - at)),
    }));
  }).flat();
}

/** Keys' cubic at distance `x`. */
function cubic(x: number): number {
  return x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
}
