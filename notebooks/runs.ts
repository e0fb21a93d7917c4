// The logs of `npm run experiment` as a notebook shows them: where they come from, tables, figures. Arms are compared with `exact`, seed by seed.
import { join } from 'node:path';
import type { Result } from './experiments/arm';
import { type Line, readLog } from './run-log';
import { type Interval, interval, inWords, paired, verdict } from './statistics';

/** What every line of a log says of where it comes from. */
export interface Origin extends Line, Pick<Result, 'images'> {
  readonly seconds: number;
  readonly commit: string;
  readonly node: string;
  readonly isa: string;
  readonly threads: number;
  /** Start of the checksum of the data. */
  readonly data: string;
}

/** A line of a log of `runArm`. */
export interface Run extends Origin, Result {}

interface Figure {
  readonly data: object[];
  readonly layout: object;
}

const REFERENCE = 'exact';
const CONTROL = 'control';
const FLOOR = 'exact, nudged';

const LOOKS: Readonly<Record<string, object>> = {
  [FLOOR]: { color: '#6b6b6b', dash: 'dot' },
  [CONTROL]: { color: '#d55e00', dash: 'dash' },
};

/** The line of an arm that is no policy; policies have their colours everywhere. */
export const lookOf = (arm: string): object => (LOOKS[arm] ? { line: LOOKS[arm] } : {});

/** The runs that are in the log of an experiment; none where there is no log. A notebook stands in its own folder. */
export const logged = <R extends Line = Run>(experiment: string): R[] =>
  readLog<R>(join(process.cwd(), `../docs/runs/${experiment}.jsonl`));

/** What there is to say of an experiment without a log. */
export const notRun = (experiment: string): string => `not run yet: npm run experiment -- ${experiment}`;

/** What numbers are only worth with, in a line. */
export function provenance(runs: readonly Origin[]): string {
  const each = (of: (run: Origin) => unknown): string => [...new Set(runs.map((run) => `${of(run)}`))].join(', ');
  const minutes = Math.round(runs.reduce((sum, run) => sum + run.seconds, 0) / 60);
  return [
    `${runs.length} runs in ${minutes} minutes, seeds ${each((r) => r.seed)}`,
    `data ${each((r) => r.data)}, ${each((r) => r.images.train)} images to train, ${each((r) => r.images.evaluation)} to test`,
    `commit ${each((r) => r.commit)}, Node ${each((r) => r.node)}, ${each((r) => r.isa)}, threads: ${each((r) => r.threads)}`,
  ].join('; ');
}

/** Arms by name, each with its runs in order of seed. */
export function byArm<R extends Line>(runs: readonly R[]): Map<string, R[]> {
  const arms = new Map<string, R[]>();
  for (const run of [...runs].sort((a, b) => a.seed - b.seed)) arms.set(run.arm, [...(arms.get(run.arm) ?? []), run]);
  return arms;
}

interface Scored extends Line {
  readonly accuracy: number;
}

/** An arm minus `exact` in points of accuracy, over the seeds that both have. */
export function difference(runs: readonly Scored[], arm: string): Interval {
  const arms = byArm(runs);
  const accuracy = (of: readonly Scored[], seed: number): number | undefined => of.find((run) => run.seed === seed)?.accuracy;
  const pairs = (arms.get(arm) ?? []).flatMap((run): [number, number][] => {
    const reference = accuracy(arms.get(REFERENCE) ?? [], run.seed);
    return reference === undefined ? [] : [[100 * run.accuracy, 100 * reference]];
  });
  return paired(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
}

/** A row an arm: its accuracy over seeds, and its difference to `exact` beside the margin, in points, that was stated beforehand. */
export function comparison(runs: readonly Run[], margin: number): Record<string, string | number>[] {
  return [...byArm(runs)].map(([arm, own]) => {
    const accuracies = own.map(({ accuracy }) => 100 * accuracy);
    const found = difference(runs, arm);
    const isReference = arm === REFERENCE;
    return {
      arm,
      seeds: own.length,
      'test accuracy, %': interval(accuracies).mean.toFixed(2),
      'lowest … highest': `${Math.min(...accuracies).toFixed(2)} … ${Math.max(...accuracies).toFixed(2)}`,
      '− exact, points': isReference ? '' : points(found),
      [`within ${margin}?`]: isReference ? '' : verdict(found, margin),
      'training loss': interval(own.map(({ trainLoss }) => trainLoss)).mean.toFixed(3),
      'clamped values': own.reduce((sum, { saturated }) => sum + saturated, 0) / own.length,
    };
  });
}

/** Whether a comparison would have seen a policy that breaks, and whether it is finer than its margin. */
export function discriminates(runs: readonly Scored[], margin: number): string {
  const [control, floor] = [difference(runs, CONTROL), difference(runs, FLOOR)];
  if (control.count === 0) return 'the control has not been run: this run cannot discriminate';
  if (verdict(control, margin) !== 'worse')
    return `THIS RUN CANNOT DISCRIMINATE: the control, known to break, is not told from exact (${points(control)} points)`;
  const fine = verdict(floor, margin) === 'equal';
  const told = `the control is told from exact (${points(control)} points)`;
  if (fine) return `${told}, and exact from itself nudged by one ulp only within the margin (${points(floor)})`;
  return `${told}; but exact differs from itself nudged by one ulp by ${points(floor)} points: no verdict within ${margin} can be had from so few runs`;
}

/** The differences to `exact` with their intervals, and the margin as a band. */
export function differenceFigure(runs: readonly Run[], margin: number, title: string): Figure {
  const arms = [...byArm(runs).keys()].filter((arm) => arm !== REFERENCE);
  const found = arms.map((arm) => difference(runs, arm));
  const edge = { type: 'line', xref: 'paper', x0: 0, x1: 1, line: { dash: 'dot', width: 1 } };
  return {
    data: [
      {
        type: 'scatter',
        mode: 'markers',
        name: 'mean paired difference, 95 %',
        x: arms,
        y: found.map(({ mean }) => mean),
        error_y: { type: 'data', array: found.map((d) => d.margin) },
        marker: { size: 10 },
      },
    ],
    layout: {
      title: { text: title },
      xaxis: { type: 'category' },
      yaxis: { title: { text: 'test accuracy − exact, points' } },
      shapes: [margin, -margin].map((y) => ({ ...edge, y0: y, y1: y })),
    },
  };
}

/** Test accuracy on the way, mean over seeds, of some arms. */
export function curveFigure(runs: readonly Run[], title: string, arms: readonly string[] = [...byArm(runs).keys()]): Figure {
  const curves = byArm(runs);
  const shown = arms.flatMap((arm) => (curves.has(arm) ? [[arm, curves.get(arm) as Run[]] as const] : []));
  return {
    data: shown.map(([name, own]) => {
      const steps = own[0]?.curve.map(([step]) => step) ?? [];
      const y = steps.map((_, i) => interval(own.map(({ curve }) => 100 * (curve[i]?.[1] ?? Number.NaN))).mean);
      return { type: 'scatter', mode: 'lines', name, x: steps, y, hovertemplate: '%{y:.2f} %', ...lookOf(name) };
    }),
    layout: { title: { text: title }, xaxis: { title: { text: 'step' } }, yaxis: { title: { text: 'test accuracy, %' } } },
  };
}

const points = (found: Interval): string => inWords(found, 2);
