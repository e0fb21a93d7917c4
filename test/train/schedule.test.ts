import { describe, expect, it } from 'vitest';
import { constant, cosine } from '../../kernel-lib/train/schedule';

describe('the cosine schedule', () => {
  const schedule = cosine({ lr: 1, warmup: 10, steps: 100, warmupLr: 0.1, minLr: 0.01 });

  it('warms up linearly from its first rate', () => {
    expect([0, 5, 9].map(schedule)).toEqual([0.1, 0.55, expect.closeTo(0.91, 12)]);
  });

  it('then is on the cosine that began at step 0, as timm has it', () => {
    expect(schedule(10)).toBeCloseTo(0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * 0.1)), 12);
    expect(schedule(50)).toBeCloseTo(0.01 + 0.99 * 0.5, 12);
    expect(schedule(99)).toBeCloseTo(0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * 0.99)), 12);
  });

  it('stays at its smallest rate', () => {
    expect([100, 101, 1e6].map(schedule)).toEqual([0.01, 0.01, 0.01]);
  });

  it('starts at the top without warm-up', () => {
    expect(cosine({ lr: 0.5, steps: 10 })(0)).toBe(0.5);
  });

  it('refuses a warm-up longer than itself', () => {
    expect(() => cosine({ lr: 1, warmup: 11, steps: 10 })).toThrow(/warmup of 11 in 10 steps/);
    expect(() => cosine({ lr: 1, steps: 0 })).toThrow(/schedule-options/);
  });
});

it('a constant schedule is constant', () => {
  expect([0, 7, 1e6].map(constant(0.3))).toEqual([0.3, 0.3, 0.3]);
});
