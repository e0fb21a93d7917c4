import { describe, expect, it } from 'vitest';
import type { Run } from '../../notebooks/runs';
import {
  byMeanIou,
  discriminatesMaps,
  reinvestedMaps,
  segmentationFigure,
  segmentationTable,
  smokeTable,
} from '../../notebooks/segmentation-runs';

/** A run on four images of which a share of the pixels of each of two classes is told. */
function run(arm: string, seed: number, share: number): Run {
  const [told, missed] = [1000 * share, 1000 * (1 - share)];
  const image = [told, missed, missed, told];
  return {
    ...{ arm, seed, accuracy: share, meanIou: share / (2 - share), confusions: [image, image, image, image] },
    ...{ loss: 1, trainLoss: 1, steps: 10, curve: [], saturated: 0, images: { train: 8, evaluation: 4 } },
    ...{ peakBytes: 2, savedBytes: 1, imagesPerSecond: 1, stepMs: 1, seconds: 1 },
    ...{ commit: 'abc', data: 'def', isa: 'avx2', threads: 2, node: 'v24' },
  };
}

const seeds = [1, 2, 3];
const runs = [
  ...seeds.map((seed) => run('exact', seed, 0.8 + seed / 100)),
  ...seeds.map((seed) => run('mesa', seed, 0.801 + seed / 100)),
  ...seeds.map((seed) => run('control', seed, 0.5 + seed / 1000)),
];

describe('the table of segmentation runs', () => {
  it('has a row an arm with its difference to exact, by seed and over images, and a verdict beside the margin', () => {
    const [exact, mesa, control, constant] = segmentationTable(runs, 2);
    expect(exact).toEqual({ arm: 'exact', seeds: 3, 'mIoU, %': '69.5', 'over images': '69.5 … 69.5', 'pixels right, %': '82.0' });
    expect(mesa).toMatchObject({ '− exact, by seed': '+0.1 ± 0.0', '− exact, over images': '0.1 … 0.1', 'within 2?': 'equal' });
    expect(control).toMatchObject({ arm: 'control', 'mIoU, %': '33.5', 'within 2?': 'worse' });
    expect(constant).toEqual({ arm: 'constant prediction', 'mIoU, %': '25.0', 'over images': '25.0 … 25.0' });
  });

  it('compares seeds that both have, and one pair alone with nothing', () => {
    const [, mesa] = segmentationTable([...runs.slice(0, 3), ...runs.slice(4, 5)], 2);
    expect(mesa).toMatchObject({ seeds: 1, '− exact, by seed': '+0.1 ± ?', 'within 2?': 'open' });
  });

  it('says nothing of differences where exact has not been run', () => {
    expect(segmentationTable(runs.slice(3, 6), 2)).toEqual([expect.not.objectContaining({ 'within 2?': expect.anything() })]);
  });
});

describe('what segmentation runs can tell', () => {
  const one = (arms: readonly string[]) => [run('exact', 1, 0.8), ...arms.map((arm) => run(arm, 1, arm === 'control' ? 0.5 : 0.8))];

  it('is said by seed where there are several, and over images where there is one', () => {
    expect(discriminatesMaps(runs, 2)).toMatch(/^the control is told from exact \(−3/);
    expect(discriminatesMaps(one(['exact, nudged', 'control']), 2)).toMatch(
      /^one seed has no interval.* control lies −33\.3 … −33\.3 points from exact, and exact nudged by one ulp 0\.0 … 0\.0: the control is told$/,
    );
    const blind = discriminatesMaps([...one(['exact, nudged']), { ...run('exact', 1, 0.8), arm: 'control' }], 2);
    expect(blind).toMatch(/^THIS RUN CANNOT DISCRIMINATE: one seed/);
    expect(discriminatesMaps(one([]), 2)).toMatch(/cannot discriminate/);
  });
});

describe('the table of re-invested bytes', () => {
  it('has mIoU, time and peak of each arm', () => {
    expect(reinvestedMaps(runs)[0]).toEqual({
      ...{ arm: 'exact', 'mIoU, %': '69.5', 'each seed': '68.1 69.5 70.9', 'images a second': '1.00', 'minutes of steps': '0.0' },
      'peak, MiB': 2 / 2 ** 20,
    });
  });
});

describe('the table of a smoke test', () => {
  it('has steps, losses and bytes, and claims no accuracy', () => {
    const [row] = smokeTable(runs);
    expect(row).toMatchObject({ arm: 'exact', steps: 10, 'loss of the last step': 1, 'ms a step': 1, 'peak, MiB': 2 / 2 ** 20 });
    expect(row!['mIoU, % (4 images)']).toBeCloseTo(68.07, 1);
  });
});

describe('segmentation runs', () => {
  it('are compared by mIoU', () => {
    expect(byMeanIou(runs).map(({ accuracy }) => accuracy)).toEqual(runs.map(({ meanIou }) => meanIou));
  });

  it('are drawn with the interval around the mean, and each seed', () => {
    const [means, each] = segmentationFigure(runs, 'scores').data as { x: string[]; y: number[] }[];
    expect(means!.x).toEqual(['exact', 'mesa', 'control']);
    expect(each!.y).toHaveLength(9);
  });
});
