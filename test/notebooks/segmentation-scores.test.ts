import { describe, expect, it } from 'vitest';
import { constantPrediction, type Images, overImages, together } from '../../notebooks/segmentation-scores';

/** Two classes; rows are labels. */
const right = [8, 0, 0, 2]; // all pixels told
const wrong = [0, 8, 2, 0];
const half = [4, 4, 1, 1];

describe('scores over images', () => {
  it('are those of all pixels together, and do not vary where all images are alike', () => {
    expect(overImages([[half, half, half]])).toEqual({ value: (4 / 9 + 1 / 6) / 2, low: (4 / 9 + 1 / 6) / 2, high: (4 / 9 + 1 / 6) / 2 });
  });

  it('have an interval that holds the value and gets narrower with more images', () => {
    const mixed = (count: number): Images => Array.from({ length: count }, (_, i) => (i % 2 ? right : wrong));
    const [few, many] = [overImages([mixed(8)]), overImages([mixed(80)])];
    expect(few.value).toBeCloseTo(many.value, 12);
    expect(few.low).toBeLessThan(few.value);
    expect(few.high).toBeGreaterThan(few.value);
    expect(many.high - many.low).toBeLessThan((few.high - few.low) / 2);
  });

  it('of two policies are compared on the same draws, so that what they share falls out', () => {
    const images = [right, wrong, half, wrong];
    expect(overImages([images], { against: [images] })).toEqual({ value: 0, low: 0, high: 0 });
    const { low, high } = overImages([[right, right, right, right]], { against: [images] });
    expect(low).toBeGreaterThan(0);
    expect(high).toBeLessThanOrEqual(1);
  });

  it('are the mean over runs', () => {
    expect(overImages([[right], [wrong]]).value).toBe(0.5);
  });

  it('leave out draws without a labelled pixel', () => {
    const { low, high } = overImages([[right, [0, 0, 0, 0]]]);
    expect([low, high]).toEqual([1, 1]);
  });
});

describe('the constant prediction', () => {
  it('takes every pixel for the class that has the most, over all images', () => {
    expect(constantPrediction([right, [0, 1, 1, 2]])).toEqual([
      [8, 0, 2, 0],
      [1, 0, 3, 0],
    ]);
  });

  it('keeps the number of pixels of each label', () => {
    const images = [half, wrong, right];
    const labels = (counts: Images): number[] =>
      Array.from(together(counts)).map((_, i, all) => all[2 * (i >> 1)]! + all[2 * (i >> 1) + 1]!);
    expect(labels(constantPrediction(images))).toEqual(labels(images));
  });
});
