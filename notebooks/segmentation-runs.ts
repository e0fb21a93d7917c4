import { byArm, difference, type Run } from './runs';
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
      'mIoU, %': percent(interval(own.map(({ meanIou }) => meanIou as number)).mean),
      'over images': range(overImages(imagesOf(own))),
      'pixels right, %': percent(interval(own.map(({ accuracy }) => accuracy)).mean),
    };
    const against = reference.filter(({ seed }) => own.some((run) => run.seed === seed));
    if (arm === 'exact' || against.length === 0) return row;
    const found = difference(byMeanIou(runs), arm);
    const shared = own.filter(({ seed }) => against.some((run) => run.seed === seed));
    return {
      ...row,
      '− exact, by seed': inWords(found, 1),
      '− exact, over images': range(overImages(imagesOf(shared), { against: imagesOf(against) })),
      [`within ${margin}?`]: verdict(found, margin),
    };
  });
  const constant = overImages(imagesOf(reference.slice(0, 1)).map(constantPrediction));
  return reference.length === 0
    ? rows
    : [...rows, { arm: 'constant prediction', 'mIoU, %': percent(constant.value), 'over images': range(constant) }];
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
const percent = (x: number): string => (100 * x).toFixed(1);
const range = ({ low, high }: OverImages): string => `${percent(low)} … ${percent(high)}`;
