import { planStep, type StepPlanOptions } from '../plan/plan-step';
import type { Graph } from '../tape/graph';
import type { Policy } from '../tape/policy';
import { adamw } from '../train/adamw';
import { bars } from './compare-figure';
import type { Figure } from './figure';
import { ACTIVATIONS, areas, type Bytes, CATEGORIES, type LedgerRecord, peakOf, record, total } from './ledger-record';
import { compared } from './memory-timeline-figure';
import { type Table, tableOf } from './table';

export interface CompareOptions extends Partial<Omit<StepPlanOptions, 'graph' | 'policy' | 'watch'>> {
  readonly policies: readonly Policy[];
}

/** The bytes of a step under one policy. */
export type ComparedRow = Bytes & {
  readonly policy: string;
  readonly savedBytes: number;
  readonly peakBytes: number;
  /** The most that saves, gradients and transients take together. */
  readonly activationPeakBytes: number;
};

export interface Comparison {
  readonly rows: readonly ComparedRow[];
  /** A line a policy; the categories are those at its peak. */
  table(): Table;
  /** Bytes by category at the peak, side by side. */
  figure(): Figure;
  /** Activations over the step, a line a policy. */
  timeline(): Figure;
}

/**
 * The same training step under several policies: bytes by category, from a dry run (no memory, no arithmetic, the same bytes).
 *
 * @example
 * compare(model, { policies: [policies.exact(), policies.mesa(), policies.plus()], batch: 16 }).figure();
 */
export function compare(model: { readonly graph: Graph; readonly frozen?: ReadonlySet<string> }, options: CompareOptions): Comparison {
  const { graph, frozen = new Set() } = model;
  const { policies, batch = 16, optimizer = adamw({ lr: 1e-3 }), ...rest } = options;
  const runs = policies.map((policy) => ({
    name: policy.name,
    ...dryRun({ trainable: (name) => !frozen.has(name), ...rest, graph, policy, batch, optimizer }),
  }));
  const rows = runs.map(({ name, record: r, savedBytes }) => {
    const all = areas(r);
    const peak = all[peakOf(all)] as Bytes;
    const activations = all[peakOf(all, ACTIVATIONS)] as Bytes;
    return { policy: name, savedBytes, peakBytes: total(peak), activationPeakBytes: total(activations, ACTIVATIONS), ...peak };
  });
  return {
    rows,
    table: () => tableOf(['policy', 'savedBytes', 'peakBytes', 'activationPeakBytes', ...CATEGORIES], rows),
    figure: () => bars(rows),
    timeline: () => compared(runs),
  };
}

function dryRun(options: StepPlanOptions): { readonly record: LedgerRecord; readonly savedBytes: number } {
  let recording: ReturnType<typeof record> | undefined;
  const { savedBytes } = planStep({
    ...options,
    watch: {
      begin({ ledger }) {
        recording = record(ledger, 1);
      },
      phase: (name) => recording?.mark(name),
    },
  });
  return { record: (recording as ReturnType<typeof record>).stop(), savedBytes };
}
