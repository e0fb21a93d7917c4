import type { Engine, Kept, SavePlan } from 'mesa-lab';

/** The values that a plan keeps in few bits. */
export function packedOf({ segments }: SavePlan): Kept[] {
  return segments.flatMap(({ saves }) => saves.filter(({ keep }) => keep.form === 'packed'));
}

/** Elements of a value for one sample. */
export function sizeOf({ value: { spec } }: Pick<Kept, 'value'>): number {
  return spec.dims.reduce((n, d) => n * d, spec.rows);
}

/**
 * The time of the passes that find the ranges of batch-wide groups, each value once: what a step would save if it packed with the ranges
 * of the step before. 0 for rows, whose ranges are found in the pass that packs them.
 */
export function reductionMs(engine: Engine, packed: readonly Kept[], batch: number): number {
  let ms = 0;
  for (const { value, keep } of packed) {
    if (keep.form !== 'packed' || (keep.packing.group !== 'head' && keep.packing.group !== 'tensor')) continue;
    const columns = value.spec.dims.at(-1) ?? 1;
    const rows = (batch * sizeOf({ value })) / columns;
    const { count, axis } = value.spec.heads ?? { count: 1, axis: 'columns' };
    const heads = keep.packing.group === 'head' ? count : 1;
    const [width, classes] = axis === 'columns' ? [columns / heads, 1] : [columns, heads];
    ms += timed(engine, rows, columns, [width, classes, axis === 'columns' ? 1 : columns], heads);
  }
  return ms;
}

/** The faster of two passes over values that lie in memory. */
function timed(engine: Engine, rows: number, columns: number, groups: readonly [number, number, number], heads: number): number {
  const { kernels } = engine;
  if (!kernels) return 0;
  const blockRows = Math.ceil(16384 / columns);
  const [x, extents] = [engine.empty([rows, columns]), engine.empty([Math.ceil(rows / blockRows), 3, heads])];
  try {
    kernels.queue('fill', [x, rows * columns, 1]);
    kernels.flush();
    const times = [0, 1].map(() => {
      const began = performance.now();
      kernels.queue('group_extents', [x, extents, rows, columns, ...groups, blockRows]);
      kernels.flush();
      return performance.now() - began;
    });
    return Math.min(...times);
  } finally {
    x.dispose();
    extents.dispose();
  }
}
