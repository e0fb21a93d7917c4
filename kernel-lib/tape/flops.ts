import type { Node } from './graph';
import type { Specs } from './op';
import type { SavePlan } from './plan';

/** What a node's values are, by slot. */
export function specsOf({ values }: Node): Specs {
  return Object.fromEntries(Object.entries(values).map(([slot, v]) => [slot, v.spec]));
}

/** Floating point operations of an op forward, for one sample. */
export function flopsOf(node: Node): number {
  return node.op.flops(specsOf(node), node.attrs);
}

/** Of a step: forward, twice as many backward where a gradient is wanted, and what restoring adds. */
export function stepFlops({ segments }: SavePlan, samples: number): number {
  const flops = segments.flatMap(({ segment, reads, extraFlops }) => [
    extraFlops,
    ...segment.nodes.map((node) => (reads.has(node) ? 3 : 1) * flopsOf(node)),
  ]);
  return samples * flops.reduce((a, b) => a + b, 0);
}
