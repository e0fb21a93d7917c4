import { reinvested } from '../cifar100';
import { type AlongRun, discriminates as discriminatesAlong, gradientsAndLoss, rangesTable } from '../imagenet-runs';
import { comparison, discriminates, provenance, type Run } from '../runs';
import { discriminatesMaps, reinvestedMaps, segmentationTable, smokeTable } from '../segmentation-runs';
import type { Report } from './report';

/** In points, as the notebooks state them. */
const MARGINS = { scratch: 1.5, finetune: 2, segmentation: 2, loss: 0.02 };

const compared =
  (margin: number) =>
  (runs: readonly Run[]): ReturnType<Report> => [provenance(runs), discriminates(runs, margin), comparison(runs, margin)];

const segmented = (runs: readonly Run[]): ReturnType<Report> => [
  provenance(runs),
  discriminatesMaps(runs, MARGINS.segmentation),
  segmentationTable(runs, MARGINS.segmentation),
];

/** What docs/reproduction.md says of each log. */
export const reports: Readonly<Record<string, Report>> = {
  'imagenet-finetune': (runs: readonly AlongRun[]) => [
    provenance(runs),
    discriminatesAlong(runs, MARGINS.loss),
    gradientsAndLoss(runs, MARGINS.loss),
  ],
  'imagenet-ranges': (runs: readonly AlongRun[]) => [provenance(runs), rangesTable(runs)],
  'cifar100-scratch': compared(MARGINS.scratch),
  'cifar100-finetune': compared(MARGINS.finetune),
  'cifar100-finetune-long': (runs: readonly Run[]) => [provenance(runs), comparison(runs, MARGINS.finetune)],
  'cifar100-reinvest': (runs: readonly Run[]) => [provenance(runs), reinvested(runs)],
  'ade20k-4class': segmented,
  camvid: segmented,
  'ade20k-smoke': (runs: readonly Run[]) => [provenance(runs), smokeTable(runs)],
  'ade20k-reinvest': (runs: readonly Run[]) => [provenance(runs), reinvestedMaps(runs)],
};
