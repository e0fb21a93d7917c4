import { recipes, type StepReport, watch } from 'mesa-lab';
import type { Arm } from './arm';
import { nudge } from './nudge';
import { packedOf, reductionMs, sizeOf } from './reduction';

/** What a fine-tune shows on its way. */
export interface Along {
  readonly steps: number;
  readonly images: { readonly train: number; readonly evaluation: number };
  readonly trainLosses: readonly number[];
  /** [step, cosine to the exact gradient of the same weights and batch, relative error]. */
  readonly fidelity: readonly (readonly [number, number, number])[];
  /** [step, 1000-way loss, top-1, top-5] on the validation images. */
  readonly evaluations: readonly (readonly [number, number, number, number])[];
  /** Elements outside their range, of all that are packed in all steps. */
  readonly clamped: number;
  /** Root mean square, over heads and values of three blocks, of the relative error of what was packed. */
  readonly valueError: number;
  readonly savedBytes: number;
  readonly peakBytes: number;
  /** Of the fastest step: machines are shared. */
  readonly stepMs: number;
  /** Of a step, for finding ranges over the batch. */
  readonly reductionMs: number;
}

export interface AlongOptions {
  /** Stops after so many steps, with the schedule of the whole run. */
  readonly steps?: number;
  /** Looks at the gradient at the first step and every so many. */
  readonly look: number;
  /** Evaluates after so many steps and at the end; never if absent. */
  readonly evaluate?: number;
  /** Whether to compare what backward reads with what forward made. */
  readonly values?: boolean;
}

/** Fine-tunes an arm with a seed and looks on. */
export async function along(
  arm: Arm,
  seed: number,
  folder: string,
  { look, evaluate, values = false, ...options }: AlongOptions,
): Promise<Along> {
  const run = await recipes.build(await recipes.read(arm.recipe, { size: arm.size!, set: { ...arm.set, seed } }), { folder });
  try {
    const { trainer } = run;
    const steps = Math.min(run.steps, options.steps ?? run.steps);
    trainer.setPolicy(arm.policy!);
    if (arm.nudged) nudge(run.model);
    const fidelity = trainer.watch(watch.gradientFidelity({ every: look }));
    const at = ['blocks.0.**', 'blocks.5.**', 'blocks.11.**'];
    const errors = values ? trainer.watch(watch.headError({ at, every: look })) : undefined;
    const evaluations: Along['evaluations'][number][] = [];
    const reports: StepReport[] = [];
    await trainer.fit({
      steps,
      onStep: async (report) => {
        reports.push(report);
        if (!evaluate || (report.step % evaluate !== 0 && report.step !== steps)) return;
        const { loss, accuracy, top5 = Number.NaN } = await run.evaluate();
        evaluations.push([report.step, loss, accuracy, top5]);
      },
    });
    const packed = packedOf(trainer.plan);
    return {
      steps,
      images: run.images,
      trainLosses: reports.map(({ loss }) => loss),
      fidelity: fidelity.rows.filter((r) => r.parameter === 'all').map((r) => [r.step, r.cosine, r.relative]),
      evaluations,
      clamped: sum(reports.map((r) => r.saturated)) / (steps * run.recipe.batch * sum(packed.map(sizeOf)) || 1),
      valueError: rms((errors?.rows ?? []).filter((r) => r.kept !== 'full' && r.kept !== 'derived').map((r) => r.relative)),
      savedBytes: Math.max(...reports.map((r) => r.savedBytes)),
      peakBytes: Math.min(...reports.map((r) => r.peakBytes)), // those that are looked at make the exact gradient as well
      stepMs: Math.min(...reports.map((r) => r.ms)),
      reductionMs: reductionMs(run.model.engine, packed, run.recipe.batch),
    };
  } finally {
    run.dispose();
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const rms = (values: readonly number[]): number => Math.sqrt(sum(values.map((x) => x * x)) / Math.max(1, values.length));
