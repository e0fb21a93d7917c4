import type { StepReport } from '../train/step-report';
import type { Watcher } from '../train/watcher';
import type { Figure } from './figure';
import { lines, type Point } from './lines';
import { type Table, tableOf } from './table';

export interface LossCurveOptions {
  /** What figures call it: the policy's name if absent. */
  readonly name?: string;
}

export interface LossCurve extends Watcher {
  /** What the figures call it. */
  readonly name: string;
  /** Of every step that was watched. */
  readonly reports: readonly StepReport[];
  table(): Table;
  /** Means of `smooth` steps each, so that noise of single batches goes; beside those of other runs. */
  figure(options?: { readonly against?: LossCurve | readonly LossCurve[]; readonly smooth?: number }): Figure;
}

/**
 * The loss over steps, and what else the reports of the steps say.
 *
 * @example
 * const loss = trainer.watch(lossCurve());
 * const view = live(loss.figure());
 * await trainer.fit({ steps: 200, onStep: () => view.update(loss.figure()) });
 * view.done();
 */
export function lossCurve({ name }: LossCurveOptions = {}): LossCurve {
  const reports: StepReport[] = [];
  let policy = '';
  return {
    reports,
    get name() {
      return name ?? policy;
    },

    attach({ plan }) {
      policy = plan.policy.name;
    },

    end(_step, report) {
      if (report) reports.push(report);
    },

    table: () =>
      tableOf(
        ['step', 'loss', 'lr', 'gradNorm', 'savedBytes', 'peakBytes', 'ms', 'samples'],
        reports.map((r) => ({ ...r })),
      ),
    figure({ against = [], smooth = 20 } = {}) {
      const curves = [this, ...([against].flat() as LossCurve[])];
      const title = smooth > 1 ? `training loss, mean of ${smooth} steps` : 'training loss';
      return lines(
        curves.flatMap((curve) => means(curve, smooth)),
        { title, y: 'cross-entropy' },
      );
    },
  };
}

/** A point for each `smooth` steps; before there are as many, one for those there are. */
function means({ name, reports }: LossCurve, smooth: number): Point[] {
  const whole = Math.max(1, Math.floor(reports.length / smooth));
  return Array.from({ length: reports.length > 0 ? whole : 0 }, (_, i) => {
    const some = reports.slice(i * smooth, (i + 1) * smooth);
    return { series: name, x: (some.at(-1) as StepReport).step, y: some.reduce((sum, r) => sum + r.loss, 0) / some.length };
  });
}
