import type { Recipe } from '../recipe/recipe';
import type { EndEvent, EvaluationEvent, PlanEvent, RunEvent, Scores, StepEvent } from '../recipe/run-events';
import { duration, fixed, mebibytes, percent } from '../show/format';
import { type Progress, progress } from '../show/progress';
import { count, say } from './text';

type Report = (event: RunEvent) => void;

/** Every event as a line of JSON. */
export function asJson(): Report {
  return (event) => say(JSON.stringify(event));
}

/** What a person wants to know, with a line of progress on standard error. */
export function asText(recipe: Recipe, out: string | undefined): Report {
  let bar: Progress | undefined;
  let plan: PlanEvent | undefined;
  return (event) => {
    if (event.kind === 'plan') {
      say(planned(recipe, event));
      plan = event;
    } else if (event.kind === 'step') {
      if (event.step === 1)
        say(`the first step took ${duration(event.ms)}: about ${duration(event.remainingMs)} to the end, without evaluations`);
      bar ??= progress('training', event.of);
      bar.update(event.step, stepped(event));
    } else if (event.kind === 'evaluation') {
      say(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${evaluated(event)}`);
    } else {
      bar?.end(
        `${event.stopped ? 'stopped' : 'done'} after ${count(event.steps)} of ${count(plan?.steps ?? 0)} steps, ${duration(1000 * event.seconds)}`,
      );
      say(ended(event, plan as PlanEvent, out));
    }
  };
}

function planned(recipe: Recipe, e: PlanEvent): string {
  const parts = (['weights', 'optimizer', 'gradients', 'saves', 'transient', 'data'] as const)
    .filter((category) => e.totals[category] > 0)
    .map((category) => `${category} ${mebibytes(e.totals[category])}`);
  const micro = e.microBatch < e.batch ? ` in micro-batches of ${e.microBatch}` : '';
  return [
    recipe.what,
    `${e.model}, ${count(e.params)} parameters, policy ${e.policy}; ${count(e.images.train)} images to train on, ${count(e.images.evaluation)} to evaluate on`,
    `${count(e.steps)} steps of ${count(e.batch)} images${micro}; an epoch has ${count(e.stepsPerEpoch)}`,
    `planned: ${mebibytes(e.savedBytes)} saved for backward, ${mebibytes(e.peakBytes)} at the peak of a step (${parts.join(', ')})`,
    `estimated: ${duration(e.stepMs)} a step of ${fixed(e.stepFlops / 1e9)} GFLOP, ${duration(e.stepMs * e.steps)} in all without data and evaluations`,
  ].join('\n');
}

function stepped({ loss, lr, imagesPerSecond, remainingMs }: StepEvent): string {
  return `loss ${loss.toFixed(4)}, lr ${lr.toPrecision(2)}, ${fixed(imagesPerSecond)} images/s, ${duration(remainingMs)} left`;
}

function evaluated(e: EvaluationEvent): string {
  return `step ${count(e.step)}: ${scored(e)}${e.best ? ' (best)' : ''}, in ${duration(e.ms)}`;
}

/** `top-1 72.33 %, top-5 90.33 %, loss 1.2186`, or of maps `mIoU 41.20 %, pixels 78.10 %, loss ...`. */
export function scored({ accuracy, top5, meanIou, loss }: Scores): string {
  const shares = meanIou === undefined ? [['top-1', accuracy], ['top-5', top5]] : [['mIoU', meanIou], ['pixels', accuracy]]; // biome-ignore format: pairs
  const told = shares.filter((pair): pair is [string, number] => pair[1] !== undefined).map(([name, share]) => `${name} ${percent(share)}`);
  return [...told, `loss ${loss.toFixed(4)}`].join(', ');
}

function ended(e: EndEvent, { steps, batch }: PlanEvent, out: string | undefined): string {
  const wholeMs = (1000 * steps * batch) / e.imagesPerSecond;
  const lines = [
    `${fixed(e.imagesPerSecond)} images/s, ${mebibytes(e.peakBytes)} at the peak, ${percent(e.waiting, 1)} of the time waiting for data`,
    ...(e.steps < steps && e.steps > 0 ? [`all ${count(steps)} steps would take about ${duration(wholeMs)}, without evaluations`] : []),
    ...(e.skipped > 0
      ? [`${count(e.skipped)} files could not be used and were left out${out === undefined ? '' : '; metrics.json names them'}`]
      : []),
    ...(e.best ? [`best: ${scored(e.best)} after step ${count(e.best.step)}`] : []),
    out === undefined
      ? 'nothing was written (--out DIR)'
      : `wrote ${out}: weights.safetensors, metrics.json, log.jsonl${e.best ? ', best.safetensors' : ''}`,
  ];
  return lines.join('\n');
}
