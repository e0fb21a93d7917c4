import type { Slice } from './frame';
import type { Segment } from './graph';

// Rows of a slice that keep a block's transients small and its products efficient (facts: docs/benchmarks.md, slices).
const ROWS = 1024;

/**
 * The slices that a segment runs a micro-batch in: of the given size, or of as many samples as make about a thousand rows of its widest
 * value; one where an op reduces over the batch. Fixed by shape, never by the number of threads.
 */
export function segmentSlices(segment: Segment, samples: number, given?: number): Slice[] {
  if (segment.nodes.some((node) => node.op.whole)) return wholeOf(samples);
  return slicesOf(samples, given === undefined ? sliceSize(segment, samples) : Math.max(1, Math.min(given, samples)));
}

/** The whole micro-batch as one slice. */
export function wholeOf(samples: number): Slice[] {
  return [{ first: 0, count: samples }];
}

function sliceSize(segment: Segment, samples: number): number {
  const rows = Math.max(1, ...segment.nodes.flatMap((node) => Object.values(node.values)).map((v) => v.spec.rows));
  const count = Math.max(1, Math.ceil((samples * rows) / ROWS));
  return Math.max(1, Math.ceil(samples / count));
}

function slicesOf(samples: number, size: number): Slice[] {
  const slices: Slice[] = [];
  for (let first = 0; first < samples; first += size) slices.push({ first, count: Math.min(size, samples - first) });
  return slices;
}
