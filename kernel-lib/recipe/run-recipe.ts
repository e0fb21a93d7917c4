import { estimateStepMs, productRate } from '../plan/step-time';
import { stepFlops } from '../tape/flops';
import type { Evaluation } from '../train/evaluate';
import { interruptible } from '../train/interruptible';
import type { StepReport } from '../train/step-report';
import { type BuildOptions, buildRun, type Run } from './build-run';
import type { Recipe } from './recipe';
import type { EndEvent, EvaluationEvent, PlanEvent, RunEvent, Scores, StepEvent } from './run-events';
import { type RunFolder, runFolder } from './run-folder';
import { stepsIn } from './schedule-of';

export interface RunOptions extends BuildOptions {
  /** Folder that weights, metrics and the log are written to. */
  readonly out?: string;
  /** Stops after so many steps: a part of the run, with its schedule as it is. */
  readonly steps?: number;
  /** Stops after the step under way. An Interrupt (Ctrl-C) does the same. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Runs a recipe: plan, training with evaluations between, weights and metrics. Stopped early it writes what is there.
 *
 * @example
 * const { best } = await recipes.run(await recipes.read('cifar100-deit-tiny', { size: 'laptop' }), { out: 'out/cifar100' });
 */
export async function runRecipe(recipe: Recipe, { out, onEvent, steps, signal, ...build }: RunOptions = {}): Promise<EndEvent> {
  const run = await buildRun(recipe, build);
  try {
    const folder = out === undefined ? undefined : await runFolder(out, recipe);
    const course = new Course(run, Math.min(steps ?? run.steps, run.steps), folder, onEvent);
    return await interruptible((interrupted) => course.run(AbortSignal.any([interrupted, ...(signal ? [signal] : [])])));
  } finally {
    run.dispose();
  }
}

/** How a run goes, told event by event. */
class Course {
  private began = 0;
  private evaluationMs = 0;
  private images = 0;
  private peakBytes = 0;
  private last: Scores | undefined;
  private best: (Scores & { readonly step: number }) | undefined;

  constructor(
    private readonly built: Run,
    private readonly steps: number,
    private readonly folder: RunFolder | undefined,
    private readonly onEvent: RunOptions['onEvent'],
  ) {}

  async run(signal: AbortSignal): Promise<EndEvent> {
    const { recipe, trainer, stepsPerEpoch, model } = this.built;
    await this.tell(planned(this.built));
    this.began = performance.now();
    const { every } = recipe.evaluation;
    const period = every && stepsIn(every, stepsPerEpoch);
    const fitted = await trainer.fit({
      steps: this.steps,
      signal,
      onStep: async (report) => {
        await this.tell(this.step(report));
        if (report.step === this.steps || (period !== undefined && report.step % period === 0)) await this.evaluate(report.step, signal);
      },
    });
    const end = this.end(fitted.steps, fitted.stopped, fitted.loss);
    await this.folder?.weights('weights', model, fitted.steps);
    await this.folder?.metrics({ ...end, ...about(this.built) });
    await this.tell(end);
    return end;
  }

  private step(report: StepReport): StepEvent {
    this.images += report.samples;
    this.peakBytes = Math.max(this.peakBytes, report.peakBytes);
    const perStep = this.trainingMs() / report.step;
    return {
      kind: 'step',
      ...report,
      of: this.steps,
      epoch: Math.floor((report.step - 1) / this.built.stepsPerEpoch),
      imagesPerSecond: this.imagesPerSecond(),
      remainingMs: perStep * (this.steps - report.step),
    };
  }

  private async evaluate(step: number, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    const evaluation = await this.built.evaluate({ signal }).catch((e: unknown) => {
      if (!signal.aborted) throw e;
    });
    if (!evaluation) return;
    const { confusion, ...scores } = evaluation;
    const best = !this.best || merit(scores) > merit(this.best);
    this.last = scores;
    if (best) {
      this.best = { ...scores, step };
      await this.folder?.weights('best', this.built.model, step);
    }
    const ms = performance.now() - began;
    this.evaluationMs += ms;
    const event: EvaluationEvent = { kind: 'evaluation', step, ...scores, ms, best };
    await this.tell(event);
  }

  private end(steps: number, stopped: boolean, loss: number): EndEvent {
    return {
      kind: 'end',
      steps,
      stopped,
      seconds: (performance.now() - this.began) / 1000,
      loss,
      imagesPerSecond: this.imagesPerSecond(),
      peakBytes: this.peakBytes,
      waiting: this.built.batches.waiting(),
      skipped: this.built.batches.report().skipped.length,
      ...(this.last && { last: this.last }),
      ...(this.best && { best: this.best }),
    };
  }

  private trainingMs(): number {
    return performance.now() - this.began - this.evaluationMs;
  }

  private imagesPerSecond(): number {
    return (1000 * this.images) / this.trainingMs();
  }

  private async tell(event: RunEvent): Promise<void> {
    await this.folder?.log(event);
    this.onEvent?.(event);
  }
}

const merit = ({ meanIou, accuracy }: Evaluation): number => meanIou ?? accuracy;

function planned(run: Run): PlanEvent {
  const { recipe, model, trainer, images, steps, stepsPerEpoch } = run;
  const { batch, accumulate = 1, policy } = recipe;
  const { savedBytes, peakBytes, totals } = run.plan();
  const sizes = { images, steps, stepsPerEpoch, batch, microBatch: Math.ceil(batch / accumulate) };
  const flops = stepFlops(trainer.plan, batch);
  const time = { stepFlops: flops, stepMs: estimateStepMs(flops, productRate(model.engine)) };
  return { kind: 'plan', model: recipe.model.name, params: model.paramCount, policy, ...sizes, savedBytes, peakBytes, totals, ...time };
}

/** What numbers are only worth with. */
function about({ recipe, model, images, batches }: Run): object {
  const { form, isa, threads } = model.engine;
  return {
    recipe: recipe.what,
    seed: recipe.seed,
    images,
    engine: { form, isa, threads },
    node: process.version,
    leftOut: batches.report().skipped,
  };
}
