// Fine-tunes of the published DeiT-Ti as tables and figures: from a log, or from this run.
import type { Along } from './experiments/along';
import type { Line } from './run-log';
import { byArm, lookOf, type Origin } from './runs';
import { type Interval, interval, inWords, paired, verdict } from './statistics';

export interface AlongLine extends Line, Along {}

/** A line of the logs `imagenet-finetune` and `imagenet-ranges`. */
export interface AlongRun extends AlongLine, Origin {}

type Row = Record<string, string | number>;

const lossOf = ({ evaluations }: Along): number => evaluations.at(-1)?.[1] ?? Number.NaN;

/** `exact` minus an arm in 1000-way loss, over the seeds that both have: negative where the arm is worse. */
export function advantage(runs: readonly AlongLine[], arm: string): Interval {
  const arms = byArm(runs);
  const pairs = (arms.get(arm) ?? []).flatMap((run) => {
    const exact = (arms.get('exact') ?? []).find(({ seed }) => seed === run.seed);
    return exact ? [[lossOf(exact), lossOf(run)] as const] : [];
  });
  return paired(
    pairs.map(([exact]) => exact),
    pairs.map(([, own]) => own),
  );
}

/** A row an arm: its gradients along the way, and its loss beside that of `exact` and a margin that was stated beforehand. */
export function gradientsAndLoss(runs: readonly AlongLine[], margin: number): Row[] {
  return [...byArm(runs)].map(([arm, own]) => {
    const looks = own.flatMap(({ fidelity }) => fidelity);
    const last = own.map((run) => run.evaluations.at(-1) ?? [0, Number.NaN, Number.NaN, Number.NaN]);
    const found = advantage(runs, arm);
    return {
      arm,
      seeds: own.length,
      'lowest cosine': Math.min(...looks.map(([, cosine]) => cosine)).toFixed(5),
      'gradient error': rounded(interval(looks.map(([, , relative]) => relative)).mean),
      'loss after it': interval(last.map(([, loss]) => loss)).mean.toFixed(4),
      'top-1, %': percent(last.map(([, , top1]) => top1)),
      'loss − exact': arm === 'exact' ? '' : difference(found),
      [`within ${margin}?`]: arm === 'exact' ? '' : verdict(found, margin),
    };
  });
}

/** Whether these runs can tell a policy that breaks. */
export function discriminates(runs: readonly AlongLine[], margin: number): string {
  const control = advantage(runs, 'control');
  if (control.count < 2)
    return 'THIS RUN CANNOT DISCRIMINATE: one seed has no interval. It shows gradients; the loss is for the log to compare.';
  if (verdict(control, margin) !== 'worse')
    return `THIS RUN CANNOT DISCRIMINATE: the control, known to break, is not told from exact (loss ${difference(control)}).`;
  const floor = advantage(runs, 'exact, nudged');
  const told = `The control is told from exact (loss ${difference(control)})`;
  if (floor.count === 0) return `${told}; how far two exact runs lie apart was not run.`;
  if (verdict(floor, margin) === 'equal')
    return `${told}, and exact from itself nudged by one ulp only within the margin (${difference(floor)}).`;
  return `${told}, but exact lies ${difference(floor)} from itself nudged by one ulp: no verdict within ${margin} can be had from these runs.`;
}

/** A row an arm: what its ranges do to what is kept, to gradients and to time. */
export function rangesTable(runs: readonly AlongLine[]): Row[] {
  return [...byArm(runs)].map(([arm, own]) => {
    const mean = (of: (run: AlongLine) => number): number => interval(own.map(of)).mean;
    const later = own.flatMap(({ fidelity }) => fidelity.slice(1)); // at the first step all decays have the range of the batch
    return {
      ranges: arm,
      seeds: own.length,
      'error of what is kept': rounded(mean((r) => r.valueError)),
      'gradient error': rounded(interval(later.map(([, , relative]) => relative)).mean),
      'clamped, of a million': (1e6 * mean((r) => r.clamped)).toFixed(1),
      'finding ranges, ms': mean((r) => r.reductionMs).toFixed(0),
      'of a step, %': ((100 * mean((r) => r.reductionMs)) / mean((r) => r.stepMs)).toFixed(1),
    };
  });
}

/** Error of the gradient at each look, mean over seeds. A policy without error, as `exact`, has no place on a logarithmic axis. */
export function gradientFigure(runs: readonly AlongLine[]): { data: object[]; layout: object } {
  const lines = [...byArm(runs)].map(([name, own]) => {
    const x = own[0]?.fidelity.map(([step]) => step) ?? [];
    const y = x.map((_, i) => interval(own.map(({ fidelity }) => fidelity[i]?.[2] ?? Number.NaN)).mean);
    return { type: 'scatter', mode: 'lines+markers', name, x, y, ...lookOf(name) };
  });
  return {
    data: lines.filter(({ y }) => y.some((error) => error > 0)),
    layout: {
      title: { text: 'Error of the gradient along the fine-tune' },
      xaxis: { title: { text: 'step' }, tickvals: lines[0]?.x ?? [] },
      yaxis: { title: { text: '|g − exact| / |exact|' }, type: 'log' },
    },
  };
}

const rounded = (x: number): string => (Number.isNaN(x) ? '' : x.toPrecision(3));
const percent = (shares: readonly number[]): string => (100 * interval(shares).mean).toFixed(1);

/** In words of a loss: the other way round. */
function difference(advantage: Interval): string {
  return inWords({ ...advantage, mean: -advantage.mean }, 4);
}
