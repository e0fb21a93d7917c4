import { policies, recipes } from 'mesa-lab';
import { describe, expect, it } from 'vitest';
import { distance, peakOf, pictured } from '../../notebooks/ade20k';
import { camvid, fourClasses, reinvested, smoke } from '../../notebooks/experiments/ade20k';
import { checkArms } from './check-arms';

const bytes = ({ set = {}, policy }: (typeof reinvested)[number]): number =>
  peakOf(policy!, {
    side: (set['model.imageSize'] as number) ?? 224,
    batch: set.batch as number,
    accumulate: (set.accumulate as number) ?? 1,
  });

describe('the experiments on ADE20K and CamVid', () => {
  it.each([
    ['four classes', fourClasses],
    ['CamVid', camvid],
    ['150 classes', smoke],
    ['with more memory to spend', reinvested],
  ])('have recipes, arms with names of their own, and a policy for each: %s', async (_, arms) => {
    await checkArms(arms);
  });

  it('spend no more than the bytes of exact on larger batches and pictures; one size more would be too much', () => {
    const budget = bytes(reinvested[0]!);
    expect(reinvested[0]!.policy!.name).toBe('exact');
    for (const arm of reinvested.slice(1)) {
      expect(bytes(arm)).toBeLessThanOrEqual(budget);
      if (arm.set!.accumulate) continue;
      const side = arm.set!['model.imageSize'] as number | undefined;
      const more = side ? { ...arm.set, 'model.imageSize': side + 32 } : { ...arm.set, batch: (arm.set!.batch as number) + 1 };
      expect(bytes({ ...arm, set: more })).toBeGreaterThan(budget);
    }
  });

  it('take the frozen backbone alone out of training', async () => {
    const frozen = fourClasses.find(({ arm }) => arm === 'frozen backbone')!;
    const { model } = await recipes.read(frozen.recipe, { size: frozen.size!, set: frozen.set! });
    expect(model.frozen).toEqual(['backbone.**']);
    expect(frozen.policy).toEqual(policies.exact());
  });
});

describe('what notebook 06 measures and draws', () => {
  it('is how far a gradient is from another, all parameters together', () => {
    const of = (...values: number[][]) => new Map(values.map((v, i) => [`${i}`, Float32Array.from(v)]));
    expect(distance(of([3, 0], [4]), of([3, 0], [4]))).toBe(0);
    expect(distance(of([3, 3], [8]), of([3, 0], [4]))).toBe(1); // 5 from 5
  });

  it('is a sample as the picture it was made of, with 255 where a pixel has no label', () => {
    const images = Float32Array.from({ length: 2 * 3 * 2 }, (_, i) => [-0.485 / 0.229, -0.456 / 0.224, (1 - 0.406) / 0.225][(i >> 1) % 3]!);
    const [image, mask] = pictured({ count: 2, images, labels: Int32Array.of(0, 0, 2, -1), imageShape: [3, 1, 2] }, 1);
    expect(image).toEqual({ width: 2, height: 1, data: Uint8Array.of(0, 0, 255, 0, 0, 255) });
    expect(mask).toEqual({ width: 2, height: 1, data: Uint8Array.of(2, 255) });
  });
});
