import { describe, expect, it } from 'vitest';
import { type AlongLine, advantage, discriminates, gradientFigure, gradientsAndLoss, rangesTable } from '../../notebooks/imagenet-runs';

function line(arm: string, seed: number, loss: number, relative: number): AlongLine {
  return {
    ...{ arm, seed, steps: 2, images: { train: 4, evaluation: 2 }, trainLosses: [1, loss], evaluations: [[2, loss, 0.9, 1]] },
    ...{ fidelity: [[1, 1, relative / 2], [2, 1 - relative, relative]], clamped: 2e-6, valueError: 0.03 }, // biome-ignore format: a row a line
    ...{ savedBytes: 1, peakBytes: 2, stepMs: 100, reductionMs: 5 },
  };
}

const runs = [1, 2, 3].flatMap((seed) => [
  line('exact', seed, 0.4 + seed / 100, 0),
  line('exact, nudged', seed, 0.4001 + seed / 100, 0),
  line('mesa', seed, 0.402 + seed / 100 + seed / 10000, 0.1),
  line('control', seed, 0.5 + seed / 100 + seed / 1000, 2),
]);

describe('fine-tunes side by side', () => {
  it('are compared seed by seed: a higher loss is a disadvantage', () => {
    expect(advantage(runs, 'control')).toMatchObject({ mean: expect.closeTo(-0.102, 6), count: 3 });
    const [exact, , mesa, control] = gradientsAndLoss(runs, 0.02);
    expect(exact).toMatchObject({ arm: 'exact', seeds: 3, 'gradient error': '0.00', 'loss − exact': '', 'within 0.02?': '' });
    expect(mesa).toMatchObject({ 'lowest cosine': '0.90000', 'gradient error': '0.0750', 'within 0.02?': 'equal' });
    expect(control).toMatchObject({ 'loss − exact': expect.stringMatching(/^\+0\.1020 ± /), 'within 0.02?': 'worse' });
  });

  it('say that they discriminate only where the control is told from exact', () => {
    expect(discriminates(runs, 0.02)).toMatch(/^The control is told from exact.*only within the margin/);
    const unbroken = runs.map((run) =>
      run.arm === 'control' ? { ...line('mesa', run.seed, 0.401 + run.seed / 100, 2), arm: 'control' } : run,
    );
    expect(discriminates(unbroken, 0.02)).toMatch(/^THIS RUN CANNOT DISCRIMINATE: the control/);
    const oneSeed = runs.filter(({ seed }) => seed === 1);
    expect(discriminates(oneSeed, 0.02)).toMatch(/^THIS RUN CANNOT DISCRIMINATE: one seed/);
    const wide = runs.map((run) => (run.arm === 'exact, nudged' ? line(run.arm, run.seed, 0.4 + run.seed / 20, 0) : run));
    expect(discriminates(wide, 0.02)).toMatch(/no verdict within 0.02/);
  });

  it('have no line on a logarithmic axis where there is no error', () => {
    const { data } = gradientFigure(runs) as { data: { name: string; y: (number | null)[] }[] };
    expect(data.map(({ name }) => name)).not.toContain('exact');
    expect(data.find(({ name }) => name === 'mesa')?.y).toEqual([0.05, 0.1].map((y) => expect.closeTo(y, 9)));
  });
});

describe('the table of ranges', () => {
  it('leaves the first look out, at which all decays have the range of the batch, and gives shares', () => {
    expect(rangesTable(runs).find(({ ranges }) => ranges === 'mesa')).toEqual({
      ranges: 'mesa',
      seeds: 3,
      'error of what is kept': '0.0300',
      'gradient error': '0.100',
      'clamped, of a million': '2.0',
      'finding ranges, ms': '5',
      'of a step, %': '5.0',
    });
  });
});
