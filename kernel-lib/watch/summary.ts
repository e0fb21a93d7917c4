import { flopsOf } from '../tape/flops';
import type { Graph, Node, Value } from '../tape/graph';
import { shapeOf } from '../tape/layout';
import { keptBytes, resolve } from '../tape/plan';
import { policies } from '../tape/policies';
import type { Policy } from '../tape/policy';
import { type Table, tableOf } from './table';

/** One use of an op. */
export interface LayerRow {
  readonly block: string;
  readonly layer: string;
  readonly op: string;
  /** Of its first output, for all samples. */
  readonly shape: string;
  readonly parameters: number;
  /** Floating point operations forward, for all samples. */
  readonly flops: number;
  /** Bytes that the policy keeps of what it makes, for all samples. */
  readonly savedBytes: number;
  /** What of it is kept. */
  readonly keeps: string;
  readonly [column: string]: number | string;
}

export interface Summary {
  readonly rows: readonly LayerRow[];
  readonly parameters: number;
  readonly flops: number;
  /** Of saves when forward ends. */
  readonly savedBytes: number;
  table(): Table;
  toString(): string;
}

const COLUMNS = ['block', 'layer', 'op', 'shape', 'parameters', 'flops', 'savedBytes', 'keeps'];

/**
 * The layers of a model: shapes, parameters, operations, and the bytes that a policy keeps of each for backward.
 *
 * @example
 * summary(model, policies.plus(), 16).table().print();
 */
export function summary(
  model: { readonly graph: Graph; readonly frozen?: ReadonlySet<string> },
  policy: Policy = policies.mesa(),
  samples = 1,
): Summary {
  const { graph, frozen = new Set() } = model;
  const plan = resolve(graph, policy, (name) => !frozen.has(name));
  const kept = new Map<Value, { readonly bytes: number; readonly short: string }>();
  for (const k of plan.segments.flatMap((s) => s.saves)) {
    const { bytes, ranges } = keptBytes(k, samples);
    const form = k.keep.form === 'full' ? 'full' : `${k.keep.packing.bits} bit`;
    kept.set(k.value, { bytes: bytes + ranges + (kept.get(k.value)?.bytes ?? 0), short: `${k.value.name.split('.').at(-1)} ${form}` });
  }
  const counted = new Set<string>();
  const rows = graph.segments.flatMap((segment) =>
    segment.nodes.map((node) => {
      const outputs = Object.values(node.outputs);
      const saves = outputs.flatMap((v) => kept.get(v) ?? []);
      return {
        block: segment.name,
        layer: node.name,
        op: node.op.name,
        shape: `[${shapeOf((outputs[0] as Value).spec, samples).join(', ')}]`,
        parameters: parametersOf(node, graph, counted),
        flops: flopsOf(node) * samples,
        savedBytes: saves.reduce((sum, s) => sum + s.bytes, 0),
        keeps: saves.map((s) => s.short).join(', '),
      };
    }),
  );
  const sum = (column: 'parameters' | 'flops' | 'savedBytes'): number => rows.reduce((total, row) => total + row[column], 0);
  const totals = { parameters: sum('parameters'), flops: sum('flops'), savedBytes: sum('savedBytes') };
  return {
    rows,
    ...totals,
    table: () => tableOf(COLUMNS, rows),
    toString: () =>
      `${totals.parameters.toLocaleString('en')} parameters; ${(totals.flops / 1e9).toFixed(2)} GFLOP forward and ` +
      `${(totals.savedBytes / 2 ** 20).toFixed(1)} MiB in saves for ${samples} sample${samples === 1 ? '' : 's'} under policy '${policy.name}'`,
  };
}

/** A parameter that is used twice counts where it is used first. */
function parametersOf({ params }: Node, graph: Graph, counted: Set<string>): number {
  let n = 0;
  for (const name of Object.values(params)) {
    if (counted.has(name)) continue;
    counted.add(name);
    n += (graph.params.get(name)?.shape ?? []).reduce((a, b) => a * b, 1);
  }
  return n;
}
