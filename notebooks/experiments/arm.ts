import { type Policy, recipes } from 'mesa-lab';
import { nudge } from './nudge';

/** One variant of an experiment: a recipe and what is changed of it. Runs of the same seed see the same data in the same order from the same start. */
export interface Arm {
  readonly arm: string;
  readonly what: string;
  readonly recipe: string;
  readonly size?: string;
  readonly set?: recipes.Overrides;
  /** In place of the recipe's. */
  readonly policy?: Policy;
  /** Moves one weight by one unit in the last place before the first step: what any two runs differ by. */
  readonly nudged?: boolean;
  /** Of maps: also logs a confusion matrix for each image. */
  readonly perImage?: boolean;
}

export interface Result {
  /** Top-1; of segmentation that of pixels. */
  readonly accuracy: number;
  readonly meanIou?: number;
  readonly iou?: readonly (number | null)[];
  /** Of each image, where the arm asks for it. */
  readonly confusions?: readonly (readonly number[])[];
  readonly loss: number;
  /** Mean of the last twentieth of the steps. */
  readonly trainLoss: number;
  readonly steps: number;
  readonly images: { readonly train: number; readonly evaluation: number };
  readonly savedBytes: number;
  readonly peakBytes: number;
  /** Median. Machines are shared: compare within a run only. */
  readonly stepMs: number;
  readonly imagesPerSecond: number;
  readonly saturated: number;
  /** [step, score] on the way. */
  readonly curve: readonly (readonly [number, number])[];
}

/** Trains an arm with a seed and evaluates it. */
export async function runArm(arm: Arm, seed: number, folder: string): Promise<Result> {
  const recipe = await recipes.read(arm.recipe, { ...(arm.size && { size: arm.size }), set: { ...arm.set, seed } });
  const run = await recipes.build(recipe, { folder });
  try {
    if (arm.policy) run.trainer.setPolicy(arm.policy);
    if (arm.nudged) nudge(run.model);
    const [losses, times, curve]: [number[], number[], [number, number][]] = [[], [], []];
    let [savedBytes, peakBytes, saturated] = [0, 0, 0];
    const every = Math.max(1, Math.round(run.steps / 4));
    await run.trainer.fit({
      steps: run.steps,
      onStep: async (report) => {
        losses.push(report.loss);
        times.push(report.ms);
        savedBytes = Math.max(savedBytes, report.savedBytes);
        peakBytes = Math.max(peakBytes, report.peakBytes);
        saturated += report.saturated;
        if (report.step % every === 0 && report.step < run.steps) {
          const { accuracy, meanIou } = await run.evaluate();
          curve.push([report.step, meanIou ?? accuracy]);
        }
      },
    });
    const { accuracy, meanIou, iou, loss, confusions } = await run.evaluate({ perImage: arm.perImage ?? false });
    const last = losses.slice(-Math.max(1, Math.round(losses.length / 20)));
    const stepMs = times.sort((a, b) => a - b)[times.length >> 1] as number;
    return {
      accuracy,
      ...(meanIou !== undefined && { meanIou, iou }),
      ...(confusions && { confusions: confusions.map((confusion) => Array.from(confusion)) }),
      loss,
      trainLoss: last.reduce((a, b) => a + b, 0) / last.length,
      steps: run.steps,
      images: { ...run.images, evaluation: recipe.evaluation.images ?? run.images.evaluation },
      savedBytes,
      peakBytes,
      stepMs,
      imagesPerSecond: (1000 * recipe.batch) / stepMs,
      saturated,
      curve: [...curve, [run.steps, meanIou ?? accuracy]],
    };
  } finally {
    run.dispose();
  }
}
