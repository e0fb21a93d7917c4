import { byArm, difference, discriminates, type Run } from './runs';
import { constantPrediction, type Images, type OverImages, overImages } from './segmentation-scores';
import { interval, inWords, verdict } from './statistics';

/** Runs whose score is the mean intersection over union, not the share of pixels: so that they are compared by it. */
export function byMeanIou(runs: readonly Run[]): Run[] {
  return runs.map((run) => ({ ...run, accuracy: run.meanIou as number }));
}

/** A row an arm: its mIoU with the interval over images, and its difference to `exact` by seed and over images, beside a margin stated beforehand. */
export function segmentationTable(runs: readonly Run[], margin: number): Record<string, string | number>[] {
  const arms = byArm(runs);
  const reference = arms.get('exact') ?? [];
  const rows = [...arms].map(([arm, own]) => {
    const row = {
      arm,
      seeds: own.length,
      'mIoU, %': percent(meanOf(own, ({ meanIou }) => meanIou as number)),
      'over images': range(overImages(imagesOf(own))),
      'pixels right, %': percent(meanOf(own, ({ accuracy }) => accuracy)),
    };
    const against = reference.filter(({ seed }) => own.some((run) => run.seed === seed));
    if (arm === 'exact' || against.length === 0) return row;
    const found = difference(byMeanIou(runs), arm);
    return {
      ...row,
      '− exact, by seed': inWords(found, 1),
      '− exact, over images': range(againstExact(runs, arm)),
      [`within ${margin}?`]: verdict(found, margin),
    };
  });
  const constant = overImages(imagesOf(reference.slice(0, 1)).map(constantPrediction));
  return reference.length === 0
    ? rows
    : [...rows, { arm: 'constant prediction', 'mIoU, %': percent(constant.value), 'over images': range(constant) }];
}

/** Whether these runs would have shown a policy that breaks: by seed, or where there is but one seed over the images. */
export function discriminatesMaps(runs: readonly Run[], margin: number): string {
  if (difference(runs, 'control').count !== 1) return discriminates(byMeanIou(runs), margin);
  const [control, floor] = [againstExact(runs, 'control'), againstExact(runs, 'exact, nudged')];
  const over = `over images the control lies ${range(control)} points from exact, and exact nudged by one ulp ${range(floor)}`;
  return control.high < 0
    ? `one seed has no interval, so no policy gets a verdict by seed; ${over}: the control is told`
    : `THIS RUN CANNOT DISCRIMINATE: one seed has no interval, and ${over}`;
}

/** An arm minus `exact`, with its interval over images, over the seeds that both have. */
function againstExact(runs: readonly Run[], arm: string): OverImages {
  const of = (name: string): Run[] => byArm(runs).get(name) ?? [];
  const both = (own: readonly Run[], other: readonly Run[]): Run[] => own.filter(({ seed }) => other.some((run) => run.seed === seed));
  return overImages(imagesOf(both(of(arm), of('exact'))), { against: imagesOf(both(of('exact'), of(arm))) });
}

/** A row an arm of what the same bytes are spent on: mIoU, time and peak. */
export function reinvestedMaps(runs: readonly Run[]): Record<string, string | number>[] {
  return [...byArm(runs)].map(([arm, own]) => ({
    arm,
    'mIoU, %': percent(meanOf(own, ({ meanIou }) => meanIou as number)),
    'each seed': own.map(({ meanIou }) => percent(meanIou as number)).join(' '),
    'images a second': meanOf(own, ({ imagesPerSecond }) => imagesPerSecond).toPrecision(3),
    'minutes of steps': meanOf(own, ({ steps, stepMs }) => (steps * stepMs) / 60_000).toFixed(1),
    'peak, MiB': Math.max(...own.map(({ peakBytes }) => peakBytes)) / 2 ** 20,
  }));
}

/** A row an arm of what is only to be seen running: no accuracy is claimed. */
export function smokeTable(runs: readonly Run[]): Record<string, string | number>[] {
  return runs.map((run) => ({
    arm: run.arm,
    steps: run.steps,
    'loss of the last step': run.trainLoss,
    [`mIoU, % (${run.images.evaluation} images)`]: 100 * (run.meanIou as number),
    'saved, MiB': run.savedBytes / 2 ** 20,
    'peak, MiB': run.peakBytes / 2 ** 20,
    'ms a step': Math.round(run.stepMs),
  }));
}

/** mIoU of each arm with its interval over images, and of each seed. */
export function segmentationFigure(runs: readonly Run[], title: string): { data: object[]; layout: object } {
  const arms = [...byArm(runs)];
  const scores = arms.map(([, own]) => overImages(imagesOf(own)));
  const percents = (of: (score: OverImages) => number): number[] => scores.map((score) => 100 * of(score));
  const array = percents(({ value, high }) => high - value);
  const arrayminus = percents(({ value, low }) => value - low);
  return {
    data: [
      {
        type: 'scatter',
        mode: 'markers',
        name: 'mean over seeds, interval over images',
        x: arms.map(([arm]) => arm),
        y: percents(({ value }) => value),
        error_y: { type: 'data', symmetric: false, array, arrayminus },
        marker: { size: 10 },
      },
      {
        type: 'scatter',
        mode: 'markers',
        name: 'each seed',
        x: arms.flatMap(([arm, own]) => own.map(() => arm)),
        y: arms.flatMap(([, own]) => own.map(({ meanIou }) => 100 * (meanIou as number))),
        marker: { size: 6, symbol: 'x' },
      },
    ],
    layout: { title: { text: title }, xaxis: { type: 'category' }, yaxis: { title: { text: 'mIoU, %' }, rangemode: 'tozero' } },
  };
}

const imagesOf = (runs: readonly Run[]): Images[] => runs.map(({ confusions = [] }) => confusions);
const meanOf = (runs: readonly Run[], of: (run: Run) => number): number => interval(runs.map(of)).mean;

/** With a minus sign, and none before 0. */
function percent(share: number): string {
  const text = (100 * share).toFixed(1);
  return Number(text) === 0 ? '0.0' : text.replace('-', '−');
}

const range = ({ low, high }: OverImages): string => `${percent(low)} … ${percent(high)}`;
