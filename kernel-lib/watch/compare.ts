import type { Engine } from '../engine/engine';
import type { Model } from '../models/model';
import { planStep, type StepPlanOptions } from '../plan/plan-step';
import type { Graph } from '../tape/graph';
import type { Policy } from '../tape/policy';
import { adamw } from '../train/adamw';
import type { Samples } from '../train/feeds';
import { bars } from './compare-figure';
import type { Figure } from './figure';
import { ACTIVATIONS, areas, type Bytes, CATEGORIES, type LedgerRecord, peakOf, record, total } from './ledger-record';
import { type Measured, measure } from './measure';
import { compared } from './memory-timeline-figure';
import { type Row, type Table, tableOf } from './table';

export interface CompareOptions extends Partial<Omit<StepPlanOptions, 'graph' | 'policy' | 'watch'>> {
  readonly policies: readonly Policy[];
}

export interface CompareStepsOptions extends Omit<CompareOptions, 'batch' | 'optimizer' | 'trainable' | 'threads'> {
  /** The batch that every policy makes its steps on. */
  readonly samples: Samples;
}

/** The bytes of a step under one policy. */
export type ComparedRow = Bytes & {
  readonly policy: string;
  readonly savedBytes: number;
  readonly peakBytes: number;
  /** The most that saves, gradients and transients take together. */
  readonly activationPeakBytes: number;
};

export interface Comparison<R = ComparedRow> {
  readonly rows: readonly R[];
  /** A line a policy; the categories are those at its peak. */
  table(): Table;
  /** Bytes by category at the peak, side by side; below them what was measured. */
  figure(): Figure;
  /** Activations over the step, a line a policy. */
  timeline(): Figure;
}

/** What is compared: a model, or only its graph. */
interface Subject {
  readonly graph: Graph;
  readonly frozen?: ReadonlySet<string>;
  readonly engine?: Engine;
}

/**
 * The same training step under several policies: bytes by category, from a dry run (no memory, no arithmetic, the same bytes). With
 * `samples` also real steps, from which the weights come back as they were: their time, and the gradient against the exact one.
 *
 * @example
 * compare(model, { policies: [policies.exact(), policies.mesa(), policies.plus()], batch: 16 }).figure();
 * (await compare(model, { policies: [policies.mesa(), policies.plus()], samples })).table();
 */
export function compare(model: Model, options: CompareStepsOptions): Promise<Comparison<ComparedRow & Measured>>;
export function compare(model: Subject, options: CompareOptions): Comparison;
export function compare(model: Subject, options: CompareOptions | CompareStepsOptions): Comparison | Promise<Comparison> {
  const { policies, ...rest } = options;
  const runs = policies.map((policy) => dryRun(model, policy, rest));
  return 'samples' in options ? measure(model as Model, options).then((steps) => comparison(runs, steps)) : comparison(runs);
}

function comparison(runs: readonly DryRun[], measured?: readonly Measured[]): Comparison {
  const rows = runs.map((run, i) => ({ ...rowOf(run), ...measured?.[i] }));
  const columns = ['policy', 'savedBytes', 'peakBytes', 'activationPeakBytes', ...Object.keys(measured?.[0] ?? {}), ...CATEGORIES];
  return {
    rows,
    table: () => tableOf(columns, rows as readonly Row[]),
    figure: () => bars(rows),
    timeline: () => compared(runs),
  };
}

interface DryRun {
  readonly name: string;
  readonly record: LedgerRecord;
  readonly savedBytes: number;
}

type DryOptions = Partial<StepPlanOptions> & { readonly samples?: Samples };

function dryRun({ graph, frozen = new Set(), engine }: Subject, policy: Policy, { samples, ...options }: DryOptions): DryRun {
  let recording: ReturnType<typeof record> | undefined;
  const { savedBytes } = planStep({
    batch: samples?.count ?? 16,
    optimizer: adamw({ lr: 1e-3 }),
    trainable: (name) => !frozen.has(name),
    ...(engine && { threads: engine.threads }), // each has scratch memory
    ...options,
    graph,
    policy,
    watch: {
      begin({ ledger }) {
        recording = record(ledger, 1);
      },
      phase: (name) => recording?.mark(name),
    },
  });
  return { name: policy.name, record: (recording as ReturnType<typeof record>).stop(), savedBytes };
}

function rowOf({ name, record: r, savedBytes }: DryRun): ComparedRow {
  const all = areas(r);
  const peak = all[peakOf(all)] as Bytes;
  const activations = all[peakOf(all, ACTIVATIONS)] as Bytes;
  return { policy: name, savedBytes, peakBytes: total(peak), activationPeakBytes: total(activations, ACTIVATIONS), ...peak };
}
