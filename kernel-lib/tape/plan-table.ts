import type { Packing } from '../quant/packing';
import type { Value } from './graph';
import { keptBytes, type SavePlan } from './plan';

/** One line of a save plan: a value that backward reads, and how it gets it. */
export interface PlanRow {
  readonly segment: string;
  readonly value: string;
  /** `full`, `8 bit, head, running`, `derived`, `in kernel`. */
  readonly form: string;
  /** Bytes of codes or values, for the samples asked. */
  readonly bytes: number;
  /** Bytes of ranges. */
  readonly rangeBytes: number;
  /** What a derived value is made from. */
  readonly from: string;
}

/** A save plan as rows, for a number of samples: what is kept, what is made again and from what. */
export function planRows(plan: SavePlan, samples: number): PlanRow[] {
  return plan.segments.flatMap(({ segment, saves, derived, inKernel }) => [
    ...saves.map((k) => {
      const { bytes, ranges } = keptBytes(k, samples);
      const form = k.keep.form === 'full' ? 'full' : describe(k.keep.packing);
      return { segment: segment.name, value: k.value.name, form, bytes, rangeBytes: ranges, from: '' };
    }),
    ...[...derived].map(([v, d]) => row(segment.name, v, 'derived', `${d.node.op.name}(${d.from.map((u) => u.name).join(', ')})`)),
    ...[...inKernel].map((v) => row(segment.name, v, 'in kernel', 'recomputed in scratch')),
  ]);
}

/** Requested bytes in saves when forward ends: codes, values and ranges of all segments. */
export function plannedSavedBytes(plan: SavePlan, samples: number): number {
  return planRows(plan, samples).reduce((sum, r) => sum + r.bytes + r.rangeBytes, 0);
}

/** The plan as text, one line a value. */
export function planText(plan: SavePlan, samples: number): string {
  const rows = planRows(plan, samples);
  const cells = rows.map((r) => [r.segment, r.value, r.form, r.bytes ? `${r.bytes + r.rangeBytes}` : '', r.from]);
  const table = [['segment', 'value', 'kept as', `bytes for ${samples}`, 'made from'], ...cells];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...table.map((line) => (line[i] as string).length)));
  const lines = table.map((line) =>
    line
      .map((cell, i) => (i === 3 ? cell.padStart(widths[3] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, `policy ${plan.policy.name}: ${plannedSavedBytes(plan, samples)} bytes in saves when forward ends`].join('\n');
}

function row(segment: string, value: Value, form: string, from: string): PlanRow {
  return { segment, value: value.name, form, bytes: 0, rangeBytes: 0, from };
}

/** `8 bit, head, running, stochastic`: how a value is packed, in a line. */
export function describe({ bits, group, range, rounding }: Packing): string {
  const shared = typeof group === 'object' ? `run of ${group.run}` : group;
  return [`${bits} bit`, shared, ...(range === 'running' ? ['running'] : []), ...(rounding === 'stochastic' ? ['stochastic'] : [])].join(
    ', ',
  );
}
