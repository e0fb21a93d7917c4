import { describe, expect, it } from 'vitest';
import { symmetricBeta } from '../../../kernel-lib/data/augment/beta';
import { type Mixable, mixing } from '../../../kernel-lib/data/augment/mixing';
import { key } from '../../../kernel-lib/random/random';
import { codeOf } from '../../matchers';

const CLASSES = 7;
const SHAPE = [3, 12, 16] as const;
const SIZE = 3 * 12 * 16;

/** Picture i is all i, of class i. */
function batch(count: number): Mixable & { readonly images: Float32Array } {
  const images = Float32Array.from({ length: count * SIZE }, (_, i) => Math.floor(i / SIZE));
  return { count, images, imageShape: SHAPE, labels: Int32Array.from({ length: count }, (_, i) => i) };
}
const at = (number: number) => ({ seed: 4, epoch: 1, batch: number });
const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

describe('mixing', () => {
  it('gives targets that sum to 1 and to the share of each picture', () => {
    for (let number = 0; number < 40; number++) {
      const mixed = batch(6);
      const targets = mixing({ classes: CLASSES, smoothing: 0 })(mixed, at(number));
      for (let i = 0; i < 6; i++) {
        const own = targets.subarray(i * CLASSES, (i + 1) * CLASSES);
        expect(sum(own)).toBeCloseTo(1, 5);
        const mean = own.reduce((a, share, label) => a + share * label, 0); // a picture of class i is all i
        expect(sum(mixed.images.subarray(i * SIZE, (i + 1) * SIZE)) / SIZE).toBeCloseTo(mean, 3);
        expect((own[i] as number) + (own[5 - i] as number)).toBeCloseTo(1, 5);
      }
    }
  });

  it('smooths the targets', () => {
    const targets = mixing({ classes: 10, mixup: 0, cutmix: 0, smoothing: 0.1 })(batch(1), at(0));
    expect(targets[0]).toBeCloseTo(0.91, 6);
    expect(targets.subarray(1)).toEqual(new Float32Array(9).fill(0.01));
  });

  it('blends whole pictures (mixup) or swaps a rectangle (cutmix), half of the batches each', () => {
    const kinds = Array.from({ length: 400 }, (_, number) => {
      const mixed = batch(2);
      mixing({ classes: CLASSES })(mixed, at(number));
      return mixed.images.every((v) => v === 0 || v === 1) ? 'cutmix' : 'mixup';
    });
    expect(kinds.filter((kind) => kind === 'mixup').length / 400).toBeCloseTo(0.5, 1);
    const only = (options: object) => {
      const mixed = batch(2);
      mixing({ classes: CLASSES, ...options })(mixed, at(1));
      return new Set(mixed.images).size;
    };
    expect(only({ cutmix: 0 })).toBe(2); // two blends
    expect([only({ mixup: 0 }), only({ switch: 1 })]).toEqual([2, 2]); // 0 and 1
  });

  it('mixes as many batches as it is told', () => {
    const untouched = Array.from({ length: 300 }, (_, number) => {
      const mixed = batch(2);
      mixing({ classes: CLASSES, probability: 0.5, cutmix: 0 })(mixed, at(number));
      return mixed.images[0] === 0;
    });
    expect(untouched.filter(Boolean).length / 300).toBeCloseTo(0.5, 1);
  });

  it('leaves the middle picture of an odd batch as it is', () => {
    const mixed = batch(3);
    const targets = mixing({ classes: CLASSES, smoothing: 0 })(mixed, at(0));
    expect(mixed.images.subarray(SIZE, 2 * SIZE).every((v) => v === 1)).toBe(true);
    expect(targets[CLASSES + 1]).toBeCloseTo(1, 6);
  });

  it('is a function of the batch and its key', () => {
    const mixed = (number: number) => {
      const b = batch(4);
      return [mixing({ classes: CLASSES })(b, at(number)), b.images];
    };
    expect(mixed(5)).toEqual(mixed(5));
    expect(mixed(5)).not.toEqual(mixed(6));
  });

  it('refuses a label that there is no target for', () => {
    expect(codeOf(() => mixing({ classes: 3 })(batch(4), at(0)))).toBe('label-out-of-range');
  });

  it('counts only the part of a rectangle that lies in the picture', () => {
    const shares = Array.from({ length: 500 }, (_, number) => {
      const mixed = batch(2);
      const targets = mixing({ classes: CLASSES, mixup: 0, smoothing: 0 })(mixed, at(number));
      return targets[0] as number;
    });
    const mean = shares.reduce((a, b) => a + b) / shares.length;
    expect(mean).toBeGreaterThan(0.6); // 0.5 if no box were clipped: Beta(1, 1) is uniform
    expect(Math.min(...shares)).toBeLessThan(0.3);
  });
});

describe('symmetricBeta', () => {
  it.each([0.1, 0.8, 1, 3])('has the mean and variance of Beta(a, a) for a = %d', (a) => {
    const draws = Array.from({ length: 4000 }, (_, i) => symmetricBeta(key(1, i, 0, 'x'), key(1, i, 0, 'y'), a));
    const mean = draws.reduce((s, v) => s + v) / draws.length;
    const variance = draws.reduce((s, v) => s + (v - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance * 4 * (2 * a + 1)).toBeCloseTo(1, 1);
  });

  it('is a number between 0 and 1 even for a tiny a', () => {
    for (let i = 0; i < 200; i++) {
      const draw = symmetricBeta(key(2, i, 0, 'x'), key(2, i, 0, 'y'), 1e-4);
      expect(draw >= 0 && draw <= 1).toBe(true);
    }
  });
});
