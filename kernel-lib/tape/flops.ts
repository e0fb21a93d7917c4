import type { Node } from './graph';
import type { SavePlan } from './plan';

/** Floating point operations of an op forward, for one sample. */
export function flopsOf({ op, values, attrs }: Node): number {
  return op.flops(Object.fromEntries(Object.entries(values).map(([slot, v]) => [slot, v.spec])), attrs);
}

/** Of a step: forward, twice as many backward where a gradient is wanted, and what restoring adds. */
export function stepFlops({ segments }: SavePlan, samples: number): number {
  const flops = segments.flatMap(({ segment, reads, extraFlops }) => [
    extraFlops,
    ...segment.nodes.map((node) => (reads.has(node) ? 3 : 1) * flopsOf(node)),
  ]);
  return samples * flops.reduce((a, b) => a + b, 0);
}
