const A = -0.75; // of the cubic that PyTorch takes

/**
 * Bicubic resampling of a square grid of vectors, [from * from, channels] to [to * to, channels]: the numbers of
 * torch.nn.functional.interpolate(mode='bicubic', align_corners=False), with which DeiT's position embeddings are fitted to other images.
 */
export function resizeGrid(grid: Float32Array, channels: number, from: number, to: number): Float32Array {
  const taps = tapsOf(from, to);
  const wide = alongColumns(grid, channels, from, taps); // [from, to, channels]
  const out = new Float32Array(to * to * channels);
  taps.forEach((rows, y) => {
    for (const { at, weight } of rows) {
      for (let i = 0; i < to * channels; i++) out[y * to * channels + i]! += weight * (wide[at * to * channels + i] as number);
    }
  });
  return out;
}

interface Tap {
  readonly at: number;
  readonly weight: number;
}

function alongColumns(grid: Float32Array, channels: number, rows: number, taps: readonly (readonly Tap[])[]): Float64Array {
  const to = taps.length;
  const out = new Float64Array(rows * to * channels);
  for (let y = 0; y < rows; y++) {
    taps.forEach((columns, x) => {
      for (const { at, weight } of columns) {
        for (let c = 0; c < channels; c++) out[(y * to + x) * channels + c]! += weight * (grid[(y * rows + at) * channels + c] as number);
      }
    });
  }
  return out;
}

/** The four neighbours of each new point; beyond the edge stands the edge. */
function tapsOf(from: number, to: number): Tap[][] {
  return Array.from({ length: to }, (_, i) => {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - 1;
    return [0, 1, 2, 3].map((tap) => ({
      at: Math.min(from - 1, Math.max(0, first + tap)),
      weight: cubic(Math.abs(centre - first - tap)),
    }));
  });
}

/** Keys' cubic at distance `x`. */
function cubic(x: number): number {
  return x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
}
