import { describe, expect, it } from 'vitest';
import { byArm, comparison, curveFigure, difference, differenceFigure, discriminates, provenance, type Run } from '../../notebooks/runs';

const run = (arm: string, seed: number, accuracy: number): Run => ({
  arm,
  seed,
  accuracy,
  loss: 3,
  trainLoss: 2.5,
  steps: 100,
  images: { train: 1000, evaluation: 500 },
  savedBytes: 10,
  peakBytes: 20,
  stepMs: 5,
  imagesPerSecond: 100,
  saturated: 7,
  curve: [
    [50, accuracy / 2],
    [100, accuracy],
  ],
  seconds: 30,
  commit: 'abc',
  node: 'v20',
  isa: 'avx2',
  threads: 2,
  data: '0123',
});

const seeds = [1, 2, 3];
const exact = seeds.map((seed) => run('exact', seed, 0.2 + seed / 100));
const shifted = (arm: string, points: readonly number[]): Run[] =>
  exact.map((r, i) => run(arm, r.seed, r.accuracy + (points[i] as number) / 100));
const floor = shifted('exact, nudged', [0.1, -0.1, 0]);
const broken = shifted('control', [-5, -5.5, -6]);

describe('runs of a log', () => {
  it('are sorted by arm, and by seed within an arm', () => {
    const arms = byArm([run('mesa', 2, 0), run('exact', 1, 0), run('mesa', 1, 0)]);
    expect([...arms].map(([arm, own]) => [arm, own.map(({ seed }) => seed)])).toEqual([
      ['exact', [1]],
      ['mesa', [1, 2]],
    ]);
  });

  it('say what they are of, each thing once', () => {
    expect(provenance([...exact, run('mesa', 1, 0.2)])).toBe(
      '4 runs in 2 minutes, seeds 1, 2, 3; data 0123, 1000 images to train, 500 to test; commit abc, Node v20, avx2, threads: 2',
    );
  });

  it('are compared with exact seed by seed, so that what a seed does to both falls out', () => {
    const { mean, margin, count } = difference([...exact, ...shifted('mesa', [0.5, 0.5, 0.5])], 'mesa');
    expect(mean).toBeCloseTo(0.5, 10);
    expect(margin).toBeCloseTo(0, 10);
    expect(count).toBe(3);
  });

  it('are compared over the seeds that both have', () => {
    const found = difference([...exact, ...shifted('mesa', [1, 1, 1]).slice(1), run('mesa', 9, 0.9)], 'mesa');
    expect(found.count).toBe(2);
    expect(found.mean).toBeCloseTo(1, 10);
  });

  it('have a table with a row an arm, the reference without a verdict', () => {
    const rows = comparison([...exact, ...floor, ...broken], 1.5);
    expect(rows.map((row) => [row.arm, row['test accuracy, %'], row['− exact, points'], row['within 1.5?']])).toEqual([
      ['exact', '22.00', '', ''],
      ['exact, nudged', '22.00', '0.00 ± 0.25', 'equal'],
      ['control', '16.50', '−5.50 ± 1.24', 'worse'],
    ]);
  });

  it('of one seed have no interval and no verdict', () => {
    const [, row] = comparison([exact[0] as Run, broken[0] as Run], 1.5);
    expect(row).toMatchObject({ '− exact, points': '−5.00 ± ?', 'within 1.5?': 'open' });
  });
});

describe('a comparison', () => {
  it('discriminates when the control is told from exact and the floor lies within the margin', () => {
    expect(discriminates([...exact, ...floor, ...broken], 1.5)).toMatch(/^the control is told from exact .* only within the margin/);
  });

  it('says that it cannot when the control looks like exact, or is not sure to be worse', () => {
    for (const points of [
      [0.1, 0, -0.1],
      [-9, 2, -3],
    ])
      expect(discriminates([...exact, ...floor, ...shifted('control', points)], 1.5)).toContain('THIS RUN CANNOT DISCRIMINATE');
  });

  it('says that it cannot without a control', () => {
    expect(discriminates([...exact, ...floor], 1.5)).toContain('this run cannot discriminate');
  });

  it('says when its floor is wider than the margin', () => {
    expect(discriminates([...exact, ...shifted('exact, nudged', [2, -2, 0]), ...broken], 1.5)).toContain('no verdict within 1.5');
  });
});

describe('figures', () => {
  it('have the difference of each arm but exact, and the margin on both sides of zero', () => {
    const { data, layout } = differenceFigure([...exact, ...floor, ...broken], 1.5, 'of runs');
    expect(data).toMatchObject([{ x: ['exact, nudged', 'control'], y: [expect.closeTo(0), expect.closeTo(-5.5)] }]);
    expect(layout).toMatchObject({ shapes: [{ y0: 1.5 }, { y0: -1.5 }] });
  });

  it('have the mean over seeds on the way', () => {
    expect(curveFigure(exact, 'of runs').data).toMatchObject([
      { name: 'exact', x: [50, 100], y: [expect.closeTo(11), expect.closeTo(22)] },
    ]);
  });
});
