import { describe, expect, it } from 'vitest';
import { byArm, comparison, discriminates, logProvenance, type Scored, scoreFigure } from '../../notebooks/segmentation-log';

/** A run on four images of which a share of the pixels of each of two classes is told. */
function run(arm: string, seed: number, share: number): Scored {
  const [told, missed] = [1000 * share, 1000 * (1 - share)];
  const image = [told, missed, missed, told];
  const about = { commit: 'abc', data: 'def', isa: 'avx2', threads: 2, node: 'v24' };
  const bytes = { peakBytes: 2, savedBytes: 1, imagesPerSecond: 1, stepMs: 1 };
  return {
    ...{ arm, seed, accuracy: share, meanIou: share / (2 - share), confusions: [image, image, image, image] },
    ...{ loss: 1, steps: 10, curve: [], ...bytes, ...about },
  };
}

const seeds = [1, 2, 3];
const lines = [
  ...seeds.map((seed) => run('exact', seed, 0.8 + seed / 100)),
  ...seeds.map((seed) => run('mesa', seed, 0.801 + seed / 100)),
  ...seeds.map((seed) => run('control', seed, 0.5 + seed / 1000)),
];

describe('the comparison of arms', () => {
  it('has a row an arm with its difference to exact, by seed and over images, and a verdict beside the margin', () => {
    const [exact, mesa, control, constant] = comparison(lines, 2);
    expect(exact).toMatchObject({ arm: 'exact', seeds: 3, '- exact, by seed': '', 'margin 2': '' });
    expect(mesa).toMatchObject({ arm: 'mesa', '- exact, by seed': '+0.1 ± 0.0', 'margin 2': 'equal' });
    expect(control).toMatchObject({ arm: 'control', 'mIoU, %': '33.5', 'margin 2': 'worse' });
    expect(constant).toMatchObject({ arm: 'constant prediction', 'mIoU, %': '25.0', 'over images': '25.0 … 25.0' });
  });

  it('pairs seeds that both have', () => {
    const [, mesa] = comparison([...lines.slice(0, 3), ...lines.slice(4, 5)], 2);
    expect(mesa).toMatchObject({ seeds: 1, '- exact, by seed': '+0.1 ± ?', 'margin 2': 'open' });
  });

  it('says when the control is not told from exact', () => {
    expect(discriminates(lines, 2)).toMatch(/^the control is told/);
    expect(discriminates([...lines.slice(0, 6), ...seeds.map((seed) => run('control', seed, 0.8 + seed / 100))], 2)).toMatch(/CANNOT/);
    expect(discriminates(lines.slice(0, 6), 2)).toMatch(/has not been run/);
  });

  it('says where its lines come from, once each', () => {
    expect(logProvenance(lines)).toBe('9 runs, seeds 1, 2, 3, 10 steps; commit abc, data def, Node v24, avx2, 2 threads');
  });

  it('is drawn with the interval around the mean, and each seed', () => {
    const [means, each] = scoreFigure(lines, 'scores').data as { x: string[]; y: number[] }[];
    expect(means!.x).toEqual([...byArm(lines).keys()]);
    expect(each!.y).toHaveLength(9);
  });
});
