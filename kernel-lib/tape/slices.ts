import type { Slice } from './frame';
import type { Graph } from './graph';

// Rows of a slice that keep a block's transients small and its products efficient (facts: docs/benchmarks.md, slices).
const ROWS = 1024;

/** Samples a slice: given, or as many as make about a thousand rows of the widest value. Fixed by shape, never by thread count. */
export function sliceSize(graph: Graph, samples: number, given?: number): number {
  if (given !== undefined) return Math.max(1, Math.min(given, samples));
  const rows = Math.max(
    1,
    ...graph.segments
      .flatMap((s) => s.nodes)
      .flatMap((n) => Object.values(n.outputs))
      .map((v) => v.spec.rows),
  );
  const count = Math.max(1, Math.ceil((samples * rows) / ROWS));
  return Math.max(1, Math.ceil(samples / count));
}

/** The slices of a micro-batch, in order. */
export function slicesOf(samples: number, size: number): Slice[] {
  const slices: Slice[] = [];
  for (let first = 0; first < samples; first += size) slices.push({ first, count: Math.min(size, samples - first) });
  return slices;
}
