import { key } from '../../kernel-lib/random/random';
import type { Graph } from '../../kernel-lib/tape/graph';
import type { Array64, Arrays } from './array';
import { references } from './ops';

/** Runs a graph forward in float64; all its values by name. Draws are those of step 0 in training. */
export function forward64(graph: Graph, params: Arrays, feeds: Arrays, samples: number, seed: number): Arrays {
  const values: Record<string, Array64> = { ...feeds };
  for (const { name, op, attrs, inputs, params: names, outputs } of graph.segments.flatMap(({ nodes }) => nodes)) {
    const x: Record<string, Array64> = {};
    for (const [slot, value] of Object.entries(inputs)) x[slot] = values[value.name]!;
    for (const [slot, param] of Object.entries(names)) x[slot] = params[param]!;
    const made = references[op.name]!(x, attrs as never, { samples, firstSample: 0, key: key(seed, 0, 0, name), training: true });
    for (const [slot, value] of Object.entries(outputs)) values[value.name] = made[slot]!;
  }
  return values;
}
