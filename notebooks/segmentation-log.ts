import { join } from 'node:path';
import { type Line, readLog } from './run-log';
import { constantPrediction, type Images, type OverImages, overImages } from './segmentation-scores';
import { interval, paired, verdict } from './statistics';

/** A line of a log of segmentation. */
export interface Scored extends Line {
  readonly what?: string;
  readonly accuracy: number;
  readonly meanIou: number;
  readonly confusions?: Images;
  readonly loss: number;
  readonly steps: number;
  readonly peakBytes: number;
  readonly savedBytes: number;
  readonly imagesPerSecond: number;
  readonly stepMs: number;
  readonly curve: readonly (readonly [number, number])[];
  readonly commit: string;
  readonly data: string;
  readonly isa: string;
  readonly threads: number;
  readonly node: string;
}

/** The runs of an experiment that are in its log; for a notebook, which stands in its own folder. */
export const logged = (experiment: string): Scored[] => readLog<Scored>(join(process.cwd(), `../docs/runs/${experiment}.jsonl`));

/** What there is to say of an experiment whose log is not there. */
export const notRun = (experiment: string): string => `not run yet: npm run experiment -- ${experiment}`;

/** Where the lines of a log come from. */
export function logProvenance(lines: readonly Scored[]): string {
  const each = (of: (line: Scored) => unknown): string => [...new Set(lines.map((line) => `${of(line)}`))].join(', ');
  return `${lines.length} runs, seeds ${each((l) => l.seed)}, ${each((l) => l.steps)} steps; commit ${each((l) => l.commit)}, data ${each((l) => l.data)}, Node ${each((l) => l.node)}, ${each((l) => l.isa)}, ${each((l) => l.threads)} threads`;
}

/** Arms by name, each with its runs in order of seed. */
export function byArm(lines: readonly Scored[]): Map<string, Scored[]> {
  const arms = new Map<string, Scored[]>();
  for (const line of lines)
    arms.set(
      line.arm,
      [...(arms.get(line.arm) ?? []), line].sort((a, b) => a.seed - b.seed),
    );
  return arms;
}

/** A row an arm: its score with the interval over images, and its difference to `exact` by seed and over images, beside a stated margin. */
export function comparison(lines: readonly Scored[], margin: number): Record<string, string | number>[] {
  const arms = byArm(lines);
  const reference = arms.get('exact') ?? [];
  const rows = [...arms].map(([arm, runs]) => {
    const against = reference.filter(({ seed }) => runs.some((run) => run.seed === seed));
    const shared = runs.filter(({ seed }) => against.some((run) => run.seed === seed));
    const points = (of: readonly Scored[]): number[] => of.map(({ meanIou }) => 100 * meanIou);
    const bySeed = paired(points(shared), points(against));
    return {
      arm,
      seeds: runs.length,
      'mIoU, %': (100 * interval(runs.map(({ meanIou }) => meanIou)).mean).toFixed(1),
      'over images': range(overImages(imagesOf(runs))),
      'pixels right, %': (100 * interval(runs.map(({ accuracy }) => accuracy)).mean).toFixed(1),
      '- exact, by seed': arm === 'exact' ? '' : `${signed(bySeed.mean)} ± ${Number.isNaN(bySeed.margin) ? '?' : bySeed.margin.toFixed(1)}`,
      '- exact, over images': arm === 'exact' ? '' : range(overImages(imagesOf(shared), { against: imagesOf(against) })),
      [`margin ${margin}`]: arm === 'exact' ? '' : verdict(bySeed, margin),
    };
  });
  const constant = overImages(imagesOf(reference.slice(0, 1)).map(constantPrediction));
  return [...rows, { arm: 'constant prediction', 'mIoU, %': (100 * constant.value).toFixed(1), 'over images': range(constant) }];
}

/** Whether a run of experiments can tell a broken policy from `exact`. */
export function discriminates(lines: readonly Scored[], margin: number): string {
  const control = comparison(lines, margin).find(({ arm }) => arm === 'control');
  if (!control) return 'the control has not been run: what follows says little';
  return control[`margin ${margin}`] === 'worse'
    ? 'the control is told from exact: this comparison can see a policy that breaks'
    : 'THIS RUN CANNOT DISCRIMINATE: the control, known to break, is not told from exact';
}

const imagesOf = (runs: readonly Scored[]): Images[] => runs.map(({ confusions = [] }) => confusions);
const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`;
const range = ({ low, high }: OverImages): string => `${(100 * low).toFixed(1)} … ${(100 * high).toFixed(1)}`;

/** mIoU of each arm with its interval over images, as a figure. */
export function scoreFigure(lines: readonly Scored[], title: string): { data: object[]; layout: object } {
  const arms = [...byArm(lines)];
  const scores = arms.map(([, runs]) => overImages(imagesOf(runs)));
  const percent = (of: (score: OverImages) => number): number[] => scores.map((score) => 100 * of(score));
  return {
    data: [
      {
        type: 'scatter',
        mode: 'markers',
        name: 'mean over seeds, interval over images',
        x: arms.map(([arm]) => arm),
        y: percent((s) => s.value),
        error_y: { type: 'data', symmetric: false, array: percent((s) => s.high - s.value), arrayminus: percent((s) => s.value - s.low) },
        marker: { size: 10 },
      },
      {
        type: 'scatter',
        mode: 'markers',
        name: 'each seed',
        x: arms.flatMap(([arm, runs]) => runs.map(() => arm)),
        y: arms.flatMap(([, runs]) => runs.map(({ meanIou }) => 100 * meanIou)),
        marker: { size: 5, symbol: 'x' },
      },
    ],
    layout: { title: { text: title }, xaxis: { type: 'category' }, yaxis: { title: { text: 'mIoU, %' }, rangemode: 'tozero' } },
  };
}
